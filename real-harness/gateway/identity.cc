#include "real-harness/gateway/identity.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace steelyard::live::gateway {
namespace {

constexpr std::size_t kRequestIdBytesMax = 128;

void put_hex(char* out, std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int i = 15; i >= 0; --i, value >>= 4) out[i] = kDigits[value & 15];
}

// All zeros means "invalid".
std::uint64_t nonzero(RandomStream& random) {
  std::uint64_t value = random.next();
  while (value == 0) value = random.next();
  return value;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}
bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kRequestIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view("-._~:/+=@").find(c) != std::string_view::npos;
         });
}

// Of several traceparent headers none counts. [section 3.2.1: there is one]
std::string_view only_header(const http::RequestHead& head, std::string_view name) {
  std::string_view value;
  bool seen = false;
  for (const http::Header& header : head.headers) {
    if (!http::same_name(header.name, name)) continue;
    if (seen) return {};
    seen = true;
    value = header.value;
  }
  return value;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view value) {
  // version 2, trace-id 32, parent-id 16, flags 2, and the '-' between
  constexpr std::size_t kLength = 55;
  if (value.size() < kLength || value[2] != '-' || value[35] != '-' || value[52] != '-')
    return std::nullopt;
  const std::string_view version = value.substr(0, 2);
  const std::string_view flags = value.substr(53, 2);
  if (!is_hex(version) || version == "ff" || !is_hex(flags)) return std::nullopt;
  if (version == "00" ? value.size() != kLength : value.size() > kLength && value[kLength] != '-')
    return std::nullopt;
  if (!is_id(value.substr(3, 32)) || !is_id(value.substr(36, 16))) return std::nullopt;
  TraceContext trace;
  value.copy(trace.trace_id.data(), 32, 3);
  value.copy(trace.parent_id.data(), 16, 36);
  const char last = flags[1];
  trace.sampled = ((last <= '9' ? last - '0' : last - 'a' + 10) & 1) != 0;
  return trace;
}

void identify(const http::RequestHead& head, RandomStream& random, Identity& identity) {
  const std::string_view request_id = only_header(head, "x-request-id");
  if (is_request_id(request_id)) {
    identity.request_id = request_id;
  } else {
    identity.request_id.resize(32);
    put_hex(identity.request_id.data(), random.next());
    put_hex(identity.request_id.data() + 16, random.next());
  }
  const auto trace = parse_traceparent(only_header(head, "traceparent"));
  identity.is_trace_continued = trace.has_value();
  if (trace) {
    identity.trace = *trace;
  } else {
    put_hex(identity.trace.trace_id.data(), nonzero(random));
    put_hex(identity.trace.trace_id.data() + 16, random.next());
    identity.trace.sampled = true;
  }
  renew_parent(identity.trace, random);
}

void renew_parent(TraceContext& trace, RandomStream& random) {
  put_hex(trace.parent_id.data(), nonzero(random));
}

void append_traceparent(std::string& out, const TraceContext& trace) {
  out += "00-";
  out.append(trace.trace_id.data(), trace.trace_id.size());
  out += '-';
  out.append(trace.parent_id.data(), trace.parent_id.size());
  out += trace.sampled ? "-01" : "-00";
}

}  // namespace steelyard::live::gateway
