#include "core/registry.h"

#include <numeric>
#include <tuple>

#include "core/check.h"

namespace steelyard {

std::vector<const StrategyInfo*>& Catalogue::storage() {
  static std::vector<const StrategyInfo*> all;
  return all;
}

void Catalogue::add(const StrategyInfo* info) {
  auto& all = storage();
  // Sorted on insertion: the order of registration is the linker's, and nothing may depend on it.
  const auto place =
      std::lower_bound(all.begin(), all.end(), info, [](const auto* a, const auto* b) {
        return std::tie(a->kind, a->name) < std::tie(b->kind, b->name);
      });
  STEELYARD_CHECK(
      place == all.end() || (*place)->kind != info->kind || (*place)->name != info->name,
      "two strategies of one kind are registered under the same name");
  all.insert(place, info);
}

const std::vector<const StrategyInfo*>& Catalogue::all() { return storage(); }

std::vector<const StrategyInfo*> Catalogue::of_kind(std::string_view kind) {
  std::vector<const StrategyInfo*> found;
  for (const auto* info : all())
    if (info->kind == kind) found.push_back(info);
  return found;
}

std::vector<std::string> Catalogue::kinds() {
  std::vector<std::string> kinds;
  for (const auto* info : all())
    if (kinds.empty() || kinds.back() != info->kind) kinds.push_back(info->kind);
  return kinds;
}

const StrategyInfo* Catalogue::find(std::string_view kind, std::string_view name) {
  for (const auto* info : all())
    if (info->kind == kind && info->name == name) return info;
  return nullptr;
}

Named defaults(std::string_view kind, std::string_view name) {
  const StrategyInfo* info = Catalogue::find(kind, name);
  STEELYARD_CHECK(info != nullptr, "defaults of a strategy that is not registered");
  Named named{.name = info->name, .settings = {}};
  for (const Parameter& parameter : info->parameters)
    named.settings.set(parameter.name, parameter.fallback);
  return named;
}

namespace {

// Edits (insert, delete, replace, swap of neighbours) from a to b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  std::iota(previous.begin(), previous.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::vector<std::string> nearest(std::string_view misspelt, const std::vector<std::string>& names) {
  if (misspelt.size() > 64) return {};
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : names) {
    const std::size_t limit = std::max<std::size_t>(1, std::max(misspelt.size(), name.size()) / 3);
    const std::size_t distance = edit_distance(misspelt, name);
    const bool part = misspelt.size() >= 3 && name.find(misspelt) != std::string::npos;
    if (distance <= limit || part) near.emplace_back(distance, name);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> best;
  for (const auto& [distance, name] : near)
    if (best.size() < 3) best.push_back(name);
  return best;
}

}  // namespace steelyard
