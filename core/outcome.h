// How a request or an attempt ended.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace steelyard {

enum class Outcome : std::uint8_t {
  ok,
  queue_full,          // the instance's queue was at its limit
  connection_refused,  // nobody listens there: the instance is down
  connection_reset,    // the instance died while it had the request
  no_endpoint,         // the channel knows no endpoint
  deadline_exceeded,   // the caller's time was up
  error_status,        // the answer was an HTTP error: 4xx or 5xx
  bad_response,        // the answer broke off, or was not HTTP
  cancelled,           // the caller left: says nothing about the instance
};

inline constexpr std::array<std::string_view, 9> kOutcomeNames{
    "ok",          "queue_full",        "connection_refused", "connection_reset",
    "no_endpoint", "deadline_exceeded", "error_status",       "bad_response",
    "cancelled"};
inline constexpr std::size_t kOutcomes = kOutcomeNames.size();

constexpr std::string_view to_text(Outcome outcome) {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

}  // namespace steelyard
