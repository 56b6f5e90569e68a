// on_off: bursts. A Markov-modulated Poisson process with two states.
#include <fmt/format.h>

#include <limits>

#include "core/math.h"
#include "models/parameters.h"
#include "models/time_change.h"

namespace steelyard {
namespace {

class OnOff final : public Arrivals {
 public:
  struct State {
    double rate;          // requests per second
    double mean_seconds;  // how long it lasts on average
  };
  OnOff(State on, State off) : states_{off, on} {}

  // Both the wait for a request and that for the change of state are memoryless, so what is left
  // of the one may be drawn anew when the other comes first.
  Instant next() override {
    if (change_ < 0) begin();
    while (seconds_ < kArrivalsEndSeconds) {
      const State& state = states_[on_ ? 1 : 0];
      const double request =
          state.rate > 0 ? seconds_ + exponential(1 / state.rate) : kArrivalsEndSeconds;
      if (request <= change_) {
        seconds_ = request;
        return arrival_at(seconds_);
      }
      seconds_ = change_;
      on_ = !on_;
      change_ += exponential(states_[on_ ? 1 : 0].mean_seconds);
    }
    return kNever;
  }

  double constant_rate() const override {
    const auto& [off, on] = states_;
    return (on.rate * on.mean_seconds + off.rate * off.mean_seconds) /
           (on.mean_seconds + off.mean_seconds);
  }

 private:
  double exponential(double mean) { return -mean * math::log(random_.uniform_positive()); }

  // In the state in which a visitor at a random time would find it.
  void begin() {
    const auto& [off, on] = states_;
    on_ = random_.chance(on.mean_seconds / (on.mean_seconds + off.mean_seconds));
    change_ = exponential(states_[on_ ? 1 : 0].mean_seconds);
  }

  State states_[2];  // off, on
  bool on_ = false;
  double seconds_ = 0;
  double change_ = -1;  // when the state changes next; negative before the first request
};

Result<std::unique_ptr<Arrivals>> make(const Settings& s) {
  const OnOff::State on{s.number("on_rate"), to_seconds(s.duration("mean_on"))};
  const OnOff::State off{s.number("off_rate"), to_seconds(s.duration("mean_off"))};
  if (off.rate > on.rate)
    return Error{fmt::format("got off_rate {:.6g}/s above on_rate {:.6g}/s, expected it below",
                             off.rate, on.rate)};
  const double per_cycle = on.rate * on.mean_seconds + off.rate * off.mean_seconds;
  if (per_cycle < 1e-3)
    return Error{
        fmt::format("got {:.3g} requests a cycle (on_rate mean_on + off_rate mean_off), "
                    "expected at least 0.001",
                    per_cycle)};
  return std::make_unique<OnOff>(on, off);
}

const Registration<Arrivals> kRegistration{{
    .name = "on_off",
    .summary = "Bursts: poisson at one rate, then at another, in turns of random length.",
    .doc = "A two-state Markov-modulated Poisson process (MMPP-2), the standard model of bursty "
           "traffic. Both states last exponentially long. The mean rate may be low and the "
           "queues still long: what counts is whether a burst outlasts the spare capacity.",
    .formula = "mean rate = (on_rate mean_on + off_rate mean_off)/(mean_on + mean_off)",
    .cost = "O(1) expected",
    .source = "Fischer, Meier-Hellstern: The MMPP cookbook, 1993",
    .parameters = {parameter::required("on_rate", Type::rate, "Requests per second in a burst."),
                   between(0, std::numeric_limits<double>::max(),
                           {.name = "off_rate",
                            .type = Type::rate,
                            .doc = "Requests per second between bursts.",
                            .fallback = {0.0}}),
                   parameter::required("mean_on", Type::duration, "How long a burst lasts."),
                   parameter::required("mean_off", Type::duration, "How long until the next.")},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
