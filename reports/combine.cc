#include "reports/combine.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/compare.h"
#include "reports/prediction.h"
#include "reports/results_json.h"

namespace steelyard {
namespace {

constexpr const char* kSeparator = " · ";
constexpr const char* kAxis = "result set";

std::string named(const ResultSet& set, const std::string& variant) {
  return set.label + kSeparator + variant;
}

// The set becomes one more setting of the variant, so that the page can group by it.
Json renamed(const ResultSet& set, const Json& variant) {
  Json copy = variant;
  const std::string name = variant.at("name");
  copy["name"] = named(set, name);
  copy["label"] = named(set, variant.at("label"));
  copy["settings"][kAxis] = set.label;
  return copy;
}

void append_all(Json& to, const ResultSet& set, const char* key) {
  if (!set.results.contains(key)) return;  // an older set
  for (Json element : set.results.at(key)) {
    if (element.is_object() && element.contains("variant"))
      element["variant"] = named(set, element.at("variant"));
    if (std::find(to[key].begin(), to[key].end(), element) == to[key].end())
      to[key].push_back(std::move(element));
  }
}

// Null in results that lack it.
Json seconds_in(const Json& scenario, const char* key) {
  return scenario.contains(key) && scenario.at(key).is_number() ? scenario.at(key) : Json();
}

Json axes_of(const std::vector<ResultSet>& sets) {
  Json labels = Json::array();
  for (const ResultSet& set : sets) labels.push_back(set.label);
  Json axes = Json::array({{{"name", kAxis}, {"values", std::move(labels)}}});
  for (const Json& axis : sets.front().results.at("axes")) axes.push_back(axis);
  return axes;
}

// Labels tell the variants apart, so the second "run" becomes "run (2)".
std::vector<ResultSet> distinctly_labelled(std::vector<ResultSet> sets) {
  std::set<std::string> taken;
  for (ResultSet& set : sets) {
    const std::string wanted = set.label;
    for (int n = 2; !taken.insert(set.label).second; ++n)
      set.label = fmt::format("{} ({})", wanted, n);
  }
  return sets;
}

// Holds for a simulation of what another of the sets measured. It is judged by how well it
// predicts, and not ranked beside it: "simulated p2c is faster than live p2c" is no recommendation.
bool predicts(const ResultSet& set, const std::vector<ResultSet>& sets) {
  return std::any_of(sets.begin(), sets.end(),
                     [&](const ResultSet& other) { return is_prediction(other, set); });
}

// How the sets differ comes first. Which variant of all sets is best follows, but not where one
// world predicts the other.
Verdict combined_verdict(const std::vector<ResultSet>& sets,
                         const std::vector<Contender>& contenders,
                         const std::vector<Ranking>& rankings) {
  Verdict verdict = judge(contenders, rankings);
  for (const ResultSet& set : sets)
    for (std::string& warning : warnings_of(set)) verdict.warnings.push_back(std::move(warning));
  std::vector<std::string> sentences = comparison_sentences(sets);
  if (sentences.empty()) return verdict;
  if (std::any_of(sets.begin(), sets.end(),
                  [&](const ResultSet& set) { return predicts(set, sets); })) {
    verdict.sentences.clear();
  } else {
    verdict.sentences.insert(verdict.sentences.begin(), verdict.headline);
  }
  verdict.headline = sentences.front();
  verdict.sentences.insert(verdict.sentences.begin(), sentences.begin() + 1, sentences.end());
  return verdict;
}

}  // namespace

Json combined_results(const std::vector<ResultSet>& given) {
  const std::vector<ResultSet> sets = distinctly_labelled(given);
  Json combined = sets.front().results;
  for (const char* key : {"variants", "theory", "expectations", "limitations", "skipped"})
    combined[key] = Json::array();
  std::vector<Contender> contenders;
  std::vector<std::string> names;
  combined["combined_from"] = Json::array();
  for (const ResultSet& set : sets) {
    for (const Json& variant : set.results.at("variants"))
      combined["variants"].push_back(renamed(set, variant));
    if (!predicts(set, sets)) {
      for (Contender& contender : contenders_of(set)) {
        contender.label = named(set, contender.label);
        contenders.push_back(std::move(contender));
      }
      for (const Json& variant : set.results.at("variants"))
        names.push_back(named(set, variant.at("name")));
    }
    for (const char* key : {"theory", "expectations", "limitations", "skipped"})
      append_all(combined, set, key);
    const Json& scenario = set.results.at("scenario");
    combined["combined_from"].push_back({{"label", set.label},
                                         {"world", set.results.at("world")},
                                         {"tool", set.results.at("tool")},
                                         {"seed", set.results.at("seed")},
                                         {"replications", set.results.at("replications")},
                                         {"digest", scenario.at("digest")},
                                         {"duration_s", seconds_in(scenario, "duration_s")},
                                         {"warmup_s", seconds_in(scenario, "warmup_s")}});
    if (set.results.at("world") != sets.front().results.at("world")) combined["world"] = "mixed";
    if (set.results.at("replications") < combined["replications"])
      combined["replications"] = set.results.at("replications");
  }
  combined["axes"] = axes_of(sets);

  const std::vector<Ranking> rankings = rank_all(contenders);
  combined["rankings"] = Json::array();
  for (const Ranking& ranking : rankings) combined["rankings"].push_back(json_of(ranking, names));
  combined["verdict"] = json_of(combined_verdict(sets, contenders, rankings), names);
  combined["comparison"] = comparison_json(sets);
  return combined;
}

}  // namespace steelyard
