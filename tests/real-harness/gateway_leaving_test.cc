// Callers that leave the gateway while their request is under way: what the balancer is told.
#include <gmock/gmock.h>

#include <mutex>

#include "balancers/balancer.h"
#include "real-harness/channels/http_attempts.h"
#include "tests/real-harness/gateway_fixture.h"

namespace steelyard::live::gateway::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// How attempts ended, as a balancer hears it.
class Heard {
 public:
  void add(Outcome outcome) {
    const std::lock_guard lock(mutex_);
    all_.emplace_back(to_text(outcome));
  }
  bool anything() {
    const std::lock_guard lock(mutex_);
    return !all_.empty();
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(all_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> all_;
} heard;

class Witness final : public Balancer {
 public:
  void on_endpoints(std::span<const Endpoint>, Instant, RandomStream&) override {}
  std::size_t pick(const Choice&) override { return 0; }
  void on_feedback(const Feedback& feedback) override { heard.add(feedback.outcome); }
  bool wants_feedback() const override { return true; }
};
const Registration<Balancer> kWitness{
    {.name = "witness",
     .summary = "The first endpoint.",
     .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
       return std::make_unique<Witness>();
     }}};

class GatewayLeaving : public testing::Test {
 protected:
  explicit GatewayLeaving(std::string resilience = "{}")
      : resilience_(std::move(resilience)), running_(rules_of(scenario())) {
    heard.take();
  }
  Scenario scenario() const {
    return scenario_of(
        "  a: [\"" + a_.url() + "\"]\n",
        "  limits: {part_size: 10B}\n  routes:\n"
        "    - {match: {path: /joined}, aggregate: {x: {to: a, rewrite: /big/9999999}}}\n"
        "    - {match: {prefix: /}, to: a}\n",
        "{balancer: witness, resilience: " + resilience_ + "}");
  }
  // Asks, and leaves once `condition` holds.
  template <class Condition>
  void ask_and_leave(const std::string& request, const Condition& condition) {
    RawClient caller(running_.address());
    caller.say(request);
    while (!condition()) std::this_thread::yield();
  }
  // What the balancer has heard once the gateway has nothing left to do.
  std::vector<std::string> heard_by_the_balancer() {
    bool drained = false;
    running_.with_gateway([](Gateway& gateway) { gateway.drain(); });
    while (!drained)
      running_.with_gateway([&](Gateway& gateway) { drained = gateway.is_drained(); });
    return heard.take();
  }

  std::string resilience_;
  Service a_{"a"};
  Running running_;
};

TEST_F(GatewayLeaving, IsNotHeldAgainstAnInstanceThatWasAtWork) {
  ask_and_leave(get_request("/silent"), [&] { return a_.requests() > 0; });
  EXPECT_THAT(heard_by_the_balancer(), ElementsAre("cancelled"));
  EXPECT_THAT(running_.metrics(), HasSubstr("steelyard_gateway_failed_attempts_total 0\n"));
}

TEST_F(GatewayLeaving, InTheMiddleOfItsBodyIsNotEither) {
  ask_and_leave("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
                [&] { return a_.requests() > 0; });
  EXPECT_THAT(heard_by_the_balancer(), ElementsAre("cancelled"));
}

TEST_F(GatewayLeaving, InTheMiddleOfTheAnswerIsNotEither) {
  ask_and_leave(get_request("/big/1000000000"), [&] { return a_.sent() > 0; });
  EXPECT_THAT(heard_by_the_balancer(), ElementsAre("cancelled"));
}

TEST_F(GatewayLeaving, ThePartThatIsTooLongForTheGatewayIsNotEither) {
  RawClient caller(running_.address());
  caller.say(get_request("/joined", "Connection: close\r\n"));
  EXPECT_THAT(caller.hear_all(), StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(heard_by_the_balancer(), ElementsAre("cancelled"));
}

TEST_F(GatewayLeaving, AnInstanceThatFailsIsToldAsWhatItDid) {
  RawClient caller(running_.address());
  caller.say(
      "POST /fail HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n" +
      std::string(100000, 'x'));
  EXPECT_THAT(caller.hear_all(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(heard_by_the_balancer(), ElementsAre("error_status"));
}

// It would be spared what failures cost.
TEST(OutcomeOf, AnAnswerCannotSayThatItsCallerLeft) {
  http::ResponseHead head;
  head.status = 503;
  head.headers = {{"x-steelyard-outcome", "cancelled"}};
  EXPECT_EQ(outcome_of(head), Outcome::error_status);
  head.headers = {{"x-steelyard-outcome", "queue_full"}};
  EXPECT_EQ(outcome_of(head), Outcome::queue_full);
}

class GatewayLeavingBackoff : public GatewayLeaving {
 protected:
  GatewayLeavingBackoff()
      : GatewayLeaving("{retry: {attempts_max: 2, backoff_base: 1h, backoff_max: 1h}}") {}
};

// A configuration goes, with its connections, when the last request under way by it has ended.
TEST_F(GatewayLeavingBackoff, EndsTheWaitForAnotherAttempt) {
  ask_and_leave(get_request("/fail"), [] { return heard.anything(); });
  running_.with_gateway(
      [&](Gateway& gateway) { gateway.replace(rules_of(scenario(), &gateway.rules())); });
  const std::string gone = "steelyard_gateway_upstream_connections 0\n";
  for (int tries = 0; tries < 1000 && running_.metrics().find(gone) == std::string::npos; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THAT(running_.metrics(), HasSubstr(gone));
  EXPECT_THAT(heard.take(), ElementsAre("error_status"));
}

}  // namespace
}  // namespace steelyard::live::gateway::test
