// Changes to a scenario before it is decoded: `--set` and the settings of variants are edits of the
// tree, so that they are checked exactly as if the file had said so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "scenarios/yaml_tree.h"

namespace steelyard {

// "services.orders.instances" as keys. An error if it is empty, endless, or has an empty part.
Result<std::vector<std::string>> split_path(std::string_view path);

// `root` with `value` at `path`; what is not on the path is shared. Sections on the way that are
// absent are made, with `place` as their place; a number is a position in a list.
Result<NodePtr> with_value(const NodePtr& root, const std::vector<std::string>& path,
                           const NodePtr& value, const Place& place);

// `node`, known from now on as having been written under `origin`.
NodePtr with_origin(const NodePtr& node, const std::string& origin);

// How a value is called in the name of a variant: "4", "p2c(choices=3)", "[a, b]".
std::string short_text(const Node& node);

}  // namespace steelyard
