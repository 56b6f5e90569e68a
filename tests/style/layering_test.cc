// The rules of source_rules.h hold for the whole tree; and each of them can fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/style/source_rules.h"

namespace steelyard::style {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Every .h and .cc file of the layers, of app/ and of tests/, in the order of their paths.
std::vector<SourceFile> read_tree() {
  const std::filesystem::path root = STEELYARD_SOURCE_DIR;
  std::vector<std::string> folders{"app", "tests"};
  for (const auto& [folder, layer] : layers()) folders.push_back(folder);
  std::vector<SourceFile> files;
  for (const std::string& folder : folders) {
    if (!std::filesystem::is_directory(root / folder)) continue;
    std::filesystem::recursive_directory_iterator entry(root / folder);
    for (; entry != std::filesystem::recursive_directory_iterator(); ++entry) {
      const std::filesystem::path& path = entry->path();
      if (path.filename() == "node_modules") {
        entry.disable_recursion_pending();
      } else if (path.extension() == ".h" || path.extension() == ".cc") {
        files.push_back({path.lexically_relative(root).generic_string(), text_of(path)});
      }
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = read_tree();
  return files;
}

void expect_none(const std::vector<Breach>& breaches) {
  for (const Breach& breach : breaches) ADD_FAILURE() << to_text(breach);
}

TEST(Tree, WasRead) {
  const auto is_there = [](const char* path) {
    return std::any_of(tree().begin(), tree().end(),
                       [&](const SourceFile& file) { return file.path == path; });
  };
  EXPECT_TRUE(is_there("core/time.h"));
  EXPECT_TRUE(is_there("balancers/random.cc"));
  EXPECT_TRUE(is_there("app/main/main.cc"));
  EXPECT_TRUE(is_there("tests/style/source_rules.h"));
}

TEST(Tree, IncludesOnlyTheLayersBelow) {
  for (const SourceFile& file : tree()) expect_none(include_breaches(file));
}

TEST(Tree, HasLayersInTheLiveWorldToo) {
  for (const SourceFile& file : tree()) {
    expect_none(live_layer_breaches(file));
    if (!file.path.starts_with("real-harness/") || file.path.ends_with(".md")) continue;
    EXPECT_NE(layer_height(file.path), live_layers().size())
        << file.path << " is in no layer of real-harness/README.md";
  }
}

TEST(Tree, IncludesExistingFilesWithoutCycles) { expect_none(graph_breaches(tree())); }

TEST(Tree, KeepsClocksThreadsFilesAndForeignChanceOutside) {
  for (const SourceFile& file : tree()) expect_none(ban_breaches(file));
}

TEST(Tree, HasShortFilesAndHeadersThatSayWhatTheyOffer) {
  for (const SourceFile& file : tree()) expect_none(shape_breaches(file));
}

// ---- The rules can fail -------------------------------------------------------------------------

// "line rule" of each breach.
std::vector<std::string> found(const std::vector<Breach>& breaches) {
  std::vector<std::string> all;
  for (const Breach& breach : breaches)
    all.push_back(std::to_string(breach.line) + " " + breach.rule);
  return all;
}

using Found = std::vector<std::string>;

TEST(Layers, FormNoCycle) {
  // A folder's rank is one more than the highest below it; in a cycle, ranks would grow for ever.
  std::map<std::string, std::size_t> rank;
  for (std::size_t round = 0; round <= layers().size(); ++round) {
    bool changed = false;
    for (const auto& [folder, layer] : layers()) {
      std::size_t above = 0;
      for (const std::string& other : layer.folders) above = std::max(above, rank[other] + 1);
      changed = changed || rank[folder] != above;
      rank[folder] = above;
    }
    if (!changed) return;
  }
  FAIL() << "the layers include each other in a circle";
}

TEST(IncludeRule, RefusesStrategiesThatIncludeEachOther) {
  const SourceFile file{"balancers/x.cc",
                        "// x\n#include \"balancers/balancer.h\"\n#include \"core/time.h\"\n"
                        "#include \"discovery/dns.h\"\n#include \"resilience/retry.h\"\n"};
  EXPECT_EQ(found(include_breaches(file)), (Found{"4 include", "5 include"}));
}

TEST(IncludeRule, RefusesWorldsThatIncludeEachOther) {
  EXPECT_EQ(found(include_breaches({"sim/x.cc", "#include \"real-harness/x.h\"\n"})),
            Found{"1 include"});
  EXPECT_EQ(found(include_breaches({"real-harness/x.cc", "#include \"sim/x.h\"\n"})),
            Found{"1 include"});
  EXPECT_EQ(found(include_breaches({"reports/x.cc", "#include \"sim/x.h\"\n"})),
            Found{"1 include"});
}

TEST(LiveLayers, RefuseWhatStandsAbove) {
  const SourceFile file{"real-harness/http/x.cc",
                        "#include \"real-harness/http/http1.h\"\n"
                        "#include \"real-harness/os/reactor.h\"\n"
                        "#include \"real-harness/gateway/rules.h\"\n"};
  EXPECT_EQ(found(live_layer_breaches(file)), Found{"3 live layer"});
}

TEST(IncludeRule, LetsTheCommandIncludeEverything) {
  EXPECT_EQ(found(include_breaches({"app/x.cc", "#include \"sim/x.h\"\n#include <CLI/CLI.hpp>\n"})),
            Found{});
}

TEST(IncludeRule, RefusesLibrariesThatAFolderDoesNotHave) {
  EXPECT_EQ(
      found(include_breaches({"core/x.cc", "#include <vector>\n#include <yaml-cpp/yaml.h>\n"})),
      Found{"2 library"});
}

TEST(IncludeRule, SaysWhereAndWhy) {
  const std::vector<Breach> breaches =
      include_breaches({"core/x.cc", "// x\n#include \"sim/world.h\"\n"});
  ASSERT_EQ(breaches.size(), 1U);
  EXPECT_EQ(to_text(breaches[0]),
            "core/x.cc:2: include: core may not include sim/world.h: it stands outside the layers "
            "below core");
}

TEST(GraphRule, RefusesCyclesAndPathsThatDoNotStartAtTheRoot) {
  const std::vector<SourceFile> files{{"core/a.h", "#include \"core/b.h\"\n"},
                                      {"core/b.h", "\n#include \"core/a.h\"\n"},
                                      {"core/c.h", "#include \"a.h\"\n"}};
  EXPECT_EQ(found(graph_breaches(files)), (Found{"2 cycle", "1 path"}));
}

struct BadLine {
  const char* path;
  const char* line;
  const char* rule;
};

class BanRule : public testing::TestWithParam<BadLine> {};

TEST_P(BanRule, CatchesIt) {
  const auto& [path, line, rule] = GetParam();
  const std::vector<Breach> breaches =
      ban_breaches({path, std::string("// sample\n") + line + "\n"});
  ASSERT_FALSE(breaches.empty()) << line;
  EXPECT_EQ(breaches[0].line, 2U);
  EXPECT_EQ(breaches[0].rule, rule);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BanRule,
    testing::Values(BadLine{"balancers/x.cc", "#include <thread>", "thread"},
                    BadLine{"channel/x.cc", "std::lock_guard<std::mutex> lock(m);", "thread"},
                    BadLine{"sim/x.cc", "std::atomic_int running;", "thread"},
                    BadLine{"resilience/x.cc", "auto t = std::chrono::steady_clock::now();",
                            "clock"},
                    BadLine{"discovery/x.cc", "#include <sys/socket.h>", "socket"},
                    BadLine{"models/x.cc", "std::ifstream in(path);", "file"},
                    BadLine{"core/x.h", "const char* home = getenv(name);", "file"},
                    BadLine{"models/x.cc", "std::mt19937_64 engine;", "chance"},
                    BadLine{"sim/x.cc", "int r = rand();", "chance"},
                    BadLine{"sim/x.cc", "std::unordered_map<int, int> by_id;", "order"},
                    BadLine{"consistency/x.cc", "if (simulated) return;", "world"},
                    BadLine{"sim/x.cc", "x = std::exp(-x);", "libm"}),
    [](const testing::TestParamInfo<BadLine>& sample) {
      std::string name = sample.param.rule;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
      return name + "_" + std::to_string(sample.index);
    });

TEST(BanRule, IgnoresCommentsLiteralsAndLongerWords) {
  const SourceFile file{"balancers/x.cc",
                        "// a std::mutex would be wrong here\n"
                        "/* so would\n   std::thread */\n"
                        "const char* text = \"getenv \\\" rand()\";\n"
                        "const char* raw = R\"(std::exp\n(rand))\";\n"
                        "int n = 1'000'000; int operand = n; double y = math::exp(operand);\n"};
  EXPECT_EQ(found(ban_breaches(file)), Found{});
}

TEST(BanRule, SeesCodeAfterCommentsAndLiterals) {
  const SourceFile file{"balancers/x.cc",
                        "int n = 1'000; int r = rand();\n"
                        "char c = '\"'; int s = rand();  // \"\n"
                        "/* x */ int t = rand();\n"};
  EXPECT_EQ(found(ban_breaches(file)), (Found{"1 chance", "2 chance", "3 chance"}));
}

TEST(ShapeRule, WantsACommentAndPragmaOnceInHeaders) {
  EXPECT_EQ(found(shape_breaches({"core/x.h", "#include <vector>\n"})),
            (Found{"1 contract", "1 once"}));
  EXPECT_EQ(found(shape_breaches({"core/x.h", "// Offers x.\n#pragma once\n"})), Found{});
  EXPECT_EQ(found(shape_breaches({"core/x.cc", "#include <vector>\n"})), Found{});
}

TEST(ShapeRule, CountsLines) {
  std::string text;
  for (std::size_t i = 0; i < kLinesMax; ++i) text += "//\n";
  EXPECT_EQ(found(shape_breaches({"core/x.cc", text})), Found{});
  EXPECT_EQ(found(shape_breaches({"core/x.cc", text + "//\n"})), Found{"501 length"});
}

}  // namespace
}  // namespace steelyard::style
