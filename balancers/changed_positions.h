// Positions whose count of requests in flight may have changed since the last look, each once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace steelyard {

class ChangedPositions {
 public:
  void reset(std::size_t count) {
    changed_.clear();
    changed_.reserve(count);
    is_changed_.assign(count, 0);
  }
  void add(std::size_t position) {
    if (is_changed_[position] != 0) return;
    is_changed_[position] = 1;
    changed_.push_back(static_cast<std::uint32_t>(position));
  }
  // Calls look(position) for each, and forgets them.
  template <class Look>
  void take(Look look) {
    for (const std::uint32_t position : changed_) {
      is_changed_[position] = 0;
      look(position);
    }
    changed_.clear();
  }

 private:
  std::vector<std::uint32_t> changed_;
  std::vector<std::uint8_t> is_changed_;
};

}  // namespace steelyard
