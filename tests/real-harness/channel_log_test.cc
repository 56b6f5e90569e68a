// A recorded run, replayed: identical when nothing was changed, and a named difference or a named
// place when something was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>

#include "real-harness/channels/balancer_text.h"
#include "real-harness/channels/log.h"
#include "tests/app/command.h"
#include "tests/real-harness/logged_traffic.h"

namespace steelyard {

// What GoogleTest prints in a failure; it looks in the type's own namespace.
static void PrintTo(const Named& named, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << to_text(named, Catalogue::find(Balancer::kKind, named.name)->parameters);
}

namespace live {
namespace {

using test::Folder;
using test::text_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Named with(std::string name, std::string setting, Value value) {
  Named named = defaults(Balancer::kKind, name);
  named.settings.set(std::move(setting), std::move(value));
  return named;
}

// Every balancer with its defaults, and with each flag turned and each choice taken.
std::vector<Named> balancers() {
  std::vector<Named> all;
  for (const StrategyInfo* info : Catalogue::of_kind(Balancer::kKind)) {
    all.push_back(defaults(Balancer::kKind, info->name));
    for (const Parameter& parameter : info->parameters) {
      if (parameter.type == Type::boolean)
        all.push_back(with(info->name, parameter.name, {!std::get<bool>(parameter.fallback.held)}));
      for (const std::string& choice : parameter.choices)
        if (!(Value{choice} == parameter.fallback))
          all.push_back(with(info->name, parameter.name, {choice}));
    }
  }
  return all;
}

Replay replayed(const std::string& log) {
  const Result<Replay> result = replay(log);
  EXPECT_TRUE(result.ok()) << result.error();
  return result ? result.value() : Replay{};
}

// A log of some channels under so many steps of random traffic.
std::string log_of(const Named& balancer, int steps, std::uint64_t seed, const Lies& lies = {}) {
  const Folder folder;
  LoggedTraffic traffic(balancer, folder / "a.channels", seed, 2, lies);
  traffic.steps(steps);
  EXPECT_EQ(traffic.log.close(), "");
  return text_of(folder / "a.channels");
}

class ReplayOfEveryBalancer : public testing::TestWithParam<Named> {};

TEST_P(ReplayOfEveryBalancer, HasIdenticalEffects) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Folder folder;
    LoggedTraffic traffic(GetParam(), folder / "a.channels", seed, 3);
    traffic.steps(5000);
    ASSERT_EQ(traffic.log.close(), "");
    const Replay replay = replayed(text_of(folder / "a.channels"));
    EXPECT_EQ(replay.difference, "");
    EXPECT_EQ(replay.channels, 3u);
    EXPECT_EQ(replay.inputs, traffic.log.inputs());
    EXPECT_EQ(replay.actions, traffic.actions());
    EXPECT_GT(replay.actions, 5000u);
    EXPECT_GT(replay.bytes, 3 * replay.inputs) << "a count, and draws of two kinds";
  }
}

INSTANTIATE_TEST_SUITE_P(All, ReplayOfEveryBalancer, testing::ValuesIn(balancers()),
                         [](const testing::TestParamInfo<Named>& param) {
                           std::string name = testing::PrintToString(param.param);
                           std::replace_if(
                               name.begin(), name.end(),
                               [](unsigned char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

// With a time for each attempt, too; and without the budget in the log replay would differ.
TEST(ChannelLog, KeepsEveryRetryBudget) {
  for (const StrategyInfo* info : Catalogue::of_kind(RetryBudget::kKind)) {
    SCOPED_TRACE(info->name);
    const Folder folder;
    LoggedTraffic traffic(
        defaults(Balancer::kKind, "p2c"), folder / "a.channels", 1, 3, {},
        {.attempts_max = 4,
         .backoff_base = 5ms,
         .backoff_max = 20ms,
         .attempt_timeout = 12ms,
         .budget = std::make_shared<const Named>(defaults(RetryBudget::kKind, info->name))});
    traffic.steps(5000);
    ASSERT_EQ(traffic.log.close(), "");
    const std::string log = text_of(folder / "a.channels");
    EXPECT_THAT(log, HasSubstr("{" + info->name + ": {" + info->parameters.front().name));
    const Replay replay = replayed(log);
    EXPECT_EQ(replay.difference, "");
    EXPECT_EQ(replay.inputs, traffic.log.inputs());
    EXPECT_EQ(replay.actions, traffic.actions());
  }
}

TEST(ChannelLog, NamesTheInputWhoseRecordedReplyIsWrong) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Folder folder;
    LoggedTraffic traffic(defaults(Balancer::kKind, "p2c"), folder / "a.channels", seed, 2,
                          {.wrong_reply = 500});
    traffic.steps(2000);
    ASSERT_EQ(traffic.log.close(), "");
    ASSERT_GE(traffic.lied_at, 500u);
    const Replay replay = replayed(text_of(folder / "a.channels"));
    EXPECT_EQ(replay.inputs, traffic.lied_at);
    EXPECT_THAT(replay.difference,
                StartsWith("input " + std::to_string(traffic.lied_at) + " at 1."));
    EXPECT_THAT(replay.difference, HasSubstr(", channel "));
    EXPECT_THAT(replay.difference,
                AllOf(HasSubstr("({p2c: {choices: 2, "), HasSubstr("): reply ")));
    EXPECT_THAT(replay.difference, HasSubstr("\n  recorded: "));
    EXPECT_THAT(replay.difference, HasSubstr("\n  replayed: "));
    EXPECT_THAT(replay.difference, HasSubstr("\n  they differ in "));
  }
}

TEST(ChannelLog, NamesTheFirstEffectOfAWrongSeed) {
  const std::string log = log_of(defaults(Balancer::kKind, "random"), 200, 4, {.wrong_seed = true});
  const Replay replay = replayed(log);
  EXPECT_THAT(replay.difference, HasSubstr("): request ")) << "seed 4";
  EXPECT_THAT(replay.difference, HasSubstr("they differ in endpoint")) << "seed 4";
  EXPECT_LT(replay.inputs, 100u) << "seed 4: agreeing by chance, each time";
}

// With one endpoint every pick is the same, however much is drawn for it: with replacement, one
// number a choice.
TEST(ChannelLog, NoticesADifferenceInDrawsThatNoActionShows) {
  Named drawn = with("p2c", "replacement", {true});
  Named logged = drawn;
  drawn.settings.set("choices", {std::int64_t{3}});
  const Folder folder;
  LoggedTraffic traffic(drawn, folder / "a.channels", 5, 1, {.wrong_balancer = &logged});
  traffic.only_endpoint(0);
  traffic.request(0);
  ASSERT_EQ(traffic.log.close(), "");
  const Replay replay = replayed(text_of(folder / "a.channels"));
  EXPECT_EQ(replay.inputs, 3u) << "two sets of endpoints, then the request";
  EXPECT_THAT(replay.difference, HasSubstr("recorded: 3 numbers drawn for picks, 0 for back-offs\n"
                                           "  replayed: 2 numbers drawn for picks, 0 for"));
}

TEST(ChannelLog, TellsWhatHappenedInWords) {
  const Folder folder;
  Actions actions;
  const ChannelOptions options{.policy = {.timeout = 50ms, .retry = {.attempts_max = 2}}};
  const Named named = defaults(Balancer::kKind, "least_request");
  auto made = Registration<Balancer>::make(named);
  Channel channel(options, std::move(made.value()));
  ChannelLog log(folder / "a.channels");
  log.channel_added(options, named, channel);
  const auto did = [&] {
    log.actions(actions, channel);
    actions.clear();
  };
  const auto set = std::make_shared<const std::vector<Endpoint>>(
      std::vector<Endpoint>{{.name = "a", .weight = 5}, {.name = "b", .id = 1, .weight = 0}});
  log.endpoints(0, *set, kStart);
  channel.on_endpoints(set, kStart, actions);
  did();
  const Request request{.token = 17, .planned = kStart + 1ms};
  log.request(0, request, kStart + 2ms);
  channel.on_request(request, kStart + 2ms, actions);
  const AttemptId attempt = actions.back().id;
  did();
  log.reply(0, attempt, Outcome::ok, nullptr, kStart + 22ms);
  channel.on_reply(attempt, Outcome::ok, kStart + 22ms, actions);
  did();
  log.reply(0, attempt, Outcome::ok, nullptr, kStart + 1s);
  channel.on_reply(attempt, Outcome::ok, kStart + 1s, actions);
  did();
  ASSERT_EQ(log.close(), "");
  std::string transcript;
  const auto result = replay(text_of(folder / "a.channels"),
                             [&](const std::string& line) { transcript += line + "\n"; });
  ASSERT_TRUE(result.ok()) << result.error();
  EXPECT_EQ(transcript, "channel 0: " + balancer_text(named).value() +
                            R"(, timeout 50ms, at most 2 attempts
0.000000000s channel 0 > endpoints a=5 b=0 -> nothing
0.002000000s channel 0 > request 17 planned 0.001000000s -> wake 17 at 0.051000000s, send 17/1 to a (1 of 1 in flight)
0.022000000s channel 0 > reply 17/1 from a after 20ms: ok -> finish 17 ok
1.000000000s channel 0 > reply 17/1 from a after 998ms: ok -> nothing
)");
}

// Whatever is cut off: what is left never passes for a whole log.
TEST(ChannelLog, SaysWhereItBreaksOff) {
  const std::string log = log_of(defaults(Balancer::kKind, "peak_ewma"), 60, 6);
  ASSERT_TRUE(replay(log).ok());
  for (std::size_t size = 0; size < log.size(); ++size) {
    const Result<Replay> result = replay(log.substr(0, size));
    ASSERT_FALSE(result.ok()) << size << " bytes of " << log.size() << ", seed 6";
    ASSERT_THAT(result.error(), StartsWith("byte ")) << size;
    ASSERT_LE(std::stoul(result.error().substr(5)), size) << result.error();
  }
  EXPECT_THAT(replay(log + "x").error(), HasSubstr("after the end"));
}

TEST(ChannelLog, NeverPassesADamagedFile) {
  const std::string log = log_of(defaults(Balancer::kKind, "p2c"), 60, 7);
  ASSERT_EQ(replayed(log).difference, "");
  for (std::size_t at = 0; at < log.size(); ++at)
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = log;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const Result<Replay> result = replay(damaged);
      const std::string found = result ? result.value().difference : result.error();
      ASSERT_FALSE(found.empty()) << "byte " << at << ", bit " << bit << ", seed 7";
      const bool named = result ? found.find("its checksum is wrong") != std::string::npos
                                : found.starts_with("byte ");
      ASSERT_TRUE(named) << found;
    }
}

// Bytes replaced, removed and added in several places: no crash, no endless memory, no pass.
TEST(ChannelLog, SurvivesAnyBytes) {
  RandomStream random(8);
  const std::string log = log_of(defaults(Balancer::kKind, "least_request"), 100, 8);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = log;
    for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
      const std::size_t at = channel_log::kOpenLine.size() +
                             random.below(damaged.size() - channel_log::kOpenLine.size());
      const std::uint64_t dice = random.below(4);
      if (dice == 0) damaged[at] = static_cast<char>(random.next() & 0xff);
      if (dice == 1) damaged.erase(at, 1 + random.below(20));
      if (dice == 2) damaged.insert(at, 1 + random.below(9), '\xff');
      if (dice == 3) damaged.insert(at, damaged.substr(random.below(damaged.size() / 2), 40));
      if (damaged.size() <= channel_log::kOpenLine.size()) damaged = log + "x";
    }
    if (damaged == log) continue;
    const Result<Replay> result = replay(damaged);
    ASSERT_FALSE(result.ok() && result.value().difference.empty()) << "seed 8, round " << round;
  }
}

TEST(ChannelLog, IsTheSameHoweverOftenItIsFlushed) {
  const Folder folder;
  const Named balancer = defaults(Balancer::kKind, "p2c");
  LoggedTraffic one(balancer, folder / "one", 9);
  LoggedTraffic other(balancer, folder / "other", 9);
  for (int i = 0; i < 20'000; ++i) {
    one.step();
    other.step();
    if (i % 97 == 0) other.log.flush();
  }
  EXPECT_EQ(one.log.close(), "");
  EXPECT_EQ(other.log.close(), "");
  const std::string log = text_of(folder / "one");
  EXPECT_GT(log.size(), 3 * channel_log::kBlock);
  EXPECT_TRUE(log == text_of(folder / "other"));
  EXPECT_EQ(replayed(log).difference, "");
}

// As one reads whose process was killed, wherever that was.
TEST(ChannelLog, ThatWasNeverClosedIsReplayedAsFarAsItGoes) {
  const Folder folder;
  LoggedTraffic traffic(defaults(Balancer::kKind, "p2c"), folder / "a.channels", 10);
  traffic.steps(100);
  ASSERT_EQ(traffic.log.flush(), "");
  const std::string log = text_of(folder / "a.channels");
  std::uint64_t inputs = 0;
  for (std::size_t size = channel_log::kOpenLine.size(); size <= log.size(); ++size) {
    const Result<Replay> result = replay(log.substr(0, size));
    ASSERT_TRUE(result.ok()) << size << " bytes of " << log.size() << ": " << result.error();
    EXPECT_TRUE(result.value().breaks_off);
    EXPECT_EQ(result.value().difference, "");
    EXPECT_GE(result.value().inputs, inputs);
    inputs = result.value().inputs;
  }
  EXPECT_EQ(inputs, traffic.log.inputs());
  ASSERT_EQ(traffic.log.close(), "");
  EXPECT_FALSE(replay(text_of(folder / "a.channels")).value().breaks_off);
}

TEST(ChannelLog, ThatWasNeverClosedDoesNotPassIfItIsDamagedInItsMiddle) {
  const Folder folder;
  LoggedTraffic traffic(defaults(Balancer::kKind, "p2c"), folder / "a.channels", 12);
  traffic.steps(10'000);
  ASSERT_EQ(traffic.log.flush(), "");
  const std::string log = text_of(folder / "a.channels");
  ASSERT_GT(log.size(), 2 * channel_log::kBlock);
  RandomStream random(12);
  for (int round = 0; round < 200; ++round) {
    std::string damaged = log;
    const std::size_t at = channel_log::kOpenLine.size() + random.below(channel_log::kBlock);
    damaged.replace(at, 12, 12, round % 2 == 0 ? '\xff' : '\x7f');
    const Result<Replay> result = replay(damaged);
    EXPECT_FALSE(result.ok() && result.value().difference.empty())
        << "seed 12, round " << round << ": byte " << at << ", " << result.value().inputs
        << " inputs";
  }
}

// Of a process that is killed early, or has little to do, there is something to see, too.
TEST(ChannelLog, ReachesItsFileWithinASecondOrSo) {
  const Folder folder;
  const Named named = defaults(Balancer::kKind, "random");
  Channel channel({}, std::move(Registration<Balancer>::make(named).value()));
  ChannelLog log(folder / "a.channels");
  log.channel_added({}, named, channel);
  const auto nobody = std::make_shared<const std::vector<Endpoint>>();
  for (int i = 0; i < 3; ++i) {
    log.endpoints(0, *nobody, kStart + i * 600ms);
    Actions none;
    channel.on_endpoints(nobody, kStart + i * 600ms, none);
    log.actions({}, channel);
  }
  const Result<Replay> result = replay(text_of(folder / "a.channels"));
  ASSERT_TRUE(result.ok()) << result.error();
  EXPECT_EQ(result.value().inputs, 2u) << "the third came after a second, the others went before";
}

TEST(ChannelLog, TellsOfAFullDiskWhenAskedAndNotBefore) {
  LoggedTraffic traffic(defaults(Balancer::kKind, "p2c"), "/dev/full", 11);
  traffic.steps(10'000);
  EXPECT_THAT(traffic.log.flush(), StartsWith("/dev/full: No space left"));
  traffic.steps(10);
  EXPECT_THAT(traffic.log.close(), StartsWith("/dev/full: No space left"));
}

TEST(ChannelLog, ThatCannotBeWrittenThrows) {
  const Folder folder;
  folder.write("file", "");
  EXPECT_THROW(ChannelLog(folder / "file/a.channels"), std::runtime_error);
  EXPECT_EQ(ChannelLog(folder / "missing/too/a.channels").close(), "");
}

TEST(ChannelLog, IsNoLogWithoutItsFirstLine) {
  EXPECT_THAT(replay("").error(), StartsWith("byte 0: got nothing, expected 'steelyard channel"));
  EXPECT_THAT(replay("steelyard channel log 1\n").error(), HasSubstr("another version"));
}

TEST(BudgetText, IsReadAsWritten) {
  Named named = defaults(RetryBudget::kKind, "deposit");
  named.settings.set("retry_ratio", {1.0 / 3});
  const Result<std::string> text = budget_text(named);
  ASSERT_TRUE(text.ok()) << text.error();
  EXPECT_THAT(text.value(), StartsWith("{deposit: {retry_ratio: 0.333333333333333"));
  EXPECT_EQ(budget_of(text.value()).value().settings.number("retry_ratio"), 1.0 / 3);
  EXPECT_THAT(budget_of("{tokenz: 3}").error(), HasSubstr("did you mean 'tokens'"));
  EXPECT_FALSE(budget_of("").ok());
}

TEST(BalancerText, KeepsEverySettingToTheLastDigit) {
  std::vector<Named> all = balancers();
  all.push_back(with("peak_ewma", "decay", {Duration(1'234'567'891ns)}));
  all.push_back(with("p2c", "choices", {std::int64_t{3}}));
  for (const Named& named : all) {
    const Result<std::string> text = balancer_text(named);
    ASSERT_TRUE(text.ok()) << text.error();
    const Result<Named> again = balancer_of(text.value());
    ASSERT_TRUE(again.ok()) << text.value() << ": " << again.error();
    EXPECT_EQ(again.value().name, named.name);
    ASSERT_EQ(again.value().settings.entries().size(), named.settings.entries().size());
    for (std::size_t i = 0; i < named.settings.entries().size(); ++i)
      EXPECT_TRUE(again.value().settings.entries()[i].value == named.settings.entries()[i].value)
          << text.value();
  }
  EXPECT_THAT(balancer_text(with("p2c", "choices", {std::int64_t{3}})).value(),
              StartsWith("{p2c: {choices: 3, replacement: false, "));
  EXPECT_THAT(balancer_of("{p2x: 3}").error(), HasSubstr("did you mean 'p2c'"));
}

}  // namespace
}  // namespace live
}  // namespace steelyard
