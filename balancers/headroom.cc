// headroom: by how often an endpoint's capacity exceeds its load.
#include <string>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/least_of_all.h"
#include "balancers/server_load.h"
#include "balancers/weight_tree.h"
#include "balancers/weights.h"

namespace steelyard {
namespace {

enum class Load { own, reported_in_flight, reported_rate };

class Headroom final : public Balancer {
 public:
  Headroom(bool argmin, Load load, Duration report_age_max)
      : argmin_(argmin), load_(load), server_load_(report_age_max) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    capacities_ = weights_of(endpoints);
    least_.assign(capacities_);
    headrooms_.assign(endpoints.size());
    unreported_.assign(endpoints.size());
    server_load_.on_endpoints(known_.update(endpoints));
  }

  std::size_t pick(const Choice& choice) override {
    server_load_.forget_old(choice.now, [&](std::size_t position) { mark_stale(position); });
    const std::size_t picked = argmin_ ? pick_least(choice) : pick_in_proportion(choice);
    mark_stale(picked);
    return picked;
  }

  void on_feedback(const Feedback& feedback) override {
    if (wants_reports()) server_load_.on_feedback(feedback);
    mark_stale(feedback.position);
  }
  void on_in_flight(std::size_t position) override { mark_stale(position); }
  bool wants_feedback() const override { return true; }
  bool wants_reports() const override { return load_ != Load::own; }

  Insight insight(const Choice& choice) const override {
    const std::size_t count = choice.endpoints.size();
    const auto load = [&](std::size_t i) -> double {
      if (load_ == Load::reported_rate)
        return server_load_.requests_per_second(i).value_or(Insight::kUnknown);
      if (load_ == Load::own) return choice.in_flight[i];
      return server_load_.in_flight_now(i, choice.in_flight[i]);
    };
    Insight insight;
    insight.add_each("load", count, load);
    if (argmin_)
      insight.add_each("load_per_capacity", count,
                       [&](auto i) { return per_weight(load(i), capacities_.each[i]); });
    else
      insight.add_each("headroom", count, [&](auto i) {
        return capacities_.each[i] / (load(i) < 1 ? 1 : load(i));  // unknown stays unknown
      });
    return insight;
  }

 private:
  // Each rule has its own structure; the other's is never looked at.
  void mark_stale(std::size_t position) {
    if (argmin_) {
      least_.mark_stale(position);
    } else {
      headrooms_.mark_stale(position);
      unreported_.mark_stale(position);
    }
  }

  std::uint32_t in_flight(std::size_t position, std::uint32_t own) {
    return load_ == Load::own ? own : server_load_.in_flight(position, own);
  }
  // Nothing: it has not reported.
  std::optional<double> load(std::size_t position, std::uint32_t own) {
    if (load_ == Load::reported_rate) return server_load_.requests_per_second(position);
    return in_flight(position, own);
  }

  std::size_t pick_least(const Choice& choice) {
    least_.refresh(choice.in_flight,
                   [&](std::size_t position, std::uint32_t capacity, std::uint32_t own) {
                     return LoadPerWeight{in_flight(position, own), capacity};
                   });
    return least_.draw(choice.random);
  }

  // A load of 0 counts as 1: otherwise one idle endpoint would be worth more than all the others,
  // and several could not be compared. Those without a report get the share that their capacity is
  // of all: taken for idle, one that just came would be flooded; taken for busy, it would not get
  // the request that tells.
  std::size_t pick_in_proportion(const Choice& choice) {
    headrooms_.refresh([&](std::size_t position) {
      const std::optional<double> here = load(position, choice.in_flight[position]);
      return here ? capacities_.each[position] / std::max(1.0, *here) : 0;
    });
    unreported_.refresh([&](std::size_t position) {
      return load(position, choice.in_flight[position]) ? 0.0 : capacities_.each[position];
    });
    const double unreported = unreported_.total() / static_cast<double>(capacities_.total);
    if (unreported > 0 && choice.random.uniform() < unreported)
      return unreported_.draw(choice.random);
    return headrooms_.draw(choice.random);
  }

  bool argmin_;
  Load load_;
  Weights capacities_;
  LeastOfAll<LoadPerWeight> least_;
  WeightTree headrooms_;   // capacity / load
  WeightTree unreported_;  // capacities of those whose load is not known
  ServerLoad server_load_;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "headroom",
    .summary = "By how often an endpoint's capacity exceeds its load.",
    .doc =
        "Takes each endpoint's weight for its capacity, in requests at once or, with `load: "
        "reported_rate`, in requests a second, and gives it picks in proportion to capacity / "
        "load: three with capacities 1000, 2000, 1000 and loads 800, 1500, 500 get 1.25 : 1.33 : "
        "2. Use it when capacities are known from load tests and others use the endpoints too; "
        "without capacities p2c does as well with less. A load of 0 counts as 1, and with "
        "reported_rate an endpoint that has not reported gets the share that its capacity is of "
        "all. `rule: argmin` sends everything to the least load / capacity instead: with load: own "
        "that is least_request, with reported_in_flight its `load: reported`. In proportion "
        "nothing herds, but busy endpoints still get some; the least alone is the better rule for "
        "one client with exact counts, and the worse one for many with old ones. A reported rate "
        "is that of the last second, so the shares follow a change a second late, and argmin is "
        "refused: all would go to one endpoint until its next report. gRPC's "
        "client_weighted_round_robin divides the reported rate by the reported utilisation "
        "instead, which asks for no capacities.",
    .formula = "weighted: P(i) ~ capacity(i) / max(1, load(i)); argmin: min load(i) / capacity(i)",
    .cost = "O(log n): only loads that changed are looked at again",
    .source = "capacity planning; argmin is HAProxy's leastconn with maxconn for a weight",
    .parameters = {parameter::choice("rule", "weighted", {"weighted", "argmin"},
                                     "Whether picks are in proportion to capacity / load, or all "
                                     "go where load / capacity is least.",
                                     "none: weighted does not herd"),
                   parameter::choice(
                       "load", "own", {"own", "reported_in_flight", "reported_rate"},
                       "What counts as load: this client's requests in flight, all that the "
                       "endpoint reported and what was sent since, or its reported requests a "
                       "second.",
                       "none: own needs nothing of the endpoints"),
                   ServerLoad::age_parameter()},
    .traits = {"weighted"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      const bool argmin = settings.text("rule") == "argmin";
      const std::string& load = settings.text("load");
      if (argmin && load == "reported_rate")
        return Error{
            "rule argmin goes by requests in flight: a rate is a second old, and until the next "
            "report all requests would go to one endpoint; choose load own or reported_in_flight"};
      return std::make_unique<Headroom>(argmin,
                                        load == "own"                  ? Load::own
                                        : load == "reported_in_flight" ? Load::reported_in_flight
                                                                       : Load::reported_rate,
                                        settings.duration("report_age_max"));
    },
}};

}  // namespace
}  // namespace steelyard
