// A short, repeatable relative of tests/fuzz/scenario_fuzz.cc: the scenarios of the tree, damaged
// at random, thousands of times. The loader must answer every time.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "core/random.h"
#include "tests/fuzz/scenario_check.h"
#include "tests/scenarios/support.h"

namespace steelyard {
namespace {

using namespace std::string_view_literals;

std::vector<std::string> seeds() {
  std::vector<std::string> paths;
  for (const char* folder : {"/scenarios", "/tests/scenarios/valid", "/tests/scenarios/malformed"})
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(STEELYARD_SOURCE_DIR) + folder))
      if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const std::string& path : paths) texts.push_back(file_text(path).value());
  return texts;
}

// Some bytes of `text` removed, repeated, replaced, or taken from `other`.
std::string mutated(std::string text, const std::string& other, RandomStream& random) {
  static constexpr std::string_view kSpice = "{}[]:,-#&*!|>'\"%@`\n\t \r\0.0159aexs/~<=\xff\xc3"sv;
  for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = random.below(text.size() + 1);
    const std::size_t length = std::min<std::size_t>(random.below(40), text.size() - at);
    switch (random.below(5)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      case 2:
        text.insert(at, 1, kSpice[random.below(kSpice.size())]);
        break;
      case 3:
        text.insert(at, other.substr(random.below(other.size() + 1), length));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

TEST(DamagedScenarios, AlwaysDrawAnAnswer) {
  const std::vector<std::string> texts = seeds();
  ASSERT_GT(texts.size(), 40u);
  constexpr std::uint64_t kSeed = 20240611;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  for (int round = 0; round < 4000; ++round) {
    const std::string& text = texts[random.below(texts.size())];
    const std::string& other = texts[random.below(texts.size())];
    check_load(mutated(text, other, random), {});
  }
}

TEST(DamagedOverrides, AlwaysDrawAnAnswer) {
  const std::vector<std::string> overrides{"run.duration=10s",
                                           "services.orders.instances=[{count: 2}]",
                                           "strategies.balancer=p2c",
                                           "faults.0.at=1s",
                                           "compare.balancer=[p2c, random]",
                                           "network={zones: [a, b]}",
                                           "targets.orders=[http://[::1]:80/a]",
                                           "clients.shoppers.request={headers: {a: b}}",
                                           "compare.via=[nginx, steelyard]",
                                           "live.work=timer"};
  constexpr std::uint64_t kSeed = 20240612;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomStream random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    const std::string& text = overrides[random.below(overrides.size())];
    const std::string& other = overrides[random.below(overrides.size())];
    check_load(kSmallest, {.overrides = {mutated(text, other, random), other}});
  }
}

}  // namespace
}  // namespace steelyard
