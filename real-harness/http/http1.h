// The HTTP/1.x codec: bytes to heads and body pieces, and back. [RFC 9110, RFC 9112]
//
// Pure functions of bytes, without sockets or time. Strict where leniency lets two programs
// disagree about where a message ends (request smuggling): such input gets the status a server
// answers before it closes the connection. Not thread-safe, but objects are independent.
//
// What hostile input gets was compared with nginx 1.22. Where RFC 9112 leaves a choice, nginx's is
// taken: a bare LF ends a line of a head, empty lines before a request are skipped, an empty Host
// or several are errors, methods are capitals, '-' and '_' (a body that is taken for a request,
// "helloGET /", is none), only spaces may surround the values of Host,
// Content-Length and Transfer-Encoding, `%00` and broken escapes in a path are errors. Stricter
// than nginx, with 400: other than one space between the parts of a start line, HTTP/0.9 requests
// without a version (with one: 505), versions of more than two digits, '#' in a target, header
// names that are no token (nginx drops them), control characters in values (nginx lets all but NUL
// pass), bare CR anywhere, and bare LF in the framing of a chunked body. Other codes than nginx's:
// 431 for a head too large (nginx: 400, in its log 494), 417 for an unknown expectation (nginx
// ignores it), and CONNECT gets 405.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::live::http {

// All views point into the input that was parsed; they hold as long as it stays where it is.
struct Header {
  std::string_view name;   // as written
  std::string_view value;  // without surrounding white space
};

enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct Limits {
  std::size_t start_line_bytes_max = 8 * 1024;
  std::size_t head_bytes_max = 32 * 1024;  // start line and headers
  std::size_t headers_max = 100;
};

// What the heads of requests and responses share. Reuse one object: it keeps its memory.
struct Head {
  std::vector<Header> headers;
  std::uint8_t minor_version = 1;  // HTTP/1.0 or HTTP/1.1
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  // of Framing::length
  bool keep_alive = true;            // may the connection carry another message?
  std::size_t bytes = 0;             // of the head, the empty line included
  bool names_hop_by_hop = false;     // does Connection name other than close and keep-alive?

  // The first header of this name, whatever its case; an empty view with nullptr data() if absent.
  std::string_view find(std::string_view name) const;
};

struct RequestHead : Head {
  std::string_view method;
  std::string_view target;  // as written
  // Of the target, without the query: "/user/7". Escapes and dots as written, so a router that
  // decides by prefix has to resolve them first. "*" for OPTIONS *; "/" for http://host.
  std::string_view path;
  std::string_view query;  // after '?', empty if none
  // With its port if written: of the target in absolute form, else the Host header's; empty only
  // for HTTP/1.0 without a Host.
  std::string_view host;
  bool expects_continue = false;  // a body follows, and the client waits for 100 before it
};

struct ResponseHead : Head {
  int status = 0;
  std::string_view reason;
};

// What came of trying to parse.
struct Parsed {
  enum class State : std::uint8_t { more, done, bad } state = State::more;
  // bad: 400, 405, 414, 417, 431, 501, 505 as a server would answer; of a response always 502, as a
  // gateway would.
  int status = 0;
  const char* why = "";  // bad: a few words for the log, static storage
};

// Finds the end of a head without looking at any byte twice, however slowly it comes.
class HeadScanner {
 public:
  // `input`: all that has come of the head so far, growing from call to call. Returns the head's
  // length with its empty line, or 0 if it is not complete yet.
  std::size_t scan(std::string_view input);
  void reset() { *this = HeadScanner(); }
  // Has scan() found nothing yet?
  bool is_fresh() const { return !started_ && blank_ == 0; }
  // Bytes of the empty lines before the start line, as far as they have come.
  std::size_t blank_bytes() const { return blank_; }
  // Bytes of the start line with its end; 0 if it is not complete yet.
  std::size_t start_line_bytes() const { return line_; }

 private:
  std::size_t blank_ = 0;
  std::size_t line_ = 0;
  std::size_t scanned_ = 0;
  bool started_ = false;
};

// Parses the request head at the beginning of `input`. `scanner` belongs to the message: reset it
// after `done`. Leading empty lines count as part of the head. The verdict does not depend on how
// the input is cut, and says `bad` as soon as the first byte or the limits do.
Parsed parse_request(std::string_view input, RequestHead& head, HeadScanner& scanner,
                     const Limits& limits = {});
// `to_head`: the request was HEAD, so that no body follows. Interim (1xx) answers are `done` too,
// but 101 is `bad`: nothing here asks for an upgrade.
Parsed parse_response(std::string_view input, bool to_head, ResponseHead& head,
                      HeadScanner& scanner, const Limits& limits = {});

// Takes a body apart as its framing says. Chunk extensions and trailers are checked and dropped;
// all of a body's may take 16 KiB, more only where data outweighs them.
class BodyReader {
 public:
  BodyReader() = default;
  explicit BodyReader(const Head& head);

  struct Piece {
    std::size_t consumed = 0;  // of the input, framing included
    std::string_view data;     // a part of the body, in the input; may be empty
    bool done = false;         // the body is complete (never for until_close: the end closes it)
    bool bad = false;          // framing is broken: close the connection; comes without data
  };
  // Call again with the rest of the input until `consumed` is 0 or it is done or bad. The piece
  // that completes the body may carry data, and what follows the body is not consumed.
  Piece next(std::string_view input);
  bool done() const;

 private:
  // What comes next of a chunked body.
  enum class Place : std::uint8_t {
    size,           // a digit of a chunk's size, or what ends it
    space,          // blanks between size and extension
    extension,      // the rest of a size line
    size_lf,        // the LF of a size line
    data,           // of a chunk
    data_cr,        // the CR behind it
    data_lf,        // the LF
    trailer,        // the first byte of a trailer line, or the empty line
    trailer_name,   // up to the colon
    trailer_value,  // the rest of the line
    trailer_lf,     // its LF
    end_lf,         // the LF of the empty line
  };
  bool take(char c);
  bool take_of_size(char c);
  bool take_of_trailer(char c);
  bool expect(char c, char wanted, Place next);
  bool count_overhead(Place next);
  Piece next_chunked(std::string_view input);

  Framing framing_ = Framing::none;
  Place place_ = Place::size;
  bool done_ = true;
  std::uint8_t digits_ = 0;     // of the chunk's size so far
  std::uint32_t overhead_ = 0;  // bytes of extensions and trailers beyond what data excuses
  std::uint64_t left_ = 0;      // of the body, or of the chunk
};

// Appends "4\r\nabcd\r\n"; nothing for empty data, which would end the body.
void append_chunk(std::string& out, std::string_view data);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Whether two names of headers are the same, whatever their case.
bool same_name(std::string_view a, std::string_view b);
// Whether the comma-separated list `value` has this token, whatever its case.
bool has_token(std::string_view value, std::string_view token);
// Whether a proxy must not pass this header on: connection, keep-alive, proxy-connection, te,
// trailer, transfer-encoding, upgrade, and what `connection` (the value of Connection) names; but
// Host and Content-Length cannot be named away.
bool is_hop_by_hop(std::string_view name, std::string_view connection);
// The same by all Connection headers of the head that `name` is from: there may be several.
bool is_hop_by_hop(std::string_view name, const Head& head);
// "Not Found" for 404; "" for a status without a standard phrase.
std::string_view reason_of(int status);

}  // namespace steelyard::live::http
