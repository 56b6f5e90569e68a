#include <algorithm>

#include "core/hash.h"
#include "core/uint128.h"
#include "tests/balancers/picker.h"

namespace steelyard::test {
namespace {

std::uint32_t part(std::uint64_t hash, std::size_t count) {
  return static_cast<std::uint32_t>((static_cast<Uint128>(hash) * count) >> 64);
}

// The paper's idea before it is made small: every bucket that is out of use keeps a list of those
// in use just after it went, and a key that meets it goes on in that list.
class Model {
 public:
  Model(std::uint32_t capacity, std::uint32_t used) : left_over_(capacity) {
    for (std::uint32_t b = 0; b < capacity; ++b) in_use_.push_back(b);
    while (in_use_.size() > used) take_out(in_use_.back());
  }
  void take_out(std::uint32_t bucket) {
    gone_.emplace_back(bucket, in_use_);
    *std::find(in_use_.begin(), in_use_.end(), bucket) = in_use_.back();
    in_use_.pop_back();
    left_over_[bucket] = in_use_;
  }
  std::uint32_t bring_back() {
    const auto [bucket, in_use] = gone_.back();
    gone_.pop_back();
    in_use_ = in_use;
    left_over_[bucket].clear();
    return bucket;
  }
  std::uint32_t bucket_of(std::uint64_t key) const {
    std::uint32_t b = part(key, left_over_.size());
    while (!left_over_[b].empty())
      b = left_over_[b][part(mix64(key ^ (b * 0x9e3779b97f4a7c15u)), left_over_[b].size())];
    return b;
  }

 private:
  std::vector<std::uint32_t> in_use_;
  std::vector<std::vector<std::uint32_t>> left_over_;
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> gone_;  // and in use before
};

void expect_same(Picker& picker, const Model& model,
                 const std::vector<std::uint32_t>& bucket_of_id) {
  for (std::uint64_t key = 0; key < 500; ++key) {
    const std::size_t position = picker.pick_key(mix64(key));
    ASSERT_EQ(bucket_of_id[picker.endpoints()[position].id], model.bucket_of(mix64(key)));
  }
}

// 200 comings and goings among up to 24 buckets.
TEST(AnchorHash, IsThePapersListsWithoutTheLists) {
  RandomStream random(mix64(3));
  Picker picker("anchor_hash", hosts(80, 12), {{"capacity", {std::int64_t{24}}}});
  Model model(24, 12);
  std::vector<std::uint32_t> bucket_of_id;
  for (std::uint32_t id = 0; id < 12; ++id) bucket_of_id.push_back(id);
  expect_same(picker, model, bucket_of_id);
  for (int change = 0; change < 200; ++change) {
    auto endpoints = picker.endpoints();
    if (endpoints.size() == 24 || (endpoints.size() > 1 && random.chance(0.5))) {
      const auto gone = endpoints.begin() + static_cast<int>(random.below(endpoints.size()));
      model.take_out(bucket_of_id[gone->id]);
      endpoints.erase(gone);
    } else {
      const auto id = static_cast<std::uint32_t>(bucket_of_id.size());
      endpoints.push_back({.name = std::to_string(id), .id = id});
      bucket_of_id.push_back(model.bring_back());
    }
    std::swap(endpoints.front(), endpoints[random.below(endpoints.size())]);
    picker.set_endpoints(endpoints);
    expect_same(picker, model, bucket_of_id);
    ASSERT_FALSE(HasFailure()) << "seed 3, change " << change;
  }
}

// Each of ten has a tenth of 40,000 keys, deviation 60; after five left a fifth, deviation 80.
TEST(AnchorHash, SharesAreEvenAsChance) {
  Picker picker("anchor_hash", hosts(80, 10));
  for (const std::size_t n : {10, 5}) {
    auto endpoints = picker.endpoints();
    while (endpoints.size() > n) endpoints.erase(endpoints.begin() + 1);
    picker.set_endpoints(endpoints);
    std::vector<int> counts(n, 0);
    for (std::uint64_t key = 0; key < 40000; ++key) ++counts[picker.pick_key(mix64(key))];
    for (const int count : counts) EXPECT_NEAR(count, 40000.0 / static_cast<double>(n), 320);
  }
}

// 3 + 16 buckets hold 19 endpoints; the twentieth makes it start anew, with 36.
TEST(AnchorHash, ASetThatOutgrowsTheBucketsIsLaidOutAnew) {
  Picker grown("anchor_hash", hosts(80, 3));
  grown.set_endpoints(hosts(80, 20));
  Picker fresh("anchor_hash", hosts(80, 20));
  for (std::uint64_t key = 0; key < 1000; ++key)
    EXPECT_EQ(grown.pick_key(mix64(key)), fresh.pick_key(mix64(key)));
}

}  // namespace
}  // namespace steelyard::test
