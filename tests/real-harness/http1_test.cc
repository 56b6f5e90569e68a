// Heads that are understood: what they say, and what becomes of the connection.
#include "real-harness/http/http1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/fuzz/http1_check.h"

namespace steelyard::live::http {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;

// The text has to outlive what is returned, as literals do.
RequestHead request(std::string_view text) {
  RequestHead head;
  HeadScanner scanner;
  const Parsed parsed = parse_request(text, head, scanner);
  EXPECT_EQ(parsed.state, Parsed::State::done) << parsed.status << " " << parsed.why << "\n"
                                               << text;
  return head;
}

ResponseHead response(std::string_view text, bool to_head = false) {
  ResponseHead head;
  HeadScanner scanner;
  const Parsed parsed = parse_response(text, to_head, head, scanner);
  EXPECT_EQ(parsed.state, Parsed::State::done) << parsed.status << " " << parsed.why << "\n"
                                               << text;
  return head;
}

// ---- Requests -----------------------------------------------------------------------------------

TEST(RequestHead, IsTakenApart) {
  // RFC 9112 2.1, its first example.
  constexpr std::string_view kText =
      "GET /hello.txt HTTP/1.1\r\n"
      "User-Agent: curl/7.64.1\r\n"
      "Host: www.example.com\r\n"
      "Accept-Language: en, mi\r\n"
      "\r\n";
  const RequestHead head = request(kText);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/hello.txt");
  EXPECT_EQ(head.path, "/hello.txt");
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.host, "www.example.com");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_EQ(head.bytes, kText.size());
  EXPECT_THAT(head.headers, ElementsAre(FieldsAre("User-Agent", "curl/7.64.1"),
                                        FieldsAre("Host", "www.example.com"),
                                        FieldsAre("Accept-Language", "en, mi")));
}

TEST(RequestHead, EndsWhereTheBodyBegins) {
  const RequestHead head = request(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n"
      "GET / HTTP/1.1\r\n");
  EXPECT_EQ(head.bytes,
            std::string_view("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n").size());
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 16u);
}

TEST(RequestHead, HasATargetOfOneOfFourForms) {
  const RequestHead origin = request("GET /where?q=now&r=? HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(origin.path, "/where");
  EXPECT_EQ(origin.query, "q=now&r=?");
  EXPECT_EQ(origin.target, "/where?q=now&r=?");

  // The Host header is ignored beside an absolute form. [RFC 9112 3.2.2]
  const RequestHead absolute =
      request("GET http://www.example.org:8080/pub/WWW/x.html?a HTTP/1.1\r\nHost: b\r\n\r\n");
  EXPECT_EQ(absolute.target, "http://www.example.org:8080/pub/WWW/x.html?a");
  EXPECT_EQ(absolute.host, "www.example.org:8080");
  EXPECT_EQ(absolute.path, "/pub/WWW/x.html");
  EXPECT_EQ(absolute.query, "a");

  const RequestHead bare = request("GET HTTPS://[::1]:80?a HTTP/1.1\r\nHost: b\r\n\r\n");
  EXPECT_EQ(bare.host, "[::1]:80");
  EXPECT_EQ(bare.path, "/");
  EXPECT_EQ(bare.query, "a");

  const RequestHead server_wide = request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(server_wide.path, "*");
  // The fourth, host:port, is for CONNECT, which gets 405.
}

TEST(RequestHead, MayHaveAMethodOfItsOwn) {
  EXPECT_EQ(request("VERSION-CONTROL / HTTP/1.1\r\nHost: a\r\n\r\n").method, "VERSION-CONTROL");
  EXPECT_EQ(request("MY_OWN / HTTP/1.1\r\nHost: a\r\n\r\n").method, "MY_OWN");
}

TEST(RequestHead, LeavesEscapesAndDotsAsTheyAre) {
  EXPECT_EQ(request("GET /%2e%2E/./a//b/%41\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n").path,
            "/%2e%2E/./a//b/%41\xc3\xa4");
}

TEST(RequestHead, MayFollowEmptyLines) {
  // A client may send one behind the body of the request before. [RFC 9112 2.2]
  constexpr std::string_view kText = "\r\n\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const RequestHead head = request(kText);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.bytes, kText.size());
}

TEST(RequestHead, MayEndItsLinesWithABareLineFeed) {
  const RequestHead head = request("GET / HTTP/1.1\nHost: a\nX: y \t\n\nGET");
  EXPECT_THAT(head.headers, ElementsAre(FieldsAre("Host", "a"), FieldsAre("X", "y")));
  EXPECT_EQ(head.bytes, std::string_view("GET / HTTP/1.1\nHost: a\nX: y \t\n\n").size());
}

TEST(RequestHead, KeepsValuesWithoutTheWhiteSpaceAroundThem) {
  const RequestHead head = request(
      "GET / HTTP/1.1\r\nhOsT:a\r\nEmpty:\r\nBlank: \t \r\nInner:\t a \t b\t\r\n"
      "Colons: ::\r\nBytes: \xff\x80~\r\nx-1!#$%&'*+.^_`|~: ok\r\n\r\n");
  EXPECT_THAT(head.headers,
              ElementsAre(FieldsAre("hOsT", "a"), FieldsAre("Empty", ""), FieldsAre("Blank", ""),
                          FieldsAre("Inner", "a \t b"), FieldsAre("Colons", "::"),
                          FieldsAre("Bytes", "\xff\x80~"), FieldsAre("x-1!#$%&'*+.^_`|~", "ok")));
  EXPECT_EQ(head.host, "a");
  EXPECT_EQ(head.find("COLONS"), "::");
  EXPECT_NE(head.find("empty").data(), nullptr);
  EXPECT_EQ(head.find("colon").data(), nullptr);
}

TEST(RequestHead, FindsTheFirstOfSeveral) {
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n").find("X"), "1");
}

TEST(RequestHead, TakesHigherMinorVersionsFor11) {
  EXPECT_EQ(request("GET / HTTP/1.2\r\nHost: a\r\n\r\n").minor_version, 1);
  EXPECT_EQ(request("GET / HTTP/1.9\r\nHost: a\r\n\r\n").minor_version, 1);
  EXPECT_EQ(request("GET / HTTP/1.0\r\nHost: a\r\n\r\n").minor_version, 0);
}

TEST(RequestHead, NeedsNoHostIn10) { EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n").host, ""); }

TEST(RequestHead, SaysHowItsBodyIsFramed) {
  const RequestHead none = request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(none.framing, Framing::none);

  const RequestHead empty = request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(empty.framing, Framing::length);
  EXPECT_EQ(empty.content_length, 0u);

  // 2^63 - 1, what a signed 64-bit offset holds.
  const RequestHead longest =
      request("PUT / HTTP/1.1\r\nHost: a\r\ncontent-length:  009223372036854775807 \r\n\r\n");
  EXPECT_EQ(longest.content_length, 9223372036854775807u);

  const RequestHead chunked =
      request("PUT / HTTP/1.1\r\nHost: a\r\nTRANSFER-encoding: Chunked\r\n\r\n");
  EXPECT_EQ(chunked.framing, Framing::chunked);
}

TEST(RequestHead, SaysWhetherTheConnectionStays) {
  const auto stays = [](std::string_view version, const std::string& headers) {
    const std::string text =
        "GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + headers + "\r\n";
    return request(text).keep_alive;
  };
  EXPECT_TRUE(stays("1.1", ""));
  EXPECT_TRUE(stays("1.1", "Connection: keep-alive\r\n"));
  EXPECT_TRUE(stays("1.1", "Connection: closed, not-close\r\n"));
  EXPECT_FALSE(stays("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(stays("1.1", "Connection: TE ,\t CLOSE\t, keep-alive\r\n"));
  EXPECT_FALSE(stays("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(stays("1.0", ""));
  EXPECT_FALSE(stays("1.0", "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"));
  EXPECT_FALSE(stays("1.0", "Connection: keep-alive, close\r\n"));
  EXPECT_TRUE(stays("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestHead, ExpectsContinueOnlyBeforeABodyIn11) {
  const auto expects = [](const std::string& rest) {
    return request("PUT / HTTP/1." + rest + "\r\n").expects_continue;
  };
  EXPECT_TRUE(expects("1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n"));
  EXPECT_TRUE(expects("1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_FALSE(expects("1\r\nHost: a\r\nExpect: 100-continue\r\n"));
  EXPECT_FALSE(expects("1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n"));
  // A 1.0 client may not know interim answers. [RFC 9110 10.1.1]
  EXPECT_FALSE(expects("0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"));
  EXPECT_FALSE(expects("0\r\nExpect: the unexpected\r\nContent-Length: 1\r\n"));
}

TEST(RequestHead, KeepsNothingOfTheOneBefore) {
  RequestHead head;
  HeadScanner scanner;
  const auto parse = [&](std::string_view text) {
    scanner.reset();
    EXPECT_EQ(parse_request(text, head, scanner).state, Parsed::State::done) << text;
    return described({Parsed::State::done, 0, ""}, head);
  };
  constexpr std::string_view kPlain = "GET / HTTP/1.0\r\n\r\n";
  const std::string plain = parse(kPlain);
  parse(
      "POST http://b/c?d HTTP/1.1\r\nHost: a\r\nConnection: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 7\r\n\r\n");
  EXPECT_EQ(parse(kPlain), plain);
  parse("POST /c?d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(parse(kPlain), plain);
}

// ---- Responses ----------------------------------------------------------------------------------

TEST(ResponseHead, IsTakenApart) {
  // RFC 9112 2.1 and 9110 3.9.
  constexpr std::string_view kText =
      "HTTP/1.1 200 OK\r\n"
      "Date: Mon, 27 Jul 2009 12:28:53 GMT\r\n"
      "Content-Length: 51\r\n"
      "\r\n"
      "Hello World!";
  const ResponseHead head = response(kText);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "OK");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 51u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.bytes, kText.size() - std::string_view("Hello World!").size());
  EXPECT_THAT(head.headers, ElementsAre(FieldsAre("Date", "Mon, 27 Jul 2009 12:28:53 GMT"),
                                        FieldsAre("Content-Length", "51")));
}

TEST(ResponseHead, NeedsNoReason) {
  EXPECT_EQ(response("HTTP/1.1 404 \r\n\r\n").reason, "");
  EXPECT_EQ(response("HTTP/1.1 404\r\n\r\n").reason, "");
  EXPECT_EQ(response("HTTP/1.1 404 Nicht\tda \xfc\r\n\r\n").reason, "Nicht\tda \xfc");
}

TEST(ResponseHead, WithoutLengthGoesOnUntilTheConnectionCloses) {
  for (const std::string_view text :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"}) {
    EXPECT_EQ(response(text).framing, Framing::until_close);
    EXPECT_FALSE(response(text).keep_alive);
  }
  EXPECT_TRUE(response("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n")
                  .keep_alive);
  EXPECT_FALSE(response("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n").keep_alive);
}

TEST(ResponseHead, HasNoBodyAfter1xxAnd204And304AndForHead) {
  for (const std::string_view text :
       {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    EXPECT_EQ(response(text).framing, Framing::none) << text;
    EXPECT_EQ(response(text).content_length, 0u) << text;
    EXPECT_TRUE(response(text).keep_alive) << text;
  }
  for (const std::string_view text :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    EXPECT_EQ(response(text, true).framing, Framing::none) << text;
    EXPECT_TRUE(response(text, true).keep_alive) << text;
    EXPECT_NE(response(text, false).framing, Framing::none) << text;
  }
}

TEST(ResponseHead, IsNotTrustedWithAnotherIfItFramesABodyThatCannotBe) {
  for (const std::string_view text :
       {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    EXPECT_EQ(response(text).framing, Framing::none) << text;
    EXPECT_FALSE(response(text).keep_alive) << text;
  }
  EXPECT_TRUE(response("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").keep_alive);
}

// ---- Names, lists, statuses ---------------------------------------------------------------------

TEST(Names, AreTheSameWhateverTheirCase) {
  EXPECT_TRUE(same_name("Content-Length", "cONTENT-lENGTH"));
  EXPECT_TRUE(same_name("", ""));
  EXPECT_FALSE(same_name("content_length", "content-length"));
  EXPECT_FALSE(same_name("hos", "host"));
  // A bit apart from each other, as 'A' from 'a', but no letters.
  EXPECT_FALSE(same_name("^", "~"));
  EXPECT_FALSE(same_name("\r", "-"));
  EXPECT_FALSE(same_name("\xc4", "\xe4"));
}

TEST(Lists, HaveTokensBetweenCommasAndBlanks) {
  EXPECT_TRUE(has_token("close", "CLOSE"));
  EXPECT_TRUE(has_token(" a,\t,b\t ,, c", "b"));
  EXPECT_TRUE(has_token("a,b", "b"));
  EXPECT_FALSE(has_token("a b", "b"));
  EXPECT_FALSE(has_token("ab, ba", "b"));
  EXPECT_FALSE(has_token("", "b"));
  EXPECT_FALSE(has_token(" , ,", ""));
}

TEST(HopByHop, AreTheHeadersOfTheConnectionAndThoseItNames) {
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
                           "Transfer-Encoding", "Upgrade", "X-Mine"})
    EXPECT_TRUE(is_hop_by_hop(name, "close, x-mine")) << name;
  for (const char* name : {"X-Yours", "Host", "Content-Length", "T", "Trailers", "close-x"})
    EXPECT_FALSE(is_hop_by_hop(name, "close, x-mine")) << name;
}

TEST(HopByHop, CannotBeWhatFramesOrRoutesTheMessage) {
  EXPECT_FALSE(is_hop_by_hop("content-length", "Content-Length, Host"));
  EXPECT_FALSE(is_hop_by_hop("host", "Content-Length, Host"));
}

TEST(HopByHop, GoesByAllConnectionHeadersOfAHead) {
  const RequestHead head = request(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: one\r\nOne: 1\r\n"
      "Connection: two, host\r\nTwo: 2\r\nThree: 3\r\n\r\n");
  EXPECT_TRUE(head.names_hop_by_hop);
  for (const char* name : {"one", "TWO", "connection", "te"})
    EXPECT_TRUE(is_hop_by_hop(name, head)) << name;
  for (const char* name : {"Three", "Host"}) EXPECT_FALSE(is_hop_by_hop(name, head)) << name;

  const RequestHead plain = request("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n");
  EXPECT_FALSE(plain.names_hop_by_hop);
  EXPECT_FALSE(is_hop_by_hop("Three", plain));
  EXPECT_TRUE(is_hop_by_hop("Connection", plain));
}

TEST(Statuses, HaveTheirStandardPhrases) {
  EXPECT_EQ(reason_of(100), "Continue");
  EXPECT_EQ(reason_of(404), "Not Found");
  EXPECT_EQ(reason_of(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_of(511), "Network Authentication Required");
  EXPECT_EQ(reason_of(299), "");
  EXPECT_EQ(reason_of(0), "");
  EXPECT_EQ(reason_of(512), "");
}

}  // namespace
}  // namespace steelyard::live::http
