// Heads of requests and responses. [RFC 9110, RFC 9112]
#include "real-harness/http/http1.h"

#include <algorithm>
#include <limits>

#include "real-harness/http/http1_characters.h"

namespace steelyard::live::http {
namespace {

constexpr std::uint64_t kLengthMax = std::numeric_limits<std::int64_t>::max();

constexpr Parsed kMore{};
constexpr Parsed kDone{Parsed::State::done, 0, ""};

constexpr Parsed bad(const char* why, int status = 400) {
  return {Parsed::State::bad, status, why};
}

bool is_bad(const Parsed& parsed) { return parsed.state == Parsed::State::bad; }

// A complete head. It ends in LF, which no class of characters contains: loops over a class need
// no other bound.
struct Text {
  const char* at;
  const char* limit;  // of what may be read, past the head's end

  // Takes CR LF or a bare LF; false if neither is next.
  bool take_line_end() {
    const char* after = *at == '\r' ? at + 1 : at;
    if (*after != '\n') return false;
    at = after + 1;
    return true;
  }
  std::string_view take_all_of(std::uint8_t classes) {
    const char* begin = at;
    while (is(*at, classes)) ++at;
    return {begin, at};
  }
};

// ---- Headers ------------------------------------------------------------------------------------

// Whether `name`, a token, is this word, whatever its case. REQUIRES: as long; letters and hyphens.
bool is_word(std::string_view name, std::string_view word) {
  // Besides the letter itself, only its capital has these bits; and CR for the hyphen, no token.
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((name[i] | 0x20) != word[i]) return false;
  return true;
}

// The headers that say where the message ends and what becomes of the connection.
struct Notes {
  struct Noted {
    unsigned count = 0;
    Header last;
    void add(const Header& header) {
      ++count;
      last = header;
    }
  };
  Noted host;
  Noted length;
  Noted transfer;
  bool closes = false;
  bool keeps = false;
  bool expects = false;
  bool expects_more = false;  // than can be done here
};

void note_connection(std::string_view value, Notes& notes, Head& head) {
  any_token(value, [&](std::string_view token) {
    if (same_name(token, "close")) {
      notes.closes = true;
    } else if (same_name(token, "keep-alive")) {
      notes.keeps = true;
    } else {
      head.names_hop_by_hop = true;
    }
    return false;
  });
}

void note(const Header& header, Notes& notes, Head& head) {
  switch (header.name.size()) {
    case 4:
      if (is_word(header.name, "host")) notes.host.add(header);
      break;
    case 6:
      if (is_word(header.name, "expect")) {
        notes.expects = true;
        notes.expects_more |= !same_name(header.value, "100-continue");
      }
      break;
    case 10:
      if (is_word(header.name, "connection")) note_connection(header.value, notes, head);
      break;
    case 14:
      if (is_word(header.name, "content-length")) notes.length.add(header);
      break;
    case 17:
      if (is_word(header.name, "transfer-encoding")) notes.transfer.add(header);
      break;
    default:
      break;
  }
}

Parsed no_header(std::string_view name, char next) {
  if (is_blank(next)) return bad(name.empty() ? "folded header line" : "blank before the colon");
  return bad(next == ':' ? "header without a name" : "header line without a proper name");
}

Parsed parse_headers(Text& text, std::size_t headers_max, Head& head, Notes& notes) {
  while (!text.take_line_end()) {
    const std::string_view name = text.take_all_of(kToken);
    if (name.empty() || *text.at != ':') return no_header(name, *text.at);
    ++text.at;
    while (is_blank(*text.at)) ++text.at;
    const char* begin = text.at;
    const char* end = text.at = end_of_text(text.at, text.limit);
    if (!text.take_line_end()) return bad("control character in a header");
    while (end != begin && is_blank(end[-1])) --end;
    if (head.headers.size() == headers_max) return bad("too many headers", 431);
    note(head.headers.emplace_back(Header{name, {begin, end}}), notes, head);
  }
  return kDone;
}

// ---- Framing ------------------------------------------------------------------------------------

// Whether a tab is beside the value. It is white space by RFC 9110, but not to every program, and
// what headers like these say must not depend on the program.
bool has_tab_beside(const Header& header) {
  const char* begin = header.value.data();
  for (const char* at = header.name.data() + header.name.size() + 1; at != begin; ++at)
    if (*at == '\t') return true;
  for (const char* at = begin + header.value.size(); is_blank(*at); ++at)
    if (*at == '\t') return true;
  return false;
}

Parsed parse_length(const Header& header, std::uint64_t& length) {
  if (header.value.empty() || has_tab_beside(header)) return bad("Content-Length is no number");
  length = 0;
  for (const char c : header.value) {
    if (!is(c, kDigit)) return bad("Content-Length is no number");
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (kLengthMax - digit) / 10) return bad("Content-Length is too large");
    length = length * 10 + digit;
  }
  return kDone;
}

// The rules that requests and responses share; without either header, framing stays `none`.
Parsed parse_framing(const Notes& notes, Head& head) {
  if (notes.length.count + notes.transfer.count == 0) return kDone;
  if (notes.length.count > 1) return bad("several Content-Length");
  if (notes.transfer.count > 1) return bad("several Transfer-Encoding");
  if (notes.transfer.count == 0) {
    head.framing = Framing::length;
    return parse_length(notes.length.last, head.content_length);
  }
  if (notes.length.count == 1) return bad("both Content-Length and Transfer-Encoding");
  if (head.minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
  const Header& transfer = notes.transfer.last;
  if (!same_name(transfer.value, "chunked") || has_tab_beside(transfer))
    return bad("Transfer-Encoding other than chunked", 501);
  head.framing = Framing::chunked;
  return kDone;
}

// ---- Start lines --------------------------------------------------------------------------------

// "HTTP/1.1" and what may follow it; versions above 1.1 of the same major count as 1.1.
Parsed parse_version(Text& text, std::uint8_t& minor) {
  for (const char c : std::string_view("HTTP/"))
    if (*text.at++ != c) return bad("no HTTP version where it should be");
  if (!is(text.at[0], kDigit) || text.at[1] != '.' || !is(text.at[2], kDigit))
    return bad("malformed HTTP version");
  if (text.at[0] != '1') return bad("HTTP version not supported", 505);
  minor = text.at[2] == '0' ? 0 : 1;
  text.at += 3;
  return kDone;
}

// host, host:port, [address]:port. [RFC 3986 3.2.2, without user information: RFC 9110 4.2.4]
bool is_host(std::string_view host) {
  std::size_t at = 0;
  if (host.starts_with('[')) {
    at = host.find(']');
    if (at == std::string_view::npos || at == 1) return false;
    for (const char c : host.substr(1, at - 1))
      if (!is(c, kHost) && c != ':') return false;
    ++at;
  } else {
    while (at < host.size() && is(host[at], kHost)) ++at;
    if (at == 0) return false;
  }
  if (at < host.size() && host[at++] != ':') return false;
  return std::all_of(host.begin() + static_cast<std::ptrdiff_t>(at), host.end(),
                     [](char c) { return is(c, kDigit); });
}

// "/path?query" as far as it goes.
Parsed parse_path(Text& text, RequestHead& head) {
  const char* begin = text.at;
  for (;;) {
    while (is(*text.at, kPath)) ++text.at;
    if (*text.at != '%') break;
    if (!is(text.at[1], kHex) || !is(text.at[2], kHex)) return bad("broken escape in the path");
    if (text.at[1] == '0' && text.at[2] == '0') return bad("escaped NUL in the path");
    text.at += 3;
  }
  head.path = {begin, text.at};
  if (*text.at == '?') {
    ++text.at;
    head.query = text.take_all_of(kQuery);
  }
  return kDone;
}

// "http://host:port/path?query"
Parsed parse_absolute(Text& text, RequestHead& head) {
  const std::string_view scheme = text.take_all_of(kToken);
  if (!same_name(scheme, "http") && !same_name(scheme, "https")) return bad("malformed target");
  for (const char c : std::string_view("://"))
    if (*text.at++ != c) return bad("malformed target");
  const char* begin = text.at;
  while (is(*text.at, kQuery) && *text.at != '/' && *text.at != '?') ++text.at;
  head.host = {begin, text.at};
  if (!is_host(head.host)) return bad("malformed host in the target");
  const Parsed parsed = parse_path(text, head);
  if (head.path.empty()) head.path = "/";
  return parsed;
}

Parsed parse_target(Text& text, RequestHead& head) {
  const char* begin = text.at;
  Parsed parsed = kDone;
  if (head.method == "CONNECT") {
    const bool is_authority = is_host(text.take_all_of(kQuery));
    parsed = is_authority ? bad("CONNECT", 405) : bad("malformed target");
  } else if (*begin == '/') {
    parsed = parse_path(text, head);
  } else if (*begin == '*') {
    ++text.at;
    head.path = {begin, 1};
    if (head.method != "OPTIONS") parsed = bad("'*' is for OPTIONS only");
  } else {
    parsed = parse_absolute(text, head);
  }
  head.target = {begin, text.at};
  return parsed;
}

Parsed parse_request_line(Text& text, RequestHead& head) {
  head.method = text.take_all_of(kMethod);
  if (*text.at++ != ' ') return bad("malformed request line");
  const Parsed target = parse_target(text, head);
  if (is_bad(target)) return target;
  if (*text.at++ != ' ') return bad("malformed target");
  const Parsed version = parse_version(text, head.minor_version);
  if (is_bad(version)) return version;
  return text.take_line_end() ? kDone : bad("malformed request line");
}

Parsed parse_status_line(Text& text, ResponseHead& head) {
  const Parsed version = parse_version(text, head.minor_version);
  if (is_bad(version)) return version;
  if (*text.at++ != ' ') return bad("malformed status line");
  head.status = 0;
  for (int digits = 0; digits < 3; ++digits, ++text.at) {
    if (!is(*text.at, kDigit)) return bad("malformed status");
    head.status = head.status * 10 + (*text.at - '0');
  }
  if (head.status < 100) return bad("malformed status");
  head.reason = {};
  if (*text.at == ' ') {  // Some servers leave out the space when they have no reason to give.
    ++text.at;
    head.reason = text.take_all_of(kText);
  }
  return text.take_line_end() ? kDone : bad("malformed status line");
}

// ---- What heads share ---------------------------------------------------------------------------

// Whether the input holds a head that is within the limits, by its first byte, its last ones and
// its size alone: the usual case, a head that comes at once with nothing behind it, needs no
// search.
bool is_plainly_complete(std::string_view input, const Limits& limits) {
  return input.ends_with("\r\n\r\n") && is(input[0], kMethod) &&
         input.size() <= std::min(limits.start_line_bytes_max, limits.head_bytes_max);
}

// `done`: the head is complete and within the limits. Looks at the beginning only as far as the
// limits go, so that the verdict is that of the same bytes coming one by one.
Parsed find_head(std::string_view input, HeadScanner& scanner, const Limits& limits) {
  if (scanner.is_fresh() && is_plainly_complete(input, limits)) return kDone;
  const std::string_view within = input.substr(0, limits.head_bytes_max);
  const std::size_t bytes = scanner.scan(within);
  const std::size_t blank = scanner.blank_bytes();
  const std::size_t line = scanner.start_line_bytes();
  if (blank < within.size() && !is(input[blank], kMethod) &&
      (input[blank] != '\r' || blank + 1 < within.size()))
    return bad("no start line");
  if (line > 0 ? line > limits.start_line_bytes_max
               : within.size() - blank >= limits.start_line_bytes_max)
    return bad("start line too long", 414);
  if (bytes > 0) return kDone;
  return input.size() >= limits.head_bytes_max ? bad("head too large", 431) : kMore;
}

void clear(Head& head) {
  head.headers.clear();
  head.framing = Framing::none;
  head.content_length = 0;
  head.names_hop_by_hop = false;
}

Parsed check_host(const Notes& notes, RequestHead& head) {
  if (notes.host.count > 1) return bad("several Host");
  if (notes.host.count == 0) return head.minor_version == 0 ? kDone : bad("no Host");
  if (!is_host(notes.host.last.value) || has_tab_beside(notes.host.last))
    return bad("malformed Host");
  if (head.host.empty()) head.host = notes.host.last.value;
  return kDone;
}

Parsed parse_complete_response(Text& text, bool to_head, ResponseHead& head, const Limits& limits) {
  Parsed parsed = parse_status_line(text, head);
  if (is_bad(parsed)) return parsed;
  Notes notes;
  parsed = parse_headers(text, limits.headers_max, head, notes);
  if (is_bad(parsed)) return parsed;
  parsed = parse_framing(notes, head);
  if (is_bad(parsed)) return parsed;
  if (head.status == 101) return bad("an upgrade that was not asked for");

  head.keep_alive = head.minor_version == 0 ? notes.keeps && !notes.closes : !notes.closes;
  const bool is_bare = head.status < 200 || head.status == 204;
  if (is_bare || head.status == 304 || to_head) {
    // Whoever frames a body where there is none may also send one.
    if (is_bare && (head.framing == Framing::chunked || head.content_length > 0))
      head.keep_alive = false;
    head.framing = Framing::none;
    head.content_length = 0;
  } else if (head.framing == Framing::none) {
    head.framing = Framing::until_close;
    head.keep_alive = false;
  }
  return kDone;
}

}  // namespace

std::size_t HeadScanner::scan(std::string_view input) {
  if (!started_) {
    while (blank_ < input.size()) {
      const std::size_t end = blank_ + (input[blank_] == '\r' ? 1 : 0);
      if (end == input.size()) return 0;  // a CR whose LF may yet come
      if (input[end] != '\n') break;
      blank_ = end + 1;
    }
    if (blank_ == input.size()) return 0;
    started_ = true;
    scanned_ = blank_;
  }
  // `scanned_` is where to go on: at a LF whose next bytes decide, or where none was found.
  while (scanned_ < input.size()) {
    const void* found = std::memchr(input.data() + scanned_, '\n', input.size() - scanned_);
    if (found == nullptr) {
      scanned_ = input.size();
      return 0;
    }
    scanned_ = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    std::size_t after = scanned_ + 1;
    if (line_ == 0) line_ = after - blank_;
    if (after < input.size() && input[after] == '\r') ++after;
    if (after >= input.size()) return 0;
    if (input[after] == '\n') return after + 1;
    scanned_ = after;
  }
  return 0;
}

Parsed parse_request(std::string_view input, RequestHead& head, HeadScanner& scanner,
                     const Limits& limits) {
  Parsed parsed = find_head(input, scanner, limits);
  if (parsed.state != Parsed::State::done) return parsed;
  clear(head);
  head.query = head.host = {};
  Text text{input.data() + scanner.blank_bytes(), input.data() + input.size()};
  parsed = parse_request_line(text, head);
  if (is_bad(parsed)) return parsed;
  Notes notes;
  parsed = parse_headers(text, limits.headers_max, head, notes);
  if (is_bad(parsed)) return parsed;
  parsed = check_host(notes, head);
  if (is_bad(parsed)) return parsed;
  parsed = parse_framing(notes, head);
  if (is_bad(parsed)) return parsed;

  head.bytes = static_cast<std::size_t>(text.at - input.data());
  head.keep_alive = head.minor_version == 0 ? notes.keeps && !notes.closes : !notes.closes;
  const bool has_body = head.framing == Framing::chunked || head.content_length > 0;
  if (head.minor_version > 0 && notes.expects_more) return bad("an unknown expectation", 417);
  head.expects_continue = head.minor_version > 0 && notes.expects && has_body;
  return kDone;
}

Parsed parse_response(std::string_view input, bool to_head, ResponseHead& head,
                      HeadScanner& scanner, const Limits& limits) {
  Parsed parsed = find_head(input, scanner, limits);
  if (parsed.state == Parsed::State::done) {
    clear(head);
    Text text{input.data(), input.data() + input.size()};
    parsed = scanner.blank_bytes() > 0 ? bad("empty line before the status line")
                                       : parse_complete_response(text, to_head, head, limits);
    head.bytes = static_cast<std::size_t>(text.at - input.data());
  }
  if (is_bad(parsed)) parsed.status = 502;
  return parsed;
}

}  // namespace steelyard::live::http
