#include "scenarios/tree_edit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>
#include <system_error>

namespace steelyard {
namespace {

constexpr std::size_t kPathPartsMax = 32;

void measure(Node& node) {
  node.size = 1;
  node.height = 1;
  for (const NodePtr& item : node.items) grow(node, *item);
  for (const Node::Entry& entry : node.entries) grow(node, *entry.value);
}

class Editor {
 public:
  Editor(std::span<const std::string> path, const NodePtr& value, const Place& place)
      : path_(path), value_(value), place_(place) {}

  // The node at the first `depth` keys, edited.
  Result<NodePtr> edit(const NodePtr& node, std::size_t depth) const {
    if (depth == path_.size()) return value_;
    switch (node->kind) {
      case Node::Kind::null:
        return edit_map(empty_map(), depth);
      case Node::Kind::map:
        return edit_map(*node, depth);
      case Node::Kind::list:
        return edit_list(*node, depth);
      case Node::Kind::scalar:
        break;
    }
    // `balancer: p2c` has room for `balancer.p2c.choices`: it is short for {p2c: {}}.
    if (node->scalar == path_[depth]) return edit_map(empty_map(), depth);
    return Error{
        fmt::format("got a path through {}, which is {}, expected a section with the key {}",
                    so_far(depth), in_quotes(node->scalar), in_quotes(path_[depth]))};
  }

 private:
  Node empty_map() const {
    Node map;
    map.kind = Node::Kind::map;
    map.place = place_;
    return map;
  }

  Result<NodePtr> edit_map(Node map, std::size_t depth) const {
    const std::string& key = path_[depth];
    const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                    [&](const Node::Entry& entry) { return entry.key == key; });
    const bool last = depth + 1 == path_.size();
    // A service that does not exist cannot be made by one of its settings: a slip of the pen.
    if (found == map.entries.end() && !last && depth == 1 &&
        (path_[0] == "services" || path_[0] == "clients"))
      return Error{fmt::format("unknown {} {}{}", path_[0] == "services" ? "service" : "client",
                               in_quotes(key), suggestion(key, keys_of(map)))};
    const NodePtr below = found == map.entries.end() ? std::make_shared<Node>() : found->value;
    Result<NodePtr> edited = edit(below, depth + 1);
    if (!edited.ok()) return edited;
    if (found == map.entries.end())
      map.entries.push_back({key, place_, edited.value()});
    else
      *found = {key, last ? place_ : found->place, edited.value()};
    measure(map);
    return NodePtr(std::make_shared<Node>(std::move(map)));
  }

  Result<NodePtr> edit_list(Node list, std::size_t depth) const {
    const std::string& key = path_[depth];
    std::size_t position = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), position);
    if (error != std::errc{} || end != key.data() + key.size() || position >= list.items.size())
      return Error{fmt::format("got {} as a position in {}, a list of {}, expected 0 to {}",
                               in_quotes(key), so_far(depth), list.items.size(),
                               list.items.empty() ? 0 : list.items.size() - 1)};
    Result<NodePtr> edited = edit(list.items[position], depth + 1);
    if (!edited.ok()) return edited;
    list.items[position] = edited.value();
    measure(list);
    return NodePtr(std::make_shared<Node>(std::move(list)));
  }

  static std::vector<std::string> keys_of(const Node& map) {
    std::vector<std::string> keys;
    for (const Node::Entry& entry : map.entries) keys.push_back(entry.key);
    return keys;
  }

  std::string so_far(std::size_t depth) const {
    return in_quotes(fmt::format("{}", fmt::join(path_.first(depth), ".")));
  }

  std::span<const std::string> path_;
  const NodePtr& value_;
  const Place& place_;
};

// "a=1, b=2"
std::string settings_text(const Node& map) {
  std::string text;
  for (const Node::Entry& entry : map.entries)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", entry.key, short_text(*entry.value));
  return text;
}

}  // namespace

Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path)
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  const bool gap =
      std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
  if (gap || parts.size() > kPathPartsMax)
    return Error{"got " + in_quotes(path) + ", expected a path such as services.orders.instances"};
  return parts;
}

Result<NodePtr> with_value(const NodePtr& root, const std::vector<std::string>& path,
                           const NodePtr& value, const Place& place) {
  return Editor(path, value, place).edit(root, 0);
}

NodePtr with_origin(const NodePtr& node, const std::string& origin) {
  auto moved = std::make_shared<Node>(*node);
  moved->origin = origin;
  return moved;
}

std::string short_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "none";
    case Node::Kind::scalar:
      return node.scalar;
    case Node::Kind::list: {
      std::string text;
      for (const NodePtr& item : node.items) text += (text.empty() ? "" : ", ") + short_text(*item);
      return fmt::format("[{}]", text);
    }
    case Node::Kind::map:
      break;
  }
  if (node.entries.size() == 1) {
    const Node::Entry& only = node.entries.front();
    const std::string inside =
        only.value->kind == Node::Kind::map ? settings_text(*only.value) : short_text(*only.value);
    return only.value->kind == Node::Kind::null || inside.empty()
               ? only.key
               : fmt::format("{}({})", only.key, inside);
  }
  return fmt::format("{{{}}}", settings_text(node));
}

}  // namespace steelyard
