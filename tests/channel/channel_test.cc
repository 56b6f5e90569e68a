#include "channel/channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/channel/transcript.h"

namespace steelyard {
namespace {

using test::expect_transcript;

// Retries at once, so that transcripts are free of chance; the jitter has tests of its own.
ResiliencePolicy policy(Duration timeout, std::uint32_t attempts_max) {
  return {.timeout = timeout,
          .retry = {.attempts_max = attempts_max, .backoff_base = 0s, .backoff_max = 0s}};
}

TEST(Channel, SendsToAnEndpointAndPassesTheAnswerOn) {
  expect_transcript(policy(0s, 1), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 7                -> send #1 to a
> 1ms request 8                -> send #2 to b
> 2ms load                     -> 1, 1, 2 in progress
> 5ms reply #2 ok              -> feedback b 4ms ok, finish 8 ok
> 9ms reply #1 ok              -> feedback a 9ms ok, finish 7 ok
> 9ms load                     -> 0, 0, 0 in progress
)");
}

// Whatever the balancer, as it never hears of them; layers that decide about health do.
TEST(Channel, SendsNothingToAnEndpointThatIsNotHealthyUnlessAllAre) {
  expect_transcript(policy(0s, 1), R"(
> 0ms endpoints a! b           -> nothing
> 0ms request 1                -> send #1 to b
> 0ms request 2                -> send #2 to b
> 1ms endpoints a! b!          -> nothing
> 1ms request 3                -> send #3 to a
> 2ms endpoints a b!           -> nothing
> 2ms request 4                -> send #4 to a
)");
}

TEST(Channel, ATimeoutGivesTheAttemptUpAndEndsTheRequest) {
  expect_transcript(policy(50ms, 3), R"(
> 0ms endpoints a              -> nothing
> 10ms request 1               -> wake t1 at 60ms, send #1 to a
> 60ms timer t1                -> feedback a 50ms failed, cancel #1 at a, finish 1 deadline_exceeded
> 60ms load                    -> 0, 0 in progress
)");
}

TEST(Channel, ALateAnswerIsIgnored) {
  expect_transcript(policy(50ms, 1), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> wake t1 at 50ms, send #1 to a
> 50ms timer t1                -> feedback a 50ms failed, cancel #1 at a, finish 1 deadline_exceeded
> 60ms reply #1 ok             -> nothing
> 60ms load                    -> 0, 0 in progress
)");
}

TEST(Channel, ATimerOfAnAnsweredRequestIsUnwanted) {
  expect_transcript(policy(50ms, 1), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> wake t1 at 50ms, send #1 to a
> 1ms wants t1                 -> yes
> 20ms reply #1 ok             -> feedback a 20ms ok, finish 1 ok
> 20ms wants t1                -> no
> 50ms timer t1                -> nothing
)");
}

TEST(Channel, AnAnswerCountsOnce) {
  expect_transcript(policy(0s, 1), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a
> 1ms reply #1 ok              -> feedback a 1ms ok, finish 1 ok
> 2ms reply #1 ok              -> nothing
> 2ms load                     -> 0, 0 in progress
)");
}

TEST(Channel, AFailedAttemptIsRepeatedUntilOneSucceeds) {
  expect_transcript(policy(0s, 3), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 3ms reply #1 queue_full      -> feedback a 3ms failed, wake t1 at 3ms
> 3ms load                     -> 0, 0, 1 in progress
> 3ms request 2                -> send #2 to a
> 3ms timer t1                 -> send #3 to b
> 4ms reply #3 ok              -> feedback b 1ms ok, finish 1 ok
> 5ms reply #2 ok              -> feedback a 2ms ok, finish 2 ok
)");
}

TEST(Channel, TheLastAttemptsFailureIsTheRequests) {
  expect_transcript(policy(0s, 2), R"(
> 0ms endpoints a                      -> nothing
> 0ms request 1                        -> send #1 to a
> 1ms reply #1 queue_full              -> feedback a 1ms failed, wake t1 at 1ms
> 1ms timer t1                         -> send #2 to a
> 2ms reply #2 connection_refused      -> feedback a 1ms failed, finish 1 connection_refused
)");
}

TEST(Channel, ATimerOfABackoffFiresOnce) {
  expect_transcript(policy(0s, 3), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a
> 1ms reply #1 queue_full      -> feedback a 1ms failed, wake t1 at 1ms
> 1ms timer t1                 -> send #2 to a
> 1ms wants t1                 -> no
> 1ms timer t1                 -> nothing
)");
}

// The deadline is one for the whole request: the second attempt gets what the first one left.
TEST(Channel, RetriesShareOneDeadline) {
  expect_transcript(policy(50ms, 3), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> wake t1 at 50ms, send #1 to a
> 40ms reply #1 queue_full     -> feedback a 40ms failed, wake t2 at 40ms
> 40ms timer t2                -> send #2 to a
> 50ms timer t1                -> feedback a 10ms failed, cancel #2 at a, finish 1 deadline_exceeded
> 55ms reply #2 ok             -> nothing
)");
}

TEST(Channel, ADeadlineDuringABackoffEndsTheRequestWithoutCancelling) {
  expect_transcript(policy(50ms, 3), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> wake t1 at 50ms, send #1 to a
> 40ms reply #1 queue_full     -> feedback a 40ms failed, wake t2 at 40ms
> 50ms timer t1                -> finish 1 deadline_exceeded
> 50ms timer t2                -> nothing
)");
}

TEST(Channel, ACalleesDeadlineIsNotRetried) {
  expect_transcript(policy(0s, 3), R"(
> 0ms endpoints a                  -> nothing
> 0ms request 1                    -> send #1 to a
> 1ms reply #1 deadline_exceeded   -> feedback a 1ms failed, finish 1 deadline_exceeded
)");
}

TEST(Channel, ACallerThatLeavesEndsItsRequestWithoutAnotherAttempt) {
  expect_transcript(policy(50ms, 3), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> wake t1 at 50ms, send #1 to a
> 9ms reply #1 cancelled       -> feedback a 9ms cancelled, finish 1 cancelled
> 9ms load                     -> 0, 0, 0 in progress
> 10ms reply #1 ok             -> nothing
> 50ms wants t1                -> no
)");
}

TEST(Channel, ACallerThatLeavesDuringABackoffEndsItAtOnce) {
  expect_transcript(policy(0s, 3), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a
> 40ms reply #1 queue_full     -> feedback a 40ms failed, wake t1 at 40ms
> 40ms reply #1 cancelled      -> finish 1 cancelled
> 40ms load                    -> 0, 0 in progress
> 40ms wants t1                -> no
)");
}

TEST(Channel, TheCallersDeadlineIsInheritedAndNeverExtended) {
  expect_transcript(policy(50ms, 1), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1 deadline 20ms  -> wake t1 at 20ms, send #1 to a
> 0ms request 2 deadline 90ms  -> wake t2 at 50ms, send #2 to a
> 30ms request 3 deadline 30ms -> finish 3 deadline_exceeded
)");
}

// 40 ms late already: ten are left of fifty.
TEST(Channel, TheTimeoutCountsFromWhenTheRequestWasDue) {
  expect_transcript(policy(50ms, 1), R"(
> 0ms endpoints a              -> nothing
> 40ms request 1 due 0ms       -> wake t1 at 50ms, send #1 to a
)");
}

TEST(Channel, WithoutEndpointsARequestFails) {
  expect_transcript(policy(0s, 1), R"(
> 0ms request 1                -> finish 1 no_endpoint
> 1ms endpoints a              -> nothing
> 1ms request 2                -> send #1 to a
> 2ms endpoints                -> nothing
> 2ms request 3                -> finish 3 no_endpoint
> 3ms load                     -> 1 in progress
)");
}

TEST(Channel, WithoutEndpointsARetryWaitsForOne) {
  expect_transcript(policy(0s, 2), R"(
> 0ms request 1                -> wake t1 at 0ms
> 0ms endpoints a              -> nothing
> 0ms timer t1                 -> send #1 to a
> 2ms reply #1 ok              -> feedback a 2ms ok, finish 1 ok
)");
}

// Positions change; what is outstanding is counted where its endpoint now is.
TEST(Channel, LoadFollowsTheEndpointWhenTheSetChanges) {
  expect_transcript(policy(0s, 1), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 0ms request 2                -> send #2 to b
> 0ms request 3                -> send #3 to a
> 1ms endpoints c b a          -> nothing
> 1ms load                     -> 0, 1, 2, 3 in progress
> 2ms reply #1 ok              -> feedback a 2ms ok, finish 1 ok
> 2ms load                     -> 0, 1, 1, 2 in progress
)");
}

TEST(Channel, AnEndpointThatLeftAndCameBackStillHasItsLoad) {
  expect_transcript(policy(0s, 1), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 1ms endpoints b              -> nothing
> 1ms load                     -> 0, 1 in progress
> 2ms endpoints b a            -> nothing
> 2ms load                     -> 0, 1, 1 in progress
> 5ms reply #1 ok              -> feedback a 5ms ok, finish 1 ok
> 5ms load                     -> 0, 0, 0 in progress
)");
}

// The balancer knows no endpoint any more that it could be told about.
TEST(Channel, AnAnswerFromAnEndpointThatLeftStillCountsForTheCaller) {
  expect_transcript(policy(0s, 1), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 1ms endpoints b              -> nothing
> 5ms reply #1 ok              -> finish 1 ok
> 5ms load                     -> 0, 0 in progress
)");
}

TEST(Channel, ARestartForgetsEverythingWithoutAFinish) {
  expect_transcript(policy(50ms, 3), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> wake t1 at 50ms, send #1 to a
> 0ms request 2                -> wake t2 at 50ms, send #2 to b
> 5ms reply #2 queue_full      -> feedback b 5ms failed, wake t3 at 5ms
> 5ms restart                  -> nothing
> 5ms load                     -> 0, 0, 0 in progress
> 6ms request 3                -> wake t4 at 56ms, send #3 to a
> 7ms request 4                -> wake t5 at 57ms, send #4 to b
> 8ms reply #1 ok              -> nothing
> 8ms timer t3                 -> nothing
> 50ms timer t1                -> nothing
> 50ms timer t2                -> nothing
> 50ms load                    -> 1, 1, 2 in progress
> 51ms reply #3 ok             -> feedback a 45ms ok, finish 3 ok
)");
}

// The slot of request 1 goes to request 2; the ids of the first one do not reach the second.
TEST(Channel, AnIdNeverMeansALaterRequest) {
  expect_transcript(policy(50ms, 1), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> wake t1 at 50ms, send #1 to a
> 1ms reply #1 ok              -> feedback a 1ms ok, finish 1 ok
> 2ms request 2                -> wake t2 at 52ms, send #2 to a
> 3ms reply #1 ok              -> nothing
> 50ms timer t1                -> nothing
> 51ms load                    -> 1, 1 in progress
> 52ms timer t2                -> feedback a 50ms failed, cancel #2 at a, finish 2 deadline_exceeded
)");
}

// ---- Back-off
// ------------------------------------------------------------------------------------------------

// Fails attempt after attempt of many requests; the waits before attempt n+1, n = 1, 2, ...
std::vector<std::vector<Duration>> waits(const ResiliencePolicy& policy) {
  std::vector<std::string> notes;
  Channel channel({.policy = policy, .random = RandomStream(5)},
                  std::make_unique<test::Notebook>(notes));
  Actions none;
  channel.on_endpoints(std::make_shared<const std::vector<Endpoint>>(1), kStart, none);
  std::vector<std::vector<Duration>> all(policy.retry.attempts_max - 1);
  for (std::uint64_t request = 0; request < 10'000; ++request) {
    Instant now = kStart;
    Actions actions;
    channel.on_request({.token = request, .planned = now}, now, actions);
    for (std::vector<Duration>& of_this_attempt : all) {
      const AttemptId attempt = actions.back().id;
      channel.on_reply(attempt, Outcome::queue_full, now, actions);
      EXPECT_EQ(actions.back().kind, Action::Kind::wake);
      of_this_attempt.push_back(actions.back().at - now);
      now = actions.back().at;
      channel.on_timer(actions.back().id, now, actions);
    }
    channel.on_reply(actions.back().id, Outcome::ok, now, actions);
  }
  return all;
}

// Uniform in [0, min(60, 10 * 2^(n-1))] ms: 10, 20, 40, 60, 60. The mean is half of it, and its
// standard error c/sqrt(12 * 10,000) = 0.3% of the ceiling; 1.5% is five of them.
TEST(Backoff, IsUniformUpToACeilingThatDoubles) {
  const auto all = waits({.retry = {.attempts_max = 6, .backoff_base = 10ms, .backoff_max = 60ms}});
  const std::vector<Duration> ceilings{10ms, 20ms, 40ms, 60ms, 60ms};
  for (std::size_t n = 0; n < ceilings.size(); ++n) {
    const auto [least, greatest] = std::minmax_element(all[n].begin(), all[n].end());
    EXPECT_GE(*least, 0s);
    EXPECT_LT(*least, ceilings[n] / 100);
    EXPECT_LE(*greatest, ceilings[n]);
    EXPECT_GT(*greatest, ceilings[n] * 99 / 100);
    Duration sum{};
    for (const Duration wait : all[n]) sum += wait;
    EXPECT_NEAR(to_ms(sum) / 10'000, to_ms(ceilings[n]) / 2, to_ms(ceilings[n]) * 0.015)
        << "attempt " << n + 1;
  }
}

// 2^199 * 250 years would not fit an integer: the doubling stops at the ceiling.
TEST(Backoff, NeverOverflows) {
  const auto all = waits({.retry = {.attempts_max = 200,
                                    .backoff_base = Duration(1),
                                    .backoff_max = Duration(1'000'000'000)}});
  for (const auto& of_one_attempt : all)
    for (const Duration wait : of_one_attempt) {
      ASSERT_GE(wait, 0s);
      ASSERT_LE(wait, 1s);
    }
}

// Waits of up to an hour almost never end before a deadline 1 ms away. Then the request fails at
// once, with what went wrong and not with the deadline.
TEST(Backoff, DoesNotWaitBeyondTheDeadline) {
  std::vector<std::string> notes;
  Channel channel({.policy = {.timeout = 1ms,
                              .retry = {.attempts_max = 2, .backoff_base = 1h, .backoff_max = 1h}},
                   .random = RandomStream(1)},
                  std::make_unique<test::Notebook>(notes));
  Actions none;
  channel.on_endpoints(std::make_shared<const std::vector<Endpoint>>(1), kStart, none);
  Actions actions;
  channel.on_request({.planned = kStart}, kStart, actions);
  channel.on_reply(actions.back().id, Outcome::connection_refused, kStart, actions);
  EXPECT_EQ(actions.back().kind, Action::Kind::finish);
  EXPECT_EQ(actions.back().outcome, Outcome::connection_refused);
  EXPECT_EQ(actions.back().attempts, 1);
  EXPECT_EQ(channel.in_progress(), 0u);
}

TEST(Channel, TellsHowManyAttemptsARequestTook) {
  std::vector<std::string> notes;
  Channel channel({.policy = policy(0s, 3), .random = RandomStream(1)},
                  std::make_unique<test::Notebook>(notes));
  Actions none;
  channel.on_endpoints(std::make_shared<const std::vector<Endpoint>>(1), kStart, none);
  Actions actions;
  channel.on_request({.planned = kStart}, kStart, actions);
  EXPECT_EQ(actions.back().attempts, 1);
  channel.on_reply(actions.back().id, Outcome::queue_full, kStart, actions);
  channel.on_timer(actions.back().id, kStart, actions);
  EXPECT_EQ(actions.back().attempts, 2);
  channel.on_reply(actions.back().id, Outcome::ok, kStart, actions);
  EXPECT_EQ(actions.back().kind, Action::Kind::finish);
  EXPECT_EQ(actions.back().attempts, 2);
}

// What the attempt is about reaches whoever carries it out.
TEST(Channel, SendsCarryKeyTokenDeadlineAndChannel) {
  std::vector<std::string> notes;
  Channel channel({.id = 9, .policy = policy(50ms, 1), .random = RandomStream(1)},
                  std::make_unique<test::Notebook>(notes));
  Actions none;
  channel.on_endpoints(std::make_shared<const std::vector<Endpoint>>(1, Endpoint{.id = 4}), kStart,
                       none);
  Actions actions;
  channel.on_request({.token = 77, .planned = kStart, .key_hash = 123, .has_key = true}, kStart,
                     actions);
  const Action& send = actions.back();
  EXPECT_EQ(send.kind, Action::Kind::send);
  EXPECT_EQ(send.channel, 9u);
  EXPECT_EQ(send.endpoint, 4u);
  EXPECT_EQ(send.token, 77u);
  EXPECT_EQ(send.at, kStart + 50ms);
  EXPECT_EQ(send.key_hash, 123u);
  EXPECT_TRUE(send.has_key);
}

// A caller so far behind is a finding about the scenario, not a broken invariant.
TEST(Channel, RefusesMoreRequestsThanItCanName) {
  std::vector<std::string> notes;
  Channel channel({.policy = policy(0s, 1), .requests_max = 2},
                  std::make_unique<test::Notebook>(notes));
  Actions none;
  channel.on_endpoints(std::make_shared<const std::vector<Endpoint>>(1), kStart, none);
  Actions actions;
  channel.on_request({.token = 1}, kStart, actions);
  channel.on_request({.token = 2}, kStart, actions);
  EXPECT_THROW(channel.on_request({.token = 3}, kStart, actions), std::length_error);
}

// Endpoints that refuse connections. Waits are 1 s, 1.6 s, 2.56 s, … exactly, without jitter.
ResiliencePolicy reconnecting() {
  ResiliencePolicy policy;
  policy.reconnect = ReconnectPolicy{.jitter = 0};
  return policy;
}

TEST(ChannelReconnect, AnEndpointThatRefusesGetsNoAttemptsForAWhile) {
  expect_transcript(reconnecting(), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 1ms reply #1 connection_refused -> feedback a 1ms failed, wake t1 at 1001ms, finish 1 connection_refused
> 2ms request 2                -> send #2 to b
> 3ms request 3                -> send #3 to b
> 4ms load                     -> 2, 2 in progress
> 1001ms timer t1              -> nothing
> 1001ms load                  -> 0, 2, 2 in progress
> 1002ms request 4             -> send #4 to a
)");
}

TEST(ChannelReconnect, EachRefusalInARowMakesTheWaitLonger) {
  expect_transcript(reconnecting(), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 0ms reply #1 connection_refused -> feedback a 0s failed, wake t1 at 1000ms, finish 1 connection_refused
> 1000ms timer t1              -> nothing
> 1000ms request 2             -> send #2 to a
> 1000ms reply #2 connection_refused -> feedback a 0s failed, wake t2 at 2600ms, finish 2 connection_refused
> 2600ms timer t2              -> nothing
> 2600ms request 3             -> send #3 to a
> 2600ms reply #3 ok           -> feedback a 0s ok, finish 3 ok
> 2600ms request 4             -> send #4 to a
> 2600ms reply #4 connection_refused -> feedback a 0s failed, wake t3 at 3600ms, finish 4 connection_refused
)");
}

TEST(ChannelReconnect, SeveralRefusalsAtOnceCountOnce) {
  expect_transcript(reconnecting(), R"(
> 0ms endpoints a b c          -> nothing
> 0ms request 1                -> send #1 to a
> 0ms request 2                -> send #2 to b
> 0ms request 3                -> send #3 to c
> 0ms request 4                -> send #4 to a
> 1ms reply #1 connection_refused -> feedback a 1ms failed, wake t1 at 1001ms, finish 1 connection_refused
> 2ms reply #4 connection_refused -> finish 4 connection_refused
)");
}

TEST(ChannelReconnect, WhenAllRefuseAllAreTried) {
  expect_transcript(reconnecting(), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 1ms reply #1 connection_refused -> feedback a 1ms failed, wake t1 at 1001ms, finish 1 connection_refused
> 1ms request 2                -> send #2 to b
> 2ms reply #2 connection_refused -> feedback b 1ms failed, wake t2 at 1002ms, finish 2 connection_refused
> 3ms request 3                -> send #3 to a
> 4ms reply #3 ok              -> feedback a 1ms ok, finish 3 ok
> 5ms request 4                -> send #4 to a
)");
}

TEST(ChannelReconnect, AnEndpointThatLeavesIsForgotten) {
  expect_transcript(reconnecting(), R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 1ms reply #1 connection_refused -> feedback a 1ms failed, wake t1 at 1001ms, finish 1 connection_refused
> 2ms wants t1                 -> yes
> 2ms endpoints b              -> nothing
> 2ms wants t1                 -> no
> 3ms endpoints a b            -> nothing
> 3ms request 2                -> send #2 to a
)");
}

}  // namespace
}  // namespace steelyard
