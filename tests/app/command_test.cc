// Every command but `run`, and what all of them share.
#include "tests/app/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/registry.h"

namespace steelyard {
namespace {

using test::Finished;
using test::Folder;
using test::steelyard;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(Usage, WithoutACommandIsHelp) {
  const Finished finished = steelyard({});
  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.out + finished.err, HasSubstr("Usage: steelyard"));
}

TEST(Usage, UnknownThingsAreExitCodeTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"rum"},
                                             {"run"},
                                             {"run", "x.yaml", "--colour"},
                                             {"run", "x.yaml", "--format", "xml"},
                                             {"run", "x.yaml", "--jobs", "0"},
                                             {"run", "x.yaml", "--jobs", "many"},
                                             {"run", "x.yaml", "--seed", "-1"},
                                             {"check"},
                                             {"explain"},
                                             {"explain", "p2x"},
                                             {"list", "balncers"},
                                             {"pick", "--balancer", "p2c"},
                                             {"compare", "only_one"}}) {
    const Finished finished = steelyard(arguments);
    EXPECT_EQ(finished.code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(finished.out, IsEmpty()) << testing::PrintToString(arguments);
    EXPECT_THAT(finished.err, Not(IsEmpty())) << testing::PrintToString(arguments);
  }
}

TEST(Usage, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(steelyard({"run", "x.yaml", "--replications", "0"}).err, HasSubstr("--replications"));
  EXPECT_THAT(steelyard({"compare", "only_one"}).err,
              HasSubstr("got one set of results, only_one, expected two or more"));
}

// A shell's redirections, and what the shell says of how it went.
Finished in_shell(const std::string& line) {
  const Folder folder;
  const std::string err = folder / "err";
  const int status =
      std::system(("STEELYARD='" STEELYARD_COMMAND "'; { " + line + "; } 2>" + err).c_str());
  return {WEXITSTATUS(status), "", test::text_of(err)};
}

TEST(Output, ThatCannotBeWrittenIsAFailure) {
  for (const char* command : {"schema", "list", "explain p2c", "--help", "--version",
                              "pick -b p2c -e a,b", "check scenarios/quickstart.yaml"}) {
    const Finished finished = in_shell(
        std::string("cd '" STEELYARD_SOURCE_DIR "'; \"$STEELYARD\" ") + command + " >/dev/full");
    EXPECT_EQ(finished.code, 1) << command;
    EXPECT_THAT(finished.err, StartsWith("steelyard: cannot write to standard output")) << command;
  }
}

TEST(Output, OfWhichSomebodyHasSeenEnoughIsNoFailure) {
  EXPECT_THAT(in_shell("\"$STEELYARD\" schema | head -n 1 >/dev/null").err, IsEmpty());
  EXPECT_THAT(in_shell("trap '' PIPE; \"$STEELYARD\" schema | true").err, IsEmpty());
}

TEST(Usage, HelpAndVersionAreFine) {
  for (const char* command : {"run", "live", "check", "list", "explain", "schema", "pick",
                              "compare", "replay", "fit", "gateway", "serve"}) {
    const Finished finished = steelyard({command, "--help"});
    EXPECT_EQ(finished.code, 0) << command;
    EXPECT_THAT(finished.out, HasSubstr("Usage:")) << command;
    EXPECT_THAT(finished.err, IsEmpty()) << command;
  }
  EXPECT_THAT(steelyard({"--version"}).out, StartsWith("steelyard "));
}

TEST(Check, SaysThatAScenarioIsFine) {
  const Finished finished = steelyard({"check", STEELYARD_SOURCE_DIR "/scenarios/quickstart.yaml"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.out, HasSubstr("quickstart.yaml: fine"));
  EXPECT_THAT(finished.err, IsEmpty());
}

// Allowed, since a shortened run keeps its file, and yet hardly what was meant.
TEST(Check, NotesAFaultAfterTheEndAndALoadBeyondTheCapacity) {
  const Finished finished = steelyard({"check", "-"}, R"(name: shop
run: {duration: 10s}
services:
  edge: {instances: 8, concurrency: 100, service_time: 1ms, calls: [{orders: {probability: 50%}}]}
  orders: {instances: 4, service_time: 2ms}
clients:
  shoppers: {calls: edge, arrivals: {poisson: 40000/s}}
faults: [{at: 10s, crash: {target: orders/0}}]
compare: {services.orders.instances: [4, 100]}
)");
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.out, HasSubstr("fine"));
  EXPECT_THAT(finished.err,
              HasSubstr("-: note: The fault \"crash of orders/0\" would begin at 10s"));
  EXPECT_THAT(finished.err, HasSubstr("instances=4: orders is offered 20,000/s, but can serve "
                                      "2,000/s at most"));
  EXPECT_THAT(finished.err, Not(HasSubstr("edge is offered")));
  EXPECT_THAT(finished.err, Not(HasSubstr("instances=100: orders")));
}

TEST(Check, SaysThatAnOverrideBreaksOff) {
  const Finished finished = steelyard({"check", STEELYARD_SOURCE_DIR "/scenarios/quickstart.yaml",
                                       "--set", "services.orders.instances=[1"});
  EXPECT_EQ(finished.code, 3);
  EXPECT_THAT(finished.err, HasSubstr("got a […] list without its end"));
}

TEST(Check, ReadsStandardInput) {
  const Finished finished = steelyard({"check", "-"}, "name: x\nservices: {}\n");
  EXPECT_EQ(finished.code, 3);
  EXPECT_THAT(finished.err, testing::ContainsRegex("[0-9]+:[0-9]+: "));
}

TEST(Check, AMissingFileIsAnInvalidScenario) {
  const Finished finished = steelyard({"check", "/nowhere/x.yaml"});
  EXPECT_EQ(finished.code, 3);
  EXPECT_THAT(finished.err, HasSubstr("/nowhere/x.yaml: no such file"));
}

// ---- list, explain, schema
// ------------------------------------------------------------------------------------------------

TEST(List, NamesEveryStrategy) {
  const Finished finished = steelyard({"list"});
  EXPECT_EQ(finished.code, 0);
  for (const StrategyInfo* info : Catalogue::all())
    EXPECT_THAT(finished.out, HasSubstr("  " + info->name + " ")) << info->kind;
}

TEST(List, OfOneKindHasALineEach) {
  const Finished finished = steelyard({"list", "balancers"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(static_cast<std::size_t>(std::count(finished.out.begin(), finished.out.end(), '\n')),
            Catalogue::of_kind("balancer").size());
}

TEST(List, AsJson) {
  const auto all = nlohmann::json::parse(steelyard({"list", "--format", "json"}).out);
  EXPECT_EQ(all.size(), Catalogue::all().size());
}

TEST(Explain, KnowsEveryStrategy) {
  for (const StrategyInfo* info : Catalogue::all()) {
    const Finished finished = steelyard({"explain", info->name});
    EXPECT_EQ(finished.code, 0) << info->name;
    EXPECT_THAT(finished.out, HasSubstr(info->name + " (" + info->kind + ")"));
    for (const Parameter& parameter : info->parameters)
      EXPECT_THAT(finished.out, HasSubstr(parameter.name)) << info->name;
    EXPECT_THAT(finished.err, IsEmpty()) << info->name;
  }
}

TEST(Explain, SuggestsWhatWasMeant) {
  EXPECT_THAT(steelyard({"explain", "p2x"}).err, HasSubstr("did you mean 'p2c'?"));
  EXPECT_THAT(steelyard({"explain", "least_conn"}).err, HasSubstr("did you mean 'least_request'?"));
  EXPECT_THAT(steelyard({"explain", "least_request"}).out, HasSubstr("least_conn"));
}

// Only what is measured has bounds.
TEST(Explain, GivesNoBoundsOfPathsAndTexts) {
  EXPECT_THAT(steelyard({"explain", "timestamps"}).out, Not(HasSubstr("scenario; above")));
  EXPECT_THAT(steelyard({"explain", "timestamps"}).out, Not(HasSubstr("text; above")));
}

TEST(Schema, IsJsonThatNamesEveryBalancer) {
  const Finished finished = steelyard({"schema"});
  EXPECT_EQ(finished.code, 0);
  const auto schema = nlohmann::json::parse(finished.out);
  EXPECT_TRUE(schema.contains("$schema"));
  for (const StrategyInfo* info : Catalogue::of_kind("balancer"))
    EXPECT_THAT(finished.out, HasSubstr('"' + info->name + '"'));
}

// ---- pick
// ------------------------------------------------------------------------------------------------

// nginx's sequence for weights 5, 1, 1.
TEST(Pick, ShowsTheSmoothRotation) {
  const Finished finished =
      steelyard({"pick", "--balancer", "weighted_round_robin", "--endpoints", "a=5,b=1,c=1"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(finished.out, "a\na\nb\na\nc\na\na\n");
  EXPECT_THAT(finished.err, IsEmpty());
}

TEST(Pick, TakesAStrategyWithParameters) {
  const Finished finished = steelyard(
      {"pick", "-b", "{p2c: {choices: 3}}", "-e", "a,b,c", "--in-flight", "2,0,1", "-n", "3"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(finished.out, "b\nb\nb\n");
}

// Held attempts pile up: all three have two in the end.
TEST(Pick, HoldsAttempts) {
  const Finished finished =
      steelyard({"pick", "-b", "least_request", "-e", "a,b,c", "--hold", "-n", "6"});
  for (const char name : {'a', 'b', 'c'})
    EXPECT_EQ(std::count(finished.out.begin(), finished.out.end(), name), 2) << finished.out;
}

TEST(Pick, HashesKeys) {
  const std::vector<std::string> pick{"pick", "-b", "maglev", "-e", "a,b,c,d,e", "--keys", "-"};
  const Finished finished = steelyard(pick, "x\ny\nx\ny\nx\n");
  std::istringstream lines(finished.out);
  std::vector<std::string> picked;
  for (std::string line; std::getline(lines, line);) picked.push_back(line);
  ASSERT_EQ(picked.size(), 5u) << finished.err;
  EXPECT_EQ(picked[0], picked[2]);
  EXPECT_EQ(picked[0], picked[4]);
  EXPECT_EQ(picked[1], picked[3]);
}

// Levels of two, one of them not healthy in the first: it takes min(100, 140 * 1 / 2) = 70%.
TEST(Pick, PutsLayersInFront) {
  const Finished finished = steelyard(
      {"pick", "-b", "round_robin", "-l", "[priority]", "-e", "a,b!,c#1,d#1", "-n", "1000"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  const auto count = [&](char name) {
    return std::count(finished.out.begin(), finished.out.end(), name);
  };
  EXPECT_NEAR(static_cast<double>(count('a')), 700, 50);
  EXPECT_EQ(count('b'), 0);
  EXPECT_NEAR(static_cast<double>(count('c')), 150, 40);
}

// Keys are the same with either kind of line end, and lines without one are none.
TEST(Pick, ReadsKeysFromWindows) {
  const std::vector<std::string> pick{"pick", "-b", "maglev", "-e", "a,b,c,d,e,f,g", "--keys", "-"};
  EXPECT_EQ(steelyard(pick, "alice\r\nbob\r\n\r\n").out, steelyard(pick, "alice\nbob\n").out);
}

TEST(Pick, ReadsEndpointsFromAFile) {
  const Finished listed =
      steelyard({"pick", "-b", "weighted_round_robin", "-e", "@-"}, "a=5\r\nb=1,c=1\n");
  EXPECT_EQ(listed.out, "a\na\nb\na\nc\na\na\n") << listed.err;
  EXPECT_THAT(steelyard({"pick", "-b", "p2c", "-e", "@no/such/file"}).err,
              HasSubstr("--endpoints @no/such/file: "));
}

// Zones are numbered as the endpoints have them, wherever the caller is.
TEST(Pick, NumbersZonesByEndpoints) {
  for (const std::string caller : {"0/1", "@x", "@y"}) {
    const Finished finished =
        steelyard({"pick", "-b", "random", "-l", "[{locality_weighted: {weights: [0, 1]}}]", "-e",
                   "a@x,b@y", "--caller", caller, "-n", "3"});
    EXPECT_EQ(finished.out, "b\nb\nb\n") << caller << finished.err;
  }
}

TEST(Pick, RefusesWhatCannotBe) {
  const auto complaint = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"pick", "-b", "p2c"});
    const Finished finished = steelyard(arguments);
    EXPECT_EQ(finished.code, 2) << finished.out;
    return finished.err;
  };
  EXPECT_THAT(complaint({"-e", "a", "--in-flight", "4294967295"}), HasSubstr("up to 3000000000"));
  EXPECT_THAT(complaint({"-e", "a@x@y"}), HasSubstr("expected one @ at most"));
  EXPECT_THAT(complaint({"-e", "a", "--caller", "0/3!"}), HasSubstr("got '0/3!', expected"));
  EXPECT_THAT(complaint({"-e", "a", "--history", "wait 2500000h"}), HasSubstr("at most 24h"));
  EXPECT_THAT(complaint({"-e", "a", "--history", "load a errors_per_second=-60"}),
              HasSubstr("errors_per_second: got '-60', expected no negative number"));
  EXPECT_THAT(complaint({"-e", "a#256"}), HasSubstr("a whole number up to 255"));
  EXPECT_THAT(complaint({"-e", "a", "--callers", "x=1,x=2"}), HasSubstr("'x' is there twice"));
}

TEST(Pick, TakesSpacesBetweenEndpoints) {
  const Finished finished =
      steelyard({"pick", "-b", "least_request", "-l", "[zone_aware]", "-e", "a = 1, b =2@x ,\tc @y",
                 "--in-flight", "1, 1 ,1", "--caller", "@x", "--callers", "x=1, y=2", "-n", "1"});
  EXPECT_EQ(finished.out, "b\n") << finished.err;
}

TEST(Pick, PrintsADashWhenNobodyMayHaveIt) {
  const Finished finished =
      steelyard({"pick", "-b", "p2c", "-l", "[{panic: {threshold: 0}}]", "-e", "a!,b!", "-n", "2"});
  EXPECT_EQ(finished.out, "-\n-\n");
}

TEST(Pick, SaysWhatIsWrongWithLayers) {
  const auto complaint = [](const std::string& layers, const std::string& endpoints) {
    const Finished finished = steelyard({"pick", "-b", "p2c", "--layers", layers, "-e", endpoints});
    EXPECT_EQ(finished.code, 2);
    return finished.err;
  };
  EXPECT_THAT(complaint("[panik]", "a"), HasSubstr("did you mean 'panic'?"));
  EXPECT_THAT(complaint("panic", "a"), HasSubstr("layers such as"));
  EXPECT_THAT(complaint("[p2c]", "a"),
              HasSubstr("unknown layer 'p2c' (it is of kind balancer), expected"));
  EXPECT_THAT(complaint("[panic]", "a#x"), HasSubstr("whole number"));
  EXPECT_THAT(complaint("[panic]", "a@"), HasSubstr("@ZONE"));
}

TEST(Pick, SaysWhatIsWrong) {
  const auto complaint = [](const std::string& balancer, const std::string& endpoints) {
    const Finished finished = steelyard({"pick", "-b", balancer, "-e", endpoints});
    EXPECT_EQ(finished.code, 2);
    EXPECT_THAT(finished.out, IsEmpty());
    return finished.err;
  };
  EXPECT_THAT(complaint("p2x", "a,b"), HasSubstr("did you mean 'p2c'?"));
  EXPECT_THAT(complaint("panic", "a,b"),
              HasSubstr("unknown balancer 'panic' (it is of kind layer), expected"));
  EXPECT_THAT(complaint("{p2c: {choices: 0}}", "a,b"), HasSubstr("--balancer:1:17: "));
  EXPECT_THAT(complaint("p2c", "a,a"), HasSubstr("'a' is there twice"));
  EXPECT_THAT(complaint("p2c", "a=-1"), HasSubstr("whole number"));
  EXPECT_THAT(complaint("p2c", ","), HasSubstr("NAME"));
}

// ---- Malformed scenarios
// ------------------------------------------------------------------------------------------------

// Without the lines that say which complaints the loader's own test expects.
std::string scenario_in(const std::filesystem::path& file) {
  std::string text = test::text_of(file);
  while (text.starts_with("# expect: ")) text.erase(0, text.find('\n') + 1);
  return text;
}

TEST(Malformed, EveryScenarioIsExitCodeThreeWithAPlace) {
  const Folder folder;
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(STEELYARD_SOURCE_DIR "/tests/scenarios/malformed")) {
    const std::string file =
        folder.write(entry.path().filename().string(), scenario_in(entry.path()));
    const Finished finished = steelyard({"run", file, "-o", folder / "out"});
    EXPECT_EQ(finished.code, 3) << file << finished.err;
    EXPECT_THAT(finished.out, IsEmpty()) << file;
    EXPECT_THAT(finished.err, testing::ContainsRegex("[a-z0-9_]+\\.yaml:[0-9]+:[0-9]+: ")) << file;
    EXPECT_FALSE(std::filesystem::exists(folder / "out")) << file;
    ++files;
  }
  EXPECT_GE(files, 40u);
}

TEST(Malformed, AllFilesAreReadBeforeAnyIsRun) {
  const Folder folder;
  const std::string bad = folder.write("bad.yaml", "name: bad\n");
  const Finished finished = steelyard(
      {"run", STEELYARD_SOURCE_DIR "/scenarios/quickstart.yaml", bad, "-o", folder / "out"});
  EXPECT_EQ(finished.code, 3);
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace
}  // namespace steelyard
