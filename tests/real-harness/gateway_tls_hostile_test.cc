// Callers of the TLS port who do not mean well: each is got rid of, in its time, and harms nobody.
#include <gmock/gmock.h>
#include <openssl/err.h>

#include <chrono>
#include <thread>

#include "core/random.h"
#include "tests/real-harness/gateway_fixture.h"
#include "tests/real-harness/tls_client.h"

namespace steelyard::live::gateway::test {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// What OpenSSL says first.
std::string client_hello() {
  const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<SSL, Freed<SSL_free>> session(SSL_new(context.get()));
  BIO* const said = BIO_new(BIO_s_mem());
  SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), said);
  EXPECT_LT(SSL_connect(session.get()), 0);
  char* text = nullptr;
  const long length = BIO_get_mem_data(said, &text);
  return {text, static_cast<std::size_t>(length)};
}

// The oldest that could be met: no extensions, one cipher. [RFC 2246, 7.4.1.2]
std::string old_client_hello(int minor_version) {
  const std::string body = bytes({3, minor_version}) + std::string(32, 'r') +
                           bytes({0, 0, 2, 0, 0x2f, 1, 0});  // AES128-SHA, no compression
  const auto length = static_cast<int>(body.size());
  const std::string message = bytes({1, 0, 0, length}) + body;
  return bytes({0x16, 3, minor_version, 0, length + 4}) + message;
}

// A fatal alert: its number. [RFC 8446, 6]
testing::Matcher<std::string> fatal_alert(int number) {
  return AllOf(StartsWith(bytes({0x15, 3})), HasSubstr(bytes({0, 2, 2, number})));
}
const auto kGone = AnyOf(EndsWith(" END"), EndsWith(" RESET"));

class HostileTls : public testing::Test {
 protected:
  HostileTls()
      : running_(rules_of(scenario_of("  a: [\"" + a_.url() + "\"]\n",
                                      "  limits: {header_timeout: 2s, idle_timeout: 20s}\n"
                                      "  routes:\n    - {match: {prefix: /}, to: a}\n")),
                 {.tls = context_of(Identity("first.example"))}) {}
  // Others are served, only they were, and no connection stays.
  ~HostileTls() override {
    const int before = a_.requests();
    EXPECT_THAT(ask(), EndsWith("\r\n\r\na END"));
    EXPECT_EQ(a_.requests(), before + 1);
    bool drained = false;
    running_.with_gateway([](Gateway& gateway) { gateway.drain(); });
    for (int tries = 0; tries < 1000 && !drained; ++tries) {
      running_.with_gateway([&](Gateway& gateway) { drained = gateway.is_drained(); });
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(drained) << "a connection stays";
  }
  std::string ask() {
    TlsClient one(running_.address());
    one.say(get_request("/name", "Connection: close\r\n"));
    return one.hear_all();
  }
  std::string hear_after(const std::string& said) {
    RawClient one(running_.address());
    one.say(said);
    return one.hear_all();
  }

  Service a_{"a"};
  Running running_;
};

TEST_F(HostileTls, GarbageIsNoHandshake) {
  RandomStream random(20260704);
  std::vector<std::unique_ptr<RawClient>> callers;
  for (int i = 0; i < 300; ++i) {
    std::string garbage(1 + random.below(2000), '\0');
    for (char& c : garbage) c = static_cast<char>(random.below(256));
    if (i % 3 == 0) garbage = bytes({0x16, 3, 1}) + garbage;
    if (i % 3 == 1) {  // a good beginning
      std::string hello = client_hello();
      hello[random.below(hello.size())] ^= static_cast<char>(1 + random.below(255));
      garbage = hello + garbage;
    }
    callers.push_back(std::make_unique<RawClient>(running_.address()));
    callers.back()->say(garbage);
  }
  for (const auto& caller : callers) EXPECT_THAT(caller->hear_all(), kGone);
  EXPECT_EQ(a_.requests(), 0);
}

TEST_F(HostileTls, HttpInTheClearIsNotAnswered) {
  for (const std::string method : {"GET", "POST", "CONNECT", "PRI"}) {
    const std::string heard = hear_after(method + " / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(heard, kGone) << method;
    EXPECT_THAT(heard, Not(HasSubstr("HTTP/1.1 200"))) << method;
  }
}

TEST_F(HostileTls, VersionsBefore12AreRefusedWithTheirAlert) {
  constexpr int kProtocolVersion = 70;
  for (const int minor : {1, 2})
    EXPECT_THAT(hear_after(old_client_hello(minor)), fatal_alert(kProtocolVersion)) << minor;
  EXPECT_THAT(hear_after(old_client_hello(0)), kGone);  // SSL 3
  // SSL 2, whose greeting looks like none of the others. [RFC 6176]
  EXPECT_THAT(hear_after(bytes({0x80, 0x1f, 1, 0, 2, 0, 6, 0, 0, 0, 16, 1, 0, 0x80}) +
                         std::string(19, 'r')),
              kGone);
}

TEST_F(HostileTls, AHandshakeThatStallsHasItsTime) {
  const std::string hello = client_hello();
  std::vector<std::unique_ptr<RawClient>> callers;
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{5}, hello.size() / 2,
                                   hello.size() - 1, hello.size()}) {
    callers.push_back(std::make_unique<RawClient>(running_.address()));
    callers.back()->say(hello.substr(0, length));
  }
  EXPECT_THAT(ask(), EndsWith("\r\n\r\na END"));
  for (const auto& caller : callers) EXPECT_THAT(caller->hear_all(), kGone);
}

// A byte now and then does not prolong it.
TEST_F(HostileTls, AHandshakeByTheByteHasNoMoreTime) {
  const std::string hello = client_hello();
  RawClient slow(running_.address());
  std::size_t said = 0;
  for (; said < hello.size(); ++said) {
    pollfd closed{.fd = slow.fd(), .events = POLLIN, .revents = 0};
    if (poll(&closed, 1, 100) > 0) break;
    slow.say(hello.substr(said, 1));
  }
  EXPECT_LT(said, hello.size());
  EXPECT_THAT(slow.hear_all(), kGone);
}

// Nor does a request by the byte, each in a record of its own.
TEST_F(HostileTls, ARequestByTheRecordHasTheTimeOfAHead) {
  TlsClient slow(running_.address(), TLS1_2_VERSION);  // 1.3 says something after its handshake
  const std::string request = get_request("/" + std::string(200, 'x'));
  std::size_t said = 0;
  for (; said < request.size(); ++said) {
    pollfd answered{.fd = slow.fd(), .events = POLLIN, .revents = 0};
    if (poll(&answered, 1, 50) > 0) break;
    slow.say(request.substr(said, 1));
  }
  EXPECT_LT(said, request.size());
  EXPECT_THAT(slow.hear_all(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HostileTls, AHandshakeWithoutARequestHasItsTime) {
  TlsClient silent(running_.address());
  EXPECT_TRUE(silent.connected());
  silent.hear_all();
  EXPECT_TRUE(silent.is_gone());
}

TEST_F(HostileTls, CallersMayGoAtAnyMoment) {
  const std::string hello = client_hello();
  for (int i = 0; i < 50; ++i) {
    RawClient half(running_.address());
    half.say(hello.substr(0, static_cast<std::size_t>(i) * hello.size() / 50));
    TlsClient whole(running_.address());
    if (i % 3 == 1) whole.say("GET / HT");
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (i % 2 == 0) setsockopt(whole.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  EXPECT_EQ(a_.requests(), 0);
}

// [RFC 5246, 6.2.3; RFC 8446, 5.2] No more than 2^14 bytes and what encryption adds.
TEST_F(HostileTls, RecordsBeyondTheLimitAreRefused) {
  constexpr int kRecordOverflow = 22;
  const std::string huge = bytes({0x16, 3, 1, 0xff, 0xff}) + std::string(0xffff, 'x');
  const std::string heard = hear_after(huge);
  EXPECT_THAT(heard, AnyOf(kGone, fatal_alert(kRecordOverflow)));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient caller(running_.address(), version);
    ASSERT_TRUE(caller.connected());
    const std::string record = bytes({0x17, 3, 3, 0xff, 0xff}) + std::string(0xffff, 'x');
    ::send(caller.fd(), record.data(), record.size(), MSG_NOSIGNAL);
    EXPECT_THAT(caller.hear_all(), EndsWith(" BROKEN"));
    EXPECT_TRUE(caller.is_gone());
  }
}

// A handshake message of 16 MiB is announced, and its bytes come: they are not kept.
TEST_F(HostileTls, MessagesBeyondTheLimitAreRefused) {
  RawClient caller(running_.address());
  const std::string piece(16384, 'x');
  caller.say(bytes({0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff}) + piece.substr(4));
  for (int i = 0; i < 1024; ++i) caller.say(bytes({0x16, 3, 1, 0x40, 0}) + piece);
  EXPECT_THAT(caller.hear_all(), kGone);
}

TEST_F(HostileTls, NobodyNegotiatesAgain) {
  TlsClient caller(running_.address(), TLS1_2_VERSION);
  ASSERT_TRUE(caller.connected());
  ASSERT_EQ(SSL_renegotiate(caller.session()), 1);
  ERR_clear_error();
  EXPECT_LE(SSL_do_handshake(caller.session()), 0);
  EXPECT_EQ(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
  ERR_clear_error();
}

// Each new key costs the server more than the caller, who has made them all before.
TEST_F(HostileTls, NewKeysWithoutEndKeepNobodyWaiting) {
  TlsClient caller(running_.address());
  ASSERT_TRUE(caller.connected());
  BIO* const said = BIO_new(BIO_s_mem());
  SSL_set0_wbio(caller.session(), said);
  for (int i = 0; i < 20000; ++i) {
    SSL_key_update(caller.session(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(caller.session());
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(said, &text);
  const std::string flood(text, static_cast<std::size_t>(length));
  ASSERT_GT(flood.size(), 400'000u);
  timeval patience{.tv_sec = 1, .tv_usec = 0};
  setsockopt(caller.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::send(caller.fd(), flood.data(), flood.size(), MSG_NOSIGNAL);
  EXPECT_THAT(ask(), EndsWith("\r\n\r\na END"));
}

}  // namespace
}  // namespace steelyard::live::gateway::test
