// weighted_response_time: at random, the more often the less an endpoint's mean response time is
// of the sum of all, as Ribbon has it.
#include <algorithm>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"

namespace steelyard {
namespace {

class WeightedResponseTime final : public Balancer {
 public:
  explicit WeightedResponseTime(Duration interval) : interval_(interval) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream&) override {
    known_.update(endpoints, answers_);
    ends_.resize(endpoints.size());
    next_ = endpoints.empty() ? 0 : next_ % endpoints.size();
    weigh(now);
  }

  std::size_t pick(const Choice& choice) override {
    if (choice.now - weighed_ >= interval_) weigh(choice.now);
    if (ends_.back() <= 0) {
      const std::size_t picked = next_;
      next_ = picked + 1 == ends_.size() ? 0 : picked + 1;
      return picked;
    }
    // The endpoints lie side by side, each as wide as its weight.
    const double place = choice.random.uniform() * ends_.back();
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), place);
    return static_cast<std::size_t>(end - ends_.begin());
  }

  void on_feedback(const Feedback& feedback) override {
    if (feedback.outcome == Outcome::cancelled) return;
    Answers& answers = answers_[feedback.position];
    ++answers.count;
    answers.total_ns += static_cast<double>(feedback.latency.count());
  }
  bool wants_feedback() const override { return true; }

  Insight insight(const Choice& choice) const override {
    std::vector<double> ends = ends_;
    if (choice.now - weighed_ >= interval_) lay_out(ends);
    Insight insight;
    insight.add_each("mean_ms", answers_.size(), [&](auto i) {
      return answers_[i].count == 0 ? Insight::kUnknown : answers_[i].mean_ns() / 1e6;
    });
    insight.add_each("weight_ms", ends.size(),
                     [&](auto i) { return (ends[i] - (i == 0 ? 0 : ends[i - 1])) / 1e6; });
    return insight;
  }

 private:
  struct Answers {
    double count = 0;
    double total_ns = 0;
    double mean_ns() const { return count == 0 ? 0 : total_ns / count; }
  };

  void weigh(Instant now) {
    weighed_ = now;
    lay_out(ends_);
  }
  void lay_out(std::vector<double>& ends) const {
    double sum_ns = 0;
    for (const Answers& answers : answers_) sum_ns += answers.mean_ns();
    double end = 0;
    for (std::size_t i = 0; i < answers_.size(); ++i)
      ends[i] = end += std::max(0.0, sum_ns - answers_[i].mean_ns());
  }

  Duration interval_;
  Instant weighed_;
  std::vector<Answers> answers_;  // by position
  std::vector<double> ends_;      // by position; where its share of the line ends
  std::size_t next_ = 0;          // of the rotation before anything is known
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "weighted_response_time",
    .summary = "At random, by how far a mean response time is below the sum of all.",
    .doc =
        "Every `interval` gives each endpoint the weight sum(rt) - rt, where rt is its mean "
        "response time since it came and the sum is over all, and picks at random by these "
        "weights; before the first answers it takes turns. Use it to see what Ribbon does; where "
        "you may choose take peak_ewma. A weight only falls by an endpoint's part of the sum, so "
        "the more endpoints, the less it can do: of two, one that is ten times slower gets a tenth "
        "of the other's share, of ten a half. Means go back to the beginning, so after a day a "
        "change of speed goes unnoticed. Failures count with their time, so failing fast attracts "
        "traffic. Requests in flight and configured weights play no part. Ribbon takes turns after "
        "the set has changed until weights are made again; here they are made at once.",
    .formula = "P(i) = (S - rt(i)) / ((n - 1) S), S = sum of rt",
    .cost = "O(log n); O(n) once an interval",
    .source = "Netflix Ribbon, WeightedResponseTimeRule",
    .also_known_as = {{"WeightedResponseTimeRule", "Ribbon's name for it"}},
    .parameters = {positive(parameter::duration("interval", 30s,
                                                "How often the weights are made anew.",
                                                "Ribbon, ServerWeightTaskTimerInterval"))},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<WeightedResponseTime>(settings.duration("interval"));
    },
}};

}  // namespace
}  // namespace steelyard
