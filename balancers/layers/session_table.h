// Sessions by key: a bounded table that forgets the least recently used first. All memory is taken
// at the beginning; every operation is O(1).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace steelyard {

class SessionTable {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Session {
    std::uint64_t key = 0;
    Instant used;
    std::uint32_t position = kNone;  // of the endpoint; kNone: it has left
  };

  // REQUIRES: capacity > 0. The keys are hashes already: their low bits are evenly spread.
  explicit SessionTable(std::size_t capacity)
      : buckets_(std::bit_ceil(capacity), kNone), nodes_(capacity) {}

  // The session of a key, now the most recently used; nullptr: there is none.
  Session* find(std::uint64_t key) {
    for (std::uint32_t node = bucket_of(key); node != kNone; node = nodes_[node].next_in_bucket)
      if (nodes_[node].session.key == key) {
        unlink(node);
        link_first(node);
        return &nodes_[node].session;
      }
    return nullptr;
  }

  // A new session, in the place of the least recently used one when the table is full.
  // REQUIRES: find(key) has just found none.
  Session& add(std::uint64_t key) {
    std::uint32_t node = size_;
    if (size_ < nodes_.size()) {
      ++size_;
    } else {
      node = last_;
      unlink(node);
      leave_bucket(node);
    }
    nodes_[node].session = {.key = key, .used = {}};
    nodes_[node].next_in_bucket = bucket_of(key);
    bucket_of(key) = node;
    link_first(node);
    return nodes_[node].session;
  }

  // Calls with every session, in no useful order.
  template <class Function>
  void for_each(Function function) {
    for (std::uint32_t node = 0; node < size_; ++node) function(nodes_[node].session);
  }
  std::size_t size() const { return size_; }

 private:
  struct Node {
    Session session{};
    std::uint32_t next_in_bucket = kNone;
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
  };

  std::uint32_t& bucket_of(std::uint64_t key) { return buckets_[key & (buckets_.size() - 1)]; }

  void leave_bucket(std::uint32_t node) {
    std::uint32_t* link = &bucket_of(nodes_[node].session.key);
    while (*link != node) link = &nodes_[*link].next_in_bucket;
    *link = nodes_[node].next_in_bucket;
  }
  void unlink(std::uint32_t node) {
    const Node& old = nodes_[node];
    (old.newer == kNone ? first_ : nodes_[old.newer].older) = old.older;
    (old.older == kNone ? last_ : nodes_[old.older].newer) = old.newer;
  }
  void link_first(std::uint32_t node) {
    nodes_[node].newer = kNone;
    nodes_[node].older = first_;
    (first_ == kNone ? last_ : nodes_[first_].newer) = node;
    first_ = node;
  }

  std::vector<std::uint32_t> buckets_;
  std::vector<Node> nodes_;
  std::uint32_t size_ = 0;
  std::uint32_t first_ = kNone;  // most recently used
  std::uint32_t last_ = kNone;
};

}  // namespace steelyard
