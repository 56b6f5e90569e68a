// peak_ewma: of two endpoints the one with the lower expected latency, quick to see it rise.
#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"
#include "balancers/two_choices.h"
#include "core/math.h"

namespace steelyard {
namespace {

class PeakEwma final : public Balancer {
 public:
  PeakEwma(Duration decay, Duration initial_latency, bool penalty)
      : decay_ns_(static_cast<double>(decay.count())),
        initial_latency_ns_(static_cast<double>(initial_latency.count())),
        penalty_(penalty) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream&) override {
    known_.update(endpoints, latencies_, Latency{penalty_ ? 0 : initial_latency_ns_, now});
  }

  std::size_t pick(const Choice& choice) override {
    if (choice.endpoints.size() == 1) return 0;
    const auto [a, b] = draw_two_distinct(choice.random, choice.endpoints.size());
    const double cost_b = cost(latencies_[b], b, choice);
    return cost_b < cost(latencies_[a], a, choice) ? b : a;
  }

  void on_feedback(const Feedback& feedback) override {
    if (feedback.outcome == Outcome::cancelled) return;
    observe(latencies_[feedback.position], static_cast<double>(feedback.latency.count()),
            feedback.now);
  }
  bool wants_feedback() const override { return true; }

  Insight insight(const Choice& choice) const override {
    std::vector<Latency> seen = latencies_;
    Insight insight;
    std::vector<double> costs;
    for (std::size_t i = 0; i < seen.size(); ++i) costs.push_back(cost(seen[i], i, choice));
    const std::size_t count = seen.size();
    insight.add_each("ewma_ms", count, [&](std::size_t i) {
      return seen[i].ewma_ns == 0 ? Insight::kUnknown : seen[i].ewma_ns / kMillisecondNs;
    });
    insight.add_each("cost_ms", count, [&](std::size_t i) { return costs[i] / kMillisecondNs; });
    return insight;
  }

 private:
  struct Latency {
    double ewma_ns = 0;  // 0: no history
    Instant observed;
  };
  // What an endpoint costs that is on its first probe: more than any latency, less than infinity
  // so that of two such endpoints the one with fewer requests wins. 39 hours, as Finagle has it.
  static constexpr double kPenaltyNs = 0x1p47;
  // The same as Envoy has it, a million milliseconds, and one for each request.
  static constexpr double kMillisecondNs = 1e6;
  static constexpr double kPenaltyEnvoyNs = 1e6 * kMillisecondNs;

  // A rise counts at once, a fall by and by; this is the peak in the name.
  void observe(Latency& latency, double sample_ns, Instant now) const {
    const Duration since = std::max(now - latency.observed, Duration::zero());
    latency.observed = now;
    if (sample_ns > latency.ewma_ns) {
      latency.ewma_ns = sample_ns;
    } else if (since > Duration::zero()) {
      const double keep = math::exp(-static_cast<double>(since.count()) / decay_ns_);
      latency.ewma_ns = sample_ns * (1 - keep) + latency.ewma_ns * keep;
    }
  }

  // Looking counts as a sample of zero, so an endpoint that was slow once and is avoided since is
  // tried again in the end.
  double cost(Latency& latency, std::size_t i, const Choice& choice) const {
    observe(latency, 0, choice.now);
    const double in_flight = choice.in_flight[i];
    if (latency.ewma_ns == 0) {
      if (penalty_)
        return in_flight > 0 ? kPenaltyEnvoyNs + in_flight * kMillisecondNs : initial_latency_ns_;
      if (in_flight > 0) return kPenaltyNs + in_flight;
    }
    return latency.ewma_ns * (in_flight + 1);
  }

  double decay_ns_;
  double initial_latency_ns_;
  bool penalty_;
  std::vector<Latency> latencies_;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "peak_ewma",
    .summary = "Of two endpoints the one with the lower expected latency.",
    .doc =
        "Keeps a moving average of each endpoint's latency that jumps up to a slow answer at once "
        "and comes down exponentially; of two distinct random endpoints it takes the one where "
        "average * (requests in flight + 1) is less. Use it when endpoints differ in speed for "
        "reasons that no weight tells: a noisy neighbour, a far zone, a garbage collection. It "
        "ignores weights. Being looked at also decays the average, so an endpoint once slow is "
        "tried again. An endpoint without history gets exactly one probe: free while idle, then "
        "dearer than all others until it has answered. Latency is taken from failures too, as "
        "Finagle does, so an endpoint that fails fast attracts traffic (linkerd2#11043). Because "
        "rare slow answers stick, a high variance of service times lowers its use. Finagle, "
        "Linkerd and Tower share the rule and differ in what they make of an endpoint without "
        "history: Finagle gives it one probe; Linkerd and Tower let its average begin at "
        "initial_latency; with `cold_start: penalty` it costs initial_latency while idle and a "
        "thousand seconds while busy, until its first answer, which is Envoy's way. The average of "
        "Envoy's peak_ewma has no peak: it does not jump to a slow answer and does not decay when "
        "looked at, and answers enter it every 100 ms.",
    .formula = "rtt > e: e = rtt; else e = rtt (1-k) + e k, k = exp(-dt/decay); "
               "cost = e (in_flight + 1)",
    .cost = "O(1), two exponentials a pick and one an answer",
    .source = "Finagle PeakEwma; Linkerd",
    .also_known_as = {{"ewma", "ingress-nginx's name for it"}},
    .parameters =
        {positive(parameter::duration("decay", 10s,
                                      "After this time an old latency counts 1/e of what it did.",
                                      "Finagle, Linkerd, Tower")),
         parameter::duration("initial_latency", 0s,
                             "What is assumed of an endpoint without history; 0s: nothing, it gets "
                             "one probe and no second request until that was answered.",
                             "Finagle; Linkerd and Tower assume 30ms, Envoy 10ms"),
         parameter::choice("cold_start", "average", {"average", "penalty"},
                           "What initial_latency is: where the average begins, or what an endpoint "
                           "costs that has not answered and is idle; a busy one then costs 1000 s.",
                           "Linkerd, Tower; Envoy has the penalty")},
    .traits = {"load_aware"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<PeakEwma>(settings.duration("decay"),
                                        settings.duration("initial_latency"),
                                        settings.text("cold_start") == "penalty");
    },
}};

}  // namespace
}  // namespace steelyard
