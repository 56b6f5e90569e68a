#include "reports/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "core/check.h"
#include "reports/format.h"
#include "reports/layout.h"
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

ComparedRow::Cell against(const Metric& first, Metric metric) {
  ComparedRow::Cell cell{.metric = std::move(metric)};
  const double relative = (cell.metric.value - first.value) / first.value;
  if (std::isfinite(relative)) {
    cell.relative = relative;
  } else if (cell.metric.value == first.value) {
    cell.relative = 0;  // both are 0
  }
  if (first.ci95 && cell.metric.ci95)
    cell.overlaps =
        first.ci95->low <= cell.metric.ci95->high && cell.metric.ci95->low <= first.ci95->high;
  return cell;
}

std::string signed_percent(double relative) {
  if (std::abs(relative) >= 9.995) return fmt::format("×{:.3g}", 1 + relative);
  const double percent = 100 * relative;
  return fmt::format("{:+.{}f}%", percent, std::abs(percent) < 9.95 ? 1 : 0);
}

std::string value_cell(const ComparedRow& row, const Metric& metric) {
  // One unit a row, that of its first value.
  const MetricInfo& info = kMetrics[row.metric];
  double magnitude = kNoValue;
  for (const ComparedRow::Cell& cell : row.cells)
    if (std::isnan(magnitude)) magnitude = cell.metric.value;
  const Scale scale = scale_for(info.unit, magnitude);
  if (metric.value == 0 || !metric.known()) return quantity(info, metric.value, kNoValue);
  const double half = metric.half_width() * scale.factor;
  const int decimals = decimals_for(metric.value * scale.factor, half);
  std::string text = grouped(metric.value * scale.factor, decimals) + std::string(scale.suffix);
  if (half > 0) text += " ± " + grouped(half, decimals);
  return text;
}

std::string difference_cell(const ComparedRow::Cell& cell) {
  if (!cell.relative) return "–";
  if (*cell.relative == 0) return "=";
  return signed_percent(*cell.relative) + (cell.overlaps.value_or(false) ? " ≈" : "");
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

// "Against v1, p99 latency with v2 is lower for p2c (-12%); for 3 other variants the intervals
// overlap."
std::string against_first(const std::vector<ResultSet>& sets, std::size_t set,
                          const std::vector<ComparedRow>& rows) {
  std::vector<std::string> lower, higher, unclear;
  std::size_t overlapping = 0;
  for (const ComparedRow& row : rows) {
    const ComparedRow::Cell& cell = row.cells[set];
    if (!cell.relative) continue;
    const std::string text = fmt::format("{} ({})", row.variant, signed_percent(*cell.relative));
    if (!cell.overlaps) {
      unclear.push_back(text);
    } else if (*cell.overlaps) {
      ++overlapping;
    } else {
      (*cell.relative < 0 ? lower : higher).push_back(text);
    }
  }
  const std::string& first = sets[0].label;
  const std::string& other = sets[set].label;
  if (lower.empty() && higher.empty() && unclear.empty())
    return overlapping == 0
               ? fmt::format("{} and {} have no variant in common.", first, other)
               : fmt::format("{} agrees with {}: the 95% intervals of p99 latency overlap for {}.",
                             other, first,
                             overlapping == 1 ? "the variant in common"
                                              : fmt::format("all {} variants", overlapping));
  std::vector<std::string> parts;
  if (!lower.empty()) parts.push_back("lower for " + listing(lower, 4));
  if (!higher.empty()) parts.push_back("higher for " + listing(higher, 4));
  if (!unclear.empty())
    parts.push_back("different, without intervals to judge by, for " + listing(unclear, 4));
  std::string text = fmt::format("Against {}, p99 latency with {} is {}", first, other, parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) text += ", and " + parts[i];
  if (overlapping > 0)
    text += fmt::format("; for {} other{} the intervals overlap", overlapping,
                        overlapping == 1 ? "" : "s");
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
  return fmt::format("{}; {} of {} pairs of variants are in the same order.", best, same, pairs);
}

std::string doubts(const std::vector<ResultSet>& sets) {
  const auto differs = [&sets](const auto& part) {
    return std::any_of(sets.begin(), sets.end(),
                       [&](const ResultSet& set) { return part(set) != part(sets[0]); });
  };
  std::vector<std::string> what;
  if (differs([](const ResultSet& s) { return s.results.at("scenario").at("digest"); }))
    what.push_back("scenario");
  if (differs([](const ResultSet& s) { return s.results.at("seed"); })) what.push_back("seed");
  if (differs([](const ResultSet& s) { return s.results.at("replications"); }))
    what.push_back("number of replications");
  if (what.empty()) return "";
  return fmt::format("The sets differ in {}: not every difference comes from what is compared.",
                     listing(what));
}

}  // namespace

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
          row.cells.push_back(against(row.cells.front().metric, std::move(metric)));
        }
      }
      rows.push_back(std::move(row));
    }
  return rows;
}

std::vector<std::string> comparison_sentences(const std::vector<ResultSet>& sets) {
  const std::vector<ComparedRow> rows = rows_of(side_by_side(sets), metric::kPrimary);
  std::vector<std::string> sentences;
  for (std::size_t set = 1; set < sets.size(); ++set) {
    sentences.push_back(against_first(sets, set, rows));
    if (std::string order = order_sentence(sets, set, rows); !order.empty())
      sentences.push_back(std::move(order));
  }
  if (std::string doubt = doubts(sets); !doubt.empty()) sentences.push_back(std::move(doubt));
  return sentences;
}

std::string comparison_report(const std::vector<ResultSet>& sets, const TerminalOptions& options) {
  using Align = TextTable::Align;
  std::string text;
  for (const std::string& sentence : comparison_sentences(sets))
    text += wrap(sentence, options.width);
  if (!text.empty()) text += '\n';
  const std::vector<ComparedRow> rows = side_by_side(sets);
  bool any_overlap = false;
  std::size_t names = 0;  // one width for the first column of all tables
  for (const ComparedRow& row : rows) names = std::max(names, display_width(row.variant));
  for (const std::size_t m : kShownMetrics)
    names = std::max(names, display_width(kMetrics[m].label));
  for (const std::size_t m : kShownMetrics) {
    std::vector<TextTable::Column> columns{
        {pad_right(kMetrics[m].label, names), Align::left, TextTable::kKeep, true}};
    for (std::size_t set = 0; set < sets.size(); ++set) {
      columns.push_back({shorten(sets[set].label, kSetLabel), Align::point});
      if (set > 0) columns.push_back({"", Align::right});
    }
    TextTable table(std::move(columns));
    for (const ComparedRow& row : rows_of(rows, m)) {
      std::vector<std::string> cells{row.variant};
      for (std::size_t set = 0; set < sets.size(); ++set) {
        cells.push_back(value_cell(row, row.cells[set].metric));
        if (set > 0) cells.push_back(difference_cell(row.cells[set]));
        any_overlap = any_overlap || row.cells[set].overlaps.value_or(false);
      }
      table.add_row(std::move(cells));
    }
    text += table.text(options.width) + '\n';
  }
  if (any_overlap) text += "≈ the 95% intervals overlap\n";
  return text;
}

void write_comparison_csv(std::ostream& out, const std::vector<ResultSet>& sets) {
  out << "variant,metric,set,value,ci_low,ci_high,relative_difference,intervals_overlap\n";
  for (const ComparedRow& row : side_by_side(sets))
    for (std::size_t set = 0; set < sets.size(); ++set) {
      const ComparedRow::Cell& cell = row.cells[set];
      const std::optional<Interval>& ci = cell.metric.ci95;
      out << csv_field(row.variant) << ',' << kMetrics[row.metric].path << ','
          << csv_field(sets[set].label) << ',' << csv_number(cell.metric.value) << ','
          << csv_number(ci ? ci->low : kNoValue) << ',' << csv_number(ci ? ci->high : kNoValue)
          << ',' << csv_number(cell.relative.value_or(kNoValue)) << ','
          << (!cell.overlaps   ? ""
              : *cell.overlaps ? "true"
                               : "false")
          << '\n';
    }
}

}  // namespace steelyard
