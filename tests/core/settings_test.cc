#include "core/settings.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

Value strategy(std::string name, std::string setting, Value value) {
  auto named = std::make_shared<Named>();
  named->name = std::move(name);
  named->settings.set(std::move(setting), std::move(value));
  return {std::shared_ptr<const Named>(std::move(named))};
}

TEST(Settings, ReturnWhatWasSetLast) {
  Settings settings;
  settings.set("choices", {std::int64_t{2}});
  settings.set("choices", {std::int64_t{3}});
  settings.set("mean", {Duration(5ms)});
  settings.set("share", {0.25});
  settings.set("replace", {true});
  settings.set("file", {std::string("trace.csv")});
  EXPECT_EQ(settings.integer("choices"), 3);
  EXPECT_EQ(settings.duration("mean"), 5ms);
  EXPECT_EQ(settings.number("share"), 0.25);
  EXPECT_TRUE(settings.flag("replace"));
  EXPECT_EQ(settings.text("file"), "trace.csv");
  EXPECT_EQ(settings.entries().size(), 5u);
}

TEST(Settings, HaveOnlyWhatIsGiven) {
  Settings settings;
  settings.set("mean", {});
  EXPECT_FALSE(settings.has("mean"));
  EXPECT_FALSE(settings.has("median"));
  settings.set("mean", {1.0});
  EXPECT_TRUE(settings.has("mean"));
}

TEST(SettingsDeathTest, AbortOnANameThatWasNotDeclaredAndOnTheWrongType) {
  Settings settings;
  settings.set("choices", {std::int64_t{2}});
  EXPECT_DEATH((void)settings.integer("chioces"), "chioces");
  EXPECT_DEATH((void)settings.number("choices"), "another type");
}

TEST(ValueText, ReadsLikeTheScenario) {
  EXPECT_EQ(to_text(Value{}), "none");
  EXPECT_EQ(to_text(Value{true}), "true");
  EXPECT_EQ(to_text(Value{std::int64_t{-3}}), "-3");
  EXPECT_EQ(to_text(Value{0.25}), "0.25");
  EXPECT_EQ(to_text(Value{Duration(5ms)}), "5ms");
  EXPECT_EQ(to_text(Value{std::string("fifo")}), "fifo");
  EXPECT_EQ(to_text(Value{Value::List{{1.0}, {2.0}}}), "[1, 2]");
  EXPECT_EQ(to_text(strategy("exponential", "mean", {Duration(5ms)})), "exponential(mean=5ms)");
}

TEST(NamedText, ShowsOnlyWhatDiffersFromTheDefaults) {
  const std::vector<Parameter> declared{parameter::integer("choices", 2, {2, 64}, ""),
                                        parameter::boolean("replace", false, "")};
  Named named{.name = "p2c", .settings = {}};
  named.settings.set("choices", {std::int64_t{2}});
  named.settings.set("replace", {false});
  EXPECT_EQ(to_text(named, declared), "p2c");
  named.settings.set("choices", {std::int64_t{3}});
  EXPECT_EQ(to_text(named, declared), "p2c(choices=3)");
  named.settings.set("replace", {true});
  EXPECT_EQ(to_text(named, declared), "p2c(choices=3, replace=true)");
}

TEST(ValueEquality, ComparesStrategiesByWhatTheySay) {
  const Value five = strategy("exponential", "mean", {Duration(5ms)});
  EXPECT_TRUE(five == strategy("exponential", "mean", {Duration(5ms)}));
  EXPECT_FALSE(five == strategy("exponential", "mean", {Duration(6ms)}));
  EXPECT_FALSE(five == strategy("constant", "mean", {Duration(5ms)}));
  EXPECT_FALSE(Value{1.0} == Value{std::int64_t{1}});
  EXPECT_TRUE(Value{} == Value{});
}

// Text is rounded for people; equality must not be.
TEST(ValueEquality, SeesDifferencesThatTheTextRoundsAway) {
  EXPECT_FALSE(strategy("poisson", "rate", {1000000.25}) ==
               strategy("poisson", "rate", {1000000.75}));
  EXPECT_FALSE((Value{Value::List{{1.00000001}}} == Value{Value::List{{1.00000002}}}));
  EXPECT_FALSE(strategy("constant", "value", {Duration(1234567ns)}) ==
               strategy("constant", "value", {Duration(1234568ns)}));
}

TEST(ValueEquality, ComparesTablesByTheirContents) {
  const Table table{.file = "a.csv", .columns = {"second", "requests"}, .cells = {0, 3, 1, 4}};
  const auto held = [](const Table& t) { return Value{std::make_shared<const Table>(t)}; };
  Table other = table;
  EXPECT_TRUE(held(table) == held(other));
  other.cells.back() = 5;
  EXPECT_FALSE(held(table) == held(other));
}

TEST(Table, IsRowMajor) {
  const Table table{.file = "a.csv", .columns = {"second", "requests"}, .cells = {0, 3, 1, 4}};
  EXPECT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.at(1, 0), 1);
  EXPECT_EQ(table.at(0, 1), 3);
  EXPECT_EQ(Table{}.rows(), 0u);
}

TEST(Declarations, SayWhatTheyBound) {
  const Parameter ratio = parameter::ratio("share", 0.5, "A share.");
  EXPECT_EQ(ratio.min, 0);
  EXPECT_EQ(ratio.max, 1);
  EXPECT_FALSE(ratio.min_excluded);
  const Parameter required = parameter::required("mean", Type::duration, "The mean.");
  EXPECT_TRUE(required.required);
  EXPECT_TRUE(required.min_excluded);
  EXPECT_FALSE(required.fallback.given());
  EXPECT_FALSE(parameter::optional("mean", Type::duration, "The mean.").required);
}

}  // namespace
}  // namespace steelyard
