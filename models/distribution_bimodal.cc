// bimodal: fast or slow, nothing between.
#include <algorithm>

#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

class Bimodal final : public Distribution {
 public:
  Bimodal(double fast, double slow, double slow_share)
      : fast_(fast), slow_(slow), slow_share_(slow_share) {}

  double sample(RandomStream& random) const override {
    return random.chance(slow_share_) ? slow_ : fast_;
  }
  double mean_seconds() const override { return fast_ + slow_share_ * (slow_ - fast_); }
  double variance_seconds2() const override {
    return slow_share_ * (1 - slow_share_) * (slow_ - fast_) * (slow_ - fast_);
  }
  double tail(double seconds) const override {
    return seconds < fast_ ? 1 : seconds < slow_ ? slow_share_ : 0;
  }
  double expected_excess(double seconds) const override {
    return (1 - slow_share_) * std::max(0.0, fast_ - seconds) +
           slow_share_ * std::max(0.0, slow_ - seconds);
  }

 private:
  double fast_;
  double slow_;
  double slow_share_;
};

const Registration<Distribution> kRegistration{{
    .name = "bimodal",
    .summary = "Two constants: most requests fast, a share of them slow.",
    .doc = "Cache hits and misses, reads and scans: the simplest service time that head-of-line "
           "blocking hurts. For spread around the two modes mix two other distributions "
           "(mixture).",
    .formula = "X = slow with probability slow_share, else fast",
    .cost = "O(1)",
    .source = "the bimodal workloads of Shinjuku (Kaffes et al., NSDI 2019)",
    .parameters = {or_zero(parameter::required("fast", Type::duration, "Of most requests.")),
                   parameter::required("slow", Type::duration, "Of the others."),
                   parameter::ratio("slow_share", 0.1, "How many are slow.",
                                    "a cache with 90% hits")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Distribution>> {
      const Duration fast = s.duration("fast");
      const Duration slow = s.duration("slow");
      if (slow < fast)
        return Error{"got slow " + to_text(slow) + " below fast " + to_text(fast) +
                     ", expected slow to be at least fast"};
      return std::make_unique<Bimodal>(to_seconds(fast), to_seconds(slow), s.number("slow_share"));
    },
}};

}  // namespace
}  // namespace steelyard
