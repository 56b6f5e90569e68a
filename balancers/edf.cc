// edf: weighted rotation by deadlines, as Envoy and gRPC schedule it.
#include "balancers/balancer.h"
#include "balancers/deadline_schedule.h"

namespace steelyard {
namespace {

class Edf final : public Balancer {
 public:
  explicit Edf(bool random_start) : random_start_(random_start) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream& random) override {
    schedule_.update(endpoints, random_start_, random);
  }

  std::size_t pick(const Choice&) override {
    const std::size_t picked = schedule_.earliest();
    schedule_.put_off_earliest(DeadlineSchedule::kTurn);
    return picked;
  }

  Insight insight(const Choice&) const override {
    Insight insight;
    insight.add_each("due", schedule_.due());
    return insight;
  }

 private:
  bool random_start_;
  DeadlineSchedule schedule_;
};

const Registration<Balancer> kRegistration{{
    .name = "edf",
    .summary = "Weighted rotation by deadlines: one of weight w is due every 1/w.",
    .doc =
        "Gives each endpoint deadlines at 1/w, 2/w, 3/w and so on and always takes the earliest, "
        "of equal ones the one that waits longest: weights 5,1,1 give a a a a b c a. Within a "
        "period of sum(w) picks every count is exact. Use it to see what Envoy's round robin with "
        "weights and gRPC's earlier weighted_round_robin do; weighted_round_robin gives the same "
        "shares and spreads the turns of a heavy endpoint better, so prefer that where you may "
        "choose. It does not see load. Every schedule starts alike, with the heaviest endpoint, so "
        "a fleet of clients that restarts together floods it: `start: random` draws each first "
        "deadline from within the first period, as gRPC A58 asks for; Envoy skips a random number "
        "of picks instead. Envoy keeps deadlines in floating point, where rounding splits some "
        "ties; they are exact here.",
    .formula = "take the earliest deadline d(i); d(i) += 1/w(i)",
    .cost = "O(log n)",
    .source = "Envoy EdfScheduler; gRPC A58",
    .also_known_as = {{"earliest_deadline_first", "the scheduling literature's name for it"}},
    .parameters = {parameter::choice(
        "start", "first", {"first", "random"},
        "The first deadline of an endpoint: one period after it came, or at random within it.",
        "Envoy; gRPC A58 draws it at random")},
    .traits = {"weighted"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Edf>(settings.text("start") == "random");
    },
}};

}  // namespace
}  // namespace steelyard
