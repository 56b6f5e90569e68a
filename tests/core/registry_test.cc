#include "core/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steelyard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A kind of strategy of this test's own: things that answer with a number.
class Answer {
 public:
  static constexpr const char* kKind = "test_answer";
  virtual ~Answer() = default;
  virtual std::int64_t value() const = 0;
};

class Fixed final : public Answer {
 public:
  explicit Fixed(std::int64_t value) : value_(value) {}
  std::int64_t value() const override { return value_; }

 private:
  std::int64_t value_;
};

const Registration<Answer> kSecond{{
    .name = "second",
    .summary = "Registered first, listed second.",
    .parameters = {parameter::integer("value", 42, {0, 100}, "The answer.")},
    .make = [](const Settings& s) -> Result<std::unique_ptr<Answer>> {
      if (s.integer("value") == 13) return Error{"got 13, expected a lucky number"};
      return std::make_unique<Fixed>(s.integer("value"));
    },
}};

const Registration<Answer> kFirst{{
    .name = "first",
    .summary = "Registered second, listed first.",
    .make = [](const Settings&) -> Result<std::unique_ptr<Answer>> {
      return std::make_unique<Fixed>(1);
    },
}};

TEST(Catalogue, ListsByKindAndNameWhateverTheOrderOfRegistration) {
  std::vector<std::string> names;
  for (const StrategyInfo* info : Catalogue::of_kind("test_answer")) names.push_back(info->name);
  EXPECT_THAT(names, ElementsAre("first", "second"));
  EXPECT_THAT(Catalogue::kinds(), testing::Contains("test_answer"));
  EXPECT_THAT(Catalogue::of_kind("no_such_kind"), IsEmpty());
}

TEST(Catalogue, FindsWhatIsRegisteredAndNothingElse) {
  ASSERT_NE(Catalogue::find("test_answer", "second"), nullptr);
  EXPECT_EQ(Catalogue::find("test_answer", "second")->summary, "Registered first, listed second.");
  EXPECT_EQ(Catalogue::find("test_answer", "third"), nullptr);
  EXPECT_EQ(Catalogue::find("other", "second"), nullptr);
}

TEST(Registration, MakesAStrategyFromItsDefaults) {
  auto answer = Registration<Answer>::make(defaults("test_answer", "second"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.value()->value(), 42);
}

TEST(Registration, HandsOnTheErrorOfTheStrategy) {
  Named named = defaults("test_answer", "second");
  named.settings.set("value", {std::int64_t{13}});
  const auto answer = Registration<Answer>::make(named);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error(), "got 13, expected a lucky number");
}

TEST(Registration, NamesWhatIsUnknown) {
  const auto answer = Registration<Answer>::make({.name = "third", .settings = {}});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error(), "unknown test_answer 'third'");
}

TEST(RegistrationDeathTest, RefusesTwoOfOneName) {
  EXPECT_DEATH(
      (Registration<Answer>{{.name = "first",
                             .summary = "Again.",
                             .make = [](const Settings&) -> Result<std::unique_ptr<Answer>> {
                               return Error{"never"};
                             }}}),
      "registered under the same name");
}

TEST(Nearest, OffersTheNameThatWasMeant) {
  const std::vector<std::string> names{"least_request", "maglev",    "p2c",        "peak_ewma",
                                       "random",        "ring_hash", "round_robin"};
  EXPECT_THAT(nearest("p2x", names), ElementsAre("p2c"));
  EXPECT_THAT(nearest("roundrobin", names), ElementsAre("round_robin"));
  EXPECT_THAT(nearest("mgalev", names), ElementsAre("maglev"));  // neighbours swapped: one edit
  EXPECT_THAT(nearest("least", names), ElementsAre("least_request"));
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_THAT(nearest("zookeeper", {"p2c", "maglev"}), IsEmpty());
  EXPECT_THAT(nearest("", {"p2c"}), IsEmpty());
  EXPECT_THAT(nearest("a", {}), IsEmpty());
  EXPECT_THAT(nearest(std::string(1'000'000, 'x'), {"p2c"}), IsEmpty());
}

TEST(Nearest, OffersAtMostThreeTheBestFirst) {
  EXPECT_THAT(nearest("rate", {"rates", "rate2", "rat", "rate_x", "rate"}),
              ElementsAre("rate", "rat", "rate2"));
}

}  // namespace
}  // namespace steelyard
