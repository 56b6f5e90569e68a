#include "app/bench_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <tuple>

#include "reports/format.h"
#include "reports/layout.h"
#include "reports/tables.h"
#include "tests/bench/balancers_bench.h"
#include "tests/bench/balancers_bench_claim.h"
#include "tests/bench/balancers_bench_load.h"

namespace steelyard::app {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// As fmax, for all of them: a value that is not known does not count.
template <class Value>
double largest(const BenchRow& row, Value value) {
  double most = kUnknown;
  for (const auto& [key, figure] : row.figures) most = std::fmax(most, value(key, figure));
  return most;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

BenchFigure median(const std::vector<BenchFigure>& repetitions) {
  const auto of = [&](double BenchFigure::*field) {
    std::vector<double> values;
    for (const BenchFigure& repetition : repetitions) values.push_back(repetition.*field);
    return median(values);
  };
  return {of(&BenchFigure::ns), of(&BenchFigure::allocations),
          of(&BenchFigure::bytes_per_endpoint)};
}

struct Title {
  std::string name;
  std::string kind;
  std::size_t endpoints = 0;
};

// "p2c/request/1000"; false for anything else.
bool parse(const std::string& text, Title& title) {
  const std::size_t first = text.find('/');
  const std::size_t last = text.rfind('/');
  if (first == std::string::npos || first == last) return false;
  title.name = text.substr(0, first);
  title.kind = text.substr(first + 1, last - first - 1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + last + 1, end, title.endpoints);
  return error == std::errc{} && stop == end;
}

// Where rows of a table stand: the baseline, then by how quick they are.
auto rank(const BenchRow& row) {
  double ns = row.ns("request", 1000);
  if (std::isnan(ns))
    ns = largest(row, [](const auto&, const BenchFigure& figure) { return figure.ns; });
  return std::tuple(row.info != nullptr, ns, row.name);
}

std::string three_digits(double value) {
  return value < 1e-3 ? "0" : grouped(value, decimals_for(value, kUnknown));
}

std::string two_decimals(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.2f}", std::max(value, 0.0));
}

std::string claim_of(const BenchRow& row) {
  return row.info == nullptr ? "" : std::string(bench::bound_of(row.info->cost));
}

}  // namespace

double BenchRow::ns(const std::string& kind, std::size_t endpoints) const {
  const auto found = figures.find({kind, endpoints});
  return found == figures.end() ? kUnknown : found->second.ns;
}

double BenchRow::allocations_max() const {
  return largest(*this, [](const auto& key, const BenchFigure& figure) {
    return key.first == "change" ? kUnknown : figure.allocations;
  });
}

double BenchRow::bytes_per_endpoint() const {
  std::size_t most = 0;
  double bytes = kUnknown;
  for (const auto& [key, figure] : figures)
    if (key.second > most) std::tie(most, bytes) = std::pair(key.second, figure.bytes_per_endpoint);
  return bytes;
}

double BenchRow::growth() const {
  std::vector<std::pair<double, double>> points;
  for (const auto& [key, figure] : figures)
    if (key.first == "request" && key.second >= 100)
      points.emplace_back(std::log(static_cast<double>(key.second)), std::log(figure.ns));
  if (points.size() < 2) return kUnknown;
  double x_mean = 0;
  double y_mean = 0;
  for (const auto& [x, y] : points) {
    x_mean += x / static_cast<double>(points.size());
    y_mean += y / static_cast<double>(points.size());
  }
  double covariance = 0;
  double variance = 0;
  for (const auto& [x, y] : points) {
    covariance += (x - x_mean) * (y - y_mean);
    variance += (x - x_mean) * (x - x_mean);
  }
  return covariance / variance;
}

bool BenchRow::contradicts_claim() const {
  return info != nullptr && bench::growth_claimed(*info) != bench::Growth::other &&
         growth() > kGrowthMax;
}

std::vector<BenchRow> bench_rows(const std::map<std::string, std::vector<BenchFigure>>& figures) {
  std::map<std::string, BenchRow> by_name;
  for (const auto& [text, repetitions] : figures) {
    Title title;
    if (!parse(text, title) || repetitions.empty()) continue;
    BenchRow& row = by_name[title.name];
    row.name = title.name;
    row.info = bench::measured(title.name);
    row.figures[{title.kind, title.endpoints}] = median(repetitions);
  }
  std::vector<BenchRow> rows;
  for (auto& [name, row] : by_name) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end(),
            [](const BenchRow& a, const BenchRow& b) { return rank(a) < rank(b); });
  return rows;
}

std::string bench_table(const std::vector<BenchRow>& rows, std::size_t width, bool colour) {
  using Align = TextTable::Align;
  TextTable table({{"balancer", Align::left, TextTable::kKeep, true},
                   {"pick 10", Align::point, 4},
                   {"pick 1,000", Align::point, TextTable::kKeep},
                   {"pick 100,000", Align::point, 9},
                   {"request 1,000", Align::point, 8},
                   {"change 1,000", Align::point, 5},
                   {"allocs", Align::right, 3},
                   {"B/endpoint", Align::point, 2},
                   {"growth", Align::right, 7},
                   {"claimed", Align::left, 6}});
  std::string contradictions;
  for (const BenchRow& row : rows) {
    const bool contradicted = row.contradicts_claim();
    table.add_row(
        {row.name, three_digits(row.ns("pick", 10)), three_digits(row.ns("pick", 1000)),
         three_digits(row.ns("pick", 100000)), three_digits(row.ns("request", 1000)),
         three_digits(row.ns("change", 1000) / 1000), three_digits(row.allocations_max()),
         three_digits(row.bytes_per_endpoint()), two_decimals(row.growth()), claim_of(row)},
        colour && contradicted ? "\x1b[31m" : "");
    if (contradicted)
      contradictions +=
          fmt::format("{} claims {}, and takes n^{:.2f}\n", row.name, claim_of(row), row.growth());
  }
  return table.text(width) + "Nanoseconds; of a change, microseconds.\n" + contradictions;
}

std::string bench_csv(const std::vector<BenchRow>& rows) {
  std::string text = "balancer,benchmark,endpoints,ns,allocations,bytes_per_endpoint\n";
  for (const BenchRow& row : rows)
    for (const auto& [key, figure] : row.figures)
      text += fmt::format("{},{},{},{},{},{}\n", row.name, key.first, key.second,
                          csv_number(figure.ns, 4), csv_number(figure.allocations, 4),
                          csv_number(figure.bytes_per_endpoint, 4));
  return text;
}

void add_bench_rows(Json& document, const std::vector<BenchRow>& rows) {
  Json balancers = Json::array();
  Json figures = Json::array();
  for (const BenchRow& row : rows) {
    Json balancer{{"name", row.name}};
    if (row.info != nullptr) {
      balancer["kind"] = row.info->kind;
      balancer["summary"] = row.info->summary;
      balancer["cost"] = row.info->cost;
      balancer["traits"] = row.info->traits;
    }
    balancer["growth"] = number(row.growth(), 3);
    balancer["contradicts_claim"] = row.contradicts_claim();
    balancers.push_back(std::move(balancer));
    for (const auto& [key, figure] : row.figures)
      figures.push_back({{"balancer", row.name},
                         {"benchmark", key.first},
                         {"endpoints", key.second},
                         {"ns", number(figure.ns, 4)},
                         {"allocations", number(figure.allocations, 4)},
                         {"bytes_per_endpoint", number(figure.bytes_per_endpoint, 4)}});
  }
  document["balancers"] = std::move(balancers);
  document["figures"] = std::move(figures);
}

}  // namespace steelyard::app
