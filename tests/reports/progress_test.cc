#include "reports/progress.h"

#include <gtest/gtest.h>

#include "reports/layout.h"

namespace steelyard {
namespace {

// 5 of 20 in 10 s: a quarter, 0.5 per second (30 a minute), 30 s left for the other 15.
TEST(ProgressLine, ShowsShareRateAndTimeLeft) {
  const std::string line = progress_line(5, 20, 10, "quickstart", 100);
  EXPECT_EQ(line, "quickstart  ███████▌░░░░░░░░░░░░░░░░░░░░░░   25%  0:30 left  5/20  30.0/min");
}

TEST(ProgressLine, SaysNothingAboutTimeBeforeThereIsAnything) {
  EXPECT_EQ(progress_line(0, 20, 0, "run", 40), "run  ░░░░░░░░░░░░░░░░░░░░░░░    0%  0/20");
}

TEST(ProgressLine, EndsWithTheTimeTaken) {
  const std::string line = progress_line(20, 20, 3725, "run", 80);
  EXPECT_NE(line.find("100%  1:02:05  20/20"), std::string::npos) << line;
}

TEST(ProgressLine, CountsWhenTheTotalIsNotKnown) {
  EXPECT_EQ(progress_line(12, 0, 3, "run", 80), "run  12 done  4.0/s");
}

TEST(ProgressLine, NeverExceedsTheWidth) {
  for (std::size_t width = 1; width < 130; ++width)
    for (const double done : {0.0, 0.3, 7.0, 19.99, 20.0, 25.0})
      for (const std::string label :
           {"", "run", "a scenario with quite a long name", "注文注文注文"})
        EXPECT_LE(display_width(progress_line(done, 20, 100 * done, label, width)), width)
            << width << ' ' << done << ' ' << label;
}

// The percentage never claims more than was done.
TEST(ProgressLine, IsNotAtHundredBeforeTheEnd) {
  EXPECT_EQ(progress_line(19.999, 20, 1, "run", 80).find("100%"), std::string::npos);
}

}  // namespace
}  // namespace steelyard
