#include "models/parameters.h"

#include <gtest/gtest.h>

#include "tests/models/models.h"

namespace steelyard {
namespace {

Settings with(std::vector<std::string> names) {
  Settings settings;
  for (const std::string name : {"mean", "median", "scale"}) settings.set(name, {});
  for (const std::string& name : names) settings.set(name, {1.0});
  return settings;
}

TEST(ExactlyOne, SaysWhichIsGiven) {
  EXPECT_EQ(exactly_one(with({"median"}), {"mean", "median", "scale"}).value(), "median");
}

TEST(ExactlyOne, SaysWhatWasGivenAndWhatCouldBe) {
  EXPECT_EQ(exactly_one(with({}), {"mean", "median", "scale"}).error(),
            "got none of them, expected exactly one of mean, median, scale");
  EXPECT_EQ(exactly_one(with({"scale", "mean"}), {"mean", "median", "scale"}).error(),
            "got mean and scale, expected exactly one of mean, median, scale");
}

TEST(Declarations, AreBoundedAsTheirNamesSay) {
  const Parameter required = parameter::required("value", Type::duration, "A value.");
  EXPECT_TRUE(required.min_excluded);
  EXPECT_FALSE(or_zero(required).min_excluded);
  EXPECT_EQ(or_zero(required).min, 0);
  EXPECT_TRUE(list_of(required).list);
  EXPECT_EQ(between(1, 5, required).min, 1);
  EXPECT_EQ(between(1, 5, required).max, 5);
  EXPECT_EQ(strategy_of("schedule", "rate", "The rate.").kind, "schedule");
  EXPECT_FALSE(strategy_of("schedule", "rate", "The rate.", false).required);
}

TEST(ReadColumn, TakesTheNamedOneOrElseTheFirstOrTheLast) {
  Settings settings;
  settings.set("file", testing_models::table({"a", "b_ms", "c_us"}, {1, 2, 3, 4, 5, 6}));
  settings.set("column", {});
  EXPECT_EQ(read_column(settings, 0).value().values, (std::vector<double>{1, 4}));
  EXPECT_EQ(read_column(settings, -1).value().values, (std::vector<double>{3, 6}));
  settings.set("column", {std::string("b_ms")});
  const Column column = read_column(settings, 0).value();
  EXPECT_EQ(column.values, (std::vector<double>{2, 5}));
  EXPECT_EQ(column.unit, 1e-3);
  EXPECT_EQ(place_of(column, 1), "test.csv: row 2, column 'b_ms'");
}

}  // namespace
}  // namespace steelyard
