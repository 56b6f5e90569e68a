// Requests as an attacker, a fuzzer or a broken client sends them, drawn from a seed.
//
// Each says what a server must make of it. Bodies and what follows a request that must be refused
// carry requests for /smuggled: who serves one of those has read a message's end where it is not.
// [RFC 9112, section 11; J. Kettle, "HTTP Desync Attacks", 2019]
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/time.h"

namespace steelyard::live::hostile {

using namespace std::string_literals;

inline const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

// Whom it is sent to: a gateway reads paths more strictly, and loses patience sooner.
enum class Subject : std::uint8_t { service, gateway };

struct Attempt {
  const char* kind = "";
  std::uint64_t id = 0;  // what an answer of the service repeats
  std::string bytes;
  // The answers it must get, in order. After a refusal the server closes; without any, it closes
  // once the client has stopped sending.
  std::vector<int> statuses;
  bool open = false;            // any refusal, and any number of answers, will do
  bool stops_sending = false;   // after the last byte
  bool resets = false;          // the connection, after the last byte
  std::size_t piece_bytes = 0;  // sent at a time; 0: all
  Duration pause{};             // between pieces
  bool refused_gently = false;  // the server keeps the connection

  // Whether the connection may live on when the answers have come.
  bool leaves_open() const {
    return !open && !statuses.empty() && (statuses.back() == 200 || refused_gently);
  }
};

inline std::string case_line(std::uint64_t id) { return "X-Case: " + std::to_string(id) + "\r\n"; }

// A well-formed request: without a body, with a length, or in chunks.
inline std::string well_formed(RandomStream& random, std::uint64_t id, std::string_view path) {
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n" + case_line(id);
  switch (random.below(3)) {
    case 0:
      return "GET " + std::string(path) + rest + "Accept: */*\r\n\r\n";
    case 1:
      return "POST " + std::string(path) + rest +
             "Content-Length: " + std::to_string(kSmuggled.size()) + "\r\n\r\n" + kSmuggled;
    default:
      break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t size = kSmuggled.size();
  return "POST " + std::string(path) + rest + "Transfer-Encoding: chunked\r\n\r\n" +
         kDigits[size / 16] + kDigits[size % 16] + ";x=y\r\n" + kSmuggled +
         "\r\n0\r\nX-Trailer: 1\r\n\r\n";
}

class Attempts {
 public:
  Attempts(std::uint64_t seed, Subject subject) : random_(seed), subject_(subject) {}

  Attempt next() {
    id_ = random_.next() >> 1;
    paths_ = 0;
    using Maker = Attempt (Attempts::*)();
    static constexpr std::array<std::pair<Maker, unsigned>, 13> kMakers{{
        {&Attempts::welcome, 6},
        {&Attempts::pipelined, 8},
        {&Attempts::framing, 16},
        {&Attempts::malformed_line, 10},
        {&Attempts::path_trick, 8},
        {&Attempts::too_large, 4},
        {&Attempts::chunks, 12},
        {&Attempts::body_not_sent, 5},
        {&Attempts::other_protocol, 5},
        {&Attempts::random_bytes, 6},
        {&Attempts::mutation, 30},
        {&Attempts::broken_off, 6},
        {&Attempts::byte_by_byte, 2},
    }};
    // A few hundred in the longest run: each takes as long as the server's patience.
    if (random_.below(500) == 0) return slow_loris();
    unsigned sum = 0;
    for (const auto& [maker, weight] : kMakers) sum += weight;
    std::uint64_t draw = random_.below(sum);
    for (const auto& [maker, weight] : kMakers) {
      if (draw < weight) return (this->*maker)();
      draw -= weight;
    }
    return welcome();
  }

 private:
  // A path that must come to the service exactly once.
  std::string wanted() { return "/wanted/" + std::to_string(id_) + "/" + std::to_string(paths_++); }
  Attempt refused(const char* kind, std::string bytes, int status) {
    return {.kind = kind, .id = id_, .bytes = std::move(bytes), .statuses = {status}};
  }
  template <class Rows>
  const auto& one_of(const Rows& rows) {
    return rows[random_.below(rows.size())];
  }

  Attempt welcome() {
    return {.kind = "well-formed",
            .id = id_,
            .bytes = well_formed(random_, id_, wanted()),
            .statuses = {200}};
  }

  // Several requests at once; the last may be one that must be refused.
  Attempt pipelined() {
    Attempt attempt{.kind = "pipelined", .id = id_};
    for (std::uint64_t left = 2 + random_.below(4); left > 0; --left) {
      attempt.bytes += well_formed(random_, id_, wanted());
      attempt.statuses.push_back(200);
    }
    if (random_.chance(0.5)) {
      const Attempt last = framing();
      attempt.bytes += last.bytes;
      attempt.statuses.push_back(last.statuses.back());
    }
    return attempt;
  }

  // Two readings of where the body ends.
  Attempt framing() {
    static const std::vector<std::pair<std::string, int>> kHeaders = {
        {"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 400},
        {"Transfer-Encoding: identity\r\nContent-Length: 4\r\n", 400},
        {"Content-Length: 0\r\nContent-Length: 44\r\n", 400},
        {"Content-Length: 5\r\ncontent-length: 5\r\n", 400},
        {"Content-Length: 5, 5\r\n", 400},
        {"Content-Length: +5\r\n", 400},
        {"Content-Length: -5\r\n", 400},
        {"Content-Length: 0x5\r\n", 400},
        {"Content-Length: 5 0\r\n", 400},
        {"Content-Length:\r\n", 400},
        {"Content-Length: 18446744073709551621\r\n", 400},  // 5 in 64 bits
        {"Content-Length: 99999999999999999999999999\r\n", 400},
        {"Content-Length : 5\r\n", 400},
        {"Content-Length\t: 5\r\n", 400},
        {" Content-Length: 5\r\n", 400},
        {"X: 1\r\n Content-Length: 5\r\n", 400},
        {"X: 1\rContent-Length: 5\r\n", 400},
        {"X: 1\0Content-Length: 5\r\n"s, 400},
        {"Content-Length: 5\0\r\n"s, 400},
        {"Content-Length: \v5\r\n", 400},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
        {"Transfer-Encoding: x\r\ntransfer-encoding: chunked\r\n", 400},
        {"Transfer-Encoding : chunked\r\n", 400},
        {" Transfer-Encoding: chunked\r\n", 400},
        {"X: y\r\n\tTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding\r\n : chunked\r\n", 400},
        {"Transfer-Encoding\0: chunked\r\n"s, 400},
        {"Transfer-Encoding:\vchunked\r\n", 400},
        {"X: y\rTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding: xchunked\r\n", 501},
        {"Transfer-Encoding: chunked, identity\r\n", 501},
        {"Transfer-Encoding: gzip, chunked\r\n", 501},
        {"Transfer-Encoding: \"chunked\"\r\n", 501},
        {"Transfer-Encoding:\tchunked\r\n", 501},
        {"Transfer-Encoding: chunked;q=1\r\n", 501},
        {"Transfer-Encoding:\r\n", 501},
        {"Expect: 200-ok\r\nContent-Length: 5\r\n", 417},
    };
    const auto& [headers, status] = one_of(kHeaders);
    const bool first = random_.chance(0.5);
    return refused("framing",
                   "POST /refused HTTP/1.1\r\n" +
                       (first ? "Host: a\r\n" + headers : "Host: a\r\nX-Other: 1\r\n" + headers) +
                       "\r\n0\r\n\r\n" + kSmuggled,
                   status);
  }

  Attempt malformed_line() {
    static const std::vector<std::pair<std::string, int>> kHeads = {
        {"GET  /x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /x  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET\t/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /x HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
        {"get /x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /x HTTP/1.10\r\nHost: a\r\n\r\n", 400},
        {"GET /x HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET /x HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a\r\nX@: 1\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
        {"GET /x HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", 400},
        {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://a/ HTTP/1.1\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    };
    const auto& [head, status] = one_of(kHeads);
    return refused("malformed line", head + kSmuggled, status);
  }

  // Paths that two programs may take for two places. The last ones every HTTP server refuses.
  Attempt path_trick() {
    static const std::vector<std::pair<std::string, bool>> kPaths = {
        {"/../etc/passwd", false},
        {"/x/%2e%2e/%2e%2e/y", false},
        {"/x%2fy", false},
        {"/x%5cy", false},
        {"/x\\..\\y", false},
        {"/x/..;/..;/y", false},
        {"/%c0%ae%c0%ae/x", false},
        {"/%e0%80%af", false},
        {"/%ff", false},
        {"/%f8%80%80%80%af", false},
        {"/x%0d%0aX:1", false},
        {"/%ed%a0%80", false},
        {"/x%00y", true},
        {"/%zz", true},
        {"/%4", true},
        {"/x#y", true},
        {"/x\x01", true},
        {"x", true},
    };
    const auto& [path, always] = one_of(kPaths);
    const std::string bytes = "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + case_line(id_) + "\r\n";
    if (always) return refused("path", bytes + kSmuggled, 400);
    // The gateway only refuses a path, and keeps the connection.
    Attempt attempt = refused("path", bytes, subject_ == Subject::gateway ? 400 : 200);
    attempt.refused_gently = true;
    return attempt;
  }

  Attempt too_large() {
    const std::string line = "GET /x HTTP/1.1\r\nHost: a\r\n";
    const std::size_t size = std::size_t{33} << 10 | random_.below(std::uint64_t{200} << 10);
    switch (random_.below(4)) {
      case 0:
        return refused("too large", "GET /" + std::string(size, 'x') + " HTTP/1.1\r\n\r\n", 414);
      case 1:
        return refused("too large", line + "X: " + std::string(size, 'x') + "\r\n\r\n", 431);
      case 2:
        return refused("too large", std::string(size, '\n') + line, 431);
      default:
        break;
    }
    std::string many = line;
    for (std::uint64_t left = 100 + random_.below(2000); left > 0; --left) many += "X: 1\r\n";
    return refused("too large", many + "\r\n", 431);
  }

  // Chunked bodies whose framing is broken, or counts beyond any integer.
  Attempt chunks() {
    static const std::vector<std::string> kBodies = {
        "10000000000000000\r\n",
        "fffffffffffffffff\r\nabc\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "g\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nab\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3\rabc\r\n0\r\n\r\n",
        "3;\rx\r\nabc\r\n0\r\n\r\n",
        "3;a=\0b\r\nabc\r\n0\r\n\r\n"s,
        "0\r\nno colon\r\n\r\n",
        "0\r\n folded: 1\r\n\r\n",
        "0\r\nX: 1\n\r\n",
        "0\r\nX: \x01\r\n\r\n",
        "0\r\n: 1\r\n\r\n",
        "0\r\nX : 1\r\n\r\n",
        "3;" + std::string(20'000, 'x') + "\r\nabc\r\n0\r\n\r\n",
        "0\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
    };
    return refused("chunks",
                   "POST /refused HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                       one_of(kBodies) + kSmuggled,
                   400);
  }

  // A body is announced that never comes, or not all of it.
  Attempt body_not_sent() {
    constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
    const std::string head = "POST /unfinished HTTP/1.1\r\nHost: a\r\n";
    if (random_.chance(0.3))
      return refused("body not sent",
                     head +
                         "Content-Length: " + std::to_string(kGibibyte + 1 + random_.below(1000)) +
                         "\r\n\r\n" + kSmuggled,
                     413);
    const std::string length =
        random_.chance(0.5)
            ? "Content-Length: " + std::to_string(kGibibyte - random_.below(1000)) + "\r\n\r\n"
            : "Transfer-Encoding: chunked\r\n\r\n3fffffff\r\n";
    const std::string some = random_.chance(0.5) ? "" : kSmuggled;
    return {
        .kind = "body not sent", .id = id_, .bytes = head + length + some, .stops_sending = true};
  }

  Attempt other_protocol() {
    static const std::vector<std::string> kGreetings = {
        "GET /x\r\n\r\n",                                       // HTTP/0.9
        "GET /x\n",                                             // and as its lines end
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"s,  // HTTP/2
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(500, '\x55'),  // TLS
        "SSH-2.0-client\r\n",
        "\x80\x2e\x01\x03\x01"s,
        "* OK IMAP4rev1\r\n",
        "EHLO a\r\nMAIL FROM:<a@b>\r\n",
        "*1\r\n$4\r\nPING\r\n",  // Redis
        "RTSP/1.0 200 OK\r\n\r\n",
    };
    return {.kind = "another protocol",
            .id = id_,
            .bytes = one_of(kGreetings) + kSmuggled,
            .open = true};
  }

  std::string noise(std::size_t bytes) {
    std::string noise;
    while (noise.size() < bytes) noise += static_cast<char>(random_.below(256));
    return noise;
  }
  Attempt random_bytes() {
    std::string bytes = noise(1 + random_.below(600));
    if (random_.chance(0.5)) bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + bytes;
    return {.kind = "random bytes", .id = id_, .bytes = std::move(bytes), .open = true};
  }

  // A well-formed request or two with a few bytes changed, or something put in, out, or twice.
  Attempt mutation() {
    static const std::vector<std::string> kWords = {"\r\n",
                                                    "\r\n\r\n",
                                                    "\n",
                                                    "\r",
                                                    "\0"s,
                                                    " ",
                                                    "\t",
                                                    ":",
                                                    "%00",
                                                    "%2e",
                                                    "..",
                                                    "//",
                                                    "#",
                                                    "?",
                                                    "Content-Length: 3\r\n",
                                                    "Transfer-Encoding: chunked\r\n",
                                                    "Host: b\r\n",
                                                    "Expect: ",
                                                    "Connection: close\r\n",
                                                    "Connection: X-Case, content-length\r\n",
                                                    "HTTP/1.0",
                                                    "HTTP/1.1",
                                                    "0\r\n\r\n",
                                                    "ffffffffffffffff",
                                                    "18446744073709551616",
                                                    "-1",
                                                    "GET / ",
                                                    "chunked",
                                                    ",",
                                                    "Upgrade: h2c\r\n",
                                                    "http://b",
                                                    "\x80",
                                                    "\xff",
                                                    std::string(9000, 'A')};
    std::string bytes = well_formed(random_, id_, "/changed");
    if (random_.chance(0.3)) bytes += well_formed(random_, id_, "/changed/2");
    // A changed length can make a request of a body, by the client's own word.
    for (std::size_t at = 0; (at = bytes.find("/smuggled", at)) != std::string::npos;)
      bytes.replace(at, 9, "/embedded");
    for (std::uint64_t left = 1 + random_.below(6); left > 0 && !bytes.empty(); --left) {
      const std::size_t at = random_.below(bytes.size());
      const std::size_t length = 1 + random_.below(std::min<std::size_t>(16, bytes.size() - at));
      switch (random_.below(5)) {
        case 0:
          bytes[at] = static_cast<char>(random_.below(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.below(8)));
          break;
        case 2:
          bytes.insert(at, one_of(kWords));
          break;
        case 3:
          bytes.erase(at, length);
          break;
        default:
          bytes.insert(at, bytes.substr(at, length));
          break;
      }
    }
    return {.kind = "mutation", .id = id_, .bytes = std::move(bytes), .open = true};
  }

  // The client goes in the middle of a request, or right behind it.
  Attempt broken_off() {
    std::string bytes = well_formed(random_, id_, "/left");
    if (random_.chance(0.7)) bytes.resize(random_.below(bytes.size()));
    Attempt attempt{.kind = "broken off", .id = id_, .bytes = std::move(bytes), .open = true};
    (random_.chance(0.5) ? attempt.resets : attempt.stops_sending) = true;
    return attempt;
  }

  // Slow, but not too slow.
  Attempt byte_by_byte() {
    return {.kind = "byte by byte",
            .id = id_,
            .bytes = well_formed(random_, id_, wanted()),
            .statuses = {200},
            .piece_bytes = 1 + random_.below(3),
            .pause = 100us};
  }

  // A head that never comes to its end. The modelled service has no short patience.
  Attempt slow_loris() {
    std::string bytes = "GET /slow HTTP/1.1\r\nHost: a\r\n";
    const bool to_gateway = subject_ == Subject::gateway;
    for (int line = 0; line < (to_gateway ? 90 : 20); ++line) bytes += "X: 1\r\n";
    Attempt attempt{.kind = "slow loris",
                    .id = id_,
                    .bytes = std::move(bytes),
                    .piece_bytes = 1,
                    .pause = to_gateway ? Duration(20ms) : Duration(1ms)};
    if (to_gateway)
      attempt.statuses = {408};
    else
      attempt.stops_sending = true;
    return attempt;
  }

  RandomStream random_;
  Subject subject_;
  std::uint64_t id_ = 0;
  std::uint64_t paths_ = 0;
};

}  // namespace steelyard::live::hostile
