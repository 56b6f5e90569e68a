// Numbered buckets for endpoints that come and go, as hashes that think in numbers need them. An
// endpoint keeps its bucket while it stays. So which bucket it has depends on the order in which
// endpoints came and went, but on nothing else: not on their order in a set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"

namespace steelyard {

class Buckets {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Changes {
    std::vector<std::uint32_t> vacated;  // buckets
    std::vector<std::size_t> newcomers;  // positions, without a bucket yet
  };

  // The set is now this one. As many newcomers as can be move into the buckets of those that left,
  // both in the order of their ids; what is over on one side is returned, so one list is empty.
  Changes update(std::span<const Endpoint> endpoints) {
    const std::vector<std::size_t> before = known_.update(endpoints);
    std::vector<std::uint32_t> buckets(endpoints.size(), kNone);
    Changes changes;
    for (const std::size_t i : positions_by_id(endpoints)) {
      if (before[i] == KnownEndpoints::kNew)
        changes.newcomers.push_back(i);
      else
        std::swap(buckets[i], of_[before[i]]);
    }
    for (const std::size_t i : old_by_id_)
      if (of_[i] != kNone) changes.vacated.push_back(of_[i]);
    const std::size_t moves = std::min(changes.vacated.size(), changes.newcomers.size());
    for (std::size_t i = 0; i < moves; ++i) buckets[changes.newcomers[i]] = changes.vacated[i];
    changes.vacated.erase(changes.vacated.begin(), changes.vacated.begin() + diff(moves));
    changes.newcomers.erase(changes.newcomers.begin(), changes.newcomers.begin() + diff(moves));
    of_ = std::move(buckets);
    old_by_id_ = positions_by_id(endpoints);
    return changes;
  }

  void give(std::size_t position, std::uint32_t bucket) { of_[position] = bucket; }
  // Buckets 0, 1, 2, … in the order of ids, whoever had which before.
  void number_anew() {
    std::uint32_t bucket = 0;
    for (const std::size_t i : old_by_id_) of_[i] = bucket++;
  }

  // By position.
  const std::vector<std::uint32_t>& of() const { return of_; }

 private:
  static std::ptrdiff_t diff(std::size_t count) { return static_cast<std::ptrdiff_t>(count); }

  std::vector<std::uint32_t> of_;
  std::vector<std::size_t> old_by_id_;  // positions
  KnownEndpoints known_;
};

// How many buckets to set out with for so many endpoints, if `wanted` does not suffice: some more,
// since sets that outgrow their buckets have to be laid out anew.
inline std::size_t bucket_capacity(std::size_t endpoints, std::size_t wanted) {
  return wanted >= endpoints ? wanted : endpoints + std::max<std::size_t>(16, endpoints / 4);
}

inline Parameter bucket_capacity_parameter() {
  return parameter::integer("capacity", 0, {0, 4194304},
                            "Endpoints there may ever be at once; 0: a quarter more than the first "
                            "set, at least 16 more.",
                            "none: the papers leave it to the user");
}

}  // namespace steelyard
