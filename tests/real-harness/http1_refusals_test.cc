// What is not understood, and what its sender gets. The rows read as a transcript: what comes, the
// status, and the reason for the log. The comments say what nginx 1.22.1 answered to the same
// bytes where it is something else.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "real-harness/http/http1.h"
#include "tests/fuzz/http1_check.h"

namespace steelyard::live::http {
namespace {

using namespace std::string_literals;

struct Refusal {
  std::string comes;
  int status;
  std::string why;
};

Parsed verdict(std::string_view text, const Limits& limits = {}) {
  RequestHead head;
  HeadScanner scanner;
  return parse_request(text, head, scanner, limits);
}

Parsed verdict_on_response(std::string_view text, bool to_head = false) {
  ResponseHead head;
  HeadScanner scanner;
  return parse_response(text, to_head, head, scanner);
}

void expect_refused(const std::vector<Refusal>& refusals, const Limits& limits = {}) {
  for (const Refusal& refusal : refusals) {
    const Parsed parsed = verdict(refusal.comes, limits);
    EXPECT_EQ(parsed.state, Parsed::State::bad) << refusal.comes;
    EXPECT_EQ(parsed.status, refusal.status) << refusal.comes;
    EXPECT_EQ(parsed.why, refusal.why) << refusal.comes;
    // The same if it comes byte by byte.
    EXPECT_EQ(described_in_pieces(RequestParser{limits}, refusal.comes, 1, 1),
              described(parsed, RequestHead()))
        << refusal.comes;
  }
}

// A request of these headers and no others.
std::string get(const std::string& headers) { return "GET / HTTP/1.1\r\n" + headers + "\r\n"; }
std::string post(const std::string& headers) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

TEST(Refused, RequestLines) {
  expect_refused({
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},  // nginx: 200
      {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "no HTTP version where it should be"},  // 200
      {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "malformed request line"},  // nginx: 200
      {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed request line"},
      {"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "no start line"},
      {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "no start line"},
      {"1GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "no start line"},
      // What was sent as a body, seen as a request by who missed its length.
      {"G=helloGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed request line"},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed request line"},
      {"GET\r\n\r\n", 400, "malformed request line"},
      {"GET /\r\n\r\n", 400, "malformed target"},  // nginx: 200, as HTTP/0.9
      {"GET / \r\n\r\n", 400, "no HTTP version where it should be"},
      {"GET / HTTP\r\n\r\n", 400, "no HTTP version where it should be"},
      {"GET / HTTP/\n\n", 400, "malformed HTTP version"},
      {"GET / HTTP/1\n\n", 400, "malformed HTTP version"},
      {"GET / HTTP/1.\n\n", 400, "malformed HTTP version"},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", 400, "no HTTP version where it should be"},
      {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "malformed request line"},  // nginx: 200
      {"GET / HTTP/11.1\r\nHost: a\r\n\r\n", 400, "malformed HTTP version"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP version not supported"},
      {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "HTTP version not supported"},  // nginx: 400
      {"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, "malformed request line"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "'*' is for OPTIONS only"},
  });
}

TEST(Refused, Targets) {
  expect_refused({
      {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed host in the target"},
      {"GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed host in the target"},
      {"GET http://%61/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed host in the target"},
      {"GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed host in the target"},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "'*' is for OPTIONS only"},
      {"OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "CONNECT"},  // nginx: 400
      {"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET /#top HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},  // nginx: 200
      {"GET /?a#top HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400, "malformed target"},
      {"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed target"},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "broken escape in the path"},
      {"GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "broken escape in the path"},
      {"GET /%\n\n", 400, "broken escape in the path"},
      {"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "escaped NUL in the path"},
  });
}

TEST(Refused, Hosts) {
  expect_refused({
      {get(""), 400, "no Host"},
      {get("Hostess: a\r\n"), 400, "no Host"},
      {get("Host: a\r\nHost: a\r\n"), 400, "several Host"},
      {get("Host: a\r\nhost: b\r\n"), 400, "several Host"},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "several Host"},
      {get("Host:\r\n"), 400, "malformed Host"},
      {get("Host: \ta\r\n"), 400, "malformed Host"},
      {get("Host: a b\r\n"), 400, "malformed Host"},
      {get("Host: a/b\r\n"), 400, "malformed Host"},
      {get("Host: a@b\r\n"), 400, "malformed Host"},  // nginx: 200
      {get("Host: %61\r\n"), 400, "malformed Host"},  // nginx: 200
      {get("Host: :80\r\n"), 400, "malformed Host"},
      {get("Host: a:8o\r\n"), 400, "malformed Host"},
      {get("Host: [::1\r\n"), 400, "malformed Host"},
      {get("Host: []\r\n"), 400, "malformed Host"},
      {get("Host: [::1]a\r\n"), 400, "malformed Host"},
      {"GET http://b/ HTTP/1.1\r\n\r\n", 400, "no Host"},
      {"GET http://b/ HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "malformed Host"},
  });
}

TEST(Refused, HeaderLines) {
  expect_refused({
      {get("Host : a\r\n"), 400, "blank before the colon"},
      {get("Host: a\r\nX\t: 1\r\n"), 400, "blank before the colon"},
      {get(" Host: a\r\n"), 400, "folded header line"},
      {get("Host: a\r\n b\r\n"), 400, "folded header line"},
      {get("Host: a\r\nX: 1\r\n\t2\r\n"), 400, "folded header line"},
      {get("Host: a\r\n: 1\r\n"), 400, "header without a name"},
      {get("Host: a\r\nX\r\n"), 400, "header line without a proper name"},      // nginx: 200
      {get("Host: a\r\nX@: 1\r\n"), 400, "header line without a proper name"},  // nginx: 200
      {get("Host: a\r\nX\xc3: 1\r\n"), 400, "header line without a proper name"},
      {get("Host: a\r\nX\0: 1\r\n"s), 400, "header line without a proper name"},
      {get("Host: a\r\nX: 1\0\r\n"s), 400, "control character in a header"},
      {get("Host: a\r\nX: 1\x01\r\n"), 400, "control character in a header"},  // nginx: 200
      {get("Host: a\r\nX: 1234567\x7f\r\n"), 400, "control character in a header"},
      {get("Host: a\r\nX: 1\rY: 2\r\n"), 400, "control character in a header"},
      {get("Host: a\r\nX: 1\r\r\n"), 400, "control character in a header"},  // nginx: 200
      {get("Host: a\r\n\rX: 1\r\n"), 400, "header line without a proper name"},
      {get("Host: a\r\nExpect: 200-ok\r\n"), 417, "an unknown expectation"},  // nginx: 200
      {get("Host: a\r\nExpect: 100-continue\r\nExpect: x\r\n"), 417, "an unknown expectation"},
  });
}

// Programs that disagree about the end of a request can be made to disagree about the beginning of
// the next. [RFC 9112 11.2]
TEST(Refused, LengthsThatSmuggle) {
  constexpr const char* kNoNumber = "Content-Length is no number";
  expect_refused({
      {post("Content-Length: 1\r\nContent-Length: 1\r\n"), 400, "several Content-Length"},
      {post("Content-Length: 1\r\nCONTENT-LENGTH: 2\r\n"), 400, "several Content-Length"},
      {post("Content-Length: 1, 1\r\n"), 400, kNoNumber},
      {post("Content-Length:\r\n"), 400, kNoNumber},
      {post("Content-Length: +1\r\n"), 400, kNoNumber},
      {post("Content-Length: -1\r\n"), 400, kNoNumber},
      {post("Content-Length: 0x1\r\n"), 400, kNoNumber},
      {post("Content-Length: 1e2\r\n"), 400, kNoNumber},
      {post("Content-Length: 1 0\r\n"), 400, kNoNumber},
      {post("Content-Length: 1.0\r\n"), 400, kNoNumber},
      {post("Content-Length: \xb2\r\n"), 400, kNoNumber},  // superscript two in ISO 8859-1
      {post("Content-Length:\t1\r\n"), 400, kNoNumber},
      {post("Content-Length: 1\t\r\n"), 400, kNoNumber},
      {post("Content-Length: \v1\r\n"), 400, "control character in a header"},
      {post("Content-Length : 1\r\n"), 400, "blank before the colon"},
      {post("Content-Length: 9223372036854775808\r\n"), 400, "Content-Length is too large"},
      {post("Content-Length: 18446744073709551617\r\n"), 400, "Content-Length is too large"},
      {post("Content-Length: 99999999999999999999999\r\n"), 400, "Content-Length is too large"},
      // A GET can carry a body as well.
      {get("Host: a\r\nContent-Length: 1\r\nContent-Length: 0\r\n"), 400, "several Content-Length"},
  });
}

TEST(Refused, TransferEncodingsThatSmuggle) {
  constexpr const char* kBoth = "both Content-Length and Transfer-Encoding";
  constexpr const char* kOther = "Transfer-Encoding other than chunked";
  expect_refused({
      // CL.TE and TE.CL, with what the smuggler would send behind the head.
      {post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\nG", 400, kBoth},
      {post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + "1\r\nZ\r\nQ\r\n\r\n", 400,
       kBoth},
      {post("Transfer-Encoding: identity\r\nContent-Length: 4\r\n") + "abcd", 400, kBoth},
      // TE.TE: one program knows it for Transfer-Encoding, the other does not.
      {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), 400,
       "several Transfer-Encoding"},
      {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
       "several Transfer-Encoding"},
      {post("Transfer-Encoding : chunked\r\n"), 400, "blank before the colon"},
      {post(" Transfer-Encoding: chunked\r\n"), 400, "folded header line"},
      {post("X: y\r\n Transfer-Encoding: chunked\r\n"), 400, "folded header line"},
      {post("X: y\rTransfer-Encoding: chunked\r\n"), 400, "control character in a header"},
      {post("Transfer-Encoding\r\n : chunked\r\n"), 400, "header line without a proper name"},
      {post("Transfer-Encoding\0: chunked\r\n"s), 400, "header line without a proper name"},
      {post("Transfer-Encoding:\vchunked\r\n"), 400, "control character in a header"},  // 501
      {post("Transfer-Encoding: chunked\x0b\r\n"), 400, "control character in a header"},
      {post("Transfer-Encoding:\x0c chunked\r\n"), 400, "control character in a header"},
      {post("Transfer-Encoding:\tchunked\r\n"), 501, kOther},
      {post("Transfer-Encoding: \tchunked\r\n"), 501, kOther},
      {post("Transfer-Encoding: chunked\t\r\n"), 501, kOther},
      {post("Transfer-Encoding: chunked \t \r\n"), 501, kOther},
      {post("Transfer-Encoding: xchunked\r\n"), 501, kOther},
      {post("Transfer-Encoding: chunkedx\r\n"), 501, kOther},
      {post("Transfer-Encoding: \"chunked\"\r\n"), 501, kOther},
      {post("Transfer-Encoding: chunked;q=1\r\n"), 501, kOther},
      {post("Transfer-Encoding: chunked, identity\r\n"), 501, kOther},
      {post("Transfer-Encoding: identity, chunked\r\n"), 501, kOther},
      {post("Transfer-Encoding: chunked, chunked\r\n"), 501, kOther},
      {post("Transfer-Encoding: gzip, chunked\r\n"), 501, kOther},
      {post("Transfer-Encoding: ,chunked\r\n"), 501, kOther},
      {post("Transfer-Encoding: identity\r\n"), 501, kOther},
      {post("Transfer-Encoding:\r\n"), 501, kOther},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
       "Transfer-Encoding in HTTP/1.0"},
  });
}

TEST(Refused, TooMuch) {
  Limits limits;
  limits.start_line_bytes_max = 24;
  limits.head_bytes_max = 64;
  limits.headers_max = 3;
  const std::string line = "GET /45678901 HTTP/1.1\r\n";  // 24 bytes
  ASSERT_EQ(line.size(), limits.start_line_bytes_max);
  expect_refused(
      {
          {"GET /456789012 HTTP/1.1\r\nHost: a\r\n\r\n", 414, "start line too long"},
          {std::string(24, 'G'), 414, "start line too long"},
          {std::string(1000, 'G'), 414, "start line too long"},
          {"\r\n\r\n" + std::string(24, 'G'), 414, "start line too long"},
          {std::string(65, '\n'), 431, "head too large"},
          {line + "Host: a\r\n" + std::string(1000, 'x'), 431, "head too large"},
          {line + "Host: a\r\nX: 45678901234567890123456789\r\n\r\n", 431, "head too large"},
          {line + "Host: a\r\nA:\r\nB:\r\nC:\r\n\r\n", 431, "too many headers"},
      },
      limits);
  // Up to the limits it is fine: 24 + 9 + 4 + 3 + 20 + 4 = 64 bytes, three headers.
  const std::string full = line + "Host: a\r\nA:\r\nX: " + std::string(20, 'x') + "\r\n\r\n";
  ASSERT_EQ(full.size(), limits.head_bytes_max);
  EXPECT_EQ(verdict(full, limits).state, Parsed::State::done);
  EXPECT_EQ(verdict(std::string(23, 'G'), limits).state, Parsed::State::more);
  EXPECT_EQ(verdict(full.substr(0, 63), limits).state, Parsed::State::more);
}

TEST(Refused, WithoutWaitingForTheRest) {
  // What TLS or garbage begins with, and heads that have outgrown their limits.
  for (const std::string& text : {"\x16\x03\x01"s, " "s, "\0"s, "\r\n\r\n:"s, "\rG"s, "\r\r"s})
    EXPECT_EQ(verdict(text).status, 400) << text;
  EXPECT_EQ(verdict(std::string(8 * 1024, 'A')).status, 414);
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nX: " + std::string(32 * 1024, 'A')).status, 431);
  // But these may become something.
  for (const char* text : {"", "\r", "\r\n", "\r\n\r", "\n\n", "G", "GET / HTTP/1.1\r\n\r"})
    EXPECT_EQ(verdict(text).state, Parsed::State::more) << text;
}

TEST(Refused, Responses) {
  struct Row {
    std::string comes;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", "empty line before the status line"},
      {"HTTP/2.0 200 OK\r\n\r\n", "HTTP version not supported"},
      {"HTTP/1.1  200 OK\r\n\r\n", "malformed status"},
      {"HTTP/1.1 20 OK\r\n\r\n", "malformed status"},
      {"HTTP/1.1 099 OK\r\n\r\n", "malformed status"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "malformed status line"},
      {"HTTP/1.1 200\tOK\r\n\r\n", "malformed status line"},
      {"HTTP/1.1 200 O\x01K\r\n\r\n", "malformed status line"},
      {"HTTP/1.1 200 O\rK\r\n\r\n", "malformed status line"},
      {"HTTP/1.1\r\n\r\n", "malformed status line"},
      {"ICY 200 OK\r\n\r\n", "no HTTP version where it should be"},
      {"\x15\x03\x01", "no start line"},
      {"HTTP/1.1 200 OK\r\nX : 1\r\n\r\n", "blank before the colon"},
      {"HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n", "folded header line"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
       "several Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length is no number"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "both Content-Length and Transfer-Encoding"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
       "Transfer-Encoding other than chunked"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding in HTTP/1.0"},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
       "an upgrade that was not asked for"},
      {"HTTP/1.1 200 " + std::string(8 * 1024, 'x'), "start line too long"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(32 * 1024, 'x'), "head too large"},
  };
  for (const Row& row : rows)
    for (const bool to_head : {false, true}) {
      const Parsed parsed = verdict_on_response(row.comes, to_head);
      EXPECT_EQ(parsed.state, Parsed::State::bad) << row.comes;
      EXPECT_EQ(parsed.status, 502) << row.comes;
      EXPECT_EQ(parsed.why, row.why) << row.comes;
    }
}

}  // namespace
}  // namespace steelyard::live::http
