// weighted_least_request: Envoy's least_request, which leaves two choices for a deadline schedule
// when weights differ.
#include "balancers/balancer.h"
#include "balancers/deadline_schedule.h"
#include "core/math.h"

namespace steelyard {
namespace {

class WeightedLeastRequest final : public Balancer {
 public:
  WeightedLeastRequest(std::int64_t choices, double active_request_bias)
      : choices_(choices), active_request_bias_(active_request_bias) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream& random) override {
    schedule_.update(endpoints, false, random);
  }

  std::size_t pick(const Choice& choice) override {
    if (schedule_.weights().equal) return least_of_drawn(choice);
    put_off_newcomers(schedule_, choice);
    const std::size_t picked = schedule_.earliest();
    schedule_.put_off_earliest(period_of(choice.in_flight[picked]));
    return picked;
  }

  // w / (active + 1)^bias, which is what its next turn will be put off by.
  Insight insight(const Choice& choice) const override {
    const Weights& weights = schedule_.weights();
    DeadlineSchedule schedule = schedule_;
    put_off_newcomers(schedule, choice);
    Insight insight;
    insight.add_each("due", schedule.due());
    insight.add_each("weight", weights.each.size(), [&](auto i) {
      return weights.each[i] * static_cast<double>(DeadlineSchedule::kTurn) /
             static_cast<double>(period_of(choice.in_flight[i]));
    });
    return insight;
  }

 private:
  std::size_t least_of_drawn(const Choice& choice) const {
    const std::size_t n = choice.endpoints.size();
    std::size_t best = choice.random.below(n);
    for (std::int64_t i = 1; i < choices_; ++i) {
      const std::size_t drawn = choice.random.below(n);
      if (choice.in_flight[drawn] < choice.in_flight[best]) best = drawn;
    }
    return best;
  }

  // What is in flight is not known before a pick.
  void put_off_newcomers(DeadlineSchedule& schedule, const Choice& choice) const {
    schedule.put_off_newcomers(
        [&](std::size_t position) { return period_of(choice.in_flight[position]); });
  }

  // An endpoint's weight is divided by (active + 1)^bias; its period, the inverse, is multiplied.
  // Rounded, so that whole powers are whole and equal deadlines equal.
  std::uint64_t period_of(std::uint32_t active) const {
    const double requests = static_cast<double>(active) + 1;
    const double periods =
        active_request_bias_ == 1 ? requests : math::pow(requests, active_request_bias_);
    constexpr auto kMax = static_cast<double>(DeadlineSchedule::kTurnsMax);
    return static_cast<std::uint64_t>(std::min(periods * DeadlineSchedule::kTurn + 0.5, kMax));
  }

  std::int64_t choices_;
  double active_request_bias_;
  DeadlineSchedule schedule_;
};

const Registration<Balancer> kRegistration{{
    .name = "weighted_least_request",
    .summary = "Deadlines by weight / (in flight + 1); two choices while weights are equal.",
    .doc =
        "Is Envoy's least_request: while all weights are equal it draws `choices` endpoints, with "
        "replacement, and takes the one with the fewest requests in flight; when they differ it "
        "goes by deadlines as edf does, with a weight divided by (requests in flight + 1)^bias. "
        "Use it to predict an Envoy; where you may choose take p2c, which compares loads also when "
        "weights differ. The deadline schedule looks at an endpoint's load only before its first "
        "turn and as it is picked, for its turn after that, so an endpoint that has become slow "
        "since still gets the turn it was given; Envoy looks at all anew when the set changes. A "
        "higher active_request_bias shuns the busy more; 0 is edf. Turns count in 65,536ths, so "
        "with a bias that is not whole ties can fall otherwise than in floating point. Envoy's "
        "later releases use the schedule for equal weights too once a bias is set.",
    .formula =
        "unequal weights: deadline += (in_flight + 1)^active_request_bias / w; equal: argmin "
        "in_flight of the drawn",
    .cost = "O(log n), O(n) when the set changes; O(choices) while weights are equal",
    .source = "Envoy least_request",
    .parameters = {parameter::integer("choices", 2, {1, 64},
                                      "How many endpoints are drawn while weights are equal.",
                                      "Envoy, choice_count"),
                   parameter::number("active_request_bias", 1, {0, 100},
                                     "The power of the requests in flight by which a weight is "
                                     "divided.",
                                     "Envoy")},
    .traits = {"weighted", "load_aware"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<WeightedLeastRequest>(settings.integer("choices"),
                                                    settings.number("active_request_bias"));
    },
}};

}  // namespace
}  // namespace steelyard
