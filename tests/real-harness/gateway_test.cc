// The gateway over real sockets: what callers say, and hear.
#include "real-harness/gateway/gateway.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/real-harness/gateway_fixture.h"

namespace steelyard::live::gateway::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kAll = "  routes:\n    - {match: {prefix: /}, to: a}\n";

class GatewayTest : public testing::Test {
 protected:
  // Starts it before two services, a and b; `gateway`: the text below `gateway:`.
  void start(const std::string& gateway = kAll,
             const std::string& strategies = "{balancer: round_robin}") {
    running_.emplace(rules_of(scenario(gateway, strategies)));
  }
  Scenario scenario(const std::string& gateway, const std::string& strategies) {
    return scenario_of("  a: [\"" + a_.url() + "\"]\n  b: [\"" + b_.url() + "\"]\n", gateway,
                       strategies);
  }
  RawClient client() { return RawClient(running_->address()); }
  // One request on a connection of its own; all that is heard.
  std::string ask(const std::string& path, const std::string& more = "") {
    RawClient one = client();
    one.say(get_request(path, "Connection: close\r\n" + more));
    return one.hear_all();
  }
  static std::string status_of(const std::string& answer) {
    return answer.size() < 12 ? answer : answer.substr(9, 3);
  }

  Service a_{"a"};
  Service b_{"b"};
  std::optional<Running> running_;
};

// ---- Forwarding --------------------------------------------------------------------------------

TEST_F(GatewayTest, PassesOnARequestAndItsAnswer) {
  start();
  const std::string heard = ask("/echo?q=1", "X-Mine: 7\r\n");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(heard, HasSubstr("GET /echo?q=1\n"));
  EXPECT_THAT(heard, HasSubstr("Host: shop.example\n"));
  EXPECT_THAT(heard, HasSubstr("X-Mine: 7\n"));
  EXPECT_THAT(heard, HasSubstr("X-Forwarded-For: 127.0.0.1\n"));
  EXPECT_THAT(heard, HasSubstr("Via: 1.1 steelyard\n"));
  EXPECT_THAT(heard, HasSubstr("Traceparent: 00-"));
  EXPECT_THAT(heard, HasSubstr("X-Request-Id: "));
  EXPECT_THAT(heard, Not(HasSubstr("Connection: close\n")));  // the caller's own affair
}

TEST_F(GatewayTest, AnswersRequestAfterRequestOnOneConnection) {
  start();
  RawClient one = client();
  for (int i = 0; i < 3; ++i) {
    one.say(get_request("/name"));
    EXPECT_THAT(one.hear_until("\r\n\r\na"), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  EXPECT_EQ(a_.requests(), 3);
}

TEST_F(GatewayTest, AnswersPipelinedRequestsInOrder) {
  start(
      "  routes:\n    - {match: {prefix: /b}, to: b, rewrite: /}\n    - {match: {prefix: /}, to: "
      "a}\n");
  RawClient one = client();
  one.say(get_request("/b/name") + get_request("/name", "Connection: close\r\n"));
  const std::string heard = one.hear_all();
  EXPECT_LT(heard.find("\r\n\r\nb"), heard.find("\r\n\r\na"));
}

TEST_F(GatewayTest, PassesOnBodiesOfKnownLengthAndInChunks) {
  start();
  RawClient one = client();
  one.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(one.hear_until("hello"), HasSubstr("Content-Length: 5\n"));
  one.say("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  one.say("3\r\nabc\r\n");
  one.say("4;x=y\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n");
  EXPECT_THAT(one.hear_until("abcdefg"), HasSubstr("Transfer-Encoding: chunked\n"));
}

TEST_F(GatewayTest, GivesTheLengthWithoutTheBodyToHead) {
  start();
  RawClient one = client();
  one.say("HEAD /name HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string heard = one.hear_all();
  EXPECT_THAT(heard, HasSubstr("Content-Length: 1\r\n"));
  EXPECT_THAT(heard, EndsWith("\r\n\r\n END"));
}

TEST_F(GatewayTest, AnHttp10CallerGetsNoChunks) {
  start();
  RawClient one = client();
  one.say("GET /big/5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string heard = one.hear_all();
  EXPECT_THAT(heard, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(heard, Not(HasSubstr("chunked")));
  EXPECT_THAT(heard, EndsWith("\r\n\r\nxxxxx END"));
}

TEST_F(GatewayTest, KeepsTheConnectionOfAnHttp10CallerWhoAsks) {
  start();
  RawClient one = client();
  one.say("GET /name HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(one.hear_until("\r\n\r\na"), HasSubstr("Connection: keep-alive\r\n"));
  one.say("GET /name HTTP/1.0\r\n\r\n");
  EXPECT_THAT(one.hear_all(), EndsWith("\r\n\r\na END"));
}

TEST_F(GatewayTest, AnswersTheExpectationToGoOnItself) {
  start();
  RawClient one = client();
  one.say("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(one.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  one.say("hello");
  EXPECT_THAT(one.hear_until("\r\n\r\n5"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(GatewayTest, IgnoresAWishToUpgrade) {
  start();
  const std::string heard = ask(
      "/echo", "Connection: upgrade, x-hop\r\nUpgrade: websocket\r\nX-Hop: 1\r\nTE: trailers\r\n");
  EXPECT_EQ(status_of(heard), "200");
  EXPECT_THAT(heard, Not(HasSubstr("Upgrade")));
  EXPECT_THAT(heard, Not(HasSubstr("X-Hop")));
  EXPECT_THAT(heard, Not(HasSubstr("TE:")));
}

TEST_F(GatewayTest, AddsItsSpanToTheCallersTrace) {
  start();
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string heard =
      ask("/echo", "X-Request-Id: mine-1\r\nTraceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n");
  EXPECT_THAT(heard, HasSubstr("X-Request-Id: mine-1\r\n"));  // in the answer
  EXPECT_THAT(heard, HasSubstr("X-Request-Id: mine-1\n"));    // at the service
  EXPECT_THAT(heard, HasSubstr("Traceparent: 00-" + trace + "-"));
  EXPECT_THAT(heard, Not(HasSubstr("00f067aa0ba902b7")));
}

// ---- Streams -----------------------------------------------------------------------------------

TEST_F(GatewayTest, ALargeUploadPassesThrough) {
  start();
  constexpr std::size_t kBytes = 64 << 20;
  RawClient one = client();
  one.say("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kBytes) +
          "\r\n\r\n");
  const std::string piece(1 << 20, 'x');
  for (std::size_t sent = 0; sent < kBytes; sent += piece.size()) one.say(piece);
  EXPECT_THAT(one.hear_until(std::to_string(kBytes)), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(GatewayTest, AServiceWaitsForACallerWhoDoesNotRead) {
  start();
  constexpr std::uint64_t kBytes = std::uint64_t{256} << 20;
  RawClient one = client();
  one.say(get_request("/big/" + std::to_string(kBytes)));
  one.hear_until("\r\n\r\n");
  // What the kernel and 64 KiB on each side hold, and no more, however long it takes.
  std::uint64_t before = 1;
  for (std::uint64_t now = 0; now != before; now = a_.sent()) {
    before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_LT(a_.sent(), kBytes / 2);
  std::uint64_t heard = 0;
  one.hear([&](const std::string& text) {
    heard = text.size();
    return heard > (std::uint64_t{8} << 20);
  });
  EXPECT_GT(heard, std::uint64_t{8} << 20);  // and goes on when the caller does
}

TEST_F(GatewayTest, AnAnswerThatBreaksOffNeverLooksComplete) {
  start();
  EXPECT_THAT(ask("/half"), EndsWith("12345 END"));  // of 10
  const std::string chunked = ask("/half-chunked");
  EXPECT_THAT(chunked, HasSubstr("12345"));
  EXPECT_THAT(chunked, Not(HasSubstr("0\r\n\r\n")));
  RawClient old = client();
  old.say("GET /half-chunked HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.hear_all(), EndsWith(" RESET"));
  EXPECT_THAT(running_->metrics(), HasSubstr("steelyard_gateway_broken_answers_total 3\n"));
}

TEST_F(GatewayTest, AServiceHearsThatItsCallerLeft) {
  start();
  {
    RawClient one = client();
    one.say(get_request("/silent"));
    while (a_.requests() == 0) std::this_thread::yield();
  }
  while (a_.abandoned() == 0) std::this_thread::yield();
  EXPECT_THAT(running_->metrics(), HasSubstr("code=\"499\"} 1\n"));
}

// ---- Failures ----------------------------------------------------------------------------------

TEST_F(GatewayTest, SaysWhichWayAServiceFailed) {
  start(kAll, "{balancer: round_robin, resilience: {timeout: 200ms}}");
  EXPECT_EQ(status_of(ask("/silent")), "504");
  EXPECT_EQ(status_of(ask("/fail")), "503");  // its own word
  EXPECT_THAT(ask("/busy"), HasSubstr("X-Steelyard-Outcome: queue_full\r\n"));
}

TEST_F(GatewayTest, AServiceThatIsDownIsABadGateway) {
  Descriptor closed = listening_socket();
  const std::string url = "http://" + to_text(address_of(closed.get()));
  closed.reset();
  running_.emplace(rules_of(scenario_of("  a: [\"" + url + "\"]\n", kAll)));
  const std::string heard = ask("/");
  EXPECT_EQ(status_of(heard), "502");
  EXPECT_THAT(heard, HasSubstr("X-Steelyard-Outcome: connection_refused\r\n"));
}

TEST_F(GatewayTest, ARouteMayBeMoreImpatientThanItsService) {
  start("  routes:\n    - {match: {prefix: /}, to: a, timeout: 100ms}\n");
  EXPECT_EQ(status_of(ask("/silent")), "504");
}

TEST_F(GatewayTest, TriesAgainWhereTheScenarioSaysSo) {
  start(kAll,
        "{balancer: round_robin, resilience: {timeout: 5s, retry: {attempts_max: 2, backoff_base: "
        "1ms}}}");
  EXPECT_EQ(status_of(ask("/flaky")), "200");
  EXPECT_EQ(a_.requests(), 2);
  RawClient one = client();  // the body is sent again, too
  one.say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(one.hear_until("hello"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(status_of(ask("/fail")), "503");  // the last answer is passed on
}

TEST_F(GatewayTest, DoesNotTryAgainOnceAnAnswerIsPassedOn) {
  start(kAll,
        "{balancer: round_robin, resilience: {timeout: 5s, retry: {attempts_max: 3, backoff_base: "
        "1ms}}}");
  EXPECT_THAT(ask("/half"), EndsWith("12345 END"));
  EXPECT_EQ(a_.requests(), 1);
}

constexpr const char* kTimesAttemptsOut =
    "{balancer: round_robin, resilience: {timeout: 20s, retry: {attempts_max: 2, backoff_base: "
    "1ms, attempt_timeout: 100ms}}}";

TEST_F(GatewayTest, TriesAgainWhatTakesTooLong) {
  start(kAll, kTimesAttemptsOut);
  EXPECT_EQ(status_of(ask("/lame")), "200");
  EXPECT_EQ(a_.requests(), 2);
  EXPECT_EQ(status_of(ask("/silent")), "504");
  EXPECT_EQ(a_.requests(), 4);
}

TEST_F(GatewayTest, DoesNotTryAgainAnAnswerThatTakesTooLongAndIsPassedOn) {
  start(kAll, kTimesAttemptsOut);
  EXPECT_THAT(ask("/stuck"), HasSubstr("\r\n12345 "));
  EXPECT_EQ(a_.requests(), 1);
  EXPECT_EQ(status_of(ask("/name")), "200");
}

TEST_F(GatewayTest, RepeatsNoMoreThanItsBudgetAllows) {
  start(kAll,
        "{balancer: round_robin, resilience: {timeout: 5s, retry: {attempts_max: 2, backoff_base: "
        "1ms, budget: {tokens: {max_tokens: 4}}}}}");
  // 4.0, 3.0, 2.0 are left: the first failure is repeated, the second, of the retry, is the last.
  EXPECT_EQ(status_of(ask("/fail")), "503");
  EXPECT_EQ(a_.requests(), 2);
  EXPECT_EQ(status_of(ask("/fail")), "503");
  EXPECT_EQ(a_.requests(), 3);
}

TEST_F(GatewayTest, AServiceThatAnswersNothingIsGivenUpWhenIdle) {
  start("  limits: {idle_timeout: 300ms}\n  routes:\n    - {match: {prefix: /}, to: a}\n");
  EXPECT_EQ(status_of(ask("/silent")), "504");
}

// ---- Hostile requests --------------------------------------------------------------------------

TEST_F(GatewayTest, NothingSmuggledReachesAService) {
  start();
  const std::vector<std::string> attempts{
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\nG",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
      "GET / HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n",
      "GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /../etc HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"};
  for (const std::string& attempt : attempts) {
    RawClient one = client();
    one.say(attempt);
    one.end_sending();
    EXPECT_EQ(status_of(one.hear_all()), "400") << attempt;
  }
  EXPECT_EQ(a_.requests(), 0);
  // What looks right at first, too late to take back: the service hears no end of it.
  RawClient one = client();
  one.say(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(one.hear_all()), "400");
}

TEST_F(GatewayTest, LimitsSizesAndPatience) {
  start("  limits: {header_size: 2KiB, body_size: 10B, header_timeout: 200ms}\n" +
        std::string("  routes:\n    - {match: {prefix: /}, to: a}\n"));
  EXPECT_EQ(status_of(ask("/", "X: " + std::string(4000, 'x') + "\r\n")), "431");
  EXPECT_EQ(status_of(ask("/" + std::string(9000, 'x'))), "414");
  RawClient large = client();
  large.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world");
  EXPECT_EQ(status_of(large.hear_all()), "413");
  RawClient chunked = client();
  chunked.say(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n");
  EXPECT_EQ(status_of(chunked.hear_all()), "413");
  RawClient slow = client();
  slow.say("GET / HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(status_of(slow.hear_all()), "408");
  RawClient later = client();  // the second request has no more time than the first
  later.say(get_request("/name"));
  later.hear_until("\r\n\r\na");
  later.say("GET / HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(status_of(later.hear_all()), "408");
}

// ---- Who may, and how often --------------------------------------------------------------------

TEST_F(GatewayTest, RoutesByHostPathAndHeaderAndRewrites) {
  start(
      "  routes:\n"
      "    - {match: {host: b.example, prefix: /}, to: b}\n"
      "    - {match: {prefix: /beta, headers: {x-beta: \"1\"}}, to: b, rewrite: /}\n"
      "    - {match: {path: /api/name}, to: a, rewrite: /name}\n");
  EXPECT_EQ(status_of(ask("/other")), "404");
  EXPECT_THAT(ask("/api/name"), EndsWith("\r\n\r\na END"));
  EXPECT_THAT(ask("/%61pi//x/../name"), EndsWith("\r\n\r\na END"));
  EXPECT_THAT(ask("/beta/name", "X-Beta: 1\r\n"), EndsWith("\r\n\r\nb END"));
  EXPECT_EQ(status_of(ask("/beta/name")), "404");
  RawClient one = client();
  one.say("GET /name HTTP/1.1\r\nHost: B.example:80\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(one.hear_all(), EndsWith("\r\n\r\nb END"));
}

TEST_F(GatewayTest, LetsInWhoHasAKeyAndMay) {
  start(
      "  authentication: {partners: {api_key: {keys: {alice: wonderland-1, bob: builder-22}}}}\n"
      "  routes:\n"
      "    - {match: {prefix: /}, to: a, authenticate: partners, allow: {consumers: [alice]}}\n");
  const std::string nobody = ask("/echo");
  EXPECT_EQ(status_of(nobody), "401");
  EXPECT_THAT(nobody, HasSubstr("WWW-Authenticate: "));
  EXPECT_EQ(status_of(ask("/echo", "X-Api-Key: wrong\r\n")), "401");
  EXPECT_EQ(status_of(ask("/echo", "X-Api-Key: builder-22\r\n")), "403");
  const std::string alice = ask("/echo", "X-Api-Key: wonderland-1\r\nX-Consumer: root\r\n");
  EXPECT_EQ(status_of(alice), "200");
  EXPECT_THAT(alice, HasSubstr("X-Consumer: alice\n"));
  EXPECT_THAT(alice, Not(HasSubstr("root")));
  EXPECT_THAT(alice, Not(HasSubstr("wonderland")));
  EXPECT_EQ(a_.requests(), 1);
}

TEST_F(GatewayTest, LimitsHowOften) {
  start(
      "  routes:\n    - {match: {prefix: /}, to: a, rate_limit: {rate: 1/min, burst: 2, per: "
      "address}}\n");
  EXPECT_EQ(status_of(ask("/name")), "200");
  EXPECT_EQ(status_of(ask("/name")), "200");
  const std::string third = ask("/name");
  EXPECT_EQ(status_of(third), "429");
  EXPECT_THAT(third, HasSubstr("Retry-After: "));
  EXPECT_EQ(a_.requests(), 2);
}

TEST_F(GatewayTest, JoinsTheAnswersOfSeveralServices) {
  start(
      "  routes:\n"
      "    - {match: {path: /both}, aggregate: {x: {to: a, rewrite: /name}, y: {to: b, rewrite: "
      "/name}}}\n"
      "    - {match: {path: /some}, aggregate: {x: {to: a, rewrite: /name}, y: {to: b, rewrite: "
      "/fail, "
      "optional: true}}}\n"
      "    - {match: {path: /late}, timeout: 200ms, aggregate: {x: {to: a, rewrite: /name}, y: "
      "{to: b, "
      "rewrite: /silent}}}\n");
  EXPECT_THAT(ask("/both"), EndsWith("{\"x\":\"a\",\"y\":\"b\"}\n END"));
  const std::string some = ask("/some");
  EXPECT_EQ(status_of(some), "200");
  EXPECT_THAT(some, HasSubstr("\"y\":{\"error\":{\"status\":503"));
  EXPECT_EQ(status_of(ask("/late")), "504");
}

// ---- Operation ---------------------------------------------------------------------------------

TEST_F(GatewayTest, LogsALineARequest) {
  const std::string path = testing::TempDir() + "gateway_access_test.jsonl";
  std::remove(path.c_str());
  {
    Reactor reactor;
    auto log = LogFile::open(reactor, path);
    ASSERT_TRUE(log.ok());
    Gateway gateway(reactor, rules_of(scenario(kAll, "{balancer: round_robin}")),
                    listening_socket(), {.log = log.value().get()});
    Background background(reactor);
    RawClient one(gateway.address());
    one.say(get_request("/name") + get_request("/%zz"));
    one.hear_until("HTTP/1.1", 2);
  }
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, HasSubstr("\"path\":\"/name\",\"protocol\":\"HTTP/1.1\",\"route\":\"route 1\","
                              "\"status\":200,\"bytes_in\":0,\"bytes_out\":1,"));
  EXPECT_THAT(text, HasSubstr("\"status\":400"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(GatewayTest, ANewConfigurationTakesOverWhileRequestsOfTheOldOneEnd) {
  start("  routes:\n    - {match: {prefix: /}, to: a}\n");
  RawClient old = client();
  old.say("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
  while (a_.requests() == 0) std::this_thread::yield();
  running_->with_gateway([&](Gateway& gateway) {
    gateway.replace(rules_of(
        scenario("  routes:\n    - {match: {prefix: /}, to: b}\n", "{balancer: round_robin}"),
        &gateway.rules()));
  });
  EXPECT_THAT(ask("/name"), EndsWith("\r\n\r\nb END"));
  old.say("def");
  EXPECT_THAT(old.hear_until("\r\n\r\n6"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(a_.requests(), 1);
}

TEST_F(GatewayTest, ARateLimitGoesOnCountingAcrossReloads) {
  const std::string limited =
      "  routes:\n    - {match: {prefix: /}, to: a, rate_limit: {rate: 1/min, burst: 1, per: "
      "route}}\n";
  start(limited);
  EXPECT_EQ(status_of(ask("/name")), "200");
  running_->with_gateway([&](Gateway& gateway) {
    gateway.replace(rules_of(scenario(limited, "{balancer: round_robin}"), &gateway.rules()));
  });
  EXPECT_EQ(status_of(ask("/name")), "429");
}

TEST_F(GatewayTest, DrainsWithoutLosingWhatHasCome) {
  start();
  RawClient busy = client();
  busy.say("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
  while (a_.requests() == 0) std::this_thread::yield();
  RawClient waiting = client();  // in the kernel's queue, or just accepted
  waiting.say(get_request("/name"));
  RawClient idle = client();
  running_->with_gateway([](Gateway& gateway) { gateway.drain(); });
  EXPECT_THAT(waiting.hear_all(), EndsWith("\r\n\r\na END"));
  EXPECT_THAT(idle.hear_all(), EndsWith(" END"));
  busy.say("def");
  EXPECT_THAT(busy.hear_all(), EndsWith("Connection: close\r\n\r\n6 END"));
  EXPECT_FALSE(client().connected());
  bool drained = false;
  while (!drained)
    running_->with_gateway([&](Gateway& gateway) { drained = gateway.is_drained(); });
}

}  // namespace
}  // namespace steelyard::live::gateway::test
