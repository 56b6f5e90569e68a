#include "scenarios/problem.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

Problem only(const std::string& text, Place place) {
  Problems problems;
  place.source = problems.add_source("shop.yaml", text);
  problems.add({place, "run.seed"}, "got 'x', expected a number");
  return problems.sorted().at(0);
}

TEST(ProblemText, GivesPlacePathMessageLineAndCaret) {
  const Problem problem = only("name: shop\nrun: {seed: x}\n", {.line = 2, .column = 13});
  EXPECT_EQ(to_text(problem),
            "shop.yaml:2:13: run.seed: got 'x', expected a number\n"
            "    2 | run: {seed: x}\n"
            "                    ^\n");  // 8 columns of margin and 12 before the x
}

TEST(ProblemText, PutsTheCaretUnderTheCharacterWhateverStandsBefore) {
  // The é takes two bytes and one column on the screen; a tab is repeated.
  const Problem problem = only("é\tx\n", {.line = 1, .column = 4});
  EXPECT_EQ(to_text(problem),
            "shop.yaml:1:4: run.seed: got 'x', expected a number\n"
            "    1 | é\tx\n"
            "         \t^\n");
}

TEST(ProblemText, HasNoLineBehindTheEndOfTheFile) {
  EXPECT_EQ(to_text(only("a\n", {.line = 7, .column = 1})),
            "shop.yaml:7:1: run.seed: got 'x', expected a number\n");
}

TEST(ProblemText, CutsLongLinesAroundTheColumn) {
  const Problem problem =
      only(std::string(5000, 'a') + "X" + std::string(5000, 'b'), {.line = 1, .column = 5001});
  EXPECT_LE(problem.source_line.size(), 160u);
  EXPECT_EQ(problem.source_line[static_cast<std::size_t>(problem.caret)], 'X');
  EXPECT_EQ(problem.column, 5001);
}

TEST(ProblemText, KeepsEscapeSequencesFromTheTerminal) {
  const Problem problem = only("a\x1b[31m\xff\xc2\x9b", {.line = 1, .column = 1});
  EXPECT_EQ(problem.source_line, "a?[31m??");
  EXPECT_EQ(in_quotes("a\x1b\nb"), "'a??b'");
}

TEST(ProblemText, ShortensWhatItQuotes) {
  EXPECT_EQ(in_quotes(std::string(100, 'a')), "'" + std::string(60, 'a') + "…'");
}

TEST(Suggestion, NamesTheNearestElseTheFirstTwenty) {
  EXPECT_EQ(suggestion("p2x", {"p2c", "random"}), "; did you mean 'p2c'?");
  EXPECT_EQ(suggestion("zzz", {"p2c", "random"}), ", expected one of p2c, random");
  EXPECT_EQ(suggestion("zzz", {"p2c"}), ", expected 'p2c'");
  std::string twenty;
  for (int i = 0; i < 20; ++i) twenty += "random, ";
  EXPECT_EQ(suggestion("zzz", std::vector<std::string>(30, "random")),
            ", expected one of " + twenty + "…");
}

TEST(Problems, AreSortedAndEachToldOnce) {
  Problems problems;
  const int file = problems.add_source("a", "x\ny\n");
  const int override_text = problems.add_source("b", "z");
  problems.add({{override_text, 1, 1}, ""}, "third");
  problems.add({{file, 2, 1}, ""}, "second");
  problems.add({{file, 1, 1}, ""}, "first");
  problems.add({{file, 2, 1}, ""}, "second");
  std::string order;
  for (const Problem& problem : problems.sorted()) order += problem.message + " ";
  EXPECT_EQ(order, "first second third ");
}

TEST(Problems, StopAtEnough) {
  Problems problems;
  problems.add_source("a", "x\n");
  for (int line = 1; line <= 60; ++line) problems.add({{0, line, 1}, ""}, "wrong");
  EXPECT_TRUE(problems.full());
  EXPECT_EQ(problems.count(), 50u);
  EXPECT_EQ(problems.sorted().back().message, "and more; the first 50 found are listed");
}

}  // namespace
}  // namespace steelyard
