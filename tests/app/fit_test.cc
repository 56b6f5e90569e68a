// `steelyard fit` as users meet it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command.h"
#include "tests/real-harness/service_process.h"

namespace steelyard::test {
namespace {

using testing::HasSubstr;

TEST(FitCommand, WritesAScenarioThatCanBeCheckedSimulatedAndRunLive) {
  const live::ServiceProcess service("{instances: 1, concurrency: 2, service_time: 4ms}");
  const Folder folder;
  const std::string file = folder / "fitted.yaml";
  const Finished fit = steelyard({"fit", service.url(), "-o", file, "--seconds", "2"});
  ASSERT_EQ(fit.code, 0) << fit.err;
  for (const char* const what : {"service time", "concurrency", "network, one way", "capacity"})
    EXPECT_THAT(fit.out, HasSubstr(what));
  EXPECT_THAT(fit.err, HasSubstr("rising load")) << "it says what it does";
  EXPECT_EQ(steelyard({"check", file}).code, 0) << text_of(file);
  const std::string length = "run.duration=1s";
  const Finished run =
      steelyard({"run", file, "--set", length, "--replications", "2", "-o", folder / "sim"});
  EXPECT_EQ(run.code, 0) << run.err;
  const Finished live =
      steelyard({"live", file, "--set", length, "--replications", "1", "-o", folder / "live"});
  // 4: the machine was too busy for the load generator; the run was complete all the same.
  EXPECT_TRUE(live.code == 0 || live.code == 4) << live.err;
  const Finished compare = steelyard({"compare", folder / "sim", folder / "live"});
  EXPECT_EQ(compare.code, 0) << compare.err;
  EXPECT_THAT(compare.out, HasSubstr("p50"));
}

TEST(FitCommand, PutsTheScenarioOnStandardOutputIfAsked) {
  const live::ServiceProcess service("{instances: 1, concurrency: 1, service_time: 1ms}");
  const Finished fit =
      steelyard({"fit", service.url(), "-q", "-o", "-", "--seconds", "0.5", "-H", "accept: a/b"});
  ASSERT_EQ(fit.code, 0) << fit.err;
  EXPECT_THAT(fit.out, testing::StartsWith("# What `steelyard fit` made of http://127.0.0.1:"));
  EXPECT_THAT(fit.out, HasSubstr("\"accept\": \"a/b\""));
  EXPECT_THAT(fit.err, HasSubstr("capacity"));
  EXPECT_EQ(steelyard({"check", "-"}, fit.out).code, 0);
}

TEST(FitCommand, DoesNotWriteOverAFileUnasked) {
  const Folder folder;
  const std::string file = folder.write("mine.yaml", "precious");
  const Finished fit = steelyard({"fit", "http://127.0.0.1:1/", "-o", file});
  EXPECT_EQ(fit.code, 1);
  EXPECT_THAT(fit.err, HasSubstr(file + " is there already; expected another name after -o, or "
                                        "--force"));
  EXPECT_EQ(text_of(file), "precious");
}

TEST(FitCommand, ExplainsWhyItCannot) {
  const Finished nothing = steelyard({"fit"});
  EXPECT_EQ(nothing.code, 2);
  const Finished header = steelyard({"fit", "http://127.0.0.1:1/", "-H", "accept"});
  EXPECT_EQ(header.code, 2);
  EXPECT_THAT(header.err, HasSubstr("expected 'name: value'"));
  const Finished url = steelyard({"fit", "127.0.0.1:80"});
  EXPECT_EQ(url.code, 1);
  EXPECT_THAT(url.err, HasSubstr("steelyard fit: got '127.0.0.1:80', expected a URL such as"));
}

}  // namespace
}  // namespace steelyard::test
