// What a channel does for balancers that ask, and for those that let requests wait.
#include <gtest/gtest.h>

#include "tests/channel/transcript.h"

namespace steelyard {
namespace {

using test::expect_transcript;

const ResiliencePolicy kOneAttempt{.timeout = 0s, .retry = {.attempts_max = 1}};

TEST(ChannelProbes, AsksWhatTheBalancerWantsToKnowAndTellsItTheAnswer) {
  expect_transcript(kOneAttempt, R"(
> 0ms endpoints a b            -> nothing
> 0ms next ask load b          -> nothing
> 1ms request 1                -> send #1 to a, wake t1 at 1001ms, ask p1 of b
> 3ms answer p1 7              -> told of b 7
> 3ms wants t1                 -> no
> 4ms answer p1 9              -> nothing
)");
}

TEST(ChannelProbes, PassesOnWhatComesWithAnAnswer) {
  expect_transcript(kOneAttempt, R"(
> 0ms endpoints a              -> nothing
> 1ms request 1                -> send #1 to a
> 3ms reply #1 ok 5            -> feedback a 2ms ok with 5 in flight, finish 1 ok
)");
}

TEST(ChannelProbes, WaitsASecondForAnAnswer) {
  expect_transcript(kOneAttempt, R"(
> 0ms endpoints a              -> nothing
> 0ms next ask load a          -> nothing
> 5ms request 1                -> send #1 to a, wake t1 at 1005ms, ask p1 of a
> 1005ms timer t1              -> told of a nothing
> 1006ms answer p1 2           -> nothing
)");
}

TEST(ChannelProbes, ARefusalIsAnAnswerToo) {
  expect_transcript(kOneAttempt, R"(
> 0ms endpoints a              -> nothing
> 0ms next ask load a          -> nothing
> 5ms request 1                -> send #1 to a, wake t1 at 1005ms, ask p1 of a
> 6ms refuse p1                -> told of a nothing
> 6ms wants t1                 -> no
)");
}

// However long that takes.
TEST(ChannelProbes, HearsOfIdlenessWhenItComes) {
  expect_transcript(kOneAttempt, R"(
> 0ms next ask idle a          -> nothing
> 0ms endpoints a b            -> ask p1 of a when idle
> 9000ms next ask idle a       -> nothing
> 9000ms answer p1 0           -> told of a 0, ask p2 of a when idle
)");
}

TEST(ChannelProbes, TheSameQuestionAgainTakesThePlaceOfTheFirst) {
  expect_transcript(kOneAttempt, R"(
> 0ms next ask idle a          -> nothing
> 0ms endpoints a              -> ask p1 of a when idle
> 1ms next ask idle a          -> nothing
> 1ms request 1                -> send #1 to a, ask p2 of a when idle
> 2ms answer p1 0              -> nothing
> 3ms answer p2 0              -> told of a 0
)");
}

TEST(ChannelProbes, WhatWasAskedOfAnEndpointThatLeavesIsForgotten) {
  expect_transcript(kOneAttempt, R"(
> 0ms next ask idle a          -> nothing
> 0ms next ask idle b          -> nothing
> 0ms endpoints a b            -> ask p1 of a when idle, ask p2 of b when idle
> 1ms endpoints b              -> nothing
> 2ms answer p1 0              -> nothing
> 3ms answer p2 4              -> told of b 4
)");
}

TEST(ChannelProbes, ARestartForgetsWhatWasAsked) {
  expect_transcript(kOneAttempt, R"(
> 0ms next ask idle a          -> nothing
> 0ms next wake at 90ms        -> nothing
> 0ms endpoints a              -> ask p1 of a when idle, wake t1 at 90ms
> 1ms restart                  -> nothing
> 2ms answer p1 0              -> nothing
> 90ms timer t1                -> nothing
)");
}

TEST(ChannelProbes, WakesTheBalancerOnceAtTheLatestTimeItAskedFor) {
  expect_transcript(kOneAttempt, R"(
> 0ms next wake at 5ms         -> nothing
> 0ms endpoints a              -> wake t1 at 5ms
> 1ms next wake at 7ms         -> nothing
> 1ms request 1                -> send #1 to a, wake t2 at 7ms
> 5ms wants t1                 -> no
> 7ms timer t2                 -> woken
> 7ms timer t2                 -> nothing
)");
}

// Asked for at once, it is woken at the next instant: at the same one it could ask for ever.
TEST(ChannelProbes, NeverWakesTheBalancerAtTheSameInstant) {
  expect_transcript(kOneAttempt, R"(
> 5ms next wake at 5ms         -> nothing
> 5ms endpoints a              -> wake t1 at 5ms
> 5ms wants t1                 -> yes
)");
}

TEST(ChannelProbes, ARequestWaitsUntilTheBalancerHasAPlaceForIt) {
  expect_transcript(kOneAttempt, R"(
> 0ms endpoints a              -> nothing
> 0ms next wait until 5ms      -> nothing
> 1ms request 1                -> wake t1 at 5ms
> 1ms load                     -> 0, 1 in progress
> 4ms timer t1                 -> wake t2 at 5ms
> 5ms timer t2                 -> send #1 to a
> 6ms reply #1 ok              -> feedback a 1ms ok, finish 1 ok
)");
}

// Who waits for a place need not wait for the time that was named when there are others.
TEST(ChannelProbes, ARequestThatWaitsIsPickedForAgainWhenTheEndpointsChange) {
  expect_transcript(kOneAttempt, R"(
> 0ms endpoints a              -> nothing
> 0ms next wait until 9ms      -> nothing
> 1ms request 1                -> wake t1 at 9ms
> 2ms endpoints a b            -> nothing
> 3ms next wait until 3ms      -> nothing
> 3ms endpoints b              -> send #1 to b
> 4ms reply #1 ok              -> feedback b 1ms ok, finish 1 ok
> 9ms wants t1                 -> no
)");
}

TEST(ChannelProbes, WaitingIsNoAttempt) {
  expect_transcript({.timeout = 0s, .retry = {.attempts_max = 2, .backoff_base = 0s}}, R"(
> 0ms endpoints a              -> nothing
> 1ms request 1                -> send #1 to a
> 2ms next wait until 5ms      -> nothing
> 2ms reply #1 queue_full      -> feedback a 1ms failed, wake t1 at 2ms
> 2ms timer t1                 -> wake t2 at 5ms
> 5ms timer t2                 -> send #2 to a
> 6ms reply #2 queue_full      -> feedback a 1ms failed, finish 1 queue_full
)");
}

TEST(ChannelProbes, ADeadlineEndsTheWaitToo) {
  expect_transcript({.timeout = 3ms, .retry = {.attempts_max = 1}}, R"(
> 0ms endpoints a              -> nothing
> 0ms next wait until 50ms     -> nothing
> 1ms request 1                -> wake t1 at 4ms
> 4ms timer t1                 -> finish 1 deadline_exceeded
> 4ms load                     -> 0, 0 in progress
)");
}

}  // namespace
}  // namespace steelyard
