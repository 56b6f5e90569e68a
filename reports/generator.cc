#include "reports/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "reports/format.h"

namespace steelyard {
namespace {

// A thread that uses more of its core than this has nothing left to catch up with.
constexpr double kCoreExhausted = 0.9;

std::string machine(const LiveRecord& live) {
  const double cpu = generator_cpu_ratio(live);
  std::string text = fmt::format(
      "the machine hiccupped up to {}",
      quantity(kMetrics[metric::kMax], static_cast<double>(live.hiccup_ns.max()) / 1e6, kNoValue));
  if (!std::isnan(cpu))
    text += fmt::format(", the generator used {:.0f}% of a core{}", 100 * cpu,
                        cpu > kCoreExhausted ? ", which is all it can get" : "");
  return text;
}

// "97.2% of sends were within 100 µs of their plan"
std::string timely(const LiveRecord& live) {
  return fmt::format("{} of sends were within {:.0f} µs of their plan",
                     timely_text(timely_ratio(live)), 1e6 * to_seconds(kTimely));
}

// For comparing: who sent nothing comes last.
double share(const LiveRecord& live) { return live.sends == 0 ? -1 : timely_ratio(live); }

}  // namespace

std::optional<LiveRecord> merged_live(const std::vector<RunRecord>& runs) {
  std::optional<LiveRecord> all;
  for (const RunRecord& run : runs) {
    if (!run.live) continue;
    if (!all) {
      all = run.live;
      continue;
    }
    all->send_delay_ns.merge(run.live->send_delay_ns);
    all->service_time_ns.merge(run.live->service_time_ns);
    all->hiccup_ns.merge(run.live->hiccup_ns);
    all->sends += run.live->sends;
    all->timely += run.live->timely;
    all->generator_cpu_seconds += run.live->generator_cpu_seconds;
    all->generator_wall_seconds += run.live->generator_wall_seconds;
    if (!run.live->proxy || !all->proxy) continue;
    all->proxy->cpu_seconds += run.live->proxy->cpu_seconds;
    all->proxy->requests += run.live->proxy->requests;
  }
  return all;
}

double timely_ratio(const LiveRecord& live) {
  return live.sends == 0 ? kNoValue
                         : static_cast<double>(live.timely) / static_cast<double>(live.sends);
}

double generator_cpu_ratio(const LiveRecord& live) {
  return live.generator_wall_seconds > 0 ? live.generator_cpu_seconds / live.generator_wall_seconds
                                         : kNoValue;
}

double proxy_cpu_us(const LiveRecord& live) {
  return live.proxy && live.proxy->requests > 0
             ? 1e6 * live.proxy->cpu_seconds / static_cast<double>(live.proxy->requests)
             : kNoValue;
}

std::string timely_text(double ratio) {
  if (std::isnan(ratio)) return "–";
  if (ratio >= 1) return "100%";
  // Two digits of what is missing, and at least one after the point.
  const int decimals =
      std::clamp(static_cast<int>(std::ceil(-std::log10(100 * (1 - ratio)))) + 1, 1, 6);
  const double step = std::pow(10.0, decimals);
  // The little more undoes the rounding of a share such as 0.972, which no double is.
  return fmt::format("{:.{}f}%", std::floor(100 * ratio * step + 1e-6) / step, decimals);
}

double delay_share(const LiveRecord& live, const Histogram& latency_ns) {
  if (live.service_time_ns.count() == 0 || latency_ns.count() == 0) return kNoValue;
  double largest = latency_ns.mean() / live.service_time_ns.mean() - 1;
  for (const double quantile : {0.5, 0.99}) {
    const auto from_plan = static_cast<double>(latency_ns.quantile(quantile));
    const auto from_send = static_cast<double>(live.service_time_ns.quantile(quantile));
    largest = std::max(largest, from_plan / from_send - 1);
  }
  return largest;
}

GeneratorVerdict generator_verdict(const LiveRecord& live, const Histogram& latency_ns) {
  if (live.sends == 0) return {false, "No request was sent after the warm-up."};
  const std::string asked = fmt::format("{:.4g}%", 100 * kTimelyShareMin);
  if (timely_ratio(live) >= kTimelyShareMin)
    return {true,
            fmt::format("{} (at least {} are asked for); {}.", timely(live), asked, machine(live))};
  const double added = delay_share(live, latency_ns);
  const std::string late = fmt::format("{}, below {}", timely(live), asked);
  if (added <= kDelayShareMax)
    return {true,
            fmt::format("{}, but the delays added at most {:.1f}% to mean, p50 and p99, which "
                        "does no harm (up to {:.0f}% is let pass); {}.",
                        late, 100 * std::max(added, 0.0), 100 * kDelayShareMax, machine(live))};
  return {false,
          fmt::format("{}{}: {}; latencies count from the plan, so they include this delay.", late,
                      std::isnan(added) ? ""
                                        : fmt::format(", and the delays added up to {:.3g}% "
                                                      "to mean, p50 or p99",
                                                      100 * added),
                      machine(live))};
}

GeneratorVerdict generator_verdict(std::span<const VariantSummary> variants) {
  const VariantSummary* worst = nullptr;
  std::vector<std::string> late;
  // What is not to be trusted comes first, then the smallest share of timely sends.
  const auto standing = [](const VariantSummary& variant) {
    return std::pair(generator_verdict(*variant.live, variant.latency_ns).trustworthy,
                     share(*variant.live));
  };
  for (const VariantSummary& variant : variants) {
    if (!variant.live) continue;
    if (!standing(variant).first) late.push_back(variant.label);
    if (worst == nullptr || standing(variant) < standing(*worst)) worst = &variant;
  }
  if (worst == nullptr) return {};
  GeneratorVerdict verdict = generator_verdict(*worst->live, worst->latency_ns);
  if (variants.size() == 1) return verdict;
  verdict.sentence =
      verdict.trustworthy
          ? fmt::format("Worst with {}: {}", worst->label, verdict.sentence)
          : fmt::format("The load generator fell behind with {}; {}{}",
                        late.size() == variants.size() ? "every variant" : listing(late),
                        late.size() == 1 ? "" : "worst with " + worst->label + ": ",
                        verdict.sentence);
  return verdict;
}

}  // namespace steelyard
