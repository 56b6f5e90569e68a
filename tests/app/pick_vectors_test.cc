// The field's published test vectors, as anybody can have them from the command line. What they
// come from stands beside each balancer's own test.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/app/command.h"

namespace steelyard {
namespace {

// The names that `steelyard pick` prints for these words, one after the other; ~ is a space within
// a word.
std::string picks(const std::string& words) {
  std::istringstream in(words);
  std::vector<std::string> arguments{"pick"};
  for (std::string word; in >> word;) {
    std::replace(word.begin(), word.end(), '~', ' ');
    arguments.push_back(word);
  }
  const test::Finished finished = test::steelyard(arguments);
  EXPECT_EQ(finished.code, 0) << finished.err;
  std::string names;
  for (const char c : finished.out) names += c == '\n' ? ' ' : c;
  if (!names.empty()) names.pop_back();
  return names;
}

std::map<std::string, double> shares(const std::string& words) {
  std::istringstream in(picks(words + " --count 20000"));
  std::map<std::string, double> shares;
  for (std::string name; in >> name;) shares[name] += 1.0 / 20000;
  return shares;
}

// Five standard deviations of 20,000 draws at one half.
constexpr double kByChance = 5 * 0.5 / 141.4;

TEST(PickVectors, SmoothWeightedRoundRobinIsNginxs) {
  EXPECT_EQ(picks("-b weighted_round_robin -e a=5,b=1,c=1 -n 7"), "a a b a c a a");
  EXPECT_EQ(picks("-b weighted_round_robin -e a=3,b=2,c=1 -n 6"), "a b a c b a");
}

TEST(PickVectors, DeadlinesAreEnvoys) {
  EXPECT_EQ(picks("-b edf -e a=5,b=1,c=1 -n 7"), "a a a a b c a");
  EXPECT_EQ(picks("-b edf -e a=3,b=2,c=1 -n 6"), "a b a c b a");
}

TEST(PickVectors, KetamaIsNginxs) {
  const std::string ketama =
      "-b ketama -e 127.0.0.1:7777,127.0.0.1:7778 --key-hash crc32 -n 1 --key ";
  EXPECT_EQ(picks(ketama + "/some/path"), "127.0.0.1:7778");
  EXPECT_EQ(picks(ketama + "/some/longer/path"), "127.0.0.1:7777");
  EXPECT_EQ(picks(ketama + "/g"), "127.0.0.1:7777");
}

const std::string kHosts =
    "127.0.0.1:90,127.0.0.1:91,127.0.0.1:92,127.0.0.1:93,127.0.0.1:94,127.0.0.1:95";

// The first point is :94's, at 833437586790550860; then come :92 and :90.
TEST(PickVectors, TheRingIsEnvoys) {
  const std::string ring =
      "-b {ring_hash:~{min_ring_size:~12}} -n 1 --key-hash number -e " + kHosts + " --key ";
  EXPECT_EQ(picks(ring + "833437586790550860"), "127.0.0.1:94");
  EXPECT_EQ(picks(ring + "833437586790550861"), "127.0.0.1:92");
  EXPECT_EQ(picks(ring + "928266305478181108"), "127.0.0.1:92");
  EXPECT_EQ(picks(ring + "928266305478181109"), "127.0.0.1:90");
  EXPECT_EQ(picks(ring + "1033482794131418490"), "127.0.0.1:90");
}

// M = 7: places 0 to 6 belong to {2, 4, 0, 1, 5, 0, 3}.
TEST(PickVectors, MaglevsTableIsEnvoys) {
  const std::vector<int> owners{2, 4, 0, 1, 5, 0, 3};
  for (std::size_t place = 0; place < owners.size(); ++place)
    EXPECT_EQ(picks("-b {maglev:~{table_size:~7}} -n 1 --key-hash number -e " + kHosts + " --key " +
                    std::to_string(place)),
              "127.0.0.1:9" + std::to_string(owners[place]))
        << place;
}

// Key 1 among 1 to 19 buckets: 0 six times, 6 eleven times, 17 twice.
TEST(PickVectors, JumpIsLampingsAndVeachs) {
  std::string endpoints;
  for (int n = 1; n <= 19; ++n) {
    endpoints += (n == 1 ? "" : ",") + std::to_string(n - 1);
    EXPECT_EQ(picks("-b jump -n 1 --key-hash number --key 1 -e " + endpoints), n <= 6    ? "0"
                                                                               : n <= 17 ? "6"
                                                                                         : "17")
        << n;
  }
}

// Bytes 192, 168, 1 give 154, and 154 mod 3 is 1, whatever the fourth.
TEST(PickVectors, SourceHashIsNginxs) {
  EXPECT_EQ(picks("-b source_hash -e a,b,c -n 1 --key 192.168.1.7"), "b");
  EXPECT_EQ(picks("-b source_hash -e a,b,c -n 1 --key 192.168.1.200"), "b");
}

// 1000/800, 2000/1500 and 1000/500 are 1.25, 1.333 and 2.0, of 4.583.
TEST(PickVectors, HeadroomIsCapacityOverLoad) {
  const std::string shop =
      "-e users=1000,orders=2000,inventory=1000 --in-flight 800,1500,500 --balancer ";
  auto picked = shares(shop + "headroom");
  EXPECT_NEAR(picked["users"], 1.25 / 4.5833, kByChance);
  EXPECT_NEAR(picked["orders"], 1.3333 / 4.5833, kByChance);
  EXPECT_NEAR(picked["inventory"], 2.0 / 4.5833, kByChance);
  EXPECT_EQ(picks(shop + "{headroom:~{rule:~argmin}} -n 1"), "inventory");
}

// P0 with 25 of 100 healthy, P1 whole: 25 * 1.4 = 35 stay.
TEST(PickVectors, PrioritiesSpillAsEnvoys) {
  auto picked = shares("-b random -l [priority] -e a,b!,c!,d!,e#1,f#1,g#1,h#1");
  EXPECT_NEAR(picked["a"], 0.35, kByChance);
  auto at_half = shares("-b random -l [priority] -e a,b,c!,d!,e#1,f#1,g#1,h#1");
  EXPECT_NEAR(at_half["a"] + at_half["b"], 0.70, kByChance);
}

// local {40, 40, 20}, upstream {25, 50, 25}: zone a keeps 62.5%, and the residual capacity of the
// others, 10 and 5, takes what is left in these parts.
TEST(PickVectors, ZonesKeepWhatTheyCarry) {
  auto picked = shares(
      "-b random -l [zone_aware] --caller @a --callers a=40,b=40,c=20 -e "
      "a1@a,a2@a,b1@b,b2@b,b3@b,b4@b,c1@c,c2@c");
  EXPECT_NEAR(picked["a1"] + picked["a2"], 0.625, kByChance);
  EXPECT_NEAR(picked["c1"] + picked["c2"], 0.125, kByChance);
}

// 300 clients with 10 of 300 endpoints each: every endpoint belongs to exactly 10. Three of them
// share none within a round of 30.
TEST(PickVectors, DeterministicSubsetsAreExactlyEven) {
  std::map<std::string, int> used;
  for (int caller = 0; caller < 12; ++caller) {
    std::istringstream in(picks("-b round_robin -l [{deterministic_subset:~{size:~2}}] --caller " +
                                std::to_string(caller) + "/12 -e a,b,c,d,e,f -n 2"));
    for (std::string name; in >> name;) ++used[name];
  }
  ASSERT_EQ(used.size(), 6u);
  for (const auto& [name, count] : used) EXPECT_EQ(count, 12 * 2 / 6) << name;
}

}  // namespace
}  // namespace steelyard
