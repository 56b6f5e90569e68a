// What attempts may take, and what retries may cost.
#include <gtest/gtest.h>

#include "tests/channel/transcript.h"
#include "tests/resilience/budget.h"

namespace steelyard {
namespace {

using test::expect_transcript;

// Retries at once, so that transcripts are free of chance.
ResiliencePolicy timing_attempts_out(Duration timeout, Duration attempt_timeout) {
  return {.timeout = timeout,
          .retry = {.attempts_max = 2,
                    .backoff_base = 0s,
                    .backoff_max = 0s,
                    .attempt_timeout = attempt_timeout}};
}

TEST(AttemptTimeout, GivesTheAttemptUpAndRepeatsIt) {
  expect_transcript(timing_attempts_out(0s, 10ms), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a, wake t1 at 10ms
> 10ms timer t1                -> feedback a 10ms failed, cancel #1 at a, wake t2 at 10ms
> 10ms timer t2                -> send #2 to a, wake t3 at 20ms
> 12ms reply #1 ok             -> nothing
> 12ms load                    -> 1, 1 in progress
> 20ms timer t3                -> feedback a 10ms failed, cancel #2 at a, finish 1 deadline_exceeded
> 20ms load                    -> 0, 0 in progress
)");
}

TEST(AttemptTimeout, IsOfOneAttemptOnly) {
  expect_transcript(timing_attempts_out(0s, 10ms), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a, wake t1 at 10ms
> 4ms reply #1 queue_full      -> feedback a 4ms failed, wake t2 at 4ms
> 4ms wants t1                 -> no
> 4ms timer t2                 -> send #2 to a, wake t3 at 14ms
> 10ms timer t1                -> nothing
> 13ms reply #2 ok             -> feedback a 9ms ok, finish 1 ok
> 14ms wants t3                -> no
> 14ms timer t3                -> nothing
)");
}

TEST(AttemptTimeout, LeavesTheLastWordToTheDeadline) {
  expect_transcript(timing_attempts_out(15ms, 10ms), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> wake t1 at 15ms, send #1 to a, wake t2 at 10ms
> 10ms timer t2                -> feedback a 10ms failed, cancel #1 at a, wake t3 at 10ms
> 10ms timer t3                -> send #2 to a
> 15ms timer t1                -> feedback a 5ms failed, cancel #2 at a, finish 1 deadline_exceeded
)");
}

TEST(AttemptTimeout, AnswersThatTellOfADeadlineAreNotRepeated) {
  expect_transcript(timing_attempts_out(0s, 10ms), R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a, wake t1 at 10ms
> 4ms reply #1 deadline_exceeded -> feedback a 4ms failed, finish 1 deadline_exceeded
)");
}

ResiliencePolicy with_budget(const Named& budget, Duration timeout = 0s) {
  return {.timeout = timeout,
          .retry = {.attempts_max = 3,
                    .backoff_base = 0s,
                    .backoff_max = 0s,
                    .budget = std::make_shared<const Named>(budget)}};
}

// One retry under way, whatever else is.
Named one_at_a_time() {
  return test::budget_with(
      "concurrent", {{"budget_percent", {0.0}}, {"min_retry_concurrency", {test::whole(1)}}});
}

TEST(RetryBudget, EndsARequestWithTheOutcomeItHad) {
  expect_transcript(with_budget(one_at_a_time()), R"(
> 0ms endpoints a b              -> nothing
> 0ms request 1                  -> send #1 to a
> 0ms request 2                  -> send #2 to b
> 1ms reply #1 queue_full        -> feedback a 1ms failed, wake t1 at 1ms
> 1ms reply #2 connection_reset  -> feedback b 1ms failed, finish 2 connection_reset
> 1ms timer t1                   -> send #3 to a
> 2ms request 3                  -> send #4 to b
> 3ms reply #4 queue_full        -> feedback b 1ms failed, finish 3 queue_full
> 4ms reply #3 queue_full        -> feedback a 3ms failed, wake t2 at 4ms
> 4ms timer t2                   -> send #5 to a
> 5ms reply #5 ok                -> feedback a 1ms ok, finish 1 ok
> 6ms request 4                  -> send #6 to a
> 7ms reply #6 queue_full        -> feedback a 1ms failed, wake t3 at 7ms
)");
}

TEST(RetryBudget, GetsBackWhatACallerThatLeavesHad) {
  expect_transcript(with_budget(one_at_a_time()), R"(
> 0ms endpoints a                -> nothing
> 0ms request 1                  -> send #1 to a
> 1ms reply #1 queue_full        -> feedback a 1ms failed, wake t1 at 1ms
> 1ms reply #1 cancelled         -> finish 1 cancelled
> 1ms request 2                  -> send #2 to a
> 2ms reply #2 queue_full        -> feedback a 1ms failed, wake t2 at 2ms
> 2ms timer t2                   -> send #3 to a
> 3ms reply #3 cancelled         -> feedback a 1ms cancelled, finish 2 cancelled
> 3ms request 3                  -> send #4 to a
> 4ms reply #4 queue_full        -> feedback a 1ms failed, wake t3 at 4ms
)");
}

TEST(RetryBudget, GetsBackWhatADeadlineEnds) {
  expect_transcript(with_budget(one_at_a_time(), 5ms), R"(
> 0ms endpoints a                -> nothing
> 0ms request 1                  -> wake t1 at 5ms, send #1 to a
> 1ms reply #1 queue_full        -> feedback a 1ms failed, wake t2 at 1ms
> 5ms timer t1                   -> finish 1 deadline_exceeded
> 6ms request 2                  -> wake t3 at 11ms, send #2 to a
> 7ms reply #2 queue_full        -> feedback a 1ms failed, wake t4 at 7ms
> 7ms timer t4                   -> send #3 to a
> 11ms timer t3                  -> feedback a 4ms failed, cancel #3 at a, finish 2 deadline_exceeded
> 12ms request 3                 -> wake t5 at 17ms, send #4 to a
> 13ms reply #4 queue_full       -> feedback a 1ms failed, wake t6 at 13ms
)");
}

// Of four tokens; half is 2.0. Neither the caller that left nor the deadline takes any.
TEST(RetryBudget, HearsOfEveryFailureThatIsRepeatedAndOfEverySuccess) {
  const Named budget =
      test::budget_with("tokens", {{"max_tokens", {test::whole(4)}}, {"token_ratio", {0.6}}});
  expect_transcript(with_budget(budget, 9ms), R"(
> 0ms endpoints a                -> nothing
> 0ms request 1                  -> wake t1 at 9ms, send #1 to a
> 1ms reply #1 cancelled         -> feedback a 1ms cancelled, finish 1 cancelled
> 1ms request 2                  -> wake t2 at 10ms, send #2 to a
> 2ms reply #2 deadline_exceeded -> feedback a 1ms failed, finish 2 deadline_exceeded
3.0 are left:
> 2ms request 3                  -> wake t3 at 11ms, send #3 to a
> 3ms reply #3 queue_full        -> feedback a 1ms failed, wake t4 at 3ms
> 3ms timer t4                   -> send #4 to a
2.0:
> 4ms reply #4 queue_full        -> feedback a 1ms failed, finish 3 queue_full
> 4ms request 4                  -> wake t5 at 13ms, send #5 to a
> 5ms reply #5 ok                -> feedback a 1ms ok, finish 4 ok
> 5ms request 5                  -> wake t6 at 14ms, send #6 to a
> 6ms reply #6 ok                -> feedback a 1ms ok, finish 5 ok
2.0 + 2 * 0.6 - 1.0 = 2.2:
> 6ms request 6                  -> wake t7 at 15ms, send #7 to a
> 7ms reply #7 queue_full        -> feedback a 1ms failed, wake t8 at 7ms
)");
}

TEST(RetryBudget, StartsAnewWithItsProcess) {
  expect_transcript(with_budget(one_at_a_time()), R"(
> 0ms endpoints a                -> nothing
> 0ms request 1                  -> send #1 to a
> 1ms reply #1 queue_full        -> feedback a 1ms failed, wake t1 at 1ms
> 2ms restart                    -> nothing
> 2ms request 2                  -> send #2 to a
> 3ms reply #2 queue_full        -> feedback a 1ms failed, wake t2 at 3ms
)");
}

}  // namespace
}  // namespace steelyard
