// What a request is called, so that its traces in several programs can be brought together: a
// request id, and a W3C trace context. [W3C Trace Context, Recommendation 2021, section 3.2]
//
// Pure: fresh names come from the stream that is handed in.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/random.h"
#include "real-harness/http/http1.h"

namespace steelyard::live::gateway {

struct TraceContext {
  std::array<char, 32> trace_id{};   // hexadecimal, lower case, not all 0
  std::array<char, 16> parent_id{};  // of the span that sent it, likewise
  bool sampled = false;
};

// The value of a traceparent header, or nothing: then a new trace begins. A version above 00 is
// read as far as it is known.
std::optional<TraceContext> parse_traceparent(std::string_view value);

struct Identity {
  // The caller's, if it is 1 to 128 visible ASCII characters that cannot break out of a header or a
  // log line (letters, digits and -._~:/+=@); else 32 hexadecimal digits.
  std::string request_id;
  // The caller's trace with the gateway's own span as parent, or a new trace.
  TraceContext trace;
  bool is_trace_continued = false;  // then tracestate goes on, too
};
// Reuses the memory of `identity`.
void identify(const http::RequestHead& head, RandomStream& random, Identity& identity);

// A new parent id for the next hop; each attempt at an instance gets its own.
void renew_parent(TraceContext& trace, RandomStream& random);

// Appends "00-<trace>-<parent>-01".
void append_traceparent(std::string& out, const TraceContext& trace);

}  // namespace steelyard::live::gateway
