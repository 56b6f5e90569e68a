#include "reports/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "core/check.h"
#include "reports/format.h"
#include "reports/layout.h"
#include "reports/prediction.h"
#include "reports/results_json.h"
#include "reports/scenario_difference.h"
#include "reports/tables.h"

namespace steelyard {
namespace {

const Json* find_variant(const ResultSet& set, const std::string& name) {
  for (const Json& variant : set.results.at("variants"))
    if (variant.at("name") == name) return &variant;
  return nullptr;
}

struct Named {
  std::string name;
  std::string label;
};

std::vector<Named> all_variants(const std::vector<ResultSet>& sets) {
  std::vector<Named> names;
  for (const ResultSet& set : sets)
    for (const Json& variant : set.results.at("variants")) {
      const std::string name = variant.at("name");
      if (std::none_of(names.begin(), names.end(),
                       [&name](const Named& known) { return known.name == name; }))
        names.push_back({name, variant.at("label")});
    }
  return names;
}

ComparedRow::Cell against(const Metric& first, Metric metric, DifferenceTest test) {
  ComparedRow::Cell cell{.metric = std::move(metric)};
  const double relative = (cell.metric.value - first.value) / first.value;
  if (std::isfinite(relative)) {
    cell.relative = relative;
  } else if (cell.metric.value == first.value) {
    cell.relative = 0;  // both are 0
  }
  const auto difference = test == DifferenceTest::paired ? paired_difference : welch_difference;
  cell.difference =
      difference(first.samples, cell.metric.samples, first.quantum, cell.metric.quantum);
  return cell;
}

// Differences of one metric in one set are tested together, whatever the number of variants.
void judge_together(std::vector<ComparedRow>& rows, std::size_t metric, std::size_t set) {
  std::vector<Difference> differences;
  std::vector<ComparedRow::Cell*> cells;
  for (ComparedRow& row : rows) {
    if (row.metric != metric) continue;
    cells.push_back(&row.cells[set]);
    differences.push_back(cells.back()->difference);
  }
  const std::vector<bool> differ = holm(differences);
  const std::vector<std::optional<Interval>> intervals = simultaneous_intervals(differences);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i]->difference_ci95 = intervals[i];
    if (differences[i].tested()) cells[i]->differs = differ[i];
  }
}

// An interval narrower than this share of its value would need more digits than anybody reads.
constexpr double kNegligible = 5e-5;

std::string value_cell(const ComparedRow& row, const Metric& metric) {
  // One unit a row, that of its first value.
  const MetricInfo& info = kMetrics[row.metric];
  double magnitude = kNoValue;
  for (const ComparedRow::Cell& cell : row.cells)
    if (std::isnan(magnitude)) magnitude = cell.metric.value;
  const Scale scale = scale_for(info.unit, magnitude);
  if (metric.value == 0 || !metric.known()) return quantity(info, metric.value, kNoValue);
  double half = metric.half_width() * scale.factor;
  if (half < kNegligible * metric.value * scale.factor) half = kNoValue;
  const int decimals = decimals_for(metric.value * scale.factor, half);
  std::string text = grouped(metric.value * scale.factor, decimals) + std::string(scale.suffix);
  if (half > 0) text += " ± " + grouped(half, decimals);
  return text;
}

std::string difference_cell(const ComparedRow::Cell& cell) {
  if (!cell.relative) return "–";
  if (*cell.relative == 0) return "=";
  return signed_percent(*cell.relative) + (cell.differs.value_or(true) ? "" : " ≈");
}

constexpr std::size_t kSetLabel = 20;  // columns; labels are often paths

// What a terminal has room for; the CSV file and the page have all.
constexpr std::array kShownMetrics{metric::kP99,        metric::kP50,     metric::kMean,
                                   metric::kErrorRatio, metric::kGoodput, metric::kImbalance};

std::vector<ComparedRow> rows_of(const std::vector<ComparedRow>& rows, std::size_t metric) {
  std::vector<ComparedRow> found;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(found),
               [metric](const ComparedRow& row) { return row.metric == metric; });
  return found;
}

// "Against v1, p99 latency with v2 is lower for p2c (-12%); for 3 others no difference can be
// shown."
std::string against_first(const std::vector<ResultSet>& sets, std::size_t set,
                          const std::vector<ComparedRow>& rows) {
  std::vector<std::string> lower, higher, unclear;
  std::size_t alike = 0;
  for (const ComparedRow& row : rows) {
    const ComparedRow::Cell& cell = row.cells[set];
    if (!cell.relative) continue;
    const std::string text = fmt::format("{} ({})", row.variant, signed_percent(*cell.relative));
    if (!cell.differs) {
      unclear.push_back(text);
    } else if (!*cell.differs) {
      ++alike;
    } else {
      (*cell.relative < 0 ? lower : higher).push_back(text);
    }
  }
  const std::string& first = sets[0].label;
  const std::string& other = sets[set].label;
  if (lower.empty() && higher.empty() && unclear.empty())
    return alike == 0
               ? fmt::format("{} and {} have no variant in common.", first, other)
               : fmt::format("{} agrees with {}: no difference in p99 latency can be shown for {}.",
                             other, first,
                             alike == 1 ? "the variant in common"
                                        : fmt::format("any of {} variants", alike));
  std::vector<std::string> parts;
  if (!lower.empty()) parts.push_back("lower for " + listing(lower, 4));
  if (!higher.empty()) parts.push_back("higher for " + listing(higher, 4));
  if (!unclear.empty())
    parts.push_back("different, without replications to judge by, for " + listing(unclear, 4));
  std::string text = fmt::format("Against {}, p99 latency with {} is {}", first, other, parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) text += ", and " + parts[i];
  if (alike > 0)
    text += fmt::format("; for {} no difference can be shown", counted(alike, "other"));
  return text + ".";
}

// Whether both sets would recommend the same: that is what a simulation is for.
std::string order_sentence(const std::vector<ResultSet>& sets, std::size_t set,
                           const std::vector<ComparedRow>& rows) {
  const auto value = [&](std::size_t row, std::size_t s) {
    return rows[row].cells[s].metric.value;
  };
  std::vector<std::size_t> common;
  for (std::size_t r = 0; r < rows.size(); ++r)
    if (!std::isnan(value(r, 0)) && !std::isnan(value(r, set))) common.push_back(r);
  if (common.size() < 2) return "";
  std::size_t pairs = 0, same = 0;
  for (std::size_t i = 0; i < common.size(); ++i)
    for (std::size_t j = i + 1; j < common.size(); ++j) {
      ++pairs;
      same += (value(common[i], 0) < value(common[j], 0)) ==
              (value(common[i], set) < value(common[j], set));
    }
  const auto lowest = [&](std::size_t s) {
    return *std::min_element(common.begin(), common.end(), [&](std::size_t a, std::size_t b) {
      return value(a, s) < value(b, s);
    });
  };
  const std::string& a = rows[lowest(0)].variant;
  const std::string& b = rows[lowest(set)].variant;
  const std::string best =
      a == b ? fmt::format("{} and {} both have {} lowest", sets[0].label, sets[set].label, a)
             : fmt::format("{} has {} lowest, {} has {}", sets[0].label, a, sets[set].label, b);
  return fmt::format("{}; {} of {} of variants {} in the same order.", best, same,
                     counted(pairs, "pair"), same == 1 ? "is" : "are");
}

// Sets of different scenarios answer different questions, whatever their figures say.
std::string other_scenario(const ResultSet& first, const ResultSet& set) {
  if (same_scenario(first, set)) return "";
  const std::vector<std::string> keys = scenario_differences(first, set);
  return fmt::format(
      "{} and {} are of different scenarios{}: their figures differ by that already.", first.label,
      set.label, keys.empty() ? "" : ", in " + listing(keys));
}

std::string doubts(const std::vector<ResultSet>& sets) {
  const auto differs = [&sets](const auto& part) {
    return std::any_of(sets.begin(), sets.end(),
                       [&](const ResultSet& set) { return part(set) != part(sets[0]); });
  };
  std::vector<std::string> what;
  if (differs([](const ResultSet& s) { return s.results.at("seed"); })) what.push_back("seed");
  if (differs([](const ResultSet& s) { return s.results.at("replications"); }))
    what.push_back("number of replications");
  if (what.empty()) return "";
  return fmt::format("The sets differ in {}: not every difference comes from what is compared.",
                     listing(what));
}

// How differences were judged, a sentence for each way that was used.
std::vector<std::string> methods(const std::vector<ResultSet>& sets,
                                 const std::vector<ComparedRow>& rows) {
  std::vector<std::string> sentences;
  for (const DifferenceTest test : {DifferenceTest::paired, DifferenceTest::welch}) {
    std::size_t tested = 0;  // variants, in the set that has the most
    for (std::size_t set = 1; set < sets.size(); ++set) {
      if (test_between(sets[0], sets[set]) != test) continue;
      tested = std::max<std::size_t>(
          tested, std::count_if(rows.begin(), rows.end(), [set](const ComparedRow& row) {
            return row.cells[set].differs.has_value();
          }));
    }
    if (tested == 0) continue;
    const std::string corrected =
        tested == 1 ? "" : fmt::format(", corrected for {} variants", tested);
    sentences.push_back(
        test == DifferenceTest::paired
            ? fmt::format("Differences are judged in pairs of replications that faced the same "
                          "requests (Student's t{}).",
                          corrected)
            : fmt::format("Differences are judged between independent replications (Welch's t{}).",
                          corrected));
  }
  return sentences;
}

// A table a metric, all of them when the question is how far a simulation is off.
std::string metric_tables(const std::vector<ResultSet>& sets, bool all, std::size_t width) {
  using Align = TextTable::Align;
  const std::vector<ComparedRow> rows = side_by_side(sets);
  std::vector<std::size_t> shown(kShownMetrics.begin(), kShownMetrics.end());
  for (std::size_t m = 0; all && m < kMetrics.size(); ++m)
    if (std::find(shown.begin(), shown.end(), m) == shown.end()) shown.push_back(m);
  bool any_alike = false;
  std::size_t names = 0;  // one width for the first column of all tables
  for (const ComparedRow& row : rows) names = std::max(names, display_width(row.variant));
  for (const std::size_t m : shown) names = std::max(names, display_width(kMetrics[m].label));
  std::string text;
  for (const std::size_t m : shown) {
    std::vector<TextTable::Column> columns{
        {pad_right(kMetrics[m].label, names), Align::left, TextTable::kKeep, true}};
    for (std::size_t set = 0; set < sets.size(); ++set) {
      columns.push_back({shorten(sets[set].label, kSetLabel), Align::point});
      if (set > 0)
        columns.push_back({is_prediction(sets[0], sets[set]) ? "error" : "", Align::right});
    }
    TextTable table(std::move(columns));
    for (const ComparedRow& row : rows_of(rows, m)) {
      std::vector<std::string> cells{row.variant};
      for (std::size_t set = 0; set < sets.size(); ++set) {
        cells.push_back(value_cell(row, row.cells[set].metric));
        if (set > 0) cells.push_back(difference_cell(row.cells[set]));
        any_alike = any_alike || cells.back().ends_with("≈");
      }
      table.add_row(std::move(cells));
    }
    text += table.text(width) + '\n';
  }
  return text + (any_alike ? "≈ no difference can be shown\n" : "");
}

}  // namespace

std::string_view to_text(DifferenceTest test) {
  return test == DifferenceTest::paired ? "paired t" : "Welch's t";
}

DifferenceTest test_between(const ResultSet& first, const ResultSet& set) {
  const Json& a = first.results;
  const Json& b = set.results;
  const bool same_requests = a.at("seed") == b.at("seed") &&
                             a.at("replications") == b.at("replications") &&
                             a.at("scenario").at("digest") == b.at("scenario").at("digest");
  return same_requests ? DifferenceTest::paired : DifferenceTest::welch;
}

std::vector<ResultSet> reference_first(std::vector<ResultSet> sets) {
  const auto live = std::find_if(sets.begin(), sets.end(), [&](const ResultSet& set) {
    return std::any_of(sets.begin(), sets.end(),
                       [&](const ResultSet& other) { return is_prediction(set, other); });
  });
  if (live != sets.end()) std::rotate(sets.begin(), live, live + 1);
  return sets;
}

std::vector<ComparedRow> side_by_side(const std::vector<ResultSet>& sets) {
  STEELYARD_CHECK(!sets.empty(), "nothing to compare");
  std::vector<ComparedRow> rows;
  for (const Named& variant : all_variants(sets))
    for (std::size_t m = 0; m < kMetrics.size(); ++m) {
      ComparedRow row{.variant = variant.label, .metric = m, .cells = {}};
      for (const ResultSet& set : sets) {
        const Json* found = find_variant(set, variant.name);
        Metric metric = found == nullptr ? Metric{} : metric_of(*found, m);
        if (row.cells.empty()) {
          row.cells.push_back({.metric = std::move(metric)});
        } else {
          row.cells.push_back(against(row.cells.front().metric, std::move(metric),
                                      test_between(sets.front(), set)));
        }
      }
      rows.push_back(std::move(row));
    }
  for (std::size_t m = 0; m < kMetrics.size(); ++m)
    for (std::size_t set = 1; set < sets.size(); ++set) judge_together(rows, m, set);
  return rows;
}

std::vector<std::string> comparison_sentences(const std::vector<ResultSet>& given) {
  const std::vector<ResultSet> sets = reference_first(given);
  const std::vector<ComparedRow> rows = rows_of(side_by_side(sets), metric::kPrimary);
  std::vector<std::string> sentences;
  for (std::size_t set = 1; set < sets.size(); ++set)
    if (std::string other = other_scenario(sets[0], sets[set]); !other.empty())
      sentences.push_back(std::move(other));
  for (std::size_t set = 1; set < sets.size(); ++set) {
    if (is_prediction(sets[0], sets[set])) {
      for (std::string& sentence : prediction_sentences(sets[0], sets[set])) {
        // Of several simulations, which one.
        if (sets.size() > 2) sentence = sets[set].label + ": " + sentence;
        sentences.push_back(std::move(sentence));
      }
      continue;
    }
    sentences.push_back(against_first(sets, set, rows));
    if (std::string order = order_sentence(sets, set, rows); !order.empty())
      sentences.push_back(std::move(order));
  }
  if (std::string doubt = doubts(sets); !doubt.empty()) sentences.push_back(std::move(doubt));
  for (std::string& method : methods(sets, rows)) sentences.push_back(std::move(method));
  return sentences;
}

std::string comparison_report(const std::vector<ResultSet>& given, const TerminalOptions& options) {
  const std::vector<ResultSet> sets = reference_first(given);
  std::string text;
  for (const ResultSet& set : sets)
    for (const std::string& warning : warnings_of(set)) text += wrap("! " + warning, options.width);
  for (const std::string& sentence : comparison_sentences(sets))
    text += wrap(sentence, options.width);
  for (const ResultSet& set : sets)
    for (const auto& [variant, reason] : skipped_in(set))
      text += wrap(fmt::format("{} skipped {}: {}.", set.label, variant, reason), options.width);
  if (!text.empty()) text += '\n';
  bool predicted = false;
  for (std::size_t set = 1; set < sets.size(); ++set) {
    if (!is_prediction(sets[0], sets[set])) continue;
    predicted = true;
    text += prediction_table(sets[0], sets[set], options.width) + '\n';
  }
  return text + metric_tables(sets, predicted, options.width);
}

void write_comparison_csv(std::ostream& out, const std::vector<ResultSet>& given) {
  const std::vector<ResultSet> sets = reference_first(given);
  out << "variant,metric,set,value,ci_low,ci_high,relative_difference,difference_low,"
         "difference_high,differs,test\n";
  for (const ComparedRow& row : side_by_side(sets))
    for (std::size_t set = 0; set < sets.size(); ++set) {
      const ComparedRow::Cell& cell = row.cells[set];
      const std::optional<Interval>& ci = cell.metric.ci95;
      const std::optional<Interval>& difference = cell.difference_ci95;
      out << csv_field(row.variant) << ',' << kMetrics[row.metric].path << ','
          << csv_field(sets[set].label) << ',' << csv_number(cell.metric.value) << ','
          << csv_number(ci ? ci->low : kNoValue) << ',' << csv_number(ci ? ci->high : kNoValue)
          << ',' << csv_number(cell.relative.value_or(kNoValue)) << ','
          << csv_number(difference ? difference->low : kNoValue) << ','
          << csv_number(difference ? difference->high : kNoValue) << ','
          << (!cell.differs   ? ""
              : *cell.differs ? "true"
                              : "false")
          << ',' << (cell.differs ? to_text(test_between(sets[0], sets[set])) : "") << '\n';
    }
}

Json comparison_json(const std::vector<ResultSet>& given) {
  const std::vector<ResultSet> sets = reference_first(given);
  Json against = Json::array();
  bool predicted = false;
  for (std::size_t set = 1; set < sets.size(); ++set) {
    const bool prediction = is_prediction(sets[0], sets[set]);
    predicted = predicted || prediction;
    against.push_back({{"label", sets[set].label},
                       {"prediction", prediction},
                       {"test", to_text(test_between(sets[0], sets[set]))}});
  }
  Json aims = Json::object();
  for (const PredictionAim& aim : kPredictionAims)
    if (predicted) aims[std::string(kMetrics[aim.metric].path)] = aim.error;
  Json rows = Json::array();
  for (const ComparedRow& row : side_by_side(sets)) {
    Json cells = Json::array();
    for (const ComparedRow::Cell& cell : row.cells)
      cells.push_back({{"value", number(cell.metric.value)},
                       {"ci95", json_of(cell.metric.ci95)},
                       {"relative", number(cell.relative.value_or(kNoValue))},
                       {"difference_ci95", json_of(cell.difference_ci95)},
                       {"differs", cell.differs ? Json(*cell.differs) : Json(nullptr)}});
    rows.push_back({{"variant", row.variant},
                    {"metric", kMetrics[row.metric].path},
                    {"cells", std::move(cells)}});
  }
  return {{"reference", sets[0].label},
          {"against", std::move(against)},
          {"aims", std::move(aims)},
          {"rows", std::move(rows)}};
}

}  // namespace steelyard
