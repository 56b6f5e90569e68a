#include "real-harness/gateway/counters.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace steelyard::live::gateway {
namespace {

std::string escaped(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

void append_title(std::string& page, std::string_view name, std::string_view type,
                  std::string_view help) {
  fmt::format_to(std::back_inserter(page), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

template <class Value>
void append_one(std::string& page, std::string_view name, std::string_view type,
                std::string_view help, Value value) {
  append_title(page, name, type, help);
  fmt::format_to(std::back_inserter(page), "{} {}\n", name, value);
}

void append_requests(std::string& page, const Counters& counters) {
  append_title(page, "steelyard_gateway_requests_total", "counter",
               "Requests answered, or given up by their caller (code 499).");
  for (const Counters::Route& route : counters.routes)
    for (std::size_t i = 0; i < route.by_class.size(); ++i)
      if (route.by_class[i] > 0)
        fmt::format_to(std::back_inserter(page),
                       "steelyard_gateway_requests_total{{route=\"{}\",code=\"{}\"}} {}\n",
                       escaped(route.name), i == 0 ? "499" : fmt::format("{}xx", i),
                       route.by_class[i]);
}

void append_latency(std::string& page, const Counters& counters) {
  constexpr std::string_view kName = "steelyard_gateway_request_duration_seconds";
  append_title(page, kName, "histogram", "From the head of a request to the end of its answer.");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < Counters::kBounds.size(); ++i) {
    total += counters.latency[i];
    fmt::format_to(std::back_inserter(page), "{}_bucket{{le=\"{}\"}} {}\n", kName,
                   static_cast<double>(Counters::kBounds[i]) / 1e6, total);
  }
  total += counters.latency.back();
  fmt::format_to(std::back_inserter(page),
                 "{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", kName, total,
                 to_seconds(counters.latency_sum));
}

}  // namespace

std::string metrics_page(const Counters& counters, const Gauges& gauges) {
  std::string page;
  append_requests(page, counters);
  append_latency(page, counters);
  append_one(page, "steelyard_gateway_received_bytes_total", "counter",
             "Bytes of the bodies of requests.", counters.bytes_in);
  append_one(page, "steelyard_gateway_sent_bytes_total", "counter",
             "Bytes of the bodies of answers.", counters.bytes_out);
  append_one(page, "steelyard_gateway_broken_answers_total", "counter",
             "Answers broken off in the middle, as their service did.", counters.broken_off);
  append_one(page, "steelyard_gateway_bad_requests_total", "counter",
             "Requests refused for their form.", gauges.bad_requests);
  append_one(page, "steelyard_gateway_attempts_total", "counter", "Attempts at instances.",
             gauges.attempts);
  append_one(page, "steelyard_gateway_failed_attempts_total", "counter",
             "Attempts at instances that failed.", gauges.failed_attempts);
  append_one(page, "steelyard_gateway_reloads_total", "counter", "Changes of the configuration.",
             counters.reloads);
  append_one(page, "steelyard_gateway_log_lost_bytes_total", "counter",
             "Bytes of the access log that could not be written.", gauges.log_bytes_lost);
  append_one(page, "steelyard_gateway_requests", "gauge", "Requests under way.", gauges.requests);
  append_one(page, "steelyard_gateway_connections", "gauge", "Connections of callers.",
             gauges.connections);
  append_one(page, "steelyard_gateway_upstream_connections", "gauge", "Connections to instances.",
             gauges.upstream_connections);
  return page;
}

}  // namespace steelyard::live::gateway
