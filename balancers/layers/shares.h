// Chooses one of a few with probabilities in proportion to given shares: at random, or by the
// request's key where what stands behind goes by key too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "balancers/balancer.h"
#include "core/hash.h"

namespace steelyard {

class Shares {
 public:
  // `salt` is the layer's name, so that layers in front of each other do not cut the keys alike.
  explicit Shares(std::string_view salt) : salt_(xxh64(salt)) {}

  void set(std::vector<std::uint64_t> shares) {
    shares_ = std::move(shares);
    total_ = std::accumulate(shares_.begin(), shares_.end(), std::uint64_t{0});
  }
  std::uint64_t total() const { return total_; }
  // How much of all goes there; not a number if nothing goes anywhere, or to Balancer::kNobody.
  double share_of(std::size_t i) const {
    if (total_ == 0 || i >= shares_.size()) return Insight::kUnknown;
    return static_cast<double>(shares_[i]) / static_cast<double>(total_);
  }

  // Balancer::kNobody if there is no share at all. O(number of shares).
  std::size_t choose(const Choice& choice, bool by_key) const {
    if (total_ == 0) return Balancer::kNobody;
    const std::uint64_t number =
        by_key && choice.has_key ? mix64(salt_, choice.key_hash) : choice.random.next();
    std::uint64_t place = part_of(number, total_);
    std::size_t chosen = 0;
    while (place >= shares_[chosen]) place -= shares_[chosen++];
    return chosen;
  }

 private:
  std::uint64_t salt_;
  std::vector<std::uint64_t> shares_;
  std::uint64_t total_ = 0;
};

}  // namespace steelyard
