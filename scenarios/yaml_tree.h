// YAML as a tree of nodes that know where they stand.
//
// The tree is immutable and shared: an alias points at the node it names, and an edited tree
// (tree_edit.h) shares what was not edited. It is safe to walk recursively: depth and size are
// bounded, aliases counted as if written out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/problem.h"

namespace steelyard {

inline constexpr int kYamlDepthMax = 64;
inline constexpr std::size_t kYamlNodesMax = 100'000;

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Node {
  enum class Kind { null, scalar, list, map };
  struct Entry {
    std::string key;
    Place place;    // of the key
    NodePtr value;  // never null
  };

  Kind kind = Kind::null;
  Place place;
  std::string scalar;
  bool quoted = false;  // "5" is text, 5 a number
  std::vector<NodePtr> items;
  std::vector<Entry> entries;  // keys are unique
  // The path under which this node was written, if it was moved (an axis value); else empty.
  std::string origin;
  std::size_t size = 1;  // nodes below and including this one
  int height = 1;

  const Entry* find(std::string_view key) const;
};

// Adds a child's size and height to its parent's.
void grow(Node& parent, const Node& child);

// The only document in `text`, which starts at `start` (columns of the first line count from
// there). Duplicate keys are reported and dropped; for anything worse, nullptr after one problem.
// nullptr without a problem: there is nothing but comments.
NodePtr parse_yaml(std::string_view text, Place start, Problems& problems);

}  // namespace steelyard
