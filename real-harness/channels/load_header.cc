#include "real-harness/channels/load_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace steelyard::live {
namespace {

// Sets what `name` stands for in either header; others are none of ours.
void set(LoadReport& report, std::string_view name, double value) {
  const auto whole = [&](double most) { return std::min(std::floor(value), most); };
  const auto count = [&] { return static_cast<std::uint32_t>(whole(4294967295.0)); };
  const auto duration = [&] { return Duration(static_cast<std::int64_t>(whole(1e18))); };
  if (name == "outstanding" || name == "named_metrics.in_flight") report.in_flight = count();
  if (name == "queued" || name == "named_metrics.queued") report.queued = count();
  if (name == "utilisation" || name == "application_utilization") report.utilisation = value;
  if (name == "cpu" || name == "cpu_utilization") report.cpu_utilisation = value;
  if (name == "rps" || name == "rps_fractional") report.requests_per_second = value;
  if (name == "eps") report.errors_per_second = value;
  if (name == "latency_ns") report.latency = duration();
  if (name == "service_ns") report.service_time = duration();
}

// "a=1 b=2" or "a=1, b=2".
std::optional<LoadReport> parse(std::string_view text) {
  LoadReport report;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" ,"), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view number = part.substr(equals + 1);
    double value = 0;
    const auto [at, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || at != number.data() + number.size() || !std::isfinite(value))
      return std::nullopt;
    // Larger ones mean nothing, and could not be added up.
    set(report, part.substr(0, equals), std::clamp(value, 0.0, 1e18));
  }
  return report;
}

}  // namespace

void append_load_header(std::string& out, const LoadReport& report) {
  fmt::format_to(std::back_inserter(out),
                 "{}: outstanding={} queued={} in_service={} utilisation={} cpu={} rps={} eps={} "
                 "latency_ns={} service_ns={}\r\n",
                 kLoadHeader, report.in_flight, report.queued, report.in_flight - report.queued,
                 report.utilisation, report.cpu_utilisation, report.requests_per_second,
                 report.errors_per_second, report.latency.count(), report.service_time.count());
}

std::optional<LoadReport> load_of(const http::ResponseHead& head) {
  if (const std::string_view ours = head.find(kLoadHeader); !ours.empty()) return parse(ours);
  constexpr std::string_view kText = "TEXT ";
  std::string_view orca = head.find(kOrcaHeader);
  if (!orca.starts_with(kText)) return std::nullopt;
  orca.remove_prefix(kText.size());
  return parse(orca);
}

}  // namespace steelyard::live
