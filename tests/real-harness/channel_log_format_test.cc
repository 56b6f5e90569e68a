// The bytes of a channel log: the same on every machine, and every value comes back.
#include <gtest/gtest.h>

#include <vector>

#include "real-harness/channels/log_format.h"

namespace steelyard::live::channel_log {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15], ' '};
  }
  if (!text.empty()) text.pop_back();
  return text;
}

template <class Put>
std::string written(const Put& put_it) {
  std::vector<char> room(256);
  const char* end = put_it(room.data());
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

std::string number(std::uint64_t value) {
  return written([&](char* out) { return put(out, value); });
}

// LEB128 as in the DWARF standard, section 7.6, whose examples are 2, 127, 128 and 12857.
TEST(ChannelLogFormat, WritesNumbersAsLeb128) {
  EXPECT_EQ(hex(number(2)), "02");
  EXPECT_EQ(hex(number(127)), "7f");
  EXPECT_EQ(hex(number(128)), "80 01");
  EXPECT_EQ(hex(number(12857)), "b9 64");
  EXPECT_EQ(hex(number(~std::uint64_t{0})), "ff ff ff ff ff ff ff ff ff 01");
}

TEST(ChannelLogFormat, ReadsEachNumberInOneWayOnly) {
  for (std::uint64_t shift = 0; shift < 64; ++shift)
    for (const std::uint64_t value :
         {std::uint64_t{1} << shift, (std::uint64_t{1} << shift) - 1, ~std::uint64_t{0} << shift}) {
      const std::string bytes = number(value);
      Cursor cursor(bytes, 0);
      EXPECT_EQ(cursor.number(), value);
      EXPECT_TRUE(cursor.ok() && cursor.left() == 0);
    }
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {"\x80\x00"sv, "\xff"sv, ""sv, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv,
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv}) {
    Cursor cursor(bad, 0);
    cursor.number();
    EXPECT_FALSE(cursor.ok()) << hex(bad);
    EXPECT_EQ(cursor.failed_at(), 0u);
  }
}

// Channel 1, request: 1 * 8 + 3 = 0b. 300 ns later: 300 = 2 * 128 + 44 = ac 02. Fields planned and
// deadline: 2 + 4 = 06; the token is the next. Planned 1 ns before: zigzag(-1) = 01. Deadline 64 ns
// after that: zigzag(64) = 128 = 80 01.
TEST(ChannelLogFormat, IsTheSameOnEveryMachine) {
  Context context;
  context.now = kStart;
  context.request_token = 6;
  const Input input{.record = Record::request,
                    .channel = 1,
                    .now = kStart + 300ns,
                    .request = {.token = 7, .planned = kStart + 299ns, .deadline = kStart + 363ns}};
  EXPECT_EQ(hex(written([&](char* out) { return put_input(out, input, context); })),
            "0b ac 02 06 01 80 01");
  // A send: kind 0; attempts, token, channel and key as expected. Fields endpoint, id and deadline:
  // 4 + 16 + 64 = 54. Endpoint 3: zigzag 6. Id: slot 0 stays, attempt 1, generation 5: zigzag 10 =
  // 0a. Deadline 363 after none at all: zigzag 726 = 5 * 128 + 86 = d6 05.
  const Action action{.attempts = 1,
                      .endpoint = 3,
                      .channel = 1,
                      .id = std::uint64_t{5} << 32 | 1 << 24,
                      .token = 7,
                      .at = kStart + 363ns};
  EXPECT_EQ(hex(written([&](char* out) { return put_action(out, action, context); })),
            "00 54 06 00 01 0a d6 05");
}

// Small and huge values, equal ones, and everything between.
std::uint64_t any(RandomStream& random) {
  return random.below(3) == 0 ? 0 : random.next() >> random.below(64);
}

Instant any_instant(RandomStream& random) {
  return Instant(Duration(static_cast<std::int64_t>(any(random) >> 3)));
}

TEST(ChannelLogFormat, GivesBackEveryInputAndAction) {
  RandomStream random(1);
  Context written_context;
  Context read_context;
  Instant now = kStart - 5s;
  for (int i = 0; i < 100'000; ++i) {
    SCOPED_TRACE("seed 1, round " + std::to_string(i));
    now += Duration(static_cast<std::int64_t>(any(random) >> 40));
    Input in{.record = static_cast<Record>(3 + random.below(3)),
             .channel = static_cast<std::uint32_t>(any(random)),
             .now = now};
    in.id = any(random);
    in.outcome = static_cast<Outcome>(random.below(kOutcomes));
    in.request = {.token = any(random), .planned = any_instant(random), .key_hash = any(random)};
    in.request.source_ipv4 = static_cast<std::uint32_t>(any(random));
    in.request.has_key = random.below(2) == 0;
    if (random.below(2) == 0) in.request.deadline = any_instant(random);
    const Action action{.kind = static_cast<Action::Kind>(random.below(4)),
                        .outcome = static_cast<Outcome>(random.below(kOutcomes)),
                        .attempts = static_cast<std::uint8_t>(any(random)),
                        .has_key = random.below(2) == 0,
                        .endpoint = static_cast<std::uint32_t>(any(random)),
                        .channel = static_cast<std::uint32_t>(any(random)),
                        .id = any(random),
                        .token = any(random),
                        .at = Instant(Duration(static_cast<std::int64_t>(any(random)))),
                        .key_hash = any(random)};
    const std::string bytes = written([&](char* out) {
      char* const middle = put_input(out, in, written_context);
      EXPECT_LE(static_cast<std::size_t>(middle - out), kInputMax);
      char* const end = put_action(middle, action, written_context);
      EXPECT_LE(static_cast<std::size_t>(end - middle), kActionMax);
      return end;
    });
    Cursor cursor(bytes, 0);
    std::uint32_t channel = 0;
    const Record record = cursor.record(channel);
    const Input out = cursor.input(record, channel, read_context);
    const Action did = cursor.action(read_context);
    ASSERT_TRUE(cursor.ok()) << cursor.why();
    ASSERT_EQ(cursor.left(), 0u);
    ASSERT_EQ(out.record, in.record);
    ASSERT_EQ(out.channel, in.channel);
    ASSERT_EQ(out.now, in.now);
    if (in.record == Record::request) {
      ASSERT_EQ(out.request.token, in.request.token);
      ASSERT_EQ(out.request.planned, in.request.planned);
      ASSERT_EQ(out.request.deadline, in.request.deadline);
      ASSERT_EQ(out.request.key_hash, in.request.key_hash);
      ASSERT_EQ(out.request.source_ipv4, in.request.source_ipv4);
      ASSERT_EQ(out.request.has_key, in.request.has_key);
    } else {
      ASSERT_EQ(out.id, in.id);
      ASSERT_EQ(out.outcome, in.record == Record::reply ? in.outcome : Outcome::ok);
    }
    ASSERT_EQ(did.kind, action.kind);
    ASSERT_EQ(did.outcome, action.outcome);
    ASSERT_EQ(did.attempts, action.attempts);
    ASSERT_EQ(did.has_key, action.has_key);
    ASSERT_EQ(did.endpoint, action.endpoint);
    ASSERT_EQ(did.channel, action.channel);
    ASSERT_EQ(did.id, action.id);
    ASSERT_EQ(did.token, action.token);
    ASSERT_EQ(did.at, action.at);
    ASSERT_EQ(did.key_hash, action.key_hash);
  }
}

}  // namespace
}  // namespace steelyard::live::channel_log
