#include "reports/result_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "reports/results_json.h"

namespace steelyard {
namespace {

constexpr std::size_t kShown = 60;  // bytes of a wrong value that an error repeats

std::string shown(const Json& json) {
  if (json.is_object()) return "an object";
  if (json.is_array()) return "a list";
  const std::string text = compact(json);
  return text.size() <= kShown ? text : text.substr(0, kShown) + "…";
}

// Walks the document by path and remembers the first thing that is not as it should be.
class Checker {
 public:
  const std::optional<std::string>& problem() const { return problem_; }

  using Test = bool (*)(const Json&);

  // Null after a problem; `expected` completes "expected …".
  const Json* field(const Json& object, const std::string& path, const std::string& key, Test test,
                    const char* expected) {
    const std::string full = path.empty() ? key : path + "." + key;
    if (problem_) return nullptr;
    if (!object.contains(key)) {
      problem_ = fmt::format("{}: missing, expected {}", full, expected);
      return nullptr;
    }
    const Json& value = object.at(key);
    if (!test(value)) {
      problem_ = fmt::format("{}: got {}, expected {}", full, shown(value), expected);
      return nullptr;
    }
    return &value;
  }

  const Json* text(const Json& o, const std::string& path, const std::string& key) {
    return field(
        o, path, key, [](const Json& j) { return j.is_string(); }, "a text");
  }
  const Json* count(const Json& o, const std::string& path, const std::string& key) {
    return field(
        o, path, key, [](const Json& j) { return j.is_number_unsigned(); },
        "a whole number, 0 or more");
  }
  const Json* object(const Json& o, const std::string& path, const std::string& key) {
    return field(
        o, path, key, [](const Json& j) { return j.is_object(); }, "an object");
  }
  const Json* list(const Json& o, const std::string& path, const std::string& key) {
    return field(
        o, path, key, [](const Json& j) { return j.is_array(); }, "a list");
  }
  void fail(std::string problem) {
    if (!problem_) problem_ = std::move(problem);
  }

 private:
  std::optional<std::string> problem_;
};

bool number_or_null(const Json& json) { return json.is_number() || json.is_null(); }

bool numbers_or_nulls(const Json& json) {
  if (!json.is_array()) return false;
  for (const Json& element : json)
    if (!number_or_null(element)) return false;
  return true;
}

bool interval_or_null(const Json& json) {
  return json.is_null() ||
         (json.is_array() && json.size() == 2 && json[0].is_number() && json[1].is_number());
}

void check_metric(Checker& checker, const Json& metrics, const std::string& path,
                  std::string_view metric) {
  const std::size_t dot = metric.find('.');
  const std::string key(metric.substr(0, dot));
  const Json* inner = checker.object(metrics, path, key);
  if (inner == nullptr) return;
  if (dot != std::string_view::npos)
    return check_metric(checker, *inner, path + "." + key, metric.substr(dot + 1));
  const std::string here = path + "." + key;
  checker.field(*inner, here, "value", number_or_null, "a number or null");
  checker.field(*inner, here, "ci95", interval_or_null, "[low, high] or null");
}

void check_variant(Checker& checker, const Json& variant, const std::string& path) {
  if (!variant.is_object())
    return checker.fail(path + ": got " + shown(variant) + ", expected an object");
  checker.text(variant, path, "name");
  checker.text(variant, path, "label");
  checker.field(
      variant, path, "saturated", [](const Json& j) { return j.is_boolean(); }, "true or false");
  checker.object(variant, path, "settings");
  if (const Json* metrics = checker.object(variant, path, "metrics"))
    for (const MetricInfo& info : kMetrics)
      check_metric(checker, *metrics, path + ".metrics", info.path);
  if (const Json* requests = checker.object(variant, path, "requests"))
    for (const char* key : {"offered", "succeeded", "unfinished"})
      checker.count(*requests, path + ".requests", key);
  if (const Json* samples = checker.object(variant, path, "replication_values"))
    for (const MetricInfo& info : kMetrics)
      checker.field(*samples, path + ".replication_values", std::string(info.path),
                    numbers_or_nulls, "a list of numbers");
}

// A list of objects, each about a variant.
void check_named(Checker& checker, const Json& results, const std::string& key) {
  const Json* list = checker.list(results, "", key);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const std::string path = fmt::format("{}[{}]", key, i);
    if (!(*list)[i].is_object())
      return checker.fail(fmt::format("{}: got {}, expected an object", path, shown((*list)[i])));
    checker.text((*list)[i], path, "variant");
  }
}

void check_document(Checker& checker, const Json& results) {
  if (!results.is_object()) return checker.fail("got " + shown(results) + ", expected an object");
  const Json* schema = checker.count(results, "", "schema");
  if (schema != nullptr && *schema != kResultsSchema)
    return checker.fail(fmt::format("schema: got {}, expected {}; the results were written by {}",
                                    shown(*schema), kResultsSchema, "another version"));
  if (const Json* tool = checker.object(results, "", "tool")) {
    checker.text(*tool, "tool", "version");
    checker.text(*tool, "tool", "commit");
  }
  if (const Json* scenario = checker.object(results, "", "scenario"))
    for (const char* key : {"name", "digest", "question"}) checker.text(*scenario, "scenario", key);
  checker.text(results, "", "world");
  checker.count(results, "", "seed");
  checker.count(results, "", "replications");
  for (const char* key : {"axes", "limitations"}) checker.list(results, "", key);
  for (const char* key : {"theory", "expectations"}) check_named(checker, results, key);
  const Json* variants = checker.list(results, "", "variants");
  if (variants == nullptr) return;
  if (variants->empty()) return checker.fail("variants: got an empty list, expected at least one");
  std::set<std::string> names;
  for (std::size_t i = 0; i < variants->size(); ++i) {
    const std::string path = fmt::format("variants[{}]", i);
    check_variant(checker, (*variants)[i], path);
    if (checker.problem()) return;
    if (!names.insert((*variants)[i].at("name")).second)
      return checker.fail(path + ".name: got " + shown((*variants)[i].at("name")) +
                          " a second time, expected distinct names");
  }
}

std::vector<double> samples_of(const Json& list) {
  std::vector<double> samples;
  for (const Json& value : list)
    samples.push_back(value.is_null() ? kNoValue : value.get<double>());
  return samples;
}

// Where and how a text stops being JSON. `byte` counts from 1.
std::string not_json(std::string_view text, std::size_t byte) {
  if (byte > text.size())
    return "the file ends in the middle, expected a whole results.json; was its disk full?";
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}: this is not JSON, expected a results.json", line,
                     before.size() - begin + 1);
}

}  // namespace

Result<ResultSet> read_result_set(std::string label, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Error{label + ": got an empty file, expected a results.json"};
  ResultSet set{.label = std::move(label), .results = {}};
  try {
    set.results = Json::parse(text);
  } catch (const Json::parse_error& problem) {
    return Error{set.label + ": " + not_json(text, problem.byte)};
  }
  Checker checker;
  check_document(checker, set.results);
  if (checker.problem()) return Error{set.label + ": " + *checker.problem()};
  return set;
}

Metric metric_of(const Json& variant, std::size_t index) {
  const std::string path(kMetrics[index].path);
  const Json* place = &variant.at("metrics");
  for (std::size_t from = 0; from != std::string::npos;) {
    const std::size_t dot = path.find('.', from);
    place = &place->at(path.substr(from, dot == std::string::npos ? dot : dot - from));
    from = dot == std::string::npos ? dot : dot + 1;
  }
  Metric metric;
  metric.samples = samples_of(variant.at("replication_values").at(path));
  if (place->at("value").is_number()) metric.value = place->at("value");
  if (const Json& ci = place->at("ci95"); ci.is_array()) metric.ci95 = Interval{ci[0], ci[1]};
  const double offered = variant.at("requests").at("offered").get<double>();
  const double one = offered > 0 ? static_cast<double>(metric.samples.size()) / offered : 0;
  metric.quantum = index < metric::kLatencies      ? latency_quantum(index, metric.value)
                   : index == metric::kConnections ? 0
                                                   : one;
  return metric;
}

std::vector<std::string> warnings_of(const ResultSet& set) {
  std::vector<std::string> warnings;
  const Json verdict = set.results.value("verdict", Json::object());
  if (!verdict.is_object() || !verdict.contains("warnings")) return warnings;
  for (const Json& warning : verdict.at("warnings"))
    if (warning.is_string()) warnings.push_back(set.label + ": " + warning.get<std::string>());
  return warnings;
}

std::vector<ComparisonRecord::Skipped> skipped_in(const ResultSet& set) {
  std::vector<ComparisonRecord::Skipped> skipped;
  if (!set.results.contains("skipped")) return skipped;
  for (const Json& each : set.results.at("skipped"))
    if (each.is_object() && each.contains("variant") && each.at("variant").is_string() &&
        each.contains("reason") && each.at("reason").is_string())
      skipped.push_back({each.at("variant"), each.at("reason")});
  return skipped;
}

std::vector<Contender> contenders_of(const ResultSet& set) {
  std::vector<Contender> contenders;
  for (const Json& variant : set.results.at("variants")) {
    Contender contender;
    contender.label = variant.at("label");
    for (std::size_t m = 0; m < kMetrics.size(); ++m) contender.metrics[m] = metric_of(variant, m);
    const Json& requests = variant.at("requests");
    const double offered = requests.at("offered");
    contender.unfinished_ratio =
        offered > 0 ? requests.at("unfinished").get<double>() / offered : 0;
    contender.saturated = variant.at("saturated");
    contenders.push_back(std::move(contender));
  }
  return contenders;
}

}  // namespace steelyard
