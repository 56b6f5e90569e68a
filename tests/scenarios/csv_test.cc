#include "scenarios/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steelyard {
namespace {

using testing::ElementsAre;

TEST(Csv, ReadsColumnsAndNumbers) {
  const Table table = parse_csv("second,requests\n0,1.5\n1,-2e3\n", "t.csv").value();
  EXPECT_EQ(table.file, "t.csv");
  EXPECT_THAT(table.columns, ElementsAre("second", "requests"));
  EXPECT_THAT(table.cells, ElementsAre(0, 1.5, 1, -2000));
  EXPECT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.at(1, 1), -2000);
}

TEST(Csv, CountsColumnsWithoutNames) {
  EXPECT_THAT(parse_csv("3,4\n5,6", "t").value().columns, ElementsAre("1", "2"));
}

TEST(Csv, IsPatientWithSpacesQuotesCommentsAndLineEnds) {
  const Table table =
      parse_csv("\xEF\xBB\xBF# made by hand\r\n\"a\" , b\r\n\r\n \"1\" ,2 \r\n", "t").value();
  EXPECT_THAT(table.columns, ElementsAre("a", "b"));
  EXPECT_THAT(table.cells, ElementsAre(1, 2));
}

TEST(Csv, SaysWhichLineIsWrong) {
  EXPECT_EQ(parse_csv("a\n1\nx\n", "t").error(),
            "t:3: got 'x', expected a number such as 3 or 0.5");
  EXPECT_EQ(parse_csv("a,b\n1,2\n3\n", "t").error(),
            "t:3: got 1 values, expected 2 as in the lines before");
  EXPECT_EQ(parse_csv("a\nnan\n", "t").error(),
            "t:2: got 'nan', expected a number such as 3 or 0.5");
  EXPECT_EQ(parse_csv("a\n1\n\n,\n", "t").error(),
            "t:4: got 2 values, expected 1 as in the lines before");
}

TEST(Csv, IsNeverEmpty) {
  EXPECT_EQ(parse_csv("", "t").error(), "t: got no numbers, expected lines of them");
  EXPECT_EQ(parse_csv("a,b\n", "t").error(), "t: got no numbers, expected lines of them");
}

TEST(Csv, IsOfLimitedWidth) {
  EXPECT_EQ(parse_csv(std::string(100, ',') + "\n", "t").error(),
            "t:1: got 101 columns, expected at most 100");
}

}  // namespace
}  // namespace steelyard
