#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "real-harness/gateway/headers.h"
#include "tests/real-harness/gateway_request.h"

namespace steelyard::live::gateway {
namespace {

using test::request;
using test::response;
using testing::HasSubstr;
using testing::Not;

Identity identity(bool continued = false) {
  Identity made;
  made.request_id = "r1";
  made.trace.trace_id.fill('a');
  made.trace.parent_id.fill('b');
  made.trace.sampled = true;
  made.is_trace_continued = continued;
  return made;
}

std::string sent(const std::string& text, RequestToService request_to_service = {}) {
  const auto message = request(text);
  static const Identity kIdentity = identity();
  if (request_to_service.target.empty()) request_to_service.target = message.head.path;
  if (request_to_service.host.empty()) request_to_service.host = message.head.host;
  if (request_to_service.client_address.empty()) request_to_service.client_address = "10.0.0.1";
  if (request_to_service.identity == nullptr) request_to_service.identity = &kIdentity;
  std::string out;
  append_request_head(out, message.head, request_to_service);
  // What is sent must itself be a request that the codec takes, of the same length.
  http::RequestHead again;
  http::HeadScanner scanner;
  EXPECT_EQ(http::parse_request(out, again, scanner).state, http::Parsed::State::done) << out;
  EXPECT_EQ(again.bytes, out.size());
  return out;
}

TEST(RequestHeads, ArePassedOnWithWhatTheGatewayKnows) {
  EXPECT_EQ(sent("GET /user/7 HTTP/1.1\nHost: shop.example\nAccept: */*",
                 {.target = "/users/7?x=1", .tls = true, .consumer = "alice"}),
            "GET /users/7?x=1 HTTP/1.1\r\n"
            "Host: shop.example\r\n"
            "Accept: */*\r\n"
            "X-Forwarded-For: 10.0.0.1\r\n"
            "X-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: shop.example\r\n"
            "Via: 1.1 steelyard\r\n"
            "X-Request-Id: r1\r\n"
            "Traceparent: 00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01\r\n"
            "X-Consumer: alice\r\n"
            "\r\n");
}

TEST(RequestHeads, LoseWhatIsForOneHopOnly) {
  const std::string out = sent(
      "GET / HTTP/1.1\nHost: a\nConnection: close, X-Secret\nConnection: x-other\nKeep-Alive: 5\n"
      "Proxy-Connection: keep-alive\nTE: trailers\nTrailer: x\nUpgrade: h2c\nX-Secret: 1\n"
      "X-Other: 2\nExpect: 100-continue\nX-Kept: 3");
  EXPECT_THAT(out, HasSubstr("X-Kept: 3\r\n"));
  for (const char* gone : {"onnection", "Keep-Alive", "TE:", "Trailer", "Upgrade", "X-Secret",
                           "X-Other", "Expect", "Transfer"})
    EXPECT_THAT(out, Not(HasSubstr(gone)));
}

TEST(RequestHeads, LetNobodySpeakForTheGateway) {
  const std::string out = sent(
      "GET / HTTP/1.1\nHost: a\nX-Consumer: admin\nX_Consumer: admin\nx-forwarded-proto: https\n"
      "X-Forwarded-Host: evil\nForwarded: for=evil\nX-Real-IP: evil\nX_Forwarded_For: evil\n"
      "Content_Length: 5");
  EXPECT_THAT(out, Not(HasSubstr("admin")));
  EXPECT_THAT(out, Not(HasSubstr("evil")));
  EXPECT_THAT(out, Not(HasSubstr("_")));
  EXPECT_THAT(out, HasSubstr("X-Forwarded-Proto: http\r\n"));
  EXPECT_THAT(out, HasSubstr("X-Forwarded-Host: a\r\n"));
}

TEST(RequestHeads, ContinueTheListsOfEarlierProxies) {
  const std::string out = sent(
      "GET / HTTP/1.0\nHost: a\nX-Forwarded-For: 1.1.1.1\nVia: 1.1 x\nX-Forwarded-For: 2.2.2.2");
  EXPECT_THAT(out, HasSubstr("X-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.1\r\n"));
  EXPECT_THAT(out, HasSubstr("Via: 1.1 x, 1.0 steelyard\r\n"));
}

TEST(RequestHeads, FrameTheBodyAsItWasUnderstood) {
  const std::string length =
      sent("POST / HTTP/1.1\nHost: a\nContent-Length: 5\nContent-Type: text/plain");
  EXPECT_THAT(length, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(length, HasSubstr("Content-Type: text/plain\r\n"));
  const std::string chunked = sent("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked");
  EXPECT_THAT(chunked, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(chunked, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(sent("POST / HTTP/1.1\nHost: a\nContent-Length: 0"),
              HasSubstr("Content-Length: 0\r\n"));
}

TEST(RequestHeads, OfPartsAskForAPlainWholeBody) {
  const std::string out = sent(
      "HEAD / HTTP/1.1\nHost: a\nAccept-Encoding: gzip\nRange: bytes=0-1\nIf-None-Match: \"x\"\n"
      "If-Modified-Since: x\nContent-Length: 0\nCookie: c",
      {.target = "/7", .is_part = true});
  EXPECT_TRUE(out.starts_with("GET /7 HTTP/1.1\r\n")) << out;
  EXPECT_THAT(out, HasSubstr("Cookie: c\r\n"));
  for (const char* gone : {"Encoding", "Range", "If-", "Content-"})
    EXPECT_THAT(out, Not(HasSubstr(gone)));
}

TEST(RequestHeads, HideTheCredentialWhereTheServiceMustNotSeeIt) {
  const std::string text = "GET / HTTP/1.1\nHost: a\nX-API-Key: secret";
  EXPECT_THAT(sent(text), HasSubstr("secret"));
  EXPECT_THAT(sent(text, {.hidden_header = "x-api-key"}), Not(HasSubstr("secret")));
}

TEST(RequestHeads, NameConsumersSoThatNoneIsTakenForAnother) {
  const auto consumer = [](std::string_view name) {
    const std::string out = sent("GET / HTTP/1.1\nHost: a", {.consumer = name});
    const std::size_t begin = out.find("X-Consumer: ") + 12;
    return out.substr(begin, out.find("\r\n", begin) - begin);
  };
  EXPECT_EQ(consumer("alice@shop.example"), "alice@shop.example");
  EXPECT_EQ(consumer("alice "), "alice%20");
  EXPECT_EQ(consumer("alice%20"), "alice%2520");
  EXPECT_EQ(consumer("a\r\nX-Role: admin"), "a%0D%0AX-Role:%20admin");
  EXPECT_EQ(consumer("\xC3\xA9"), "%C3%A9");
}

TEST(RequestHeads, KeepTracestateOnlyWithItsTrace) {
  const std::string text = "GET / HTTP/1.1\nHost: a\nTracestate: x=1";
  EXPECT_THAT(sent(text), Not(HasSubstr("racestate")));
  const Identity continued = identity(true);
  EXPECT_THAT(sent(text, {.identity = &continued}), HasSubstr("Tracestate: x=1\r\n"));
}

struct Answered {
  std::string text;
  AnswerHead head;
};
Answered answered(const std::string& text, const AnswerToCaller& answer = {}) {
  const auto message = response(text, answer.to_head);
  Answered result;
  result.head = append_response_head(result.text, message.head, answer);
  http::ResponseHead again;
  http::HeadScanner scanner;
  EXPECT_EQ(http::parse_response(result.text, answer.to_head, again, scanner).state,
            http::Parsed::State::done)
      << result.text;
  // The caller must see the body end where we end it.
  EXPECT_EQ(again.framing, result.head.framing) << result.text;
  return result;
}

TEST(ResponseHeads, ArePassedOnWithTheRequestsId) {
  const Answered result = answered(
      "HTTP/1.1 404 Nowhere\nServer: x\nContent-Length: 5\nConnection: close, x-hop\nX-Hop: 1\n"
      "Keep-Alive: timeout=5\nX-Request-Id: theirs\nSet-Cookie: a\nSet-Cookie: b",
      {.request_id = "r1"});
  EXPECT_EQ(result.text,
            "HTTP/1.1 404 Nowhere\r\nServer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
            "Content-Length: 5\r\nX-Request-Id: r1\r\n\r\n");
  EXPECT_TRUE(result.head.keep_alive);
  EXPECT_EQ(result.head.framing, http::Framing::length);
}

// What an unknown length becomes depends on what the caller speaks.
TEST(ResponseHeads, TellTheCallerWhereTheBodyEnds) {
  for (const char* text : {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK"}) {
    const Answered modern = answered(text);
    EXPECT_EQ(modern.head.framing, http::Framing::chunked);
    EXPECT_TRUE(modern.head.keep_alive);
    EXPECT_THAT(modern.text, HasSubstr("Transfer-Encoding: chunked\r\n"));
    const Answered old = answered(text, {.minor_version = 0});
    EXPECT_EQ(old.head.framing, http::Framing::until_close);
    EXPECT_FALSE(old.head.keep_alive);
    EXPECT_THAT(old.text, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(old.text, Not(HasSubstr("Transfer-Encoding")));
  }
  EXPECT_THAT(answered("HTTP/1.1 200 OK\nContent-Length: 5", {.minor_version = 0}).text,
              HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(answered("HTTP/1.1 200 OK\nContent-Length: 5", {.keep_alive = false}).text,
              HasSubstr("Connection: close\r\n"));
}

TEST(ResponseHeads, OfAnswersWithoutBodySaySo) {
  const Answered head = answered("HTTP/1.1 200 OK\nContent-Length: 500", {.to_head = true});
  EXPECT_EQ(head.head.framing, http::Framing::none);
  EXPECT_THAT(head.text, HasSubstr("Content-Length: 500\r\n"));
  for (const char* text : {"HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified"}) {
    const Answered result = answered(text);
    EXPECT_EQ(result.head.framing, http::Framing::none) << text;
    EXPECT_THAT(result.text, Not(HasSubstr("Content-Length"))) << text;
    EXPECT_THAT(result.text, Not(HasSubstr("Transfer-Encoding"))) << text;
    EXPECT_TRUE(result.head.keep_alive);
  }
}

TEST(OwnAnswers, AreWholeAndSayWhy) {
  std::string out;
  append_own_answer(out, {.status = 429, .why = "too many \"requests\"", .retry_after_seconds = 3},
                    {.request_id = "r1", .date = "Thu, 29 Feb 2024 12:00:00 GMT"});
  EXPECT_EQ(out,
            "HTTP/1.1 429 Too Many Requests\r\n"
            "Date: Thu, 29 Feb 2024 12:00:00 GMT\r\n"
            "Retry-After: 3\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 76\r\n"
            "X-Request-Id: r1\r\n"
            "\r\n"
            "{\"error\":{\"status\":429,\"reason\":\"too many \\\"requests\\\"\","
            "\"request_id\":\"r1\"}}\n");
}

TEST(OwnAnswers, ChallengeAndNameMethods) {
  std::string out;
  append_own_answer(out, {.status = 401, .challenge = "Key realm=\"x\""}, {.keep_alive = false});
  EXPECT_THAT(out, HasSubstr("WWW-Authenticate: Key realm=\"x\"\r\n"));
  EXPECT_THAT(out, HasSubstr("Connection: close\r\n"));
  out.clear();
  append_own_answer(out, {.status = 405, .allow = "GET, HEAD"}, {.to_head = true});
  EXPECT_THAT(out, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace steelyard::live::gateway
