#include "real-harness/gateway/headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "real-harness/gateway/text.h"

namespace steelyard::live::gateway {
namespace {

constexpr std::string_view kVia = "1.1 steelyard";

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_length(std::string& out, std::uint64_t length) {
  out += "Content-Length: ";
  append_number(out, length);
  out += "\r\n";
}

// Of all Connection headers, as one list; points into `buffer` only if there are several.
std::string_view connection_of(const http::Head& head, std::string& buffer) {
  std::string_view connection;
  for (const http::Header& header : head.headers) {
    if (!http::same_name(header.name, "connection")) continue;
    if (connection.data() == nullptr) {
      connection = header.value;
      continue;
    }
    if (buffer.empty()) buffer = connection;
    buffer.append(",").append(header.value);
    connection = buffer;
  }
  return connection;
}

// A token's `sub` may be any text; here it is one that no reader takes for another.
void append_visible(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

enum class Ours : std::uint8_t {
  none,
  dropped,
  forwarded_for,
  via,
  tracestate,
};

// Which of the headers that the gateway has a say in a name is. Told apart by their length first,
// since most headers are none of them.
Ours ours(std::string_view name) {
  const auto is = [&](std::string_view other) { return http::same_name(name, other); };
  switch (name.size()) {
    case 3:
      return is("via") ? Ours::via : Ours::none;
    case 4:
      return is("host") ? Ours::dropped : Ours::none;
    case 6:
      return is("expect") ? Ours::dropped : Ours::none;
    case 9:
      return is("forwarded") || is("x-real-ip") ? Ours::dropped : Ours::none;
    case 10:
      if (is("tracestate")) return Ours::tracestate;
      return is("x-consumer") ? Ours::dropped : Ours::none;
    case 11:
      return is("traceparent") ? Ours::dropped : Ours::none;
    case 12:
      return is("x-request-id") ? Ours::dropped : Ours::none;
    case 14:
      return is("content-length") ? Ours::dropped : Ours::none;
    case 15:
      return is("x-forwarded-for") ? Ours::forwarded_for : Ours::none;
    case 16:
      return is("x-forwarded-host") ? Ours::dropped : Ours::none;
    case 17:
      return is("x-forwarded-proto") ? Ours::dropped : Ours::none;
    default:
      return Ours::none;
  }
}

// Several headers of one name are one list. [RFC 9110, 5.2]
void append_to_list(std::string& out, std::string_view name, const http::RequestHead& head,
                    bool has_some, std::string_view last) {
  out += name;
  out += ": ";
  if (has_some)
    for (const http::Header& header : head.headers)
      if (!header.value.empty() && http::same_name(header.name, name)) {
        out += header.value;
        out += ", ";
      }
  out += last;
  out += "\r\n";
}

// What a part of an aggregate is asked without.
bool is_about_body(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kNames{
      "accept-encoding",  "range",         "if-range",          "if-match",
      "if-none-match",    "content-type",  "if-modified-since", "if-unmodified-since",
      "content-encoding", "content-range", "accept-ranges"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view other) { return http::same_name(name, other); });
}

void append_framing(std::string& out, const http::RequestHead& head) {
  if (head.framing == http::Framing::length) append_length(out, head.content_length);
  if (head.framing == http::Framing::chunked) out += "Transfer-Encoding: chunked\r\n";
}

void append_own_headers(std::string& out, const http::RequestHead& head,
                        const RequestToService& request, bool has_forwarded, bool has_via) {
  append_to_list(out, "X-Forwarded-For", head, has_forwarded, request.client_address);
  append_header(out, "X-Forwarded-Proto", request.tls ? "https" : "http");
  if (!request.host.empty()) append_header(out, "X-Forwarded-Host", request.host);
  append_to_list(out, "Via", head, has_via, head.minor_version == 0 ? "1.0 steelyard" : kVia);
  if (request.identity != nullptr) {
    append_header(out, "X-Request-Id", request.identity->request_id);
    out += "Traceparent: ";
    append_traceparent(out, request.identity->trace);
    out += "\r\n";
  }
  if (request.consumer.empty()) return;
  out += "X-Consumer: ";
  append_visible(out, request.consumer);
  out += "\r\n";
}

}  // namespace

void append_request_head(std::string& out, const http::RequestHead& head,
                         const RequestToService& request) {
  std::string several;
  const std::string_view connection = connection_of(head, several);
  out += request.is_part ? std::string_view("GET") : head.method;
  out += ' ';
  out += request.target;
  out += " HTTP/1.1\r\n";
  append_header(out, "Host", request.host);
  bool has_forwarded = false;
  bool has_via = false;
  for (const http::Header& header : head.headers) {
    const Ours kind = ours(header.name);
    has_forwarded |= kind == Ours::forwarded_for;
    has_via |= kind == Ours::via;
    const bool is_kept =
        kind == Ours::none || (kind == Ours::tracestate && request.identity != nullptr &&
                               request.identity->is_trace_continued);
    if (!is_kept || header.name.find('_') != std::string_view::npos ||
        http::is_hop_by_hop(header.name, connection))
      continue;
    if (!request.hidden_header.empty() && http::same_name(header.name, request.hidden_header))
      continue;
    if (request.is_part && is_about_body(header.name)) continue;
    append_header(out, header.name, header.value);
  }
  if (!request.is_part) append_framing(out, head);
  append_own_headers(out, head, request, has_forwarded, has_via);
  out += "\r\n";
}

namespace {

void append_status_line(std::string& out, int status, std::string_view reason) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += reason;
  out += "\r\n";
}

void append_connection(std::string& out, const AnswerToCaller& answer, bool keep_alive) {
  if (!keep_alive)
    out += "Connection: close\r\n";
  else if (answer.minor_version == 0)
    out += "Connection: keep-alive\r\n";
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

AnswerHead append_response_head(std::string& out, const http::ResponseHead& head,
                                const AnswerToCaller& answer) {
  std::string several;
  const std::string_view connection = connection_of(head, several);
  AnswerHead result{.framing = head.framing, .keep_alive = answer.keep_alive};
  const bool is_bodiless = answer.to_head || has_no_body(head.status);
  if (is_bodiless) {
    result.framing = http::Framing::none;
  } else if (head.framing != http::Framing::length && head.framing != http::Framing::none) {
    result.framing =
        answer.minor_version == 0 ? http::Framing::until_close : http::Framing::chunked;
  }
  result.keep_alive = answer.keep_alive && result.framing != http::Framing::until_close;

  append_status_line(out, head.status, head.reason);
  for (const http::Header& header : head.headers) {
    // Of a bodiless answer the length is what the service says the body would have. A 204 has none.
    const bool is_length = http::same_name(header.name, "content-length");
    if (is_length && (!answer.to_head && head.status != 304)) continue;
    if (http::same_name(header.name, "x-request-id") ||
        http::is_hop_by_hop(header.name, connection))
      continue;
    append_header(out, header.name, header.value);
  }
  if (result.framing == http::Framing::length) append_length(out, head.content_length);
  if (result.framing == http::Framing::none && !is_bodiless) append_length(out, 0);
  if (result.framing == http::Framing::chunked) out += "Transfer-Encoding: chunked\r\n";
  if (!answer.request_id.empty()) append_header(out, "X-Request-Id", answer.request_id);
  append_connection(out, answer, result.keep_alive);
  out += "\r\n";
  return result;
}

namespace {

void append_whole(std::string& out, int status, std::string_view extra, std::string_view body,
                  const AnswerToCaller& answer) {
  append_status_line(out, status, http::reason_of(status));
  if (!answer.date.empty()) append_header(out, "Date", answer.date);
  out += extra;
  out += "Content-Type: application/json\r\n";
  append_length(out, body.size());
  if (!answer.request_id.empty()) append_header(out, "X-Request-Id", answer.request_id);
  append_connection(out, answer, answer.keep_alive);
  out += "\r\n";
  if (!answer.to_head) out += body;
}

}  // namespace

void append_own_answer(std::string& out, const OwnAnswer& own, const AnswerToCaller& answer) {
  std::string extra;
  if (!own.challenge.empty()) append_header(extra, "WWW-Authenticate", own.challenge);
  if (!own.allow.empty()) append_header(extra, "Allow", own.allow);
  if (!own.outcome.empty()) append_header(extra, "X-Steelyard-Outcome", own.outcome);
  if (own.retry_after_seconds > 0) {
    extra += "Retry-After: ";
    append_number(extra, static_cast<std::uint64_t>(own.retry_after_seconds));
    extra += "\r\n";
  }
  std::string body;
  fmt::format_to(std::back_inserter(body), "{{\"error\":{{\"status\":{},\"reason\":", own.status);
  append_json_string(body, own.why.empty() ? http::reason_of(own.status) : own.why);
  if (!answer.request_id.empty()) {
    body += ",\"request_id\":";
    append_json_string(body, answer.request_id);
  }
  body += "}}\n";
  append_whole(out, own.status, extra, body, answer);
}

void append_json_answer(std::string& out, int status, std::string_view body,
                        const AnswerToCaller& answer) {
  append_whole(out, status, "", body, answer);
}

}  // namespace steelyard::live::gateway
