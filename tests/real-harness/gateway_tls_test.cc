// TLS towards callers, with OpenSSL as the independent client.
#include <gmock/gmock.h>

#include "tests/real-harness/gateway_fixture.h"
#include "tests/real-harness/tls_client.h"

namespace steelyard::live::gateway::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class GatewayTls : public testing::Test {
 protected:
  GatewayTls()
      : running_(rules_of(scenario_of("  a: [\"" + a_.url() + "\"]\n",
                                      "  routes:\n    - {match: {prefix: /}, to: a}\n")),
                 {.tls = context_of(first_)}) {}
  std::string ask(const std::string& path, int version_max = TLS1_3_VERSION) {
    TlsClient one(running_.address(), version_max);
    one.say(get_request(path, "Connection: close\r\n"));
    return one.hear_all();
  }

  Service a_{"a"};
  Identity first_{"first.example"};
  Running running_;
};

TEST_F(GatewayTls, AnswersAndTellsTheServiceHowTheCallerCame) {
  const std::string heard = ask("/echo");
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(heard, HasSubstr("X-Forwarded-Proto: https\n"));
  EXPECT_THAT(heard, EndsWith(" END"));
}

TEST_F(GatewayTls, SpeaksVersion12And13AndNothingOlder) {
  EXPECT_EQ(TlsClient(running_.address()).version(), "TLSv1.3");
  EXPECT_EQ(TlsClient(running_.address(), TLS1_2_VERSION).version(), "TLSv1.2");
  EXPECT_FALSE(TlsClient(running_.address(), TLS1_1_VERSION).connected());
}

TEST_F(GatewayTls, StreamsLargeBodiesBothWays) {
  constexpr std::size_t kBytes = 8 << 20;
  TlsClient up(running_.address());
  up.say("POST /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
         std::to_string(kBytes) + "\r\n\r\n");
  const std::string piece(1 << 16, 'x');
  for (std::size_t sent = 0; sent < kBytes; sent += piece.size()) up.say(piece);
  EXPECT_THAT(up.hear_all(), EndsWith("\r\n\r\n" + std::to_string(kBytes) + " END"));
  const std::string down = ask("/big/" + std::to_string(kBytes));
  EXPECT_EQ(static_cast<std::size_t>(std::count(down.begin(), down.end(), 'x')), kBytes);
  EXPECT_THAT(down, EndsWith("\r\n0\r\n\r\n END"));
}

TEST_F(GatewayTls, ANewCertificateIsForNewConnections) {
  TlsClient before(running_.address());
  const Identity second("second.example");
  running_.with_gateway([&](Gateway& gateway) { gateway.set_tls(context_of(second)); });
  EXPECT_EQ(TlsClient(running_.address()).peer(), "second.example");
  EXPECT_EQ(before.peer(), "first.example");
  before.say(get_request("/name", "Connection: close\r\n"));
  EXPECT_THAT(before.hear_all(), EndsWith("\r\n\r\na END"));
}

TEST_F(GatewayTls, ACallerWithoutTlsIsDroppedAndHarmsNobody) {
  RawClient plain(running_.address());
  plain.say(get_request("/name"));
  const std::string heard = plain.hear_all();
  EXPECT_THAT(heard, testing::Not(HasSubstr("HTTP/1.1 200")));
  EXPECT_EQ(a_.requests(), 0);
  EXPECT_THAT(ask("/name"), EndsWith("\r\n\r\na END"));
}

TEST(TlsContext, RefusesWhatIsNoCertificateOrNotItsKey) {
  const Identity one("one.example");
  const Identity other("other.example");
  EXPECT_TRUE(TlsContext::make(one.certificate, one.key).ok());
  EXPECT_THAT(TlsContext::make("nothing", one.key).error(), StartsWith("tls.certificate is no"));
  EXPECT_THAT(TlsContext::make(one.certificate, "nothing").error(), StartsWith("tls.key is no"));
  EXPECT_THAT(TlsContext::make(one.certificate, other.key).error(), HasSubstr("tls.key is no"));
}

}  // namespace
}  // namespace steelyard::live::gateway::test
