// Tests that judge what was measured in real time.
#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdio>

namespace steelyard::live {

// Does `body`, which measures and expects, and does it again if it failed, twice at most: a machine
// that is busy elsewhere spoils one measurement, what is wrong spoils all. Failures count in the
// last only, and of the others are printed.
template <class Body>
void measured(const Body& body) {
  constexpr int kAttempts = 3;
  for (int attempt = 1; attempt < kAttempts; ++attempt) {
    testing::TestPartResultArray results;
    {
      const testing::ScopedFakeTestPartResultReporter reporter(
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
      body();
    }
    bool failed = false;
    for (int i = 0; i < results.size(); ++i) {
      if (!results.GetTestPartResult(i).failed()) continue;
      failed = true;
      std::printf("attempt %d: %s\n", attempt, results.GetTestPartResult(i).message());
    }
    if (!failed) return;
  }
  body();
}

}  // namespace steelyard::live
