// A server's load report as an HTTP header of its answers.
//
//   x-steelyard-load: outstanding=3 queued=1 in_service=2 utilisation=0.52 cpu=0.52 rps=104.2 eps=0
//                     latency_ns=8100000 service_ns=5000000
//
// From services of the user's own, the header that gRPC and Envoy define is read as well, in its
// text form: `endpoint-load-metrics: TEXT cpu_utilization=0.3, rps_fractional=100, eps=0,
// application_utilization=0.5, named_metrics.in_flight=7`. [Envoy, Open Request Cost Aggregation]
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/load_report.h"
#include "real-harness/http/http1.h"

namespace steelyard::live {

inline constexpr std::string_view kLoadHeader = "x-steelyard-load";
inline constexpr std::string_view kOrcaHeader = "endpoint-load-metrics";

// Where an endpoint answers probes: with its load at once, or with `?when=idle`, when next it is
// idle and this caller is the one of all who asked that is told.
inline constexpr std::string_view kLoadPath = "/load";
inline constexpr std::string_view kWhenIdle = "when=idle";

// Appends the header's line. Numbers are written to the last digit.
void append_load_header(std::string& out, const LoadReport& report);

// What the answer says of its server's load; nothing if it says nothing, or no number where one
// belongs. Negative numbers count as 0.
std::optional<LoadReport> load_of(const http::ResponseHead& head);

}  // namespace steelyard::live
