#include "tests/balancers/layers.h"

namespace steelyard::test {
namespace {

// a, b: v1; c: v2; d: v2 and canary.
std::vector<Endpoint> labelled() {
  std::vector<Endpoint> endpoints = weighted({1, 1, 1, 1});
  endpoints[0].labels = endpoints[1].labels = {"version=v1"};
  endpoints[2].labels = {"version=v2"};
  endpoints[3].labels = {"stage=canary", "version=v2"};
  return endpoints;
}

Value list(const std::vector<std::string>& labels) {
  Value::List values;
  for (const std::string& label : labels) values.push_back({label});
  return {values};
}

// The letters of those that get anything; "-" if nobody may.
std::string users(const Picker::Entries& settings, const std::vector<std::string>& asked = {}) {
  Picker picker =
      layered(layer("label_subset", settings), "round_robin", labelled(), {.labels = asked});
  if (picker.try_pick() == Balancer::kNobody) return "-";
  std::string letters;
  const std::vector<int> counts = picker.counts(40);
  for (std::size_t i = 0; i < 4; ++i)
    if (counts[i] > 0) letters += static_cast<char>('a' + i);
  return letters;
}

TEST(LabelSubset, LetsThroughWhoHasAllThatIsAsked) {
  EXPECT_EQ(users({}), "abcd");
  EXPECT_EQ(users({}, {"version=v1"}), "ab");
  EXPECT_EQ(users({}, {"version=v2"}), "cd");
  EXPECT_EQ(users({{"labels", list({"version=v2"})}}, {"stage=canary"}), "d");
}

// [Envoy, the three fallback policies]
TEST(LabelSubset, FallsBackAsItIsTold) {
  EXPECT_EQ(users({}, {"version=v3"}), "-");
  EXPECT_EQ(users({{"fallback", {"any_endpoint"}}}, {"version=v3"}), "abcd");
  EXPECT_EQ(users({{"fallback", {"default_subset"}}, {"default_labels", list({"version=v1"})}},
                  {"version=v3"}),
            "ab");
  EXPECT_EQ(users({{"fallback", {"default_subset"}}, {"default_labels", list({"version=v4"})}},
                  {"version=v3"}),
            "-");
}

TEST(LabelSubset, StaysWithASubsetThatIsSick) {
  std::vector<Endpoint> endpoints = labelled();
  endpoints[2].healthy = endpoints[3].healthy = false;
  Picker picker = layered(layer("label_subset", {{"fallback", {"any_endpoint"}}}), "p2c", endpoints,
                          {.labels = {"version=v2"}});
  EXPECT_EQ(picker.try_pick(), Balancer::kNobody);
}

TEST(LabelSubset, RefusesWhatIsNoLabel) {
  const auto made = Registration<Layer>::make(layer("label_subset", {{"labels", list({"v2"})}}));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(), "got 'v2' in labels, expected labels such as version=v2");
}

}  // namespace
}  // namespace steelyard::test
