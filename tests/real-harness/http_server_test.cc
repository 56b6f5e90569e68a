#include <gtest/gtest.h>

#include "real-harness/http/server.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::live {
namespace {

// Answers with what was asked: "GET /a body". Paths that begin with /later are answered by the
// test.
class Echo final : public HttpServer::Handler {
 public:
  void on_request(Exchange& exchange) override {
    asked_ = std::string(exchange.request().method) + " " + std::string(exchange.request().path);
    body_.clear();
  }
  void on_body(Exchange& exchange, std::string_view data, bool last) override {
    body_ += data;
    if (!last) return;
    if (asked_ == "GET /silent") return;
    if (asked_ == "GET /chunks") {
      exchange.begin_answer(200, "OK", "", -1);
      exchange.answer_body("one");
      exchange.flush();
      exchange.answer_body("three");
      return exchange.end_answer();
    }
    if (asked_ == "GET /half") {
      exchange.begin_answer(200, "OK", "", 10);
      exchange.answer_body("12345");
      exchange.flush();
      return exchange.break_off();
    }
    exchange.answer(200, "", asked_ + (body_.empty() ? "" : " " + body_));
  }
  void on_abandoned(Exchange&) override { ++abandoned; }
  std::atomic<int> abandoned{0};

 private:
  std::string asked_;
  std::string body_;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest()
      : server_(reactor_, listening_socket(), echo_,
                {.body_bytes_max = 1000, .header_timeout = 300ms, .idle_timeout = 10s}),
        background_(reactor_),
        client_(server_.address()) {}

  Reactor reactor_;
  Echo echo_;
  HttpServer server_;
  Background background_;
  RawClient client_;
};

TEST_F(HttpServerTest, AnswersRequestAfterRequestOnOneConnection) {
  client_.say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client_.hear_until("GET /a"), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGET /a");
  client_.say("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(client_.hear_until("hi"), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nPOST /b hi");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  client_.say(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client_.hear_all(),
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGET /1"
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nPOST /2 abc"
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nGET /3 END");
}

TEST_F(HttpServerTest, GivesTheLengthWithoutTheBodyToHead) {
  client_.say("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client_.hear_all(),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n END");
}

TEST_F(HttpServerTest, ClosesAfterAnHttp10RequestUnlessAskedToKeepIt) {
  client_.say("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client_.hear_until("GET /a"),
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\nGET /a");
  client_.say("GET /b HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client_.hear_all(),
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nGET /b END");
}

TEST_F(HttpServerTest, SendsAnAnswerOfUnknownLengthInChunks) {
  client_.say("GET /chunks HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client_.hear_until("0\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n5\r\nthree\r\n"
            "0\r\n\r\n");
}

TEST_F(HttpServerTest, AnHttp10ClientGetsItUntilTheEndOfTheConnection) {
  client_.say("GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client_.hear_all(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonethree END");
}

TEST_F(HttpServerTest, AnAnswerThatIsBrokenOffNeverLooksComplete) {
  client_.say("GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client_.hear_all(), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345 END");
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttpAndCloses) {
  client_.say("hello\r\n\r\n");
  const std::string heard = client_.hear_all();
  EXPECT_EQ(heard.substr(0, 24), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(heard.substr(heard.size() - 4), " END");
}

TEST_F(HttpServerTest, RefusesABodyThatIsTooLongBeforeReadingIt) {
  client_.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(client_.hear_all().substr(0, 12), "HTTP/1.1 413");
}

TEST_F(HttpServerTest, RefusesAChunkedBodyOnceItIsTooLong) {
  client_.say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
              std::string(1001, 'x'));
  EXPECT_EQ(client_.hear_all().substr(0, 12), "HTTP/1.1 413");
  EXPECT_EQ(echo_.abandoned, 1) << "the handler had begun, and must hear that it is over";
}

TEST_F(HttpServerTest, DoesNotWaitForeverForAHead) {
  client_.say("GET /slow HTTP/1.1\r\nHost:");
  EXPECT_EQ(client_.hear_all().substr(0, 12), "HTTP/1.1 408");
}

TEST_F(HttpServerTest, TellsTheHandlerWhenTheClientGoesBeforeTheAnswer) {
  client_.say("GET /silent HTTP/1.1\r\nHost: x\r\n\r\n");
  client_.end_sending();
  EXPECT_EQ(client_.hear_all(), " END");
  EXPECT_EQ(echo_.abandoned, 1);
}

TEST_F(HttpServerTest, ReadsARequestThatComesByteByByte) {
  for (const char byte : std::string("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"))
    client_.say({&byte, 1});
  EXPECT_EQ(client_.hear_until("hi"), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nPOST /b hi");
}

}  // namespace
}  // namespace steelyard::live
