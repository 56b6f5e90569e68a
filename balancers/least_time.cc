// least_time: the least average response time for the requests in flight, nginx Plus's.
#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/least_of_all.h"

namespace steelyard {
namespace {

struct Expected {
  double time_ns = 0;
  double load = 0;  // decides where times are equal: where nothing was answered yet
  auto operator<=>(const Expected&) const = default;
};

class LeastTime final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    known_.update(endpoints, averages_ns_);
    least_.assign(weights_of(endpoints));
  }

  std::size_t pick(const Choice& choice) override {
    least_.refresh(choice.in_flight,
                   [&](std::size_t i, std::uint32_t weight, std::uint32_t in_flight) {
                     const double load = static_cast<double>(in_flight) / weight;
                     const double next = (static_cast<double>(in_flight) + 1) / weight;
                     return Expected{averages_ns_[i] * next, load};
                   });
    const std::size_t picked = least_.draw(choice.random);
    least_.mark_stale(picked);
    return picked;
  }

  void on_feedback(const Feedback& feedback) override {
    least_.mark_stale(feedback.position);
    if (feedback.outcome != Outcome::ok && feedback.outcome != Outcome::error_status) return;
    double& average_ns = averages_ns_[feedback.position];
    const auto sample_ns = static_cast<double>(feedback.latency.count());
    average_ns = average_ns == 0 ? sample_ns : 0.95 * average_ns + 0.05 * sample_ns;
  }
  bool wants_feedback() const override { return true; }
  void on_in_flight(std::size_t position) override { least_.mark_stale(position); }

  Insight insight(const Choice& choice) const override {
    const Weights weights = weights_of(choice.endpoints);
    Insight insight;
    insight.add_each("average_ms", averages_ns_.size(), [&](auto i) {
      return averages_ns_[i] == 0 ? Insight::kUnknown : averages_ns_[i] / 1e6;
    });
    insight.add_each("expected_ms", averages_ns_.size(), [&](auto i) {
      return per_weight(averages_ns_[i] / 1e6 * (choice.in_flight[i] + 1.0), weights.each[i]);
    });
    return insight;
  }

 private:
  std::vector<double> averages_ns_;  // by position; 0: no answer yet
  LeastOfAll<Expected> least_;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "least_time",
    .summary = "Of all endpoints the least average response time for its requests in flight.",
    .doc =
        "Keeps a moving average of each endpoint's response time, to which a new one adds a "
        "twentieth, and takes the endpoint where average * (requests in flight + 1) / weight is "
        "least. Use it in a proxy that sees all the traffic and whose servers differ in speed. It "
        "looks at all endpoints, so many clients that see the same run to the same one; there "
        "peak_ewma is safer, and it hears of a slow answer at once, where this average needs 14 "
        "for half of a change. The average moves with answers, not with time: an endpoint that is "
        "shunned keeps its old one until it is tried again under load. One that has not answered "
        "yet comes first, the least loaded for its weight among several. Answers count, also HTTP "
        "errors; a refused connection or a deadline does not. This is nginx Plus's `least_time "
        "last_byte`; time to the header is not told apart here, and its `inflight`, which lets "
        "incomplete requests into the average, is left out. nginx takes turns where scores are "
        "equal; here chance decides, by weight.",
    .formula = "avg = 0.95 avg + 0.05 rtt; argmin avg (in_flight + 1) / w",
    .cost = "O(log n): only scores that changed are compared again",
    .source = "nginx Plus least_time; ngx_http_upstream_module",
    .also_known_as = {{"least_response_time", "the textbooks' name for it"}},
    .traits = {"weighted", "load_aware"},
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<LeastTime>();
    },
}};

}  // namespace
}  // namespace steelyard
