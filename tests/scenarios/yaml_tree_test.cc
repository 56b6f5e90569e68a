#include "scenarios/yaml_tree.h"

#include <gtest/gtest.h>

#include "scenarios/tree_edit.h"

namespace steelyard {
namespace {

class YamlTree : public testing::Test {
 protected:
  NodePtr parse(std::string text) {
    text_ = std::move(text);
    return parse_yaml(text_, {.source = problems_.add_source("t", text_)}, problems_);
  }
  static std::string place(const Place& place) {
    return std::to_string(place.line) + ":" + std::to_string(place.column);
  }

  std::string text_;
  Problems problems_;
};

TEST_F(YamlTree, KnowsWhereEverythingStands) {
  const NodePtr root = parse("a: 1\nb:\n  c: [x, {d: y}]\n");
  EXPECT_EQ(place(root->place), "1:1");
  const Node::Entry& b = root->entries.at(1);
  EXPECT_EQ(place(b.place), "2:1");
  EXPECT_EQ(place(b.value->place), "3:3");
  const Node& list = *b.value->find("c")->value;
  EXPECT_EQ(place(list.place), "3:6");
  EXPECT_EQ(place(list.items[0]->place), "3:7");
  EXPECT_EQ(place(list.items[1]->find("d")->value->place), "3:14");
}

// Columns count bytes, as compilers do: the é takes two.
TEST_F(YamlTree, CountsBytes) {
  EXPECT_EQ(place(parse("a: [é, x]")->find("a")->value->items[1]->place), "1:9");
}

TEST_F(YamlTree, TellsQuotedTextFromPlain) {
  const NodePtr root = parse("[5, '5', \"5\", ~, null, 'null']");
  EXPECT_FALSE(root->items[0]->quoted);
  EXPECT_TRUE(root->items[1]->quoted);
  EXPECT_TRUE(root->items[2]->quoted);
  EXPECT_EQ(root->items[3]->kind, Node::Kind::null);
  EXPECT_EQ(root->items[4]->kind, Node::Kind::null);
  EXPECT_EQ(root->items[5]->kind, Node::Kind::scalar);
}

TEST_F(YamlTree, PutsAMissingValueAtItsKey) {
  const NodePtr root = parse("a:\n\n\nb: 1\n");
  EXPECT_EQ(place(root->find("a")->value->place), "1:1");
}

TEST_F(YamlTree, SharesWhatAliasesNameAndCountsItTwice) {
  const NodePtr root = parse("a: &x [1, 2]\nb: *x\n");
  EXPECT_EQ(root->find("a")->value, root->find("b")->value);
  EXPECT_EQ(root->size, 7u);  // the map, and twice a list of two
  EXPECT_EQ(root->height, 3);
}

TEST_F(YamlTree, ReportsDuplicatesAndGoesOnWithTheFirst) {
  const NodePtr root = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->find("a")->value->scalar, "1");
  EXPECT_EQ(root->entries.size(), 2u);
  EXPECT_EQ(problems_.count(), 2u);
}

TEST_F(YamlTree, IsNothingForNothing) {
  EXPECT_EQ(parse(""), nullptr);
  EXPECT_EQ(parse("# only a comment\n"), nullptr);
  EXPECT_TRUE(problems_.empty());
}

TEST_F(YamlTree, CountsColumnsFromWhereItStarts) {
  const std::string text = "[x, y]";
  const NodePtr root = parse_yaml(text, {.source = 0, .line = 1, .column = 10}, problems_);
  EXPECT_EQ(place(root->place), "1:10");
  EXPECT_EQ(place(root->items[1]->place), "1:14");
}

// ---- Edits --------------------------------------------------------------------------------------

TEST_F(YamlTree, IsEditedWithoutTouchingTheOriginal) {
  const NodePtr root = parse("a: {b: 1, c: 2}\nd: {e: 3}\n");
  const NodePtr value = parse("9");
  const NodePtr edited = with_value(root, {"a", "b"}, value, {}).value();
  EXPECT_EQ(short_text(*edited), "{a={b=9, c=2}, d=e(3)}");
  EXPECT_EQ(short_text(*root), "{a={b=1, c=2}, d=e(3)}");
  EXPECT_EQ(edited->find("d")->value, root->find("d")->value);  // shared
}

TEST_F(YamlTree, GrowsTheSectionsAnEditNeeds) {
  const NodePtr root = parse("balancer: p2c\nempty:\n");
  const NodePtr value = parse("3");
  EXPECT_EQ(short_text(*with_value(root, {"x", "y", "z"}, value, {}).value()),
            "{balancer=p2c, empty=none, x=y(z=3)}");
  EXPECT_EQ(short_text(*with_value(root, {"empty", "y"}, value, {}).value()),
            "{balancer=p2c, empty=y(3)}");
  // A name is short for {name: {}}.
  EXPECT_EQ(short_text(*with_value(root, {"balancer", "p2c", "choices"}, value, {}).value()),
            "{balancer=p2c(choices=3), empty=none}");
}

TEST_F(YamlTree, RefusesEditsThatLeadNowhere) {
  const NodePtr root = parse("a: 1\nlist: [1, 2]\nservices: {orders: {}}\n");
  const NodePtr value = parse("3");
  EXPECT_EQ(with_value(root, {"a", "b"}, value, {}).error(),
            "got a path through 'a', which is '1', expected a section with the key 'b'");
  EXPECT_EQ(with_value(root, {"list", "2"}, value, {}).error(),
            "got '2' as a position in 'list', a list of 2, expected 0 to 1");
  EXPECT_EQ(with_value(root, {"services", "order", "instances"}, value, {}).error(),
            "unknown service 'order'; did you mean 'orders'?");
  EXPECT_TRUE(with_value(root, {"list", "1"}, value, {}).ok());
}

TEST(Paths, AreSplitAtDots) {
  EXPECT_EQ(split_path("a.b.0").value(), (std::vector<std::string>{"a", "b", "0"}));
  for (const char* path : {"", ".", "a.", ".a", "a..b"})
    EXPECT_FALSE(split_path(path).ok()) << path;
  std::string endless = "a";
  for (int i = 0; i < 100; ++i) endless += ".a";
  EXPECT_FALSE(split_path(endless).ok());
}

}  // namespace
}  // namespace steelyard
