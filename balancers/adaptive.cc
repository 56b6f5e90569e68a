// adaptive: of two endpoints the one with less processor use, latency and requests, as Dubbo has
// it.
#include <algorithm>
#include <cmath>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"
#include "balancers/weighted_draw.h"

namespace steelyard {
namespace {

class Adaptive final : public Balancer {
 public:
  explicit Adaptive(Duration timeout) : timeout_(timeout) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream&) override {
    endpoints_.assign(endpoints);
    Server newcomer;
    newcomer.picked_at = now;
    known_.update(endpoints, servers_, newcomer);
  }

  // The first drawn wins a tie, so that the picks follow the weights while all loads are 0.
  std::size_t pick(const Choice& choice) override {
    std::size_t picked = 0;
    if (endpoints_.eligible() < 2) {
      picked = endpoints_.draw(choice.random);
    } else {
      const auto [a, b] = endpoints_.draw_two(choice.random);
      const double load_a = load(servers_[a], a, choice);
      picked = load(servers_[b], b, choice) < load_a ? b : a;
    }
    servers_[picked].picked_at = choice.now;
    return picked;
  }

  void on_feedback(const Feedback& feedback) override {
    if (feedback.outcome == Outcome::cancelled) return;
    Server& server = servers_[feedback.position];
    ++(feedback.outcome == Outcome::ok ? server.successes : server.errors);
    if (feedback.report == nullptr) return;
    server.cpu_percent = 100 * feedback.report->cpu_utilisation;
    server.last_latency_ms = to_ms(feedback.latency);
    server.average(server.last_latency_ms);
    server.has_reported = true;
    server.seen_since_report = false;
    server.seen_at = feedback.now;
  }
  bool wants_feedback() const override { return true; }
  bool wants_reports() const override { return true; }

  Insight insight(const Choice& choice) const override {
    std::vector<Server> seen = servers_;
    std::vector<double> loads;
    for (std::size_t i = 0; i < seen.size(); ++i) loads.push_back(load(seen[i], i, choice));
    Insight insight;
    insight.add_each("cpu_percent", seen.size(), [&](auto i) {
      return seen[i].has_reported ? seen[i].cpu_percent : Insight::kUnknown;
    });
    insight.add_each("latency_ms", seen.size(), [&](auto i) {
      return seen[i].has_reported ? seen[i].latency_ms : Insight::kUnknown;
    });
    insight.add_each("load", std::move(loads));
    return insight;
  }

 private:
  struct Server {
    double cpu_percent = 0;
    double last_latency_ms = 0;
    double latency_ms = 0;  // moving average
    double successes = 0;
    double errors = 0;
    Instant picked_at;
    Instant seen_at;  // by a report or a look
    bool has_reported = false;
    bool seen_since_report = false;

    void average(double sample_ms) { latency_ms = (latency_ms + sample_ms) / 2; }
  };

  // One that was not picked for long must be, or it could never say that it is better now.
  double load(Server& server, std::size_t position, const Choice& choice) const {
    if (choice.now - server.picked_at > 2 * timeout_) return 0;
    if (server.has_reported) age(server, choice.now);
    const double in_flight = choice.in_flight[position];
    const double success = server.successes / (server.successes + server.errors + in_flight + 1);
    return server.cpu_percent * (std::sqrt(server.latency_ms) + 1) * (in_flight + 1) /
           (success * endpoints_.weight(position) + 1);
  }

  // Looking counts as a sample: of two timeouts after a report, then of half as much each time, and
  // of half as much again for each timeout that went by.
  void age(Server& server, Instant now) const {
    if (server.seen_since_report) {
      const std::int64_t halvings = (now - server.seen_at) / timeout_ + 1;
      server.last_latency_ms = std::ldexp(
          server.last_latency_ms, -static_cast<int>(std::min<std::int64_t>(halvings, 2000)));
    } else {
      server.last_latency_ms = 2 * to_ms(timeout_);
    }
    server.average(server.last_latency_ms);
    server.seen_since_report = true;
    server.seen_at = now;
  }

  Duration timeout_;
  WeightedDraw endpoints_;
  std::vector<Server> servers_;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "adaptive",
    .summary = "Of two endpoints the one with less processor use, latency and requests.",
    .doc =
        "Draws two distinct endpoints and takes the lower load, a product of the processor use it "
        "reported, of the root of its latency's average, and of the requests in flight there, "
        "divided by the part of requests that succeed, times the weight. Use it to see what Dubbo "
        "does; elsewhere p2c by `load: reported` or peak_ewma do the same with fewer parts. The "
        "average is Dubbo's to the letter: a look counts as a sample too, the first after a report "
        "as one of two timeouts, each further one as half of the last, so that it tells more of "
        "how recently an endpoint was looked at than of its latency. One that was not picked for "
        "two timeouts has a load of 0, and so has one that reports no processor use or has not "
        "reported at all: an idle fleet is balanced at random. Processor use misleads where other "
        "work shares the machine. Dubbo draws the two uniformly and shares ties by weight, so "
        "that weight 0 still gets requests; here the draws go by weight and the first drawn wins a "
        "tie. Latencies are not rounded to milliseconds as Dubbo's are.",
    .formula = "argmin cpu (sqrt(latency) + 1) (in_flight + 1) / (success ratio * w + 1) over two "
               "draws; cpu in percent, latency in ms: e = (e + sample) / 2",
    .cost = "O(1)",
    .source = "Dubbo AdaptiveLoadBalance, AdaptiveMetrics",
    .parameters = {interval("timeout", 1s,
                            "Dubbo's time-out of a call: after two of them without a pick an "
                            "endpoint counts as idle.",
                            "Dubbo")},
    .traits = {"weighted", "reports"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Adaptive>(settings.duration("timeout"));
    },
}};

}  // namespace
}  // namespace steelyard
