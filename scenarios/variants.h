// `compare:` and `variants:`: which columns a comparison has.
#pragma once

#include <string>
#include <vector>

#include "scenarios/codec.h"
#include "scenarios/scenario.h"

namespace steelyard {

inline constexpr std::size_t kVariantsMax = 1000;

// A variant before it is decoded: its name, and the file's tree with its settings applied.
struct VariantTree {
  std::string name;
  std::vector<Variant::Setting> settings;
  NodePtr tree;
  // What it sets; variants of a cross product share these. They live as long as the trees.
  std::vector<const Node*> values;
};

// The cross product of the axes, the last one fastest; or the hand-picked variants; or, if the file
// compares nothing, one called "default". REQUIRES: root is a map.
std::vector<VariantTree> variant_trees(const NodePtr& root, Reader& reader);

}  // namespace steelyard
