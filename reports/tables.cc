#include "reports/tables.h"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <string>

#include "reports/generator.h"
#include "reports/json_text.h"

namespace steelyard {
namespace {

void write_metric(std::ostream& out, const std::string& variant, const std::string& path,
                  const Metric& metric) {
  out << csv_field(variant) << ',' << csv_field(path) << ',' << csv_number(metric.value) << ','
      << (metric.ci95 ? csv_number(metric.ci95->low) : "") << ','
      << (metric.ci95 ? csv_number(metric.ci95->high) : "") << '\n';
}

// All replications together, so without intervals.
void write_live(std::ostream& out, const std::string& variant, const LiveRecord& live) {
  const auto write = [&](const std::string& path, double value) {
    out << csv_field(variant) << ",live." << path << ',' << csv_number(value) << ",,\n";
  };
  const auto quantiles = [&](const std::string& path, const Histogram& histogram, double unit) {
    for (const auto& [name, quantile] : {std::pair{"p50", 0.5}, {"p99", 0.99}, {"max", 1.0}})
      write(path + '.' + name, histogram.count() == 0
                                   ? kNoValue
                                   : static_cast<double>(histogram.quantile(quantile)) / unit);
  };
  quantiles("send_delay_us", live.send_delay_ns, 1e3);
  quantiles("service_time_ms", live.service_time_ns, 1e6);
  quantiles("hiccup_ms", live.hiccup_ns, 1e6);
  write("timely_ratio", timely_ratio(live));
  write("generator_cpu_ratio", generator_cpu_ratio(live));
  if (live.proxy) write("proxy.cpu_us_per_request", proxy_cpu_us(live));
}

}  // namespace

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += '"';
  }
  return quoted + '"';
}

std::string csv_number(double value, int significant_digits) {
  const Json json = number(value, significant_digits);
  return json.is_null() ? "" : compact(json);
}

void write_summary_csv(std::ostream& out, const Report& report) {
  out << "variant,metric,value,ci_low,ci_high\n";
  for (const VariantSummary& variant : report.variants) {
    const auto write = [&](const std::string& path, const Metric& metric) {
      write_metric(out, variant.name, path, metric);
    };
    for (std::size_t m = 0; m < kMetrics.size(); ++m)
      write(std::string(kMetrics[m].path), variant.metrics[m]);
    if (variant.live) write_live(out, variant.name, *variant.live);
    for (const ClientSummary& client : variant.clients) {
      const std::string prefix = "clients." + client.name + ".";
      for (std::size_t m = 0; m < metric::kLatencies; ++m)
        write(prefix + std::string(kMetrics[m].path), client.latency[m]);
      write(prefix + "error_ratio", client.error_ratio);
    }
    for (const ServiceSummary& service : variant.services) {
      const std::string prefix = "services." + service.name + ".";
      write(prefix + "utilisation", service.utilisation);
      write(prefix + "attempts_per_second", service.attempts_per_second);
      write(prefix + "failed_ratio", service.failed_ratio);
      write(prefix + "load_imbalance", service.load_imbalance);
    }
  }
}

void write_series_csv(std::ostream& out, const Report& report) {
  out << "variant,time_s,offered_rps,goodput_rps,failed_rps,latency_ms_p50,latency_ms_p99\n";
  for (const VariantSummary& variant : report.variants) {
    const Series& series = variant.series;
    for (std::size_t b = 0; b < series.offered_rps.size(); ++b) {
      out << csv_field(variant.name) << ','
          << csv_number(static_cast<double>(b) * series.interval_seconds);
      for (const double value : {series.offered_rps[b], series.goodput_rps[b], series.failed_rps[b],
                                 series.latency_ms_p50[b], series.latency_ms_p99[b]})
        out << ',' << csv_number(value, 5);
      out << '\n';
    }
  }
}

void write_latency_hgrm(std::ostream& out, const VariantSummary& variant) {
  variant.latency_ns.write_hgrm(out, 1e6);
}

void write_latency_hgrm(std::ostream& out, const Report& report) {
  for (const RankedRow& row : report.rankings[metric::kPrimary].rows) {
    const VariantSummary& variant = report.variants[row.variant];
    out << "#[Variant = " << variant.name << "]\n";
    write_latency_hgrm(out, variant);
  }
}

}  // namespace steelyard
