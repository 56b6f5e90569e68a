#include "reports/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace steelyard {
namespace {

double in_ms(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

bool same_buckets(const RunRecord& a, const RunRecord& b) {
  return a.bucket_length == b.bucket_length && a.series.size() == b.series.size();
}

void append_bucket(Series& series, const std::vector<RunRecord>& runs, std::size_t bucket) {
  std::uint64_t offered = 0, succeeded = 0, failed = 0;
  double seconds = 0;
  std::optional<Histogram> latency;
  for (const RunRecord& run : runs) {
    if (!same_buckets(run, runs.front())) continue;
    const SeriesBucket& slice = run.series[bucket];
    offered += slice.offered;
    succeeded += slice.succeeded;
    failed += slice.failed;
    seconds += series.interval_seconds;
    if (latency) {
      latency->merge(slice.latency_ns);
    } else {
      latency = slice.latency_ns;
    }
  }
  const auto rate = [&](std::uint64_t count) {
    return seconds > 0 ? static_cast<double>(count) / seconds : kNoValue;
  };
  const auto quantile = [&](double q) {
    return latency && latency->count() > 0 ? in_ms(latency->quantile(q)) : kNoValue;
  };
  series.offered_rps.push_back(rate(offered));
  series.goodput_rps.push_back(rate(succeeded));
  series.failed_rps.push_back(rate(failed));
  series.latency_ms_p50.push_back(quantile(0.5));
  series.latency_ms_p99.push_back(quantile(0.99));
}

}  // namespace

Series time_series(const std::vector<RunRecord>& runs) {
  Series series;
  if (runs.empty()) return series;
  series.interval_seconds = to_seconds(runs.front().bucket_length);
  for (std::size_t b = 0; b < runs.front().series.size(); ++b) append_bucket(series, runs, b);
  return series;
}

InstanceMap instance_map(std::size_t service, const std::vector<RunRecord>& runs,
                         const std::string& name) {
  InstanceMap map;
  map.service = name;
  if (runs.empty() || service >= runs.front().services.size()) return map;
  const ServiceRecord& first = runs.front().services[service];
  const std::size_t rows = first.sampled.size();
  const std::size_t columns = rows == 0 ? 0 : first.outstanding.size() / rows;
  map.left_out = first.instances.size() - std::min(rows, first.instances.size());
  map.outstanding.assign(rows, std::vector<double>(columns, 0));
  map.share.assign(rows, 0);
  for (const std::uint32_t instance : first.sampled)
    map.names.push_back(fmt::format("{}/{}", name, instance));

  double attempts = 0;
  double replications = 0;
  for (const RunRecord& run : runs) {
    if (service >= run.services.size()) continue;
    const ServiceRecord& record = run.services[service];
    if (record.sampled != first.sampled || record.outstanding.size() != first.outstanding.size())
      continue;
    replications += 1;
    for (const InstanceRecord& instance : record.instances)
      attempts += static_cast<double>(instance.attempts);
    for (std::size_t row = 0; row < rows; ++row) {
      if (record.sampled[row] < record.instances.size())
        map.share[row] += static_cast<double>(record.instances[record.sampled[row]].attempts);
      for (std::size_t column = 0; column < columns; ++column)
        map.outstanding[row][column] += record.outstanding[row * columns + column];
    }
  }
  for (std::size_t row = 0; row < rows; ++row) {
    map.share[row] = attempts > 0 ? map.share[row] / attempts : 0;
    for (double& cell : map.outstanding[row]) cell /= replications;
  }
  return map;
}

bool did_not_keep_up(const std::vector<RunRecord>& runs, Duration warmup) {
  double offered = 0, unfinished = 0, early = 0;
  for (const RunRecord& run : runs) {
    offered += static_cast<double>(run.offered);
    unfinished += static_cast<double>(run.unfinished);
    if (run.bucket_length <= 0s || run.series.empty()) continue;
    const auto buckets = static_cast<std::int64_t>(run.series.size());
    const std::int64_t from = std::clamp<std::int64_t>(warmup / run.bucket_length, 0, buckets - 1);
    const std::int64_t to = std::max(from + 1, (from + buckets) / 2);
    double under_way = 0, sum = 0;
    for (std::int64_t b = 0; b < to; ++b) {
      const SeriesBucket& bucket = run.series[static_cast<std::size_t>(b)];
      under_way += static_cast<double>(bucket.offered) - static_cast<double>(bucket.succeeded) -
                   static_cast<double>(bucket.failed);
      if (b >= from) sum += under_way;
    }
    early += sum / static_cast<double>(to - from);
  }
  return unfinished >= 0.01 * offered && unfinished > 0 && unfinished >= 2 * early;
}

}  // namespace steelyard
