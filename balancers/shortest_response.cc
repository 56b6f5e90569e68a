// shortest_response: the least mean response time of the last half minute for the requests in
// flight, as Dubbo has it.
#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/least_of_all.h"
#include "balancers/parameters.h"

namespace steelyard {
namespace {

class ShortestResponse final : public Balancer {
 public:
  ShortestResponse(Duration window, Duration resolution)
      : window_(window), resolution_(resolution) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream&) override {
    if (!began_) begin_window(now);
    known_.update(endpoints, successes_);
    least_.assign(weights_of(endpoints));
  }

  std::size_t pick(const Choice& choice) override {
    if (choice.now - window_began_ > window_) begin_window(choice.now);
    least_.refresh(choice.in_flight, [&](std::size_t i, std::uint32_t, std::uint32_t in_flight) {
      return static_cast<double>(mean_of(successes_[i])) * (static_cast<double>(in_flight) + 1);
    });
    const std::size_t picked = least_.draw(choice.random);
    least_.mark_stale(picked);
    return picked;
  }

  void on_feedback(const Feedback& feedback) override {
    least_.mark_stale(feedback.position);
    if (feedback.outcome != Outcome::ok) return;
    ++successes_[feedback.position].count;
    successes_[feedback.position].elapsed += feedback.latency;
  }
  bool wants_feedback() const override { return true; }
  void on_in_flight(std::size_t position) override { least_.mark_stale(position); }

  Insight insight(const Choice& choice) const override {
    const bool fresh = choice.now - window_began_ <= window_;
    const auto mean_ms = [&](std::size_t i) {
      return fresh ? to_ms(mean_of(successes_[i]) * resolution_) : 0;
    };
    Insight insight;
    insight.add_each("mean_ms", successes_.size(), mean_ms);
    insight.add_each("expected_ms", successes_.size(),
                     [&](auto i) { return mean_ms(i) * (choice.in_flight[i] + 1.0); });
    return insight;
  }

 private:
  struct Successes {
    std::int64_t count = 0;
    Duration elapsed{};
  };

  // Everything is forgotten at once when the window ends: it jumps rather than slides.
  void begin_window(Instant now) {
    began_ = true;
    window_began_ = now;
    std::fill(successes_.begin(), successes_.end(), Successes{});
    least_.mark_all_stale();
  }

  // In whole units of the resolution, rounded down.
  std::int64_t mean_of(const Successes& successes) const {
    return successes.count == 0 ? 0 : successes.elapsed / successes.count / resolution_;
  }

  Duration window_;
  Duration resolution_;
  bool began_ = false;
  Instant window_began_;
  std::vector<Successes> successes_;  // by position, in this window
  LeastOfAll<double> least_;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "shortest_response",
    .summary = "Of all endpoints the least mean response time for its requests in flight.",
    .doc =
        "Takes the endpoint where the mean time of its successful requests in this window, times "
        "the requests in flight and one, is least; of equal ones one at random by weight. Use it "
        "to see what Dubbo does; where you may choose take peak_ewma, which forgets gradually. At "
        "the end of a window all means are forgotten at once, and one without a success counts as "
        "zero: so a newcomer gets every request until its first success, and so does an endpoint "
        "that only fails, however many it has in flight. Means are rounded down to `resolution`, "
        "whole milliseconds in Dubbo, which makes services faster than that all equal. Weights "
        "decide ties only, and weight 0 gets nothing. Many clients that see the same run to the "
        "same endpoint.",
    .formula = "argmin floor(mean success time in the window) (in_flight + 1)",
    .cost = "O(log n); O(n) once a window",
    .source = "Dubbo ShortestResponseLoadBalance",
    .also_known_as = {{"shortestresponse", "Dubbo's name for it"}},
    .parameters = {positive(parameter::duration(
                       "window", 30s, "After this time all means are forgotten.", "Dubbo")),
                   positive(parameter::duration("resolution", 1ms,
                                                "Means are rounded down to multiples of this.",
                                                "Dubbo"))},
    .traits = {"weighted"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<ShortestResponse>(settings.duration("window"),
                                                settings.duration("resolution"));
    },
}};

}  // namespace
}  // namespace steelyard
