// `steelyard run`: what it writes, what it prints, how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/app/command.h"

namespace steelyard {
namespace {

using nlohmann::json;
using test::Command;
using test::Finished;
using test::Folder;
using test::steelyard;
using test::text_of;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kSmall = R"(name: small
question: Which one?
run: {seed: 3, duration: 4s, warmup: 1s, replications: 3}
services:
  a: {instances: 3, concurrency: 2, service_time: {exponential: 5ms}}
clients:
  x: {calls: a, arrivals: {poisson: 600/s}}
compare: {balancer: [random, p2c]}
)";

// Only the cost of a run may differ.
json without_cost(const std::string& text) {
  json results = json::parse(text);
  for (json& variant : results["variants"]) variant.erase("cost");
  return results;
}

TEST(Run, WritesFiveFiles) {
  const Folder folder;
  const Finished finished = steelyard({"run", folder.write("s.yaml", kSmall), "-o", folder / "o"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  std::vector<std::string> names;
  for (const auto& [name, text] : folder.contents()) {
    names.push_back(name);
    EXPECT_THAT(text, Not(IsEmpty())) << name;
  }
  EXPECT_THAT(names, testing::ElementsAre("o/latency.hgrm", "o/report.html", "o/results.json",
                                          "o/series.csv", "o/summary.csv", "s.yaml"));
  EXPECT_THAT(finished.err, HasSubstr(folder / "o/report.html"));
}

TEST(Run, ResultsHoldNoSecretThatTheScenarioWritesOut) {
  const Folder folder;
  const std::string scenario = folder.write(
      "s.yaml", kSmall +
                    "gateway:\n"
                    "  authentication:\n"
                    "    keys: {api_key: {keys: {alice: alice-secret, bob: "
                    "\"bob\\x2dsecret\", carol: old}}}\n"
                    "    tokens: {jwt: {hs256: 'secret of the tokens, 32 bytes long'}}\n"
                    "  routes:\n"
                    "    - {match: {path: /a}, to: a, authenticate: keys}\n"
                    "    - {match: {path: /b}, to: a, authenticate: tokens}\n");
  const Finished finished =
      steelyard({"run", scenario, "-o", folder / "o", "--set",
                 "gateway.authentication.keys.api_key.keys.carol=carol-secret"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  for (const auto& [name, text] : folder.contents()) {
    if (name == "s.yaml") continue;
    for (const char* const secret :
         {"alice-secret", "bob-secret", "bob\\\\x2dsecret", "carol-secret", "secret of the tokens"})
      EXPECT_THAT(text, Not(HasSubstr(secret))) << name;
  }
  EXPECT_THAT(text_of(folder / "o/results.json"), HasSubstr("alice: …"));
}

TEST(Run, ResultsAddUp) {
  const Folder folder;
  steelyard({"run", folder.write("s.yaml", kSmall), "-o", folder / "o"});
  const json results = json::parse(text_of(folder / "o/results.json"));
  EXPECT_EQ(results["schema"], 1);
  EXPECT_EQ(results["world"], "sim");
  EXPECT_EQ(results["seed"], 3);
  EXPECT_EQ(results["replications"], 3);
  EXPECT_EQ(results["scenario"]["name"], "small");
  ASSERT_EQ(results["variants"].size(), 2u);
  for (const json& variant : results["variants"]) {
    const json& requests = variant["requests"];
    std::uint64_t failed = 0;
    for (const auto& [cause, count] : requests["failed"].items())
      failed += count.get<std::uint64_t>();
    EXPECT_EQ(requests["offered"].get<std::uint64_t>(),
              requests["succeeded"].get<std::uint64_t>() + failed +
                  requests["unfinished"].get<std::uint64_t>());
    EXPECT_GT(variant["cost"]["requests_per_second"].get<double>(), 0);
    for (const char* name : {"mean", "p50", "p90", "p99", "p999"}) {
      const json& metric = variant["metrics"]["latency_ms"][name];
      EXPECT_LE(metric["ci95"][0].get<double>(), metric["value"].get<double>()) << name;
      EXPECT_GE(metric["ci95"][1].get<double>(), metric["value"].get<double>()) << name;
    }
  }
}

// The page needs no network and no other file: the numbers are in it.
TEST(Run, TheReportContainsTheResults) {
  const Folder folder;
  steelyard({"run", folder.write("s.yaml", kSmall), "-o", folder / "o"});
  const std::string page = text_of(folder / "o/report.html");
  const json results = json::parse(text_of(folder / "o/results.json"));
  EXPECT_THAT(page, HasSubstr("Which one?"));
  EXPECT_THAT(page, HasSubstr(results["scenario"]["digest"].get<std::string>()));
  EXPECT_THAT(page,
              HasSubstr(results["variants"][1]["metrics"]["latency_ms"]["p99"]["value"].dump()));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
}

TEST(Run, DefaultsToAFolderNamedAfterTheScenario) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::create_directory(folder / "here");
  std::filesystem::current_path(folder / "here");
  const Finished finished = steelyard({"run", scenario});
  std::filesystem::current_path(before);
  EXPECT_EQ(finished.code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "here/out/small/results.json"));
}

TEST(Run, SeveralScenariosGetAFolderEach) {
  const Folder folder;
  std::string other = kSmall;
  other.replace(other.find("small"), 5, "other");
  const Finished finished = steelyard(
      {"run", folder.write("s.yaml", kSmall), folder.write("t.yaml", other), "-o", folder / "o"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "o/small/results.json"));
  EXPECT_TRUE(std::filesystem::exists(folder / "o/other/results.json"));
}

TEST(Run, TwoScenariosOfOneNameAreRefused) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  EXPECT_EQ(steelyard({"run", scenario, scenario, "-o", folder / "o"}).code, 2);
}

// ---- Determinism
// ------------------------------------------------------------------------------------------------

TEST(Run, OneSeedGivesOneResultOnAnyNumberOfThreads) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  const auto results = [&](const std::string& jobs, const std::string& seed) {
    steelyard(
        {"run", scenario, "-o", folder / ("o" + jobs + seed), "--jobs", jobs, "--seed", seed});
    return without_cost(text_of(folder / ("o" + jobs + seed) + "/results.json"));
  };
  const json reference = results("1", "5");
  EXPECT_EQ(reference["seed"], 5);
  EXPECT_EQ(results("2", "5"), reference);
  EXPECT_EQ(results("3", "5"), reference);
  EXPECT_NE(results("2", "6")["variants"], reference["variants"]);
}

TEST(Run, TheSameRunTwiceWritesTheSameFiles) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  steelyard({"run", scenario, "-o", folder / "one"});
  steelyard({"run", scenario, "-o", folder / "two"});
  for (const char* name : {"latency.hgrm", "series.csv"})
    EXPECT_EQ(text_of(folder / "one/" + name), text_of(folder / "two/" + name)) << name;
  EXPECT_EQ(without_cost(text_of(folder / "one/results.json")),
            without_cost(text_of(folder / "two/results.json")));
}

// ---- Options
// ------------------------------------------------------------------------------------------------

TEST(Run, SetReplacesValues) {
  const Folder folder;
  const Finished finished = steelyard({"run", folder.write("s.yaml", kSmall), "-o", folder / "o",
                                       "--set", "compare.balancer=[round_robin, first, random]",
                                       "--set", "run.duration=2s", "--replications", "2"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  const json results = json::parse(text_of(folder / "o/results.json"));
  EXPECT_EQ(results["variants"].size(), 3u);
  EXPECT_EQ(results["replications"], 2);
  EXPECT_LT(results["variants"][0]["requests"]["offered"], 2 * 2 * 600 * 1.2);
}

// A run cut short for a quick look keeps its file; the report says what never happened.
TEST(Run, AFaultBeyondTheEndNeverHappensAndIsMentioned) {
  const Folder folder;
  folder.write("late.yaml", kSmall + "faults: [{at: 3s, crash: {target: a}}]\n");
  const Finished run =
      steelyard({"run", folder / "late.yaml", "-o", folder / "out", "--set", "run.duration=2s"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("! The fault \"crash of a\" would begin at 3s"));
  const json results = json::parse(text_of(folder / "out/results.json"));
  EXPECT_THAT(results["verdict"]["warnings"].dump(), HasSubstr("never happens"));
}

TEST(Run, NoFaultsIsSomethingToSay) {
  const Folder folder;
  folder.write("s.yaml", kSmall + "faults: [{at: 1s, crash: {target: a}}]\n");
  for (const char* none : {"faults=[]", "faults=null"})
    EXPECT_EQ(steelyard({"check", folder / "s.yaml", "--set", none}).code, 0) << none;
}

TEST(Run, AWrongSetIsAnInvalidScenario) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  for (const char* set : {"run.duratoin=2s", "run.duration=2", "nonsense"}) {
    const Finished finished = steelyard({"run", scenario, "--set", set});
    EXPECT_EQ(finished.code, 3) << set;
    EXPECT_THAT(finished.err, HasSubstr(":1")) << set;
  }
}

TEST(Run, DataAloneGoesToStandardOutput) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  const Finished as_json = steelyard({"run", scenario, "-o", folder / "o", "--format", "json"});
  EXPECT_EQ(as_json.out, text_of(folder / "o/results.json"));
  const Finished as_csv = steelyard({"run", scenario, "-o", folder / "o", "--format", "csv"});
  EXPECT_EQ(as_csv.out, text_of(folder / "o/summary.csv"));
  EXPECT_EQ(as_csv.out.find("variant"), 0u) << "a heading, then data";
}

TEST(Run, NeitherColoursNorProgressWithoutATerminal) {
  const Folder folder;
  for (const char* format : {"table", "json", "csv"}) {
    const Finished finished =
        steelyard({"run", folder.write("s.yaml", kSmall), "-o", folder / "o", "--format", format});
    EXPECT_EQ((finished.out + finished.err).find('\x1b'), std::string::npos) << format;
    EXPECT_EQ((finished.out + finished.err).find('\r'), std::string::npos) << format;
  }
}

TEST(Run, ReadsStandardInput) {
  const Folder folder;
  EXPECT_EQ(steelyard({"run", "-", "-o", folder / "o"}, kSmall).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "o/results.json"));
}

TEST(Run, AMissedExpectationIsExitCode99) {
  const Folder folder;
  const std::string met =
      folder.write("met.yaml", kSmall + "expect: [latency_ms.p99 < 10000, error_ratio < 1%]\n");
  const std::string missed = folder.write("missed.yaml", kSmall + "expect: [latency_ms.p50 < 1]\n");
  EXPECT_EQ(steelyard({"run", met, "-o", folder / "o"}).code, 0);
  const Finished finished = steelyard({"run", missed, "-o", folder / "o"});
  EXPECT_EQ(finished.code, 99);
  EXPECT_THAT(finished.out, HasSubstr("latency_ms.p50 < 1"));
  EXPECT_TRUE(std::filesystem::exists(folder / "o/results.json")) << "results are written anyway";
}

// A file stands where the folder should be; permissions would not stop root.
TEST(Run, ResultsThatCannotBeWrittenAreExitCodeOne) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  const std::string file = folder.write("file", "precious");
  for (const std::string& output : {file, file + "/deeper"}) {
    const Finished finished = steelyard({"run", scenario, "-o", output});
    EXPECT_EQ(finished.code, 1);
    EXPECT_THAT(finished.err, HasSubstr("cannot write results: " + output));
    EXPECT_EQ(text_of(file), "precious");
  }
}

// The shell's limit on the size of files stands for a disk that fills up in the middle: the report
// is much larger than the tables before it.
TEST(Run, ThatCannotWriteAllFilesLeavesTheOldSetWhole) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  ASSERT_EQ(steelyard({"run", scenario, "-o", folder / "o"}).code, 0);
  const auto before = folder.contents();
  const std::string line = "trap '' XFSZ; ulimit -f 40; exec '" STEELYARD_COMMAND "' run " +
                           scenario + " --seed 9 -o " + folder / "o" + " >/dev/null 2>&1";
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 1);
  EXPECT_EQ(folder.contents(), before);
}

TEST(Run, LeavesAResultsFileAloneThatIsNotOurs) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  for (const char* text : {"{\"tests\": 3}", "precious"}) {
    folder.write("results.json", text);
    const Finished finished = steelyard({"run", scenario, "-o", folder / "."});
    EXPECT_EQ(finished.code, 1);
    EXPECT_THAT(finished.err, HasSubstr("results.json is not Steelyard's"));
    EXPECT_EQ(text_of(folder / "results.json"), text);
    EXPECT_FALSE(std::filesystem::exists(folder / "report.html"));
  }
}

TEST(Compare, PutsTwoResultsSideBySide) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  steelyard({"run", scenario, "-o", folder / "one"});
  steelyard({"run", scenario, "-o", folder / "two", "--set", "services.a.instances=4"});
  const Finished finished =
      steelyard({"compare", folder / "one", folder / "two", "-o", folder / "both"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("p2c"));
  EXPECT_TRUE(std::filesystem::exists(folder / "both/report.html"));
  EXPECT_EQ(steelyard({"compare", folder / "one", folder / "three"}).code, 1);
}

// ---- Ctrl-C
// ------------------------------------------------------------------------------------------------

// Interrupts a run after a while, and after a longer while as long as `too_early`: how long
// anything takes is unknown.
template <class TooEarly>
Finished interrupted(const std::vector<std::string>& arguments, const TooEarly& too_early) {
  for (std::chrono::milliseconds wait{250};; wait *= 2) {
    Command command(arguments);
    std::this_thread::sleep_for(wait);
    command.interrupt();
    Finished finished = command.wait();
    if (!too_early(finished) || wait > std::chrono::seconds(60)) return finished;
  }
}

void expect_no_half_files(const Folder& folder) {
  for (const auto& [name, text] : folder.contents()) EXPECT_THAT(name, Not(HasSubstr(".tmp")));
}

// Replications take milliseconds, and there are more than anybody waits for.
TEST(Interrupt, KeepsWholeReplications) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  const Finished finished = interrupted(
      {"run", scenario, "-o", folder / "o", "--replications", "10000", "--set", "run.duration=60s"},
      [](const Finished& f) { return f.code != 130 || f.err.find("kept") == std::string::npos; });
  EXPECT_EQ(finished.code, 130);
  const json results = json::parse(text_of(folder / "o/results.json"));
  const auto kept = results["replications"].get<std::uint64_t>();
  EXPECT_GE(kept, 1u);
  EXPECT_LT(kept, 10'000u);
  EXPECT_THAT(finished.err, HasSubstr("kept " + std::to_string(kept) + " of 10000 replications"));
  EXPECT_THAT(results["limitations"].dump(), HasSubstr("interrupted"));
  expect_no_half_files(folder);

  // They are the replications that a shorter run has.
  steelyard({"run", scenario, "-o", folder / "short", "--replications", std::to_string(kept),
             "--set", "run.duration=60s"});
  json shorter = json::parse(text_of(folder / "short/results.json"));
  for (std::size_t v = 0; v < 2; ++v)
    EXPECT_EQ(results["variants"][v]["metrics"], shorter["variants"][v]["metrics"]);
}

TEST(Interrupt, BySigtermSaysSoInTheExitCode) {
  const Folder folder;
  Command command({"run", folder.write("s.yaml", kSmall), "-o", folder / "o", "--replications",
                   "10000", "--set", "run.duration=60s"});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  command.signal(SIGTERM);
  EXPECT_EQ(command.wait().code, 128 + SIGTERM);
}

// The second Ctrl-C ends the command at once, but not in the middle of its files.
TEST(Interrupt, OfTheImpatientLeavesAllFilesOrNone) {
  for (int pause_ms = 0; pause_ms < 45; pause_ms += 3) {
    const Folder folder;
    Command command(
        {"run", folder.write("s.yaml", kSmall), "-o", folder / "o", "--replications", "10000"});
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    command.interrupt();
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    command.interrupt();
    EXPECT_EQ(command.wait().code, 130);
    expect_no_half_files(folder);
    const std::size_t files = folder.contents().size() - 1;
    EXPECT_TRUE(files == 0 || files == 5) << files << " files, after " << pause_ms;
  }
}

TEST(Run, LeavesOutWhatOnlyRunsLiveAndSaysSo) {
  const Folder folder;
  const Finished finished =
      steelyard({"run", folder.write("s.yaml", kSmall), "-o", folder / "o", "--set",
                 "compare={via: [nginx, steelyard, channel, envoy]}"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("nginx carries live traffic only"));
  const json results = json::parse(text_of(folder / "o/results.json"));
  ASSERT_EQ(results["variants"].size(), 2u);
  EXPECT_EQ(results["variants"][0]["name"], "via=steelyard");
  EXPECT_EQ(results["variants"][1]["name"], "via=channel");
  ASSERT_EQ(results["skipped"].size(), 2u);
  EXPECT_EQ(results["skipped"][0]["variant"], "via=nginx");
  EXPECT_EQ(results["skipped"][1]["reason"], "envoy carries live traffic only");
}

TEST(Run, RefusesAScenarioOfWhichNothingCanBeSimulated) {
  const Folder folder;
  const Finished finished =
      steelyard({"run", folder.write("s.yaml", kSmall), "-o", folder / "o", "--set",
                 "services={a: {}}", "--set", "targets={a: [http://127.0.0.1:1]}"});
  EXPECT_EQ(finished.code, 3);
  EXPECT_THAT(finished.out, IsEmpty());
  EXPECT_THAT(finished.err, HasSubstr("small: cannot simulate balancer=random: service 'a' has "
                                      "targets and no service_time"));
  EXPECT_EQ(folder.contents().size(), 1u);
}

// The first replication never ends: older results stay as they were, to the byte.
TEST(Interrupt, WithNothingCompleteLeavesOldResultsAlone) {
  const Folder folder;
  const std::string scenario = folder.write("s.yaml", kSmall);
  ASSERT_EQ(steelyard({"run", scenario, "-o", folder / "o"}).code, 0);
  const auto before = folder.contents();
  // A signal before the command has begun kills it, which leaves nothing to say.
  const Finished finished =
      interrupted({"run", scenario, "-o", folder / "o", "--set", "run.duration=700h"},
                  [](const Finished& f) { return f.err.empty(); });
  EXPECT_EQ(finished.code, 130);
  EXPECT_THAT(finished.out, IsEmpty());
  EXPECT_THAT(finished.err, HasSubstr("nothing was written to " + (folder / "o")));
  EXPECT_EQ(folder.contents(), before);
}

}  // namespace
}  // namespace steelyard
