// least_request: of all endpoints the one with the fewest requests in flight for its weight.
#include <algorithm>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/least_of_all.h"
#include "balancers/server_load.h"
#include "balancers/weights.h"

namespace steelyard {
namespace {

class LeastRequest final : public Balancer {
 public:
  LeastRequest(bool rotate, bool reported, Duration report_age_max)
      : rotate_(rotate), reported_(reported), server_load_(report_age_max) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    loads_.assign(weights_of(endpoints));
    if (reported_) server_load_.on_endpoints(known_.update(endpoints));
    continue_rotation_at(endpoints);
  }

  std::size_t pick(const Choice& choice) override {
    if (reported_)
      server_load_.forget_old(choice.now, [&](std::size_t i) { loads_.mark_stale(i); });
    loads_.refresh(choice.in_flight, [&](std::size_t i, std::uint32_t weight,
                                         std::uint32_t in_flight) {
      return LoadPerWeight{reported_ ? server_load_.in_flight(i, in_flight) : in_flight, weight};
    });
    const std::size_t picked =
        rotate_ ? loads_.tied_at(loads_.tied_weight_before(next_) % loads_.tied_weight())
                : loads_.draw(choice.random);
    last_id_ = choice.endpoints[picked].id;
    next_ = picked + 1;
    loads_.mark_stale(picked);
    return picked;
  }

  void on_feedback(const Feedback& feedback) override {
    if (reported_) server_load_.on_feedback(feedback);
    loads_.mark_stale(feedback.position);
  }
  bool wants_feedback() const override { return true; }
  bool wants_reports() const override { return reported_; }
  void on_in_flight(std::size_t position) override { loads_.mark_stale(position); }

  Insight insight(const Choice& choice) const override {
    const Weights weights = weights_of(choice.endpoints);
    Insight insight;
    ServerLoad::explain(
        choice, reported_ ? &server_load_ : nullptr, [&](auto i) { return weights.each[i]; },
        insight);
    return insight;
  }

 private:
  void continue_rotation_at(std::span<const Endpoint> endpoints) {
    if (!rotate_ || next_ == 0) return;
    const auto last = std::find_if(endpoints.begin(), endpoints.end(),
                                   [&](const Endpoint& e) { return e.id == last_id_; });
    // The last one left: its successor now stands where it stood.
    next_ = last != endpoints.end() ? static_cast<std::size_t>(last - endpoints.begin()) + 1
                                    : next_ - 1;
  }

  bool rotate_;
  bool reported_;
  LeastOfAll<LoadPerWeight> loads_;
  ServerLoad server_load_;
  KnownEndpoints known_;
  std::size_t next_ = 0;  // rotation: where the search for the next tied endpoint begins
  std::uint32_t last_id_ = 0;
};

const Registration<Balancer> kRegistration{{
    .name = "least_request",
    .summary = "Of all endpoints the one with the fewest requests in flight for its weight.",
    .doc =
        "Looks at every endpoint's requests outstanding from this client, queued and in service, "
        "and takes the least in proportion to its weight. For one client with exact counts it is "
        "close to the best that can be done without knowing the cost of a request: it is "
        "join-the-shortest-queue. Use it in a proxy that sees all the traffic. With many clients "
        "each sees only its own requests, and all that do see the same counts run to the same "
        "endpoint; there p2c is safer. An endpoint that fails fast looks idle and attracts "
        "traffic. Ties are frequent at low load and are shared in proportion to weights. This is "
        "nginx's least_conn and Envoy's least_request with a full scan; HAProxy's leastconn has "
        "idle servers first, by turns, whatever their weight, and adds one to a busy one's count "
        "before it divides. With `load: reported` an endpoint's load is what it last said it has, "
        "whoever sent it, plus what this client has sent there since; that is better than its own "
        "count for one of many clients, and herds all the more, since all of them believe the same "
        "reports.",
    .formula = "argmin in_flight(i) / w(i)",
    .cost = "O(log n): only counts that changed are compared again",
    .source = "nginx least_conn, Envoy least_request (FULL_SCAN)",
    .also_known_as = {{"least_conn", "nginx's name for it"},
                      {"leastconn", "HAProxy's name for it"},
                      {"least_connections", "the textbooks' name for it"},
                      {"join_shortest_queue", "queueing theory's name for it"},
                      {"jsq", "queueing theory's name for it"}},
    .parameters = {parameter::choice(
                       "ties", "random", {"random", "rotation"},
                       "How to choose among equally loaded endpoints: at random in proportion to "
                       "their weights, or the next in turn, whatever its weight.",
                       "Envoy draws uniformly; HAProxy's tree takes turns; nginx takes weighted "
                       "turns"),
                   ServerLoad::load_parameter(), ServerLoad::age_parameter()},
    .traits = {"weighted", "load_aware"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<LeastRequest>(settings.text("ties") == "rotation",
                                            settings.text("load") == "reported",
                                            settings.duration("report_age_max"));
    },
}};

}  // namespace
}  // namespace steelyard
