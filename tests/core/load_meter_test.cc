#include "core/load_meter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace steelyard {
namespace {

constexpr Instant at(Duration since_start) { return kStart + since_start; }

TEST(LoadMeter, KnowsNothingAtFirst) {
  LoadMeter meter;
  EXPECT_EQ(meter.report(3, 1, at(5s)), (LoadReport{.in_flight = 3, .queued = 1}));
}

// With time constant 1 s: 1 - 1/e of a step is seen after a second, all but e^-5 after five.
TEST(LoadMeter, UtilisationFollowsTheShareOfPlacesTakenInAboutASecond) {
  LoadMeter meter;
  meter.places_taken(0.5, 1, at(0s));
  EXPECT_NEAR(meter.report(0, 0, at(1s)).utilisation, 0.5 * (1 - std::exp(-1)), 1e-12);
  EXPECT_NEAR(meter.report(0, 0, at(5s)).utilisation, 0.5, 0.5 * std::exp(-5) + 1e-12);
  meter.places_taken(0, 1, at(5s));
  EXPECT_NEAR(meter.report(0, 0, at(10s)).utilisation, 0, 0.5 * std::exp(-5) + 1e-12);
}

TEST(LoadMeter, WhatAnAntagonistTakesShowsInPlacesNotInProcessorTime) {
  LoadMeter meter;
  meter.places_taken(1, 0.25, at(0s));
  const LoadReport report = meter.report(8, 0, at(20s));
  EXPECT_NEAR(report.utilisation, 1, 1e-8);
  EXPECT_NEAR(report.cpu_utilisation, 0.25, 1e-8);
}

// A hundred a second for ten seconds, every tenth of them a failure. The average over the
// exponential window of events at a regular distance d is within d/2 of the true rate's share.
TEST(LoadMeter, CountsAnswersAndErrorsPerSecond) {
  LoadMeter meter;
  for (int i = 1; i <= 1000; ++i) meter.answered({.ok = i % 10 != 0}, at(i * 10ms));
  const LoadReport report = meter.report(0, 0, at(10s));
  EXPECT_NEAR(report.requests_per_second, 100, 1);
  EXPECT_NEAR(report.errors_per_second, 10, 1);
}

TEST(LoadMeter, ExpectsTheLatencyOfRequestsThatMetAsMany) {
  LoadMeter meter;
  for (int i = 0; i < 30; ++i) {
    meter.answered({.latency = 10ms, .service_time = 10ms, .met = 0}, at(1s));
    meter.answered({.latency = 90ms, .service_time = 10ms, .met = 8}, at(1s));
  }
  EXPECT_EQ(meter.report(0, 0, at(1s)).latency, 10ms);
  EXPECT_EQ(meter.report(3, 0, at(1s)).latency, 10ms);
  EXPECT_EQ(meter.report(5, 0, at(1s)).latency, 90ms);
  EXPECT_EQ(meter.report(100, 0, at(1s)).latency, 90ms);
}

TEST(LoadMeter, ForgetsAllButTheLatestAnswers) {
  LoadMeter meter;
  for (int i = 0; i < 100; ++i) meter.answered({.latency = 1s, .service_time = 1s}, at(1s));
  for (std::size_t i = 0; i < LoadMeter::kRemembered; ++i)
    meter.answered({.latency = 2ms, .service_time = 2ms}, at(2s));
  EXPECT_EQ(meter.report(0, 0, at(2s)).latency, 2ms);
  // 1 s * .9^64 + 2 ms * (1 - .9^64) = 3.2 ms
  EXPECT_NEAR(to_seconds(meter.report(0, 0, at(2s)).service_time), 0.0032, 0.0001);
}

TEST(LoadMeter, RepeatsAReportWithinTheInterval) {
  LoadMeter meter;
  EXPECT_EQ(meter.report(1, 0, at(0s), 5s).in_flight, 1u);
  EXPECT_EQ(meter.report(9, 0, at(4s), 5s).in_flight, 1u);
  EXPECT_EQ(meter.report(9, 0, at(5s), 5s).in_flight, 9u);
}

// Else it would be avoided for what it took when it was busy, and never show that it is idle.
TEST(LoadMeter, AnIdleServerIsNotHeldToWhatItTookWhenItWasBusy) {
  LoadMeter meter;
  for (int i = 0; i < 64; ++i)
    meter.answered({.latency = 900ms, .service_time = 10ms, .met = 80}, at(1s));
  EXPECT_EQ(meter.report(0, 0, at(2s)).latency, 900ms);
  EXPECT_EQ(meter.report(0, 0, at(2s) + 1ns).latency, 0s);
}

// Ten service times of 3 s.
TEST(LoadMeter, LongRequestsAreRememberedForLonger) {
  LoadMeter meter;
  meter.answered({.latency = 5s, .service_time = 3s}, at(10s));
  EXPECT_EQ(meter.report(0, 0, at(40s)).latency, 5s);
  EXPECT_EQ(meter.report(0, 0, at(41s)).latency, 0s);
}

TEST(LoadMeter, FailuresSayNothingAboutLatency) {
  LoadMeter meter;
  meter.answered({.latency = 1us, .ok = false}, at(1s));
  EXPECT_EQ(meter.report(0, 0, at(1s)).latency, 0s);
  EXPECT_EQ(meter.report(0, 0, at(1s)).service_time, 0s);
}

}  // namespace
}  // namespace steelyard
