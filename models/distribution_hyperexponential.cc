// hyperexponential: one of several exponentials, chosen at random for each sample.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/math.h"
#include "models/distribution.h"
#include "models/parameters.h"
#include "models/phase_type.h"

namespace steelyard {
namespace {

struct Phase {
  double probability;
  double mean;
};

class Hyperexponential final : public Distribution {
 public:
  explicit Hyperexponential(std::vector<Phase> phases) : phases_(std::move(phases)) {}

  // One uniform does both jobs: it falls into a phase's share of (0, 1], and where it falls within
  // that share is uniform again.
  double sample(RandomStream& random) const override {
    double u = random.uniform_positive();
    for (const Phase& phase : phases_) {
      if (u <= phase.probability) return -phase.mean * math::log(u / phase.probability);
      u -= phase.probability;
    }
    return 0;  // the shares add up to a rounding error less than 1, and u was 1
  }

  double mean_seconds() const override {
    double mean = 0;
    for (const Phase& phase : phases_) mean += phase.probability * phase.mean;
    return mean;
  }
  double variance_seconds2() const override {
    double second_moment = 0;
    for (const Phase& phase : phases_)
      second_moment += 2 * phase.probability * phase.mean * phase.mean;
    return second_moment - mean_seconds() * mean_seconds();
  }
  double tail(double seconds) const override {
    double tail = 0;
    for (const Phase& phase : phases_) tail += phase.probability * math::exp(-seconds / phase.mean);
    return tail;
  }
  double expected_excess(double seconds) const override {
    double excess = 0;
    for (const Phase& phase : phases_)
      excess += phase.probability * phase.mean * math::exp(-seconds / phase.mean);
    return excess;
  }
  std::optional<queueing::PhaseType> phases() const override {
    std::vector<double> probabilities;
    std::vector<double> means;
    for (const Phase& phase : phases_) {
      probabilities.push_back(phase.probability);
      means.push_back(phase.mean);
    }
    return queueing::hyperexponential(probabilities, means);
  }

 private:
  std::vector<Phase> phases_;
};

// Two phases that contribute the same to the mean: p1 m1 = p2 m2 = mean/2. [Whitt 1982]
std::vector<Phase> balanced_means(double mean, double scv) {
  const double p = (1 + std::sqrt((scv - 1) / (scv + 1))) / 2;
  return {{p, mean / (2 * p)}, {1 - p, mean / (2 * (1 - p))}};
}

Result<std::unique_ptr<Distribution>> from_lists(const Settings& s) {
  const std::vector<double> probabilities = numbers(s, "probabilities");
  const std::vector<double> means = seconds(s, "means");
  if (probabilities.size() != means.size())
    return Error{
        fmt::format("got {} probabilities and {} means, expected as many of one as of "
                    "the other",
                    probabilities.size(), means.size())};
  const double total = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  if (std::abs(total - 1) > 1e-9)
    return Error{fmt::format("got probabilities that add up to {:.6g}, expected 1", total)};
  std::vector<Phase> phases;
  for (std::size_t i = 0; i < means.size(); ++i)
    if (probabilities[i] > 0) phases.push_back({probabilities[i], means[i]});
  return std::make_unique<Hyperexponential>(std::move(phases));
}

Result<std::unique_ptr<Distribution>> make(const Settings& s) {
  const bool lists = s.has("probabilities") || s.has("means");
  const bool moments = s.has("mean") || s.has("scv");
  if (lists == moments || s.has("probabilities") != s.has("means") || s.has("mean") != s.has("scv"))
    return Error{"expected either mean and scv, or probabilities and means"};
  if (lists) return from_lists(s);
  return std::make_unique<Hyperexponential>(
      balanced_means(to_seconds(s.duration("mean")), s.number("scv")));
}

const Registration<Distribution> kRegistration{{
    .name = "hyperexponential",
    .summary = "A random one of several exponentials: more variable than exponential.",
    .doc = "Requests of several kinds, each exponential. The two-phase form with a given mean and "
           "squared coefficient of variation (scv) is the standard way to ask what variability "
           "does while the mean stays: by Pollaczek-Khinchine the wait in M/G/1 grows with "
           "(1 + scv)/2.",
    .formula = "X = -m_i ln U with probability p_i; given mean and scv: two phases, "
               "p = (1 + sqrt((scv - 1)/(scv + 1)))/2, means mean/2p and mean/2(1-p)",
    .cost = "O(phases)",
    .source = "Whitt 1982 (balanced means)",
    .parameters =
        {parameter::optional("mean", Type::duration, "The mean duration; with scv."),
         between(1, 1e6,
                 parameter::optional("scv", Type::number,
                                     "Squared coefficient of variation: variance/mean^2.")),
         list_of(between(0, 1,
                         parameter::optional("probabilities", Type::ratio,
                                             "How often each phase is taken; adds up to 1."))),
         list_of(parameter::optional("means", Type::duration, "The mean of each phase."))},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
