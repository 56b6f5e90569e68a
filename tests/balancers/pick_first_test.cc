#include <algorithm>
#include <set>

#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

// As of gRPC's pick_first: A61, A62, and grpc-go's balancer/pickfirst.
const Picker::Entries kShuffled{{"shuffle_address_list", {true}}};

void fail(Picker& picker, Outcome outcome) { picker.finish(picker.send(), 1ms, outcome); }

TEST(PickFirst, StaysWithTheFirstWhateverItsLoad) {
  Picker picker("pick_first", weighted({1, 5, 1}));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(picker.send(), 0);
}

TEST(PickFirst, GoesOnToTheNextWhenOneRefusesAndStaysThere) {
  Picker picker("pick_first", weighted({1, 1, 1}));
  fail(picker, Outcome::connection_refused);
  EXPECT_EQ(picker.letters(5), "bbbbb");
  fail(picker, Outcome::connection_refused);
  EXPECT_EQ(picker.letters(5), "ccccc");
}

// Three attempts under way are refused: one refusal of the connection, not of three endpoints.
TEST(PickFirst, OneConnectionIsRefusedOnce) {
  Picker picker("pick_first", weighted({1, 1, 1}));
  for (int i = 0; i < 3; ++i) picker.send();
  for (int i = 0; i < 3; ++i) picker.finish(0, 1ms, Outcome::connection_refused);
  EXPECT_EQ(picker.pick(), 1);
}

TEST(PickFirst, AConnectionThatBreaksIsSoughtFromTheBeginning) {
  Picker picker("pick_first", weighted({1, 1, 1}));
  fail(picker, Outcome::connection_refused);
  fail(picker, Outcome::connection_refused);
  EXPECT_EQ(picker.letters(2), "cc");
  fail(picker, Outcome::connection_reset);
  EXPECT_EQ(picker.letters(2), "aa");
}

TEST(PickFirst, GoesRoundWhenAllRefuse) {
  Picker picker("pick_first", weighted({1, 1, 1}));
  std::string tried;
  for (int i = 0; i < 7; ++i) {
    tried += picker.letters(1);
    fail(picker, Outcome::connection_refused);
  }
  EXPECT_EQ(tried, "abcabca");
}

// Requests that fail, or take too long, came over a connection that works.
TEST(PickFirst, OnlyConnectionsCount) {
  Picker picker("pick_first", weighted({1, 1}));
  for (const Outcome outcome : {Outcome::error_status, Outcome::queue_full, Outcome::bad_response,
                                Outcome::deadline_exceeded, Outcome::cancelled, Outcome::ok})
    fail(picker, outcome);
  EXPECT_EQ(picker.pick(), 0);
}

TEST(PickFirst, KeepsItsConnectionWhateverTheNewListIs) {
  Picker picker("pick_first", weighted({1, 1, 1}));
  fail(picker, Outcome::connection_refused);
  EXPECT_EQ(picker.letters(2), "bb");
  const auto all = weighted({1, 1, 1, 1});
  picker.set_endpoints({all[3], all[2], all[1], all[0]});
  EXPECT_EQ(picker.pick(), 2) << "b stands there now";
  picker.set_endpoints({all[3], all[0]});
  EXPECT_EQ(picker.pick(), 0) << "b has left: from the beginning";
}

// Nothing was sent yet, so nothing is connected.
TEST(PickFirst, BeforeTheFirstRequestANewListBeginsAnew) {
  const auto all = weighted({1, 1});
  Picker picker("pick_first", {all[1]});
  picker.set_endpoints(all);
  EXPECT_EQ(picker.pick(), 0);
}

// A hundred clients on ten endpoints: one stays unused with probability 10 x 0.9^100 < 0.0003.
TEST(PickFirst, ShuffledClientsSpread) {
  std::set<std::size_t> used;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Picker picker("pick_first", hosts(80, 10), kShuffled, seed);
    const std::size_t home = picker.pick();
    used.insert(home);
    fail(picker, Outcome::connection_refused);
    EXPECT_NE(picker.pick(), home);
    const std::size_t kept = picker.pick();
    picker.set_endpoints(picker.endpoints());  // shuffled again
    EXPECT_EQ(picker.pick(), kept);
  }
  EXPECT_EQ(used.size(), 10u);
}

TEST(PickFirst, TellsInWhichOrderItWouldTryThem) {
  Picker picker("pick_first", weighted({1, 1, 1}));
  fail(picker, Outcome::connection_refused);
  EXPECT_EQ(picker.insight().columns.back().values, (std::vector<double>{2, 0, 1}));
}

}  // namespace
}  // namespace steelyard::test
