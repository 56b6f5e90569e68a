#include "scenarios/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steelyard {
namespace {

using testing::ElementsAre;

struct Engine {
  std::int64_t cylinders = 4;
  double power = 1;
};
struct Car {
  std::string colour;
  Engine engine;
  std::optional<Duration> age;
};

Codec<Car> car() {
  const auto engine =
      Object<Engine>("What drives it.")
          .optional("cylinders", &Engine::cylinders, codec::whole({1, 16}), "How many.")
          .optional("power", &Engine::power, codec::number({0, 10, true}), "How much.")
          .rule([](const Node& node, Reader& reader, Engine& value) {
            return value.power <= static_cast<double>(value.cylinders) ||
                   reader.complain(node, "too strong");
          })
          .codec();
  return Object<Car>("A car.")
      .required("colour", &Car::colour, codec::choice({"red", "green"}), "What it looks like.")
      .optional("engine", &Car::engine, engine, "What drives it.")
      .optional("age", &Car::age, codec::duration(), "How old it is.")
      .codec();
}

class Binding : public testing::Test {
 protected:
  bool read(const std::string& text, Car& value) {
    text_ = text;
    const NodePtr root = parse_yaml(text_, {.source = problems_.add_source("t", text_)}, problems_);
    Reader reader(problems_, [](const std::string&) -> Result<std::shared_ptr<const Table>> {
      return Error{"no tables here"};
    });
    return car().read(*root, reader, value);
  }
  std::vector<std::string> complaints() const {
    std::vector<std::string> all;
    for (const Problem& problem : problems_.sorted())
      all.push_back(problem.path + ": " + problem.message);
    return all;
  }

  std::string text_;
  Problems problems_;
};

TEST_F(Binding, WritesOverWhatIsThere) {
  Car value{.colour = "green", .engine = {.cylinders = 8, .power = 3}, .age = std::nullopt};
  EXPECT_TRUE(read("{colour: red, engine: {power: 2.5}, age: 2h}", value));
  EXPECT_EQ(value.colour, "red");
  EXPECT_EQ(value.engine.power, 2.5);
  EXPECT_EQ(value.engine.cylinders, 8);
  EXPECT_EQ(value.age, 2h);
}

TEST_F(Binding, FindsEveryMistake) {
  Car value;
  EXPECT_FALSE(read("{color: red, engine: {cylinders: 17, power: 0, wheels: 4}, age: 2}", value));
  EXPECT_THAT(complaints(),
              ElementsAre("color: unknown key 'color'; did you mean 'colour'?",
                          "engine.cylinders: got '17', expected 1 to 16",
                          "engine.power: got '0', expected more than 0, at most 10",
                          "engine.wheels: unknown key 'wheels', expected one of cylinders, power",
                          "age: got '2', expected a duration with its unit (10ns, 200us, 5ms, "
                          "1.5s, 2min, 1h); did you mean '2ms' or '2s'?"));
}

TEST_F(Binding, ChecksRulesAboutSeveralKeysOnceTheKeysAreRight) {
  Car value;
  EXPECT_FALSE(read("{colour: red, engine: {cylinders: 2, power: 3}}", value));
  EXPECT_THAT(complaints(), ElementsAre("engine: too strong"));
}

TEST_F(Binding, SaysWhatAMissingKeyIsFor) {
  Car value;
  EXPECT_FALSE(read("{}", value));
  EXPECT_THAT(complaints(), ElementsAre(": missing key 'colour', expected what it looks like"));
}

TEST_F(Binding, MakesTheSchemaFromTheSameDeclaration) {
  EXPECT_EQ(car().schema, Json::parse(R"({
    "type": "object", "description": "A car.",
    "properties": {
      "colour": {"type": "string", "enum": ["red", "green"],
                 "description": "What it looks like."},
      "engine": {"type": "object", "description": "What drives it.",
                 "properties": {
                   "cylinders": {"type": "integer", "minimum": 1, "maximum": 16,
                                 "description": "How many.", "default": 4},
                   "power": {"type": "number", "exclusiveMinimum": 0, "maximum": 10,
                             "description": "How much.", "default": 1.0}},
                 "additionalProperties": false},
      "age": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(ns|us|ms|s|min|h)$",
              "description": "How old it is."}},
    "required": ["colour"],
    "additionalProperties": false})"));
}

TEST(Names, AreLettersDigitsUnderscoresAndHyphens) {
  for (const char* name : {"a", "_a", "orders-2", "A_b"}) EXPECT_TRUE(codec::is_name(name)) << name;
  for (const char* name : {"", "2a", "-a", "a b", "a/b", "a.b", "a:b", "é"})
    EXPECT_FALSE(codec::is_name(name)) << name;
  EXPECT_FALSE(codec::is_name(std::string(101, 'a')));
}

}  // namespace
}  // namespace steelyard
