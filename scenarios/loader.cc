#include "scenarios/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "core/hash.h"
#include "scenarios/csv.h"
#include "scenarios/format.h"
#include "scenarios/redact.h"
#include "scenarios/resolve.h"
#include "scenarios/sections.h"
#include "scenarios/source_text.h"
#include "scenarios/strategy_codec.h"
#include "scenarios/tree_edit.h"
#include "scenarios/variants.h"
#include "scenarios/yaml_tree.h"

namespace steelyard {
namespace {

// Every variant holds its own instances; this many take 320 MB.
constexpr std::int64_t kInstancesOfAllVariantsMax = 2 * kInstancesMax;

std::string beside(const std::string& file, const std::string& path) {
  const std::size_t slash = file.rfind('/');
  return path.starts_with('/') || slash == std::string::npos ? path
                                                             : file.substr(0, slash + 1) + path;
}

// Tables are read once, however many variants use them.
class Tables {
 public:
  Tables(const std::string& scenario, const LoadOptions& options)
      : scenario_(scenario), options_(options) {}

  Result<std::shared_ptr<const Table>> read(const std::string& path) {
    const auto known = tables_.find(path);
    if (known != tables_.end()) return known->second;
    Result<std::shared_ptr<const Table>> table = read_now(path);
    tables_.emplace(path, table);
    return table;
  }

 private:
  Result<std::shared_ptr<const Table>> read_now(const std::string& path) const {
    if (!options_.read_file)
      return Error{"got a CSV file, expected none: files cannot be read here"};
    const Result<std::string> text = options_.read_file(beside(scenario_, path));
    if (!text.ok())
      return Error{"got " + in_quotes(path) + ", expected a readable CSV file: " + text.error()};
    Result<Table> table = parse_csv(text.value(), path);
    if (!table.ok()) return Error{table.error()};
    return std::shared_ptr<const Table>(std::make_shared<Table>(std::move(table.value())));
  }

  const std::string& scenario_;
  const LoadOptions& options_;
  std::map<std::string, Result<std::shared_ptr<const Table>>> tables_;
};

class Loader {
 public:
  Loader(const std::string& text, const std::string& file, const LoadOptions& options)
      : text_(text),
        file_(file),
        options_(options),
        tables_(file, options),
        reader_(problems_, [this](const std::string& path) { return tables_.read(path); }) {}

  LoadResult load() {
    const int source = problems_.add_source(file_, without_byte_order_mark(text_));
    NodePtr root = parse_yaml(without_byte_order_mark(text_), {.source = source}, problems_);
    if (root == nullptr) {
      if (problems_.empty())
        problems_.add({{.source = source}, ""},
                      "got an empty file, expected a scenario with name, services and clients");
      return {std::nullopt, problems_.sorted()};
    }
    if (root->kind == Node::Kind::map)
      for (const std::string& text : options_.overrides) root = overridden(root, text);
    decode(root);
    if (!problems_.empty()) return {std::nullopt, problems_.sorted()};
    describe_comparison(source);
    return {std::move(comparison_), {}};
  }

 private:
  NodePtr overridden(const NodePtr& root, const std::string& text) {
    const int source = problems_.add_source("--set " + text, text);
    override_sources_.push_back(source);
    const Place start{.source = source};
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      problems_.add({start, ""}, "got no '=', expected PATH=VALUE such as run.duration=10s");
      return root;
    }
    const std::string path_text = text.substr(0, equals);
    const Result<std::vector<std::string>> path = split_path(path_text);
    if (!path.ok()) {
      problems_.add({start, ""}, path.error());
      return root;
    }
    const Place value_place{source, 1, static_cast<int>(equals) + 2};
    const std::size_t problems_before = problems_.count();
    NodePtr value = parse_yaml(std::string_view(text).substr(equals + 1), value_place, problems_);
    if (problems_.count() != problems_before) return root;
    if (value == nullptr) {
      problems_.add({value_place, path_text}, "got nothing, expected a value after '='");
      return root;
    }
    const Result<NodePtr> edited =
        with_value(root, path.value(), with_origin(value, path_text), start);
    if (edited.ok()) return edited.value();
    problems_.add({start, path_text}, edited.error());
    return root;
  }

  void decode(const NodePtr& root) {
    if (root->kind != Node::Kind::map) {
      reader_.complain(*root, "got " + describe(*root) +
                                  ", expected a scenario with the keys name, services and clients");
      return;
    }
    std::vector<VariantTree> trees = variant_trees(root, reader_);
    // With a broken comparison the file itself is still checked, for all problems in one go.
    std::vector<std::string> names;
    for (const VariantTree& tree : trees) names.push_back(tree.name);
    if (trees.empty()) trees.push_back({"default", {}, root, {}});
    std::int64_t instances_left = kInstancesOfAllVariantsMax;
    std::vector<ScenarioDraft> drafts;
    for (VariantTree& tree : trees) {
      if (problems_.full()) return;
      if (!is_worth_decoding(tree)) continue;
      ScenarioDraft draft;
      scenario_codec().read(*tree.tree, reader_, draft);
      comparison_.variants.push_back({std::move(tree.name), std::move(tree.settings),
                                      resolve(draft, reader_, instances_left)});
      if (!names.empty()) check_expected_variants(draft, names);
    }
  }

  // After the first mistake nothing will run: what is left is to find those of values not yet seen.
  bool is_worth_decoding(const VariantTree& tree) {
    bool is_new = problems_.empty() || tree.values.empty();
    for (const Node* value : tree.values) is_new |= seen_.insert(value).second;
    return is_new;
  }

  // An expectation of a variant that does not exist would hold silently.
  void check_expected_variants(const ScenarioDraft& draft, const std::vector<std::string>& names) {
    for (const ExpectationDraft& draft_expectation : draft.expect) {
      const std::string& name = draft_expectation.expectation.variant;
      if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) continue;
      reader_.complain(draft_expectation.variant,
                       "unknown variant " + in_quotes(name) + suggestion(name, names));
    }
  }

  // Without secrets, as results keep all of it; the digest too, by which guesses could be checked.
  void describe_comparison(int source) {
    const auto without_secrets = [&](std::string text, int of) {
      return redacted(std::move(text), of, reader_.secrets());
    };
    comparison_.file = file_;
    comparison_.text = without_secrets(std::string(without_byte_order_mark(text_)), source);
    for (std::size_t i = 0; i < options_.overrides.size(); ++i)
      comparison_.overrides.push_back(without_secrets(options_.overrides[i], override_sources_[i]));
    std::uint64_t digest = xxh64(comparison_.text);
    for (const std::string& text : comparison_.overrides) digest = xxh64(text, digest);
    comparison_.digest = fmt::format("{:016x}", digest);
    for (Variant& variant : comparison_.variants)
      for (std::string* const text : {&variant.scenario.question, &variant.scenario.description})
        *text = without_secrets(std::move(*text), kNoSource);
  }

  const std::string& text_;
  const std::string& file_;
  const LoadOptions& options_;
  Problems problems_;
  Tables tables_;
  Reader reader_;
  Comparison comparison_;
  std::vector<int> override_sources_;
  std::set<const Node*> seen_;  // values of axes that were decoded
};

}  // namespace

LoadResult load_scenario_text(const std::string& text, const std::string& file,
                              const LoadOptions& options) {
  return Loader(text, file, options).load();
}

LoadResult load_scenario(const std::string& file, const LoadOptions& options) {
  STEELYARD_CHECK(options.read_file, "a scenario is loaded from a file, but files cannot be read");
  const Result<std::string> text = options.read_file(file);
  if (text.ok()) return load_scenario_text(text.value(), file, options);
  return {std::nullopt, {{.file = file, .line = 0, .message = text.error()}}};
}

nlohmann::ordered_json scenario_schema() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "Steelyard scenario"}};
  schema.update(scenario_codec().schema);
  // A service with targets may leave these out; without targets every service has them.
  const Json modelled{{"required", {sections::kInstancesKey.name, sections::kServiceTimeKey.name}}};
  const Json services{{"patternProperties", {{codec::kNamePattern, modelled}}}};
  schema["anyOf"] =
      Json::array({{{"required", {"targets"}}}, {{"properties", {{"services", services}}}}});
  schema["definitions"] = strategy_definitions();
  schema["definitions"]["strategies"] = strategies_codec().schema;
  return schema;
}

}  // namespace steelyard
