#include "scenarios/variants.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/registry.h"
#include "scenarios/format.h"
#include "scenarios/tree_edit.h"

namespace steelyard {
namespace {

// Decoding is per variant: this many values in all take about a second.
constexpr std::size_t kDecodedNodesMax = 2'000'000;
constexpr std::size_t kVariantNameMax = 200;

// One thing that a variant sets.
struct Edit {
  std::string written;            // "balancer"
  std::vector<std::string> path;  // strategies, balancer
  Place place;
  NodePtr value;
};

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// What an axis or a setting may be called: a kind of strategy, or a path of the file.
Result<std::vector<std::string>> path_of(const std::string& written) {
  if (contains(strategy_keys(), written)) return std::vector<std::string>{"strategies", written};
  Result<std::vector<std::string>> path = split_path(written);
  if (!path.ok()) return path;
  const std::string& first = path.value().front();
  if (contains(axis_sections(), first)) return path;
  const bool dotted = path.value().size() > 1;
  const std::vector<std::string> near = nearest(first, dotted ? axis_sections() : strategy_keys());
  if (!near.empty())
    return Error{fmt::format("unknown axis {}; did you mean '{}{}'?", in_quotes(written),
                             near.front(), written.substr(first.size()))};
  return Error{
      fmt::format("unknown axis {}, expected one of {}, or a path such as "
                  "services.orders.instances",
                  in_quotes(written), fmt::join(strategy_keys(), ", "))};
}

class Planner {
 public:
  Planner(const NodePtr& root, Reader& reader) : root_(root), reader_(reader) {}

  std::vector<VariantTree> plan() {
    const Node::Entry* compare = root_->find("compare");
    const Node::Entry* variants = root_->find("variants");
    if (compare != nullptr && variants != nullptr) {
      reader_.complain({variants->place, "variants"},
                       "got both 'compare' and 'variants', expected one of them");
      return {};
    }
    if (compare != nullptr)
      cross(*compare);
    else if (variants != nullptr)
      hand_picked(*variants);
    else
      planned_.push_back({"default", {}, root_, {}});
    return std::move(planned_);
  }

 private:
  struct Axis {
    Edit edit;  // without its value
    std::vector<NodePtr> values;
  };

  void cross(const Node::Entry& compare) {
    const Reader::Step step(reader_, compare.key, *compare.value);
    const Node& node = *compare.value;
    if (node.kind != Node::Kind::map || node.entries.empty()) {
      reader_.complain(
          node, "got " + describe(node) + ", expected axes such as {balancer: [p2c, round_robin]}");
      return;
    }
    std::vector<Axis> axes;
    std::size_t count = 1;
    bool good = true;
    for (const Node::Entry& entry : node.entries) {
      good &= take_axis(entry, axes);
      if (good) count = std::min(count * axes.back().values.size(), kVariantsMax + 1);
    }
    if (good && affordable(node, count)) multiply(axes, count);
  }

  bool take_axis(const Node::Entry& entry, std::vector<Axis>& axes) {
    const Reader::Step step(reader_, entry.key, *entry.value);
    const Result<std::vector<std::string>> path = path_of(entry.key);
    if (!path.ok()) return reader_.complain({entry.place, reader_.path()}, path.error());
    const Node& values = *entry.value;
    if (values.kind != Node::Kind::list || values.items.empty())
      return reader_.complain(values,
                              "got " + describe(values) + ", expected a list of values to compare");
    Axis axis{{entry.key, path.value(), entry.place, nullptr}, {}};
    const Result<NodePtr> tried =
        with_value(root_, path.value(), values.items.front(), entry.place);
    if (!tried.ok()) return reader_.complain({entry.place, reader_.path()}, tried.error());
    for (const NodePtr& value : values.items)
      axis.values.push_back(with_origin(value, reader_.path()));
    axes.push_back(std::move(axis));
    return true;
  }

  bool affordable(const Node& node, std::size_t count) {
    if (count > kVariantsMax)
      return reader_.complain(
          node, fmt::format("got more than {} variants, expected fewer", kVariantsMax));
    if (count * root_->size > kDecodedNodesMax)
      return reader_.complain(node,
                              fmt::format("got {} variants of a file with {} values, expected "
                                          "a smaller product of the two",
                                          count, root_->size));
    return true;
  }

  void multiply(const std::vector<Axis>& axes, std::size_t count) {
    for (std::size_t i = 0; i < count && !reader_.problems().full(); ++i) {
      std::vector<Edit> edits;
      std::string name;
      std::size_t rest = i;
      for (std::size_t a = axes.size(); a-- > 0; rest /= axes[a].values.size()) {
        edits.push_back(axes[a].edit);
        edits.back().value = axes[a].values[rest % axes[a].values.size()];
      }
      std::reverse(edits.begin(), edits.end());
      for (const Edit& edit : edits)
        name += (name.empty() ? "" : ",") + edit.written + "=" + short_text(*edit.value);
      add({edits.front().value->place, "compare"}, std::move(name), edits);
    }
  }

  void hand_picked(const Node::Entry& variants) {
    const Reader::Step step(reader_, variants.key, *variants.value);
    const Node& node = *variants.value;
    const bool list = node.kind == Node::Kind::list;
    const std::size_t count = list ? node.items.size() : node.entries.size();
    if (count == 0) {
      reader_.complain(node, "got " + describe(node) +
                                 ", expected variants such as {small: {services.orders.instances: "
                                 "2}}");
      return;
    }
    if (!affordable(node, count)) return;
    for (std::size_t i = 0; i < count && !reader_.problems().full(); ++i) {
      if (list)
        take_item(*node.items[i], i);
      else
        take_settings({node.entries[i].place, "variants"}, node.entries[i].key,
                      *node.entries[i].value, node.entries[i].key);
    }
  }

  // {name: …, set: {path: value}}
  void take_item(const Node& item, std::size_t position) {
    struct Picked {
      Reference name;
      Located<const Node*> set{nullptr, {}, false};
    };
    static const Codec<Picked> codec =
        Object<Picked>("A variant.")
            .required("name", &Picked::name, codec::located(codec::text()), "Its name.")
            .required("set", &Picked::set,
                      Codec<Located<const Node*>>{
                          [](const Node& node, Reader& reader, Located<const Node*>& value) {
                            value = {&node, reader.spot(node), true};
                            return true;
                          },
                          Json::object()},
                      "What it sets.")
            .codec();
    const Reader::Step step(reader_, std::to_string(position), item);
    Picked picked;
    if (codec.read(item, reader_, picked))
      take_settings(picked.name.spot, picked.name.value, *picked.set.value, "set");
  }

  void take_settings(const Spot& spot, const std::string& name, const Node& settings,
                     const std::string& key) {
    const Reader::Step step(reader_, key, settings);
    if (settings.kind != Node::Kind::map) {
      reader_.complain(settings,
                       "got " + describe(settings) + ", expected settings such as {balancer: p2c}");
      return;
    }
    std::vector<Edit> edits;
    bool good = true;
    for (const Node::Entry& entry : settings.entries) {
      const Reader::Step inner(reader_, entry.key, *entry.value);
      const Result<std::vector<std::string>> path = path_of(entry.key);
      if (path.ok())
        edits.push_back(
            {entry.key, path.value(), entry.place, with_origin(entry.value, reader_.path())});
      else
        good = reader_.complain({entry.place, reader_.path()}, path.error());
    }
    if (good) add(spot, name, edits);
  }

  void add(const Spot& spot, std::string name, const std::vector<Edit>& edits) {
    if (name.empty() || name.size() > kVariantNameMax) {
      reader_.complain(spot,
                       fmt::format("got the variant name {}, expected 1 to {} bytes; 'variants:' "
                                   "lets you choose names",
                                   in_quotes(name), kVariantNameMax));
      return;
    }
    if (!names_.insert(name).second) {
      reader_.complain(spot, "got two variants called " + in_quotes(name) + ", expected each once");
      return;
    }
    VariantTree variant{std::move(name), {}, root_, {}};
    for (const Edit& edit : edits) {
      variant.settings.push_back({edit.written, short_text(*edit.value)});
      variant.values.push_back(edit.value.get());
      const Result<NodePtr> edited = with_value(variant.tree, edit.path, edit.value, edit.place);
      if (!edited.ok()) {
        reader_.complain({edit.place, edit.value->origin}, edited.error());
        return;
      }
      variant.tree = edited.value();
    }
    planned_.push_back(std::move(variant));
  }

  const NodePtr& root_;
  Reader& reader_;
  std::vector<VariantTree> planned_;
  std::set<std::string> names_;
};

}  // namespace

std::vector<VariantTree> variant_trees(const NodePtr& root, Reader& reader) {
  return Planner(root, reader).plan();
}

}  // namespace steelyard
