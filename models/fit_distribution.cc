#include "models/fit_distribution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "core/check.h"
#include "core/math.h"
#include "core/registry.h"
#include "models/distribution.h"

namespace steelyard {
namespace {

constexpr double kTwoPi = 6.283185307179586;

Value time_of(double seconds) { return {std::max(1ns, from_seconds(seconds))}; }

Named named(std::string_view name, std::vector<std::pair<std::string, Value>> settings) {
  Named named = defaults(Distribution::kKind, name);
  for (auto& [parameter, value] : settings)
    named.settings.set(std::move(parameter), std::move(value));
  return named;
}

std::unique_ptr<Distribution> make(const Named& named) {
  auto made = Registration<Distribution>::make(named);
  STEELYARD_CHECK(made.ok(), "a fitted distribution has settings that it accepts");
  return std::move(made.value());
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// The smallest value that `share` of all do not exceed. REQUIRES: ascending.
double quantile(const std::vector<double>& sorted, double share) {
  const auto n = static_cast<double>(sorted.size());
  const auto place = static_cast<std::size_t>(std::max(1.0, std::ceil(share * n - 1e-9)));
  return sorted[std::min(place, sorted.size()) - 1];
}

// What all families need of the values.
struct Moments {
  double n = 0;
  double mean = 0;
  double log_mean = 0;      // of the logarithms
  double log_variance = 0;  // of the logarithms, divided by n
};

Moments moments_of(const std::vector<double>& values) {
  Moments moments{.n = static_cast<double>(values.size()), .mean = mean_of(values)};
  for (const double value : values) moments.log_mean += math::log(value) / moments.n;
  for (const double value : values) {
    const double deviation = math::log(value) - moments.log_mean;
    moments.log_variance += deviation * deviation / moments.n;
  }
  return moments;
}

struct Family {
  Named distribution;
  double log_likelihood = 0;
  double parameters = 1;
};

Family exponential(const Moments& m) {
  return {.distribution = named("exponential", {{"mean", time_of(m.mean)}}),
          .log_likelihood = -m.n * (math::log(m.mean) + 1),
          .parameters = 1};
}

// The width is that of greatest likelihood; the place is set by the mean, which decides the load.
Family lognormal(const Moments& m) {
  const double sigma = std::clamp(std::sqrt(m.log_variance), 1e-3, 10.0);
  const double log_likelihood =
      -m.n * (m.log_mean + math::log(sigma) + 0.5 * math::log(kTwoPi) + 0.5);
  return {.distribution = named("lognormal", {{"mean", time_of(m.mean)}, {"sigma", Value{sigma}}}),
          .log_likelihood = log_likelihood,
          .parameters = 2};
}

// ln of the gamma density, summed, at the mean of greatest likelihood (the values' own).
double gamma_log_likelihood(const Moments& m, double shape) {
  return m.n * (shape * math::log(shape / m.mean) - math::log_gamma(shape) +
                (shape - 1) * m.log_mean - shape);
}

// The likelihood has one maximum in the shape; golden section in its logarithm.
Family gamma(const Moments& m) {
  constexpr double kGolden = 0.6180339887498949;
  double low = math::log(0.02);
  double high = math::log(1e4);
  for (int step = 0; step < 60; ++step) {
    const double width = kGolden * (high - low);
    const bool left = gamma_log_likelihood(m, math::exp(high - width)) >
                      gamma_log_likelihood(m, math::exp(low + width));
    (left ? high : low) = left ? low + width : high - width;
  }
  const double shape = math::exp((low + high) / 2);
  return {.distribution = named("gamma", {{"mean", time_of(m.mean)}, {"shape", Value{shape}}}),
          .log_likelihood = gamma_log_likelihood(m, shape),
          .parameters = 2};
}

double share_within(const std::vector<double>& sorted, double from, double to) {
  const auto first = std::lower_bound(sorted.begin(), sorted.end(), from);
  const auto last = std::upper_bound(sorted.begin(), sorted.end(), to);
  return static_cast<double>(last - first) / static_cast<double>(sorted.size());
}

constexpr double kNearlyAll = 0.95;

std::optional<Named> constant(const std::vector<double>& sorted) {
  const double median = quantile(sorted, 0.5);
  if (share_within(sorted, 0.95 * median, 1.05 * median) < kNearlyAll) return std::nullopt;
  // Not the mean: the few values far off are the machine's, and a constant cannot show them.
  return named("constant", {{"value", time_of(median)}});
}

// Two groups, cut where the sum of squares within them (of logarithms) is least. [Otsu 1979]
std::optional<Named> bimodal(const std::vector<double>& sorted) {
  std::vector<double> sums{0};
  for (const double value : sorted) sums.push_back(sums.back() + math::log(value));
  const auto n = static_cast<double>(sorted.size());
  double best = -1;
  std::size_t cut = 0;
  for (std::size_t k = 1; k < sorted.size(); ++k) {
    const auto left = static_cast<double>(k);
    const double gap = sums[k] / left - (sums.back() - sums[k]) / (n - left);
    const double between = left * (n - left) * gap * gap;
    if (between > best) std::tie(best, cut) = std::pair(between, k);
  }
  if (cut == 0) return std::nullopt;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(cut);
  const std::vector<double> fast_group(sorted.begin(), middle);
  const std::vector<double> slow_group(middle, sorted.end());
  const double fast = quantile(fast_group, 0.5);
  const double slow = quantile(slow_group, 0.5);
  const double slow_share = (n - static_cast<double>(cut)) / n;
  // Each group is a group of its own, and narrow; a share of a percent would be its tail.
  const bool apart = slow > 1.3 * fast && slow_share > 0.01;
  const bool narrow = share_within(fast_group, 0.9 * fast, 1.1 * fast) >= kNearlyAll &&
                      share_within(slow_group, 0.9 * slow, 1.1 * slow) >= kNearlyAll;
  if (!apart || !narrow) return std::nullopt;
  return named("bimodal", {{"fast", time_of(fast)},
                           {"slow", time_of(slow)},
                           {"slow_share", Value{std::round(slow_share * 1e4) / 1e4}}});
}

// Percentiles beyond which at least five values lie, from the least value on, scaled so that the
// mean is that of the values: it decides the load.
Named empirical(const std::vector<double>& sorted) {
  constexpr std::array<double, 13> kShares{0.01, 0.05, 0.1,  0.2,  0.35,  0.5,   0.65,
                                           0.8,  0.9,  0.95, 0.99, 0.999, 0.9999};
  const auto n = static_cast<double>(sorted.size());
  const auto table = [&](double scale) {
    Value::List rows{Value{Value::List{{0.0}, {from_seconds(scale * sorted.front())}}}};
    for (const double share : kShares) {
      if (share > 0.5 && n * (1 - share) < 5) break;
      rows.push_back(Value{Value::List{{share}, {from_seconds(scale * quantile(sorted, share))}}});
    }
    rows.push_back(Value{Value::List{{1.0}, {from_seconds(scale * sorted.back())}}});
    return named("empirical", {{"percentiles", Value{std::move(rows)}}});
  };
  const double mean = make(table(1))->mean_seconds();
  return table(mean > 0 ? mean_of(sorted) / mean : 1);
}

struct Judgement {
  double distance = 0;
  double p99_error = 0;
};

Judgement judge(const Named& distribution, const std::vector<double>& sorted) {
  constexpr std::size_t kSamples = 32'768;
  const auto drawn_from = make(distribution);
  RandomStream random(1);
  std::vector<double> drawn(kSamples);
  for (double& value : drawn) value = drawn_from->sample(random);
  std::sort(drawn.begin(), drawn.end());
  Judgement judgement;
  const auto n = static_cast<double>(sorted.size());
  for (std::size_t i = 0, k = 0; i < sorted.size(); ++i) {
    // Against the middle of the step: a step of its own height is no distance.
    while (k < kSamples && drawn[k] <= sorted[i]) ++k;
    const double expected = static_cast<double>(k) / kSamples;
    judgement.distance =
        std::max(judgement.distance, std::abs((static_cast<double>(i) + 0.5) / n - expected));
  }
  const double measured = quantile(sorted, 0.99);
  judgement.p99_error = (quantile(drawn, 0.99) - measured) / measured;
  return judgement;
}

bool good_enough(const DistributionFit::Candidate& candidate, std::size_t values) {
  // 1.63 / sqrt(n): the 1% point of the distance for many values. [Smirnov 1948]
  const double by_chance = 1.63 / std::sqrt(static_cast<double>(values));
  return candidate.distance <= std::max(kFitDistanceMax, by_chance) &&
         (values < 300 || std::abs(candidate.p99_error) <= kFitP99ErrorMax);
}

DistributionFit with(Named distribution, const std::vector<double>& sorted) {
  const Judgement judgement = judge(distribution, sorted);
  return {.distribution = std::move(distribution),
          .distance = judgement.distance,
          .p99_error = judgement.p99_error,
          .candidates = {}};
}

}  // namespace

DistributionFit fit_distribution(std::vector<double> seconds, double grain) {
  STEELYARD_CHECK(!seconds.empty(), "no values to fit");
  const double least = std::max({grain, 1e-9, 0.01 * mean_of(seconds)});
  for (double& value : seconds) value = std::max(value, least);
  std::sort(seconds.begin(), seconds.end());
  if (auto named = constant(seconds)) return with(std::move(*named), seconds);
  if (auto named = bimodal(seconds)) return with(std::move(*named), seconds);

  const Moments moments = moments_of(seconds);
  std::vector<Family> families{exponential(moments), lognormal(moments), gamma(moments)};
  std::vector<std::pair<DistributionFit::Candidate, Named>> ranked;
  for (Family& family : families) {
    const Judgement judgement = judge(family.distribution, seconds);
    const double criterion = family.parameters * math::log(moments.n) - 2 * family.log_likelihood;
    DistributionFit::Candidate candidate{.name = family.distribution.name,
                                         .criterion = criterion,
                                         .distance = judgement.distance,
                                         .p99_error = judgement.p99_error};
    ranked.emplace_back(std::move(candidate), std::move(family.distribution));
  }
  constexpr double kVeryStrong = 10;
  // The exponential has one parameter less than the others.
  const double simplest = ranked.front().first.criterion;
  std::stable_sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) {
    return a.first.criterion < b.first.criterion;
  });
  if (simplest - ranked.front().first.criterion < kVeryStrong)
    std::stable_partition(ranked.begin(), ranked.end(), [](const auto& candidate) {
      return candidate.first.name == "exponential";
    });

  DistributionFit fit;
  for (const auto& [candidate, distribution] : ranked) {
    fit.candidates.push_back(candidate);
    if (!fit.distribution.name.empty() || !good_enough(candidate, seconds.size())) continue;
    fit.distribution = distribution;
    fit.distance = candidate.distance;
    fit.p99_error = candidate.p99_error;
  }
  if (!fit.distribution.name.empty()) return fit;
  std::vector<DistributionFit::Candidate> candidates = std::move(fit.candidates);
  fit = with(empirical(seconds), seconds);
  fit.candidates = std::move(candidates);
  return fit;
}

}  // namespace steelyard
