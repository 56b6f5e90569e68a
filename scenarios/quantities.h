// Quantities as people write them: 5ms, 2000/s, 20%, 1KiB.
//
// Every function returns the value, or an error such as "got '5', expected a duration with its unit
// (5ms, 1.5s, 2min); did you mean '5s'?". Only plain decimal notation is a quantity: no sign, no
// exponent, no white space. Results are finite.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/time.h"

namespace steelyard {

Result<double> parse_number(std::string_view text);         // 3, -0.5, 1e-3
Result<std::int64_t> parse_integer(std::string_view text);  // 3, -4
Result<Duration> parse_duration(std::string_view text);     // ns us ms s min h
Result<double> parse_ratio(std::string_view text);          // 20% or 0.2; not negative
Result<double> parse_rate(std::string_view text);           // 2000/s, 90/min, 10/h: per second
Result<std::int64_t> parse_bytes(std::string_view text);    // B kB MB GB TB KiB MiB GiB TiB
Result<double> parse_bandwidth(std::string_view text);      // 1GiB/s, 10Gbit/s: bytes per second

// The same grammars as regular expressions, for the JSON Schema.
inline constexpr const char* kDurationPattern = R"(^[0-9]+(\.[0-9]+)?(ns|us|ms|s|min|h)$)";
inline constexpr const char* kPercentPattern = R"(^[0-9]+(\.[0-9]+)?%$)";
inline constexpr const char* kRatePattern = R"(^[0-9]+(\.[0-9]+)?/(s|min|h)$)";
inline constexpr const char* kBytesPattern =
    R"(^[0-9]+(\.[0-9]+)?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$)";
inline constexpr const char* kBandwidthPattern =
    R"(^[0-9]+(\.[0-9]+)?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB|bit|kbit|Mbit|Gbit)/s$)";

}  // namespace steelyard
