#include "reports/scenario_difference.h"

#include <fmt/format.h>

#include <algorithm>

namespace steelyard {
namespace {

// Results of other versions, or damaged ones, may lack any of it.
const Json& at(const Json& json, const char* key) {
  static const Json kNothing;
  return json.is_object() && json.contains(key) ? json.at(key) : kNothing;
}

std::string seconds(const Json& value) {
  return value.is_number() ? fmt::format("{:.6g} s", value.get<double>()) : "none";
}

std::string plain(const Json& value) {
  if (value.is_null()) return "none";
  return value.is_string() ? value.get<std::string>() : compact(value);
}

class Differences {
 public:
  void add(const std::string& key, const std::string& a, const std::string& b) {
    if (a != b) all_.push_back(fmt::format("{} ({} and {})", key, a, b));
  }
  void add(std::string what) { all_.push_back(std::move(what)); }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

// How long a fault lasts, unless the end of the run cuts it off.
std::string length(const Json& fault, const Json& scenario) {
  const Json& from = at(fault, "from_s");
  const Json& to = at(fault, "to_s");
  if (!from.is_number() || !to.is_number() || to == at(scenario, "duration_s")) return "";
  return seconds(to.get<double>() - from.get<double>());
}

void add_faults(const Json& a, const Json& b, Differences& differences) {
  const Json& first = at(a, "faults");
  const Json& second = at(b, "faults");
  if (first.size() != second.size())
    return differences.add("the number of faults", std::to_string(first.size()),
                           std::to_string(second.size()));
  if (!first.is_array() || !second.is_array()) return;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string path = fmt::format("faults.{}", i);
    differences.add(path + ".at", seconds(at(first[i], "from_s")),
                    seconds(at(second[i], "from_s")));
    const std::string long_a = length(first[i], a), long_b = length(second[i], b);
    if (!long_a.empty() && !long_b.empty()) differences.add(path + ".for", long_a, long_b);
    differences.add(path, plain(at(first[i], "label")), plain(at(second[i], "label")));
  }
}

const Json* node_called(const Json& nodes, const Json& id) {
  for (const Json& node : nodes)
    if (at(node, "id") == id) return &node;
  return nullptr;
}

// Clients and services, matched by name.
void add_nodes(const Json& a, const Json& b, Differences& differences) {
  const Json& first = at(at(a, "graph"), "nodes");
  const Json& second = at(at(b, "graph"), "nodes");
  if (!first.is_array() || !second.is_array()) return;
  const auto path = [](const Json& node) {
    return fmt::format("{}s.{}", plain(at(node, "kind")), plain(at(node, "id")));
  };
  for (const Json& node : first) {
    const Json* other = node_called(second, at(node, "id"));
    if (other == nullptr) {
      differences.add(path(node) + " (only in one)");
      continue;
    }
    for (const char* key : {"instances", "concurrency", "service_time"})
      differences.add(path(node) + "." + key, plain(at(node, key)), plain(at(*other, key)));
    differences.add(path(node), plain(at(node, "detail")), plain(at(*other, "detail")));
  }
  for (const Json& node : second)
    if (node_called(first, at(node, "id")) == nullptr)
      differences.add(path(node) + " (only in one)");
}

}  // namespace

// How often and with which seed a scenario was run makes no other scenario of it.
bool same_scenario(const ResultSet& a, const ResultSet& b) {
  const Json& first = a.results.at("scenario");
  const Json& second = b.results.at("scenario");
  if (first.at("digest") == second.at("digest")) return true;
  const auto overrides = [](const Json& scenario) {
    std::vector<std::string> kept;
    for (const Json& each : at(scenario, "overrides"))
      if (const auto text = each.get<std::string>();
          !text.starts_with("run.replications=") && !text.starts_with("run.seed="))
        kept.push_back(text);
    return kept;
  };
  const Json& text = at(first, "text");
  return text.is_string() && text == at(second, "text") &&
         at(first, "overrides") != at(second, "overrides") && overrides(first) == overrides(second);
}

std::vector<std::string> scenario_differences(const ResultSet& a, const ResultSet& b) {
  if (same_scenario(a, b)) return {};
  const Json& first = a.results.at("scenario");
  const Json& second = b.results.at("scenario");
  Differences differences;
  differences.add("name", plain(at(first, "name")), plain(at(second, "name")));
  differences.add("run.duration", seconds(at(first, "duration_s")),
                  seconds(at(second, "duration_s")));
  differences.add("run.warmup", seconds(at(first, "warmup_s")), seconds(at(second, "warmup_s")));
  add_faults(first, second, differences);
  add_nodes(first, second, differences);
  return differences.take();
}

}  // namespace steelyard
