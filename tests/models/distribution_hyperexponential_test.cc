#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/models.h"

namespace steelyard {
namespace {

using namespace testing_models;  // NOLINT

TEST(HyperexponentialDistribution, MixesItsPhases) {
  const auto hyper = make<Distribution>(
      "hyperexponential",
      {{"probabilities", numbers_of({0.7, 0.2, 0.1})}, {"means", times({1ms, 5ms, 20ms})}});
  expect_distribution(*hyper, 24, [](double x) {
    return 1 - 0.7 * std::exp(-x / 1e-3) - 0.2 * std::exp(-x / 5e-3) - 0.1 * std::exp(-x / 20e-3);
  });
  expect_moments(*hyper, 25);
  // .7 + 1 + 2 = 3.7 ms; E[X^2] = 2 (.7 + 5 + 40) = 91.4 ms^2.
  EXPECT_NEAR(hyper->mean_seconds(), 3.7e-3, 1e-15);
  EXPECT_NEAR(hyper->variance_seconds2(), (91.4 - 13.69) * 1e-6, 1e-17);
}

TEST(HyperexponentialDistribution, MeetsItsMeanAndItsVariability) {
  for (const double scv : {1.0, 2.0, 4.0, 25.0}) {
    const auto hyper =
        make<Distribution>("hyperexponential", {{"mean", time(5ms)}, {"scv", number(scv)}});
    EXPECT_NEAR(hyper->mean_seconds(), 5e-3, 1e-15);
    EXPECT_NEAR(hyper->variance_seconds2() / 25e-6, scv, 1e-12 * scv);
  }
}

// One uniform a sample, so that variants with other parameters stay aligned.
TEST(HyperexponentialDistribution, DrawsOneRandomNumberASample) {
  const auto hyper =
      make<Distribution>("hyperexponential", {{"mean", time(5ms)}, {"scv", number(4)}});
  RandomStream random(26);
  RandomStream counted(26);
  for (int i = 0; i < 100; ++i) {
    (void)hyper->sample(random);
    (void)counted.next();
  }
  EXPECT_EQ(random.next(), counted.next());
}

TEST(HyperexponentialDistribution, WantsMomentsOrPhasesButNotBoth) {
  const std::string wanted = "expected either mean and scv, or probabilities and means";
  EXPECT_EQ(refusal<Distribution>("hyperexponential", {}), wanted);
  EXPECT_EQ(refusal<Distribution>("hyperexponential", {{"mean", time(5ms)}}), wanted);
  EXPECT_EQ(refusal<Distribution>("hyperexponential", {{"probabilities", numbers_of({1})}}),
            wanted);
  EXPECT_EQ(refusal<Distribution>("hyperexponential", {{"mean", time(5ms)},
                                                       {"scv", number(4)},
                                                       {"probabilities", numbers_of({1})},
                                                       {"means", times({5ms})}}),
            wanted);
}

TEST(HyperexponentialDistribution, RefusesPhasesThatDoNotMatch) {
  EXPECT_EQ(refusal<Distribution>("hyperexponential", {{"probabilities", numbers_of({0.5, 0.5})},
                                                       {"means", times({5ms})}}),
            "got 2 probabilities and 1 means, expected as many of one as of the other");
  EXPECT_EQ(refusal<Distribution>("hyperexponential", {{"probabilities", numbers_of({0.5, 0.4})},
                                                       {"means", times({5ms, 1ms})}}),
            "got probabilities that add up to 0.9, expected 1");
}

TEST(HyperexponentialDistribution, IsTheSameOnEveryMachine) {
  const auto hyper =
      make<Distribution>("hyperexponential", {{"mean", time(5ms)}, {"scv", number(4)}});
  EXPECT_EQ(first_five(*hyper), (Nanoseconds{2478263, 15409169, 8384508, 372419, 3940569}));
}

}  // namespace
}  // namespace steelyard
