// What must hold of the HTTP/1.x codec for any input: nothing is read or handed out that is not in
// the input, the verdict does not depend on how the input is cut, and a head that was accepted
// means the same when it is written out anew. Used by the fuzz target and by a bounded run in the
// tests.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "core/check.h"
#include "real-harness/http/http1.h"

namespace steelyard::live::http {

// A copy without a byte to spare, so that a sanitizer notices who reads past it.
class Exactly {
 public:
  explicit Exactly(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    if (size_ > 0) std::memcpy(bytes_.get(), text.data(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

// Everything a verdict says, as text: two are equal if their texts are.
inline void append_field(std::string& text, std::string_view value) {
  text += std::to_string(value.size());
  text += ':';
  text += value;
  text += ' ';
}

inline void append_head(std::string& text, const Head& head) {
  for (const std::size_t number :
       {std::size_t{head.minor_version}, static_cast<std::size_t>(head.framing),
        static_cast<std::size_t>(head.content_length), std::size_t{head.keep_alive},
        std::size_t{head.names_hop_by_hop}, head.bytes})
    text += std::to_string(number) + ' ';
  for (const Header& header : head.headers) {
    append_field(text, header.name);
    append_field(text, header.value);
  }
}

inline std::string described(const Parsed& parsed, const RequestHead& head) {
  if (parsed.state == Parsed::State::more) return "more";
  std::string text = std::to_string(parsed.status) + ' ' + parsed.why + ' ';
  if (parsed.state == Parsed::State::bad) return text;
  for (const std::string_view part : {head.method, head.target, head.path, head.query, head.host})
    append_field(text, part);
  text += head.expects_continue ? "expects " : "";
  append_head(text, head);
  return text;
}

inline std::string described(const Parsed& parsed, const ResponseHead& head) {
  if (parsed.state == Parsed::State::more) return "more";
  std::string text = std::to_string(parsed.status) + ' ' + parsed.why + ' ';
  if (parsed.state == Parsed::State::bad) return text;
  text += std::to_string(head.status) + ' ';
  append_field(text, head.reason);
  append_head(text, head);
  return text;
}

inline void check_inside(std::string_view part, std::string_view input) {
  STEELYARD_CHECK(part.empty() || (part.data() >= input.data() &&
                                   part.data() + part.size() <= input.data() + input.size()),
                  "a view of something else than the input");
}

inline void check_value(std::string_view value) {
  for (const char c : value)
    STEELYARD_CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t',
                    "a control character was let through");
  STEELYARD_CHECK(value.empty() || (value.front() != ' ' && value.front() != '\t' &&
                                    value.back() != ' ' && value.back() != '\t'),
                  "white space around a value");
}

inline void check_head(const Parsed& parsed, const Head& head, std::string_view input,
                       const Limits& limits) {
  if (parsed.state == Parsed::State::bad) {
    STEELYARD_CHECK(parsed.status >= 400 && parsed.status <= 505 && *parsed.why != '\0',
                    "a refusal without a reason");
    STEELYARD_CHECK(!reason_of(parsed.status).empty(), "a refusal with an unknown status");
  }
  if (parsed.state != Parsed::State::done) return;
  STEELYARD_CHECK(head.bytes > 0 && head.bytes <= input.size(), "more consumed than there is");
  STEELYARD_CHECK(head.bytes <= limits.head_bytes_max, "a head beyond its limit");
  STEELYARD_CHECK(head.headers.size() <= limits.headers_max, "too many headers let through");
  for (const Header& header : head.headers) {
    check_inside(header.name, input.substr(0, head.bytes));
    check_inside(header.value, input.substr(0, head.bytes));
    STEELYARD_CHECK(!header.name.empty() &&
                        header.name.find_first_of(" \t\r\n:\0\"(),/") == std::string_view::npos,
                    "a name that is no token");
    check_value(header.value);
  }
}

// The headers as a proxy would write them.
inline std::string rewritten(const Head& head, std::string text) {
  text += "\r\n";
  for (const Header& header : head.headers) {
    text += header.name;
    text += ": ";
    text += header.value;
    text += "\r\n";
  }
  return text + "\r\n";
}

struct RequestParser {
  using Head = RequestHead;
  Limits limits;
  Parsed operator()(std::string_view input, Head& head, HeadScanner& scanner) const {
    return parse_request(input, head, scanner, limits);
  }
  static void check(const Head& head, std::string_view input) {
    for (const std::string_view part : {head.method, head.target, head.query, head.host})
      check_inside(part, input.substr(0, head.bytes));
    if (head.path != "/") check_inside(head.path, input.substr(0, head.bytes));
    STEELYARD_CHECK(!head.method.empty() && !head.target.empty() && !head.path.empty(),
                    "an empty request line");
    STEELYARD_CHECK(!head.host.empty() || head.minor_version == 0, "a request to nobody");
    STEELYARD_CHECK(head.framing != Framing::until_close, "a request without an end");
  }
  static std::string start_line(const Head& head) {
    return std::string(head.method) + " " + std::string(head.target) + " HTTP/1." +
           std::to_string(head.minor_version);
  }
};

struct ResponseParser {
  using Head = ResponseHead;
  Limits limits;
  bool to_head = false;
  Parsed operator()(std::string_view input, Head& head, HeadScanner& scanner) const {
    return parse_response(input, to_head, head, scanner, limits);
  }
  void check(const Head& head, std::string_view input) const {
    check_inside(head.reason, input.substr(0, head.bytes));
    STEELYARD_CHECK(head.status >= 100 && head.status <= 999, "an impossible status");
    STEELYARD_CHECK(!to_head || head.framing == Framing::none, "a body for HEAD");
    STEELYARD_CHECK(head.framing != Framing::until_close || !head.keep_alive,
                    "a connection that ends, kept");
  }
  static std::string start_line(const Head& head) {
    return "HTTP/1." + std::to_string(head.minor_version) + " " + std::to_string(head.status) +
           " " + std::string(head.reason);
  }
};

// The verdict of `parse` when the input comes `step` bytes at a time: the first that is not `more`.
template <class Parser>
std::string described_in_pieces(const Parser& parse, std::string_view input, std::size_t first,
                                std::size_t step) {
  typename Parser::Head head;
  HeadScanner scanner;
  for (std::size_t size = first;; size += step) {
    const std::string_view come = input.substr(0, size);
    const Parsed parsed = parse(come, head, scanner);
    if (parsed.state != Parsed::State::more || size >= input.size()) return described(parsed, head);
  }
}

struct Body {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  bool bad = false;
  bool operator==(const Body&) const = default;
};

// Reads what comes `first` bytes, then `step` at a time.
inline Body read_body(const Head& head, std::string_view input, std::size_t first,
                      std::size_t step) {
  BodyReader reader(head);
  Body body;
  body.done = reader.done();
  for (std::size_t come = std::min(first, input.size()); !body.done && !body.bad;) {
    const std::string_view rest = input.substr(body.consumed, come - body.consumed);
    const BodyReader::Piece piece = reader.next(rest);
    STEELYARD_CHECK(piece.consumed <= rest.size(), "more consumed than there is");
    check_inside(piece.data, rest.substr(0, piece.consumed));
    STEELYARD_CHECK(!piece.bad || piece.data.empty(), "broken, with data");
    STEELYARD_CHECK(piece.done == reader.done() && !(piece.done && piece.bad), "undecided");
    body.data += piece.data;
    body.consumed += piece.consumed;
    body.done = piece.done;
    body.bad = piece.bad;
    if (piece.consumed > 0) continue;
    if (come == input.size()) break;
    come = std::min(come + step, input.size());
  }
  return body;
}

// Checks the body behind `head` and returns what it took of `input`; 0 if it did not end there.
inline std::size_t check_body(const Head& head, std::string_view input, std::size_t split) {
  const Exactly copy(input);
  const Body body = read_body(head, copy.view(), input.size(), 1);
  STEELYARD_CHECK(body == read_body(head, copy.view(), 1, 1), "byte by byte, another body");
  STEELYARD_CHECK(body == read_body(head, copy.view(), split % (input.size() + 1), input.size()),
                  "in two pieces, another body");
  if (head.framing == Framing::length)
    STEELYARD_CHECK(body.done == (body.data.size() == head.content_length) && !body.bad,
                    "a body of another length");
  if (!body.done) return 0;
  if (head.framing == Framing::chunked) {
    std::string again;
    append_chunk(again, body.data);
    again += kLastChunk;
    const Body second = read_body(head, again, again.size(), 1);
    STEELYARD_CHECK(second.done && second.data == body.data && second.consumed == again.size(),
                    "chunks written anew mean something else");
  }
  return body.consumed;
}

// One message; returns its bytes with its body, 0 if none is complete.
template <class Parser>
std::size_t check_message(const Parser& parse, std::string_view input, std::size_t split) {
  const Exactly copy(input);
  typename Parser::Head head;
  HeadScanner scanner;
  const Parsed parsed = parse(copy.view(), head, scanner);
  const std::string verdict = described(parsed, head);
  check_head(parsed, head, copy.view(), parse.limits);
  STEELYARD_CHECK(verdict == described_in_pieces(parse, copy.view(), 1, 1),
                  "byte by byte, another verdict");
  split %= input.size() + 1;
  {
    const Exactly part(input.substr(0, split));
    HeadScanner fresh;
    typename Parser::Head early;
    const Parsed first = parse(part.view(), early, fresh);
    STEELYARD_CHECK(first.state == Parsed::State::more || described(first, early) == verdict,
                    "a hasty verdict");
    if (first.state == Parsed::State::more)
      STEELYARD_CHECK(described(parse(copy.view(), early, fresh), early) == verdict,
                      "in two pieces, another verdict");
  }
  if (parsed.state != Parsed::State::done) return 0;
  parse.check(head, copy.view());

  // Anew, with room for the CRs that the first writer left out.
  Parser roomy = parse;
  roomy.limits = {64 * 1024, 256 * 1024, parse.limits.headers_max};
  const std::string text = rewritten(head, Parser::start_line(head));
  typename Parser::Head again;
  scanner.reset();
  const Parsed second = roomy(text, again, scanner);
  STEELYARD_CHECK(second.state == Parsed::State::done && again.bytes == text.size(),
                  "written anew, not understood");
  again.bytes = head.bytes;
  STEELYARD_CHECK(described(parsed, head) == described(second, again),
                  "written anew, it means something else");
  const std::size_t body = check_body(head, copy.view().substr(head.bytes), split);
  return body > 0 || BodyReader(head).done() ? head.bytes + body : 0;
}

// A connection's input: messages until one is incomplete or bad. `choice` picks the kind of
// message, the limits and the places to cut.
inline void check_connection(std::string_view input, unsigned choice) {
  Limits limits;
  if (choice & 2) limits = {48, 160, 4};  // so that short inputs meet them
  for (int messages = 0; messages < 8 && !input.empty(); ++messages) {
    const std::size_t split = choice / 8 * (messages + 1u);
    const std::size_t bytes =
        choice & 1 ? check_message(ResponseParser{limits, (choice & 4) != 0}, input, split)
                   : check_message(RequestParser{limits}, input, split);
    if (bytes == 0) return;
    input.remove_prefix(bytes);
  }
}

}  // namespace steelyard::live::http
