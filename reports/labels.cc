#include "reports/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace steelyard {
namespace {

const std::string* value_of(const VariantRecord& variant, const std::string& path) {
  for (const VariantRecord::Setting& setting : variant.settings)
    if (setting.path == path) return &setting.value;
  return nullptr;
}

std::string last_component(const std::string& path) { return path.substr(path.rfind('.') + 1); }

// "instances" says what 4 is; "balancer" adds nothing to "p2c".
bool needs_name(const std::string& value) {
  return value.empty() ||
         !(('a' <= value.front() && value.front() <= 'z') ||
           ('A' <= value.front() && value.front() <= 'Z')) ||
         value == "true" || value == "false";
}

// The shortest tail of the path that no other axis has: "orders.instances".
std::string axis_label(const Axis& axis, const std::vector<Axis>& axes) {
  std::string label = last_component(axis.name);
  const auto shared = [&](const Axis& other) {
    return other.name != axis.name && (other.name == label || other.name.ends_with("." + label));
  };
  while (label != axis.name && std::any_of(axes.begin(), axes.end(), shared)) {
    const std::string rest = axis.name.substr(0, axis.name.size() - label.size() - 1);
    label = last_component(rest) + "." + label;
  }
  return label;
}

std::string label_of(const VariantRecord& variant, const std::vector<Axis>& axes) {
  std::string label;
  for (const Axis& axis : axes) {
    const std::string* value = value_of(variant, axis.name);
    if (value == nullptr || variant.name.find(axis.name + "=" + *value) == std::string::npos)
      return variant.name;
    if (!label.empty()) label += ", ";
    if (needs_name(*value)) label += axis_label(axis, axes) + "=";
    label += *value;
  }
  return label.empty() ? variant.name : label;
}

}  // namespace

std::vector<Axis> axes_of(const std::vector<VariantRecord>& variants) {
  std::vector<Axis> axes;
  for (const VariantRecord& variant : variants)
    for (const VariantRecord::Setting& setting : variant.settings) {
      auto axis = std::find_if(axes.begin(), axes.end(),
                               [&](const Axis& a) { return a.name == setting.path; });
      if (axis == axes.end()) axis = axes.insert(axes.end(), Axis{setting.path, {}});
      if (std::find(axis->values.begin(), axis->values.end(), setting.value) == axis->values.end())
        axis->values.push_back(setting.value);
    }
  std::erase_if(axes, [&](const Axis& axis) {
    const bool everywhere = std::all_of(
        variants.begin(), variants.end(),
        [&](const VariantRecord& variant) { return value_of(variant, axis.name) != nullptr; });
    return axis.values.size() < 2 && everywhere;
  });
  return axes;
}

std::vector<std::string> short_labels(const std::vector<VariantRecord>& variants) {
  std::vector<std::string> names;
  for (const VariantRecord& variant : variants) names.push_back(variant.name);
  // A single variant differs from nothing: its one setting is what it is called.
  if (variants.size() == 1 && variants[0].settings.size() == 1 &&
      variants[0].name == variants[0].settings[0].path + "=" + variants[0].settings[0].value)
    return {label_of(variants[0], {Axis{variants[0].settings[0].path, {}}})};

  const std::vector<Axis> axes = axes_of(variants);
  std::vector<std::string> labels;
  for (const VariantRecord& variant : variants) labels.push_back(label_of(variant, axes));
  const std::set<std::string> unique(labels.begin(), labels.end());
  return unique.size() == labels.size() ? labels : names;
}

}  // namespace steelyard
