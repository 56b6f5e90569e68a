// `steelyard replay`: logs in files and folders, and what is wrong with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/app/command.h"
#include "tests/real-harness/logged_traffic.h"

namespace steelyard {
namespace {

using live::Lies;
using live::LoggedTraffic;
using test::Finished;
using test::Folder;
using test::steelyard;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

// Writes a log of one channel; seed 1.
void record(const std::string& file, const Lies& lies = {}) {
  LoggedTraffic traffic(defaults(Balancer::kKind, "random"), file, 1, 1, lies);
  traffic.steps(300);
  ASSERT_EQ(traffic.log.close(), "");
}

TEST(ReplayCommand, SaysThatEffectsAreIdentical) {
  const Folder folder;
  record(folder / "a.channels");
  const Finished finished = steelyard({"replay", folder / "a.channels"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, MatchesRegex(".*/a.channels: 1 channel, [0-9]+ inputs, [0-9]+ actions, "
                                         "[0-9,]+ bytes of effects: identical\n"));
}

TEST(ReplayCommand, FindsTheLogsInAFolder) {
  const Folder folder;
  std::filesystem::create_directories(folder / "deep");
  record(folder / "deep/b.channels");
  record(folder / "a.channels");
  folder.write("notes.txt", "no log");
  const Finished finished = steelyard({"replay", folder / ""});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_LT(finished.out.find("a.channels: "), finished.out.find("b.channels: "));
  EXPECT_THAT(finished.out, HasSubstr("\n2 files: 2 channels, "));
}

TEST(ReplayCommand, FailsOnADifferenceAndShowsIt) {
  const Folder folder;
  record(folder / "a.channels", {.wrong_seed = true});
  record(folder / "b.channels");
  const Finished finished = steelyard({"replay", folder / "a.channels", folder / "b.channels"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.out, HasSubstr("of effects: different: input "));
  EXPECT_THAT(finished.out, HasSubstr("\n  recorded: send "));
  EXPECT_THAT(finished.out, HasSubstr("\n  replayed: send "));
  EXPECT_THAT(finished.out, HasSubstr("b.channels: 1 channel")) << "the others are replayed too";
  EXPECT_THAT(finished.out, EndsWith(": 1 failed\n"));
}

TEST(ReplayCommand, NamesWhatCannotBeReplayed) {
  const Folder folder;
  record(folder / "a.channels");
  const std::string log = test::text_of(folder / "a.channels");
  folder.write("cut.channels", log.substr(0, log.size() / 2));
  folder.write("empty.channels", "");
  std::filesystem::create_directories(folder / "none");
  const Finished finished = steelyard({"replay", folder / "cut.channels", folder / "empty.channels",
                                       folder / "missing", folder / "none"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("/cut.channels: byte "));
  EXPECT_THAT(finished.err, HasSubstr("/empty.channels: byte 0: got nothing"));
  EXPECT_THAT(finished.err, HasSubstr("/missing: No such file"));
  EXPECT_THAT(finished.err, HasSubstr("/none: no file *.channels in this folder"));
  EXPECT_EQ(steelyard({"replay"}).code, 2);
}

TEST(ReplayCommand, ReplaysWhatAKilledProcessLeftAndSaysSo) {
  const Folder folder;
  LoggedTraffic traffic(defaults(Balancer::kKind, "random"), folder / "open.channels", 1);
  traffic.steps(300);
  ASSERT_EQ(traffic.log.flush(), "");
  std::string left = test::text_of(folder / "open.channels");
  left.pop_back();
  folder.write("left.channels", left);
  const Finished finished = steelyard({"replay", folder / "left.channels"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, MatchesRegex(".*: identical; breaks off after [0-9]+ inputs: its "
                                         "process was killed\n"));
}

TEST(ReplayCommand, PrintsATimeline) {
  const Folder folder;
  record(folder / "a.channels");
  const Finished finished = steelyard({"replay", "--timeline", folder / "a.channels"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.err, IsEmpty());
  EXPECT_THAT(finished.out, HasSubstr("\nchannel 0: random, timeout 40ms, at most 4 attempts\n"));
  EXPECT_THAT(finished.out, HasSubstr("s channel 0 > request 1 planned 1.0"));
  EXPECT_THAT(finished.out, HasSubstr(" in flight)"));
  EXPECT_THAT(finished.out, HasSubstr(" of effects: identical\n"));
}

}  // namespace
}  // namespace steelyard
