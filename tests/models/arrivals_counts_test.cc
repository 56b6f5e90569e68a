#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

Given log(std::vector<double> counts, Given more = {}) {
  Given given{{"file", table({"requests"}, std::move(counts))}};
  for (auto& entry : more) given.push_back(std::move(entry));
  return given;
}

// The shipped log: two columns of whole numbers under a heading.
Value nasa() {
  std::ifstream file(STEELYARD_SOURCE_DIR "/scenarios/traces/nasa-http-1995-07-13.csv");
  std::string heading;
  std::getline(file, heading);
  EXPECT_EQ(heading, "second,requests");
  std::vector<double> cells;
  double second = 0;
  double requests = 0;
  char comma = 0;
  while (file >> second >> comma >> requests) cells.insert(cells.end(), {second, requests});
  return table({"second", "requests"}, std::move(cells));
}

TEST(CountsArrivals, PlayEveryRowWithinItsSecond) {
  const auto counts = make<Arrivals>("counts", log({2, 0, 3}));
  const auto all = arrivals_before(*counts, 50, INFINITY);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_LT(all[1], 1);
  EXPECT_GE(all[2], 2);
  EXPECT_LT(all[4], 3);
  EXPECT_EQ(counts->next(), kNever);
  EXPECT_LT(counts->constant_rate(), 0);
}

TEST(CountsArrivals, AreUniformWithinTheirRow) {
  const auto counts = make<Arrivals>("counts", log({20'000}));
  const auto all = arrivals_before(*counts, 51, INFINITY);
  ASSERT_EQ(all.size(), 20'000u);
  double distance = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    distance = std::max(distance, std::abs(all[i] - (static_cast<double>(i) + 0.5) / 20'000));
  EXPECT_LT(distance, std::sqrt(std::log(2e6) / 40'000) + 0.5 / 20'000) << "seed 51";
}

TEST(CountsArrivals, PlayTheWholeNasaDay) {
  const auto counts = make<Arrivals>("counts", {{"file", nasa()}});
  const auto all = arrivals_before(*counts, 52, INFINITY);
  EXPECT_EQ(all.size(), 134'204u);
  EXPECT_LT(all.back(), 86'400);
}

// An hour a second: all requests in 24 s, those of the launch's hour (9 to 10) within the tenth.
TEST(CountsArrivals, CompressTimeAndKeepEveryRequest) {
  const auto counts =
      make<Arrivals>("counts", {{"file", nasa()}, {"time_compression", number(3600)}});
  const auto all = arrivals_before(*counts, 53, INFINITY);
  EXPECT_EQ(all.size(), 134'204u);
  EXPECT_LT(all.back(), 24);
  const auto launch =
      std::count_if(all.begin(), all.end(), [](double t) { return 9 <= t && t < 10; });
  EXPECT_EQ(launch, 14'922);  // the sum of the file's rows 32400 to 35999
}

// Thinned to 10%: each request survives on its own, so the total is binomial.
TEST(CountsArrivals, ThinTheLogWhenScaledDown) {
  const auto counts = make<Arrivals>("counts", {{"file", nasa()}, {"rate_scale", number(0.1)}});
  const auto all = arrivals_before(*counts, 54, INFINITY);
  EXPECT_NEAR(static_cast<double>(all.size()), 13'420.4, 5 * std::sqrt(134'204 * 0.09))
      << "seed 54";
}

TEST(CountsArrivals, RepeatTheLogExactlyForWholeScales) {
  const auto counts = make<Arrivals>("counts", log({2, 0, 3}, {{"rate_scale", number(4)}}));
  EXPECT_EQ(arrivals_before(*counts, 55, INFINITY).size(), 20u);
}

// 2.5 requests for each of 4000: 8000 and half of 4000 more, give or take sqrt(4000/4).
TEST(CountsArrivals, SplitAFractionalScaleAtRandom) {
  const auto counts =
      make<Arrivals>("counts", log(std::vector<double>(4000, 1), {{"rate_scale", number(2.5)}}));
  EXPECT_NEAR(static_cast<double>(arrivals_before(*counts, 56, INFINITY).size()), 10'000,
              5 * std::sqrt(1000))
      << "seed 56";
}

// Rows of .25 requests, as a rate averaged over minutes gives: 1000 in 4000 rows.
TEST(CountsArrivals, TakeFractionalCountsAsExpectations) {
  const auto counts = make<Arrivals>("counts", log(std::vector<double>(4000, 0.25)));
  EXPECT_NEAR(static_cast<double>(arrivals_before(*counts, 57, INFINITY).size()), 1000,
              5 * std::sqrt(4000 * 0.25 * 0.75))
      << "seed 57";
}

TEST(CountsArrivals, StartWithinTheLogAndEvenWithinARow) {
  const auto whole = make<Arrivals>("counts", log({5, 0, 3, 2}, {{"start", time(2s)}}));
  const auto from_two = arrivals_before(*whole, 58, INFINITY);
  ASSERT_EQ(from_two.size(), 5u);
  EXPECT_LT(from_two[2], 1);
  EXPECT_GE(from_two[3], 1);
  const auto half = make<Arrivals>("counts", log({1000}, {{"start", time(500ms)}}));
  const auto rest = arrivals_before(*half, 59, INFINITY);
  EXPECT_NEAR(static_cast<double>(rest.size()), 500, 5 * std::sqrt(250)) << "seed 59";
  EXPECT_LT(rest.back(), 0.5);
}

TEST(CountsArrivals, StretchRowsToTheirInterval) {
  const auto counts = make<Arrivals>("counts", log({1, 1}, {{"interval", time(1min)}}));
  const auto all = arrivals_before(*counts, 60, INFINITY);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_GE(all[1], 60);
}

TEST(CountsArrivals, SayWhatIsWrongWithTheFile) {
  EXPECT_EQ(refusal<Arrivals>("counts", log({1, -1})),
            "test.csv: row 2, column 'requests': got -1, expected a count from 0 to 1000000000");
  EXPECT_EQ(refusal<Arrivals>("counts", log({NAN})),
            "test.csv: row 1, column 'requests': got nan, expected a count from 0 to 1000000000");
  EXPECT_EQ(refusal<Arrivals>("counts", log({0, 0})), "test.csv: got no request at all");
  EXPECT_EQ(refusal<Arrivals>("counts", log({})),
            "test.csv: the file has no rows, expected at least one");
  EXPECT_EQ(refusal<Arrivals>("counts", log({1, 1}, {{"start", time(2s)}})),
            "got start 2s, expected less than the 2s that test.csv covers");
}

TEST(CountsArrivals, AreTheSameOnEveryMachine) {
  EXPECT_EQ(first_five(*make<Arrivals>("counts", log({2, 3}))),
            (Nanoseconds{393213781, 427458228, 1643634833, 1685784339, 1931150595}));
}

}  // namespace
}  // namespace steelyard
