// When a channel would open a connection, and when it has one.
#include "tests/channel/transcript.h"

namespace steelyard {
namespace {

using test::expect_transcript;

const ResiliencePolicy kPlain{};

TEST(ChannelConnections, AreOpenedByTheFirstAttemptToEachEndpoint) {
  expect_transcript(kPlain, R"(
> 0ms endpoints a b            -> nothing
> 0ms connections              -> 0 opened
> 0ms request 1                -> send #1 to a
> 0ms connections              -> 1 opened
> 0ms request 2                -> send #2 to b
> 0ms request 3                -> send #3 to a
> 0ms request 4                -> send #4 to b
> 1ms connections              -> 2 opened
> 1ms reply #1 ok              -> feedback a 1ms ok, finish 1 ok
> 1ms reply #2 queue_full      -> feedback b 1ms failed, finish 2 queue_full
> 1ms request 5                -> send #5 to a
> 1ms request 6                -> send #6 to b
> 1ms connections              -> 2 opened
)");
}

TEST(ChannelConnections, StayWithTheirEndpointWhileTheSetChangesAroundIt) {
  expect_transcript(kPlain, R"(
> 0ms endpoints a b            -> nothing
> 0ms request 1                -> send #1 to a
> 0ms request 2                -> send #2 to b
> 1ms reply #1 ok              -> feedback a 1ms ok, finish 1 ok
> 1ms reply #2 ok              -> feedback b 1ms ok, finish 2 ok
> 2ms endpoints c b            -> nothing
> 2ms request 3                -> send #3 to c
> 2ms request 4                -> send #4 to b
> 2ms connections              -> 3 opened
> 3ms endpoints a b            -> nothing
> 3ms request 5                -> send #5 to a
> 3ms connections              -> 4 opened
)");
}

TEST(ChannelConnections, AreOpenedAgainAfterARefusalAndAfterAReset) {
  expect_transcript(kPlain, R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a
> 1ms reply #1 connection_refused -> feedback a 1ms failed, finish 1 connection_refused
> 1ms request 2                -> send #2 to a
> 1ms connections              -> 2 opened
> 2ms reply #2 connection_reset -> feedback a 1ms failed, finish 2 connection_reset
> 2ms request 3                -> send #3 to a
> 3ms reply #3 deadline_exceeded -> feedback a 1ms failed, finish 3 deadline_exceeded
> 3ms request 4                -> send #4 to a
> 3ms connections              -> 3 opened
)");
}

TEST(ChannelConnections, DieWithTheirProcess) {
  expect_transcript(kPlain, R"(
> 0ms endpoints a              -> nothing
> 0ms request 1                -> send #1 to a
> 1ms restart                  -> nothing
> 1ms request 2                -> send #2 to a
> 1ms connections              -> 2 opened
)");
}

}  // namespace
}  // namespace steelyard
