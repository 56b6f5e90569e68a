// What subsets have in common: one group, some of the endpoints, picked by who the caller is.
//
// A subset is cut from all endpoints known, healthy or not: if it followed health, one endpoint
// that comes and goes would move every caller's subset. So a subset can be sick as a whole; `panic`
// behind it decides what then happens.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "balancers/grouped.h"

namespace steelyard {

class Subset : public Grouped {
 public:
  Subset(std::size_t size, BalancerMaker inner) : Grouped(std::move(inner)), size_(size) {}

  static std::string idle_with(const Settings& settings, std::size_t endpoints) {
    const std::int64_t size = settings.integer("size");
    if (std::cmp_less(size, endpoints)) return {};
    return fmt::format("gives every caller all {} endpoints, as its size is {}", endpoints, size);
  }

  bool wants_unhealthy() const final { return true; }
  bool keeps_connections() const final { return false; }

 protected:
  // `size` distinct positions. REQUIRES of the caller: size < endpoints.size().
  virtual std::vector<std::size_t> subset(std::span<const Endpoint> endpoints, std::size_t size,
                                          RandomStream& random) = 0;

 private:
  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant,
                             RandomStream& random) final {
    if (size_ >= endpoints.size()) return {all_of(endpoints)};
    std::vector<std::size_t> chosen = subset(endpoints, size_, random);
    std::sort(chosen.begin(), chosen.end());
    Group group;
    for (const std::size_t position : chosen)
      group.members.push_back({position, endpoints[position].weight});
    return {std::move(group)};
  }

  std::size_t size_;
};

}  // namespace steelyard
