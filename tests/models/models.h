// What the models' tests share: strategies built as the scenario loader builds them, and tests of
// fit. Every random test has a fixed seed and a false-alarm probability of about 1e-6, stated where
// it is derived.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/registry.h"
#include "models/arrivals.h"
#include "models/distribution.h"

namespace steelyard::testing_models {

using Given = std::vector<std::pair<std::string, Value>>;

inline Value time(Duration d) { return {d}; }
inline Value number(double x) { return {x}; }
inline Value text(std::string s) { return {std::move(s)}; }
inline Value times(std::vector<Duration> all) {
  Value::List list;
  for (const Duration d : all) list.push_back({d});
  return {std::move(list)};
}
inline Value numbers_of(std::vector<double> all) {
  Value::List list;
  for (const double x : all) list.push_back({x});
  return {std::move(list)};
}
inline Value percentiles(std::vector<std::pair<double, Duration>> all) {
  Value::List list;
  for (const auto& [p, d] : all) list.push_back({Value::List{{p}, {d}}});
  return {std::move(list)};
}
inline Value table(std::vector<std::string> columns, std::vector<double> cells) {
  return {std::make_shared<const Table>(
      Table{.file = "test.csv", .columns = std::move(columns), .cells = std::move(cells)})};
}

// A strategy with its defaults, and what is given on top.
inline Named named(std::string_view kind, std::string_view name, Given given) {
  Named strategy = defaults(kind, name);
  for (auto& [parameter, value] : given)
    strategy.settings.set(std::move(parameter), std::move(value));
  return strategy;
}
inline Value strategy(std::string_view kind, std::string_view name, Given given) {
  return {std::make_shared<const Named>(named(kind, name, std::move(given)))};
}
inline Value rate(double per_second) {
  return strategy("schedule", "constant", {{"rate", number(per_second)}});
}
inline Value exponential(Duration mean) {
  return strategy("distribution", "exponential", {{"mean", time(mean)}});
}

template <class Interface>
std::unique_ptr<Interface> make(std::string_view name, Given given) {
  auto made = Registration<Interface>::make(named(Interface::kKind, name, std::move(given)));
  if (!made) {
    ADD_FAILURE() << name << ": " << made.error();
    return nullptr;
  }
  return std::move(made.value());
}
// The message with which the settings are refused; fails if they are not.
template <class Interface>
std::string refusal(std::string_view name, Given given) {
  const auto made = Registration<Interface>::make(named(Interface::kKind, name, std::move(given)));
  if (made.ok()) {
    ADD_FAILURE() << name << " was accepted";
    return {};
  }
  return made.error();
}

inline std::vector<double> samples(const Distribution& distribution, std::uint64_t seed,
                                   std::size_t count) {
  RandomStream random(seed);
  std::vector<double> all(count);
  for (double& x : all) x = distribution.sample(random);
  return all;
}

// The first five samples of seed 1 in nanoseconds: the same with every compiler, or something in
// the arithmetic is not portable.
inline std::vector<std::int64_t> first_five(const Distribution& distribution) {
  RandomStream random(1);
  std::vector<std::int64_t> all;
  for (int i = 0; i < 5; ++i) all.push_back(sample_duration(distribution, random).count());
  return all;
}

// Kolmogorov and Smirnov: the largest distance between the sample's distribution function and
// `cdf` exceeds sqrt(ln(2/a) / 2n) with probability a = 1e-6.
inline void expect_distribution(const Distribution& distribution, std::uint64_t seed,
                                const std::function<double(double)>& cdf) {
  constexpr std::size_t kSamples = 20'000;
  std::vector<double> all = samples(distribution, seed, kSamples);
  std::sort(all.begin(), all.end());
  double distance = 0;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const double expected = cdf(all[i]);
    distance = std::max({distance, expected - static_cast<double>(i) / kSamples,
                         static_cast<double>(i + 1) / kSamples - expected});
  }
  EXPECT_LT(distance, std::sqrt(std::log(2e6) / (2 * kSamples))) << "seed " << seed;
}

// Mean and variance of a sample against what the distribution says of itself, within five standard
// errors (probability 6e-7); that of the variance is estimated from the sample's fourth moment.
inline void expect_moments(const Distribution& distribution, std::uint64_t seed) {
  constexpr std::size_t kSamples = 200'000;
  const std::vector<double> all = samples(distribution, seed, kSamples);
  double mean = 0;
  for (const double x : all) mean += x / kSamples;
  double variance = 0;
  double fourth = 0;
  for (const double x : all) {
    const double square = (x - mean) * (x - mean);
    variance += square / kSamples;
    fourth += square * square / kSamples;
  }
  const double expected = distribution.variance_seconds2();
  EXPECT_NEAR(mean, distribution.mean_seconds(), 5 * std::sqrt(expected / kSamples) + 1e-15)
      << "seed " << seed;
  EXPECT_NEAR(variance, expected,
              5 * std::sqrt(std::max(0.0, fourth - variance * variance) / kSamples) + 1e-20)
      << "seed " << seed;
}

// The arrivals before `end`, with a stream of this seed. Fails if time runs backwards.
inline std::vector<double> arrivals_before(Arrivals& arrivals, std::uint64_t seed, double end) {
  arrivals.start(RandomStream(seed));
  std::vector<double> all;
  Instant last = kStart;
  while (true) {
    const Instant next = arrivals.next();
    EXPECT_GE(next, last);
    last = next;
    if (next == kNever || to_seconds(next.time_since_epoch()) >= end) return all;
    all.push_back(to_seconds(next.time_since_epoch()));
  }
}
inline std::vector<std::int64_t> first_five(Arrivals& arrivals) {
  arrivals.start(RandomStream(1));
  std::vector<std::int64_t> all;
  for (int i = 0; i < 5; ++i) all.push_back(arrivals.next().time_since_epoch().count());
  return all;
}

using Nanoseconds = std::vector<std::int64_t>;

}  // namespace steelyard::testing_models
