#include "reports/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reports/format.h"

namespace steelyard {
namespace {

AllPairs pairs_of(std::size_t metric, std::span<const Contender> contenders) {
  std::vector<std::vector<double>> samples;
  std::vector<double> quanta;
  for (const Contender& contender : contenders) {
    samples.push_back(contender.metrics[metric].samples);
    quanta.push_back(contender.metrics[metric].quantum);
  }
  return AllPairs(samples, quanta);
}

bool single_replication(const Contender& contender) {
  return contender.metrics[metric::kErrorRatio].samples.size() < 2;
}

// Which of two metrics' values is better; unknown ones are worse than all.
bool better(const MetricInfo& info, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return info.higher_is_better ? a > b : a < b;
}

std::optional<double> times_best(const MetricInfo& info, double value, double best) {
  if (value == best) return 1;
  const double times = info.higher_is_better ? best / value : value / best;
  return std::isfinite(times) && times > 0 ? std::optional(times) : std::nullopt;
}

// So much more, in every replication, that nobody would wait for a test: of two or three
// replications among many variants hardly anything is significant.
bool fails_more_every_time(const Contender& contender, const Contender& fewest) {
  const std::vector<double>& more = contender.metrics[metric::kErrorRatio].samples;
  const std::vector<double>& less = fewest.metrics[metric::kErrorRatio].samples;
  for (std::size_t r = 0; r < std::min(more.size(), less.size()); ++r)
    if (!(more[r] > less[r] + kErrorRatioBlatant && more[r] > 2 * less[r])) return false;
  return true;
}

// Fails significantly more requests than the one that fails fewest, and by enough to matter. With
// one replication nothing is significant, and only the size of the difference can count.
void disqualify_for_errors(std::span<const Contender> contenders,
                           std::vector<Disqualification>& all) {
  const auto errors = [&](std::size_t i) {
    return contenders[i].metrics[metric::kErrorRatio].value;
  };
  std::optional<std::size_t> fewest;
  for (std::size_t i = 0; i < contenders.size(); ++i)
    if (all[i].note.empty() && (!fewest || errors(i) < errors(*fewest))) fewest = i;
  if (!fewest) return;
  const AllPairs pairs = pairs_of(metric::kErrorRatio, contenders);
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    if (i == *fewest || !all[i].note.empty()) continue;
    if (!(errors(i) - errors(*fewest) > kErrorRatioRelevant)) continue;
    if (!single_replication(contenders[i]) && !pairs.differ(i, *fewest) &&
        !fails_more_every_time(contenders[i], contenders[*fewest]))
      continue;
    all[i] = {Disqualification::Reason::errors,
              fmt::format("fails {} of its requests",
                          quantity(kMetrics[metric::kErrorRatio], errors(i), kNoValue))};
  }
}

}  // namespace

std::vector<Disqualification> disqualify(std::span<const Contender> contenders) {
  std::vector<Disqualification> all(contenders.size());
  const auto every = [&](const auto& property) {
    return std::all_of(contenders.begin(), contenders.end(), property);
  };
  const auto no_data = [](const Contender& c) { return !c.metrics[metric::kPrimary].known(); };
  const auto saturated = [&](const Contender& c) { return c.saturated || no_data(c); };
  const bool all_empty = every(no_data);
  const bool all_saturated = every(saturated);
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const Contender& contender = contenders[i];
    if (no_data(contender) && !all_empty) {
      all[i] = {Disqualification::Reason::no_data, "answered no request"};
    } else if (contender.saturated && !all_saturated) {
      all[i] = {Disqualification::Reason::saturated,
                fmt::format(
                    "left {} of its requests unfinished",
                    quantity(kMetrics[metric::kErrorRatio], contender.unfinished_ratio, kNoValue))};
    }
  }
  disqualify_for_errors(contenders, all);
  return all;
}

Ranking rank(std::size_t metric, std::span<const Contender> contenders,
             std::span<const Disqualification> disqualified) {
  const MetricInfo& info = kMetrics[metric];
  const auto value = [&](std::size_t i) { return contenders[i].metrics[metric].value; };
  const auto behind = [&](std::size_t i) {
    return info.of_successes && !disqualified[i].note.empty();
  };
  std::vector<std::size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const bool known_a = !std::isnan(value(a)), known_b = !std::isnan(value(b));
    if (known_a != known_b) return known_a;
    if (behind(a) != behind(b)) return behind(b);
    return better(info, value(a), value(b));
  });

  Ranking ranking{.metric = metric, .rows = {}};
  const AllPairs pairs = pairs_of(metric, contenders);
  for (const std::size_t i : order) {
    RankedRow row{.variant = i, .value = value(i), .ci95 = contenders[i].metrics[metric].ci95};
    if (behind(i)) row.note = disqualified[i].note;
    const std::size_t best = order.front();
    if (!std::isnan(value(i))) {
      row.times_best = times_best(info, value(i), value(best));
      if (i != best) {
        const double difference = pairs.difference(i, best);
        if (!std::isnan(difference)) row.difference = {difference, pairs.interval(i, best)};
        row.tied_with_best = row.tested() && !pairs.differ(i, best) && row.note.empty();
      }
    }
    ranking.rows.push_back(std::move(row));
  }
  return ranking;
}

std::vector<Ranking> rank_all(std::span<const Contender> contenders) {
  const std::vector<Disqualification> disqualified = disqualify(contenders);
  std::vector<Ranking> rankings;
  for (std::size_t m = 0; m < kMetrics.size(); ++m)
    rankings.push_back(rank(m, contenders, disqualified));
  return rankings;
}

}  // namespace steelyard
