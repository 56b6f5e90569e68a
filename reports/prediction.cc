#include "reports/prediction.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/format.h"
#include "reports/generator.h"
#include "reports/layout.h"
#include "reports/scenario_difference.h"

namespace steelyard {
namespace {

constexpr std::size_t kExplained = 6;  // misses that get a sentence of their own

// A hiccup of this share of a latency, or a difference in failed requests of this size, is worth
// naming as a reason.
constexpr double kHiccupRelevant = 0.1;
constexpr double kErrorsRelevant = 0.005;

std::string percent(double share) {
  const double value = 100 * std::abs(share);
  if (value == 0) return "0%";
  return fmt::format("{:.{}f}%", value, value < 0.095 ? 2 : value < 9.95 ? 1 : 0);
}

std::string milliseconds(double ms) { return quantity(kMetrics[metric::kMax], ms, kNoValue); }

double number_at(const Json& variant, const char* group, const char* key) {
  if (!variant.contains("live") || !variant["live"].is_object()) return kNoValue;
  const Json* place = &variant["live"];
  if (group != nullptr) {
    if (!place->contains(group) || !(*place)[group].is_object()) return kNoValue;
    place = &(*place)[group];
  }
  return place->contains(key) && (*place)[key].is_number() ? (*place)[key].get<double>() : kNoValue;
}

Circumstances circumstances_of(const Json& variant) {
  Circumstances c{.timely_ratio = number_at(variant, nullptr, "timely_ratio"),
                  .hiccup_ms_p99 = number_at(variant, "hiccup_ms", "p99"),
                  .hiccup_ms_p999 = number_at(variant, "hiccup_ms", "p999"),
                  .hiccup_ms_max = number_at(variant, "hiccup_ms", "max")};
  if (variant.contains("live") && variant["live"].is_object())
    c.trustworthy = variant["live"].value("trustworthy", true);
  return c;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// "p99 latency within 7.9% for every variant (median 3.1%)", or "p99 latency off by up to 35%
// (random; aim 20%)".
std::string how_good(const std::vector<Prediction>& all, const PredictionAim& aim) {
  const Prediction* worst = nullptr;
  std::vector<double> errors;
  for (const Prediction& each : all) {
    const double error = std::abs(each.error(aim.metric));
    if (std::isnan(error)) continue;
    errors.push_back(error);
    if (worst == nullptr || error > std::abs(worst->error(aim.metric))) worst = &each;
  }
  if (worst == nullptr) return "";
  const std::string name(kMetrics[aim.metric].label);
  const std::string largest = percent(worst->error(aim.metric));
  if (worst->misses(aim))
    return fmt::format("{} off by {}{} ({}aim {})", name, errors.size() > 1 ? "up to " : "",
                       largest, errors.size() > 1 ? worst->variant + "; " : "", percent(aim.error));
  std::string text = fmt::format("{} within {}", name, largest);
  if (errors.size() > 1 && aim.metric == metric::kPrimary)
    text +=
        fmt::format(" for {} (median {})", errors.size() == 2 ? "both variants" : "every variant",
                    percent(median(errors)));
  return text;
}

std::string headline(const std::vector<Prediction>& all, const ResultSet& live,
                     const ResultSet& simulated) {
  std::vector<std::string> parts;
  for (auto aim = kPredictionAims.rbegin(); aim != kPredictionAims.rend(); ++aim)
    if (std::string part = how_good(all, *aim); !part.empty()) parts.push_back(std::move(part));
  if (parts.empty())
    return fmt::format("{} and {} have no variant in common that answered requests.", live.label,
                       simulated.label);
  bool good = true;
  for (const Prediction& each : all)
    for (const PredictionAim& aim : kPredictionAims) good = good && !each.misses(aim);
  // Not listing(): the parts hold commas and names themselves.
  std::string text =
      good ? "The simulation predicts the live " : "The simulation beside the live run: ";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : "; ") + parts[i];
  return text + ".";
}

// What of the live run, or of both, may explain an error this large; never nothing.
std::string reasons(const Prediction& prediction, std::size_t m) {
  const Circumstances& c = prediction.circumstances;
  const double error = prediction.error(m);
  const double doubt = prediction.live_doubt(m);
  const bool latency = m < metric::kLatencies;
  std::vector<std::string> all;
  if (std::isnan(doubt)) {
    all.push_back("it is chance, of which one live replication says nothing");
  } else if (doubt > std::abs(error) / 2) {
    all.push_back(fmt::format("the live value itself is only known to ± {}", percent(doubt)));
  }
  if (!c.trustworthy)
    all.push_back(fmt::format("the load generator fell behind its plan ({} of sends on time)",
                              timely_text(c.timely_ratio)));
  // The further out the percentile of the latency, the rarer a hiccup need be; one that lasts for
  // many milliseconds meets many requests, but is a single late wake-up.
  const bool middle = m == metric::kP50;
  const double hiccup = middle ? c.hiccup_ms_p99 : c.hiccup_ms_p999;
  if (latency && hiccup > kHiccupRelevant * prediction.live[m].value)
    all.push_back(fmt::format("the machine hiccupped by {} at its {}", milliseconds(hiccup),
                              middle ? "p99" : "p99.9"));
  const double failed_live = prediction.live[metric::kErrorRatio].value;
  const double failed_simulated = prediction.simulated[metric::kErrorRatio].value;
  if (std::abs(failed_live - failed_simulated) > kErrorsRelevant)
    all.push_back(fmt::format("{} of the requests failed live and {} simulated",
                              percent(failed_live), percent(failed_simulated)));
  if (latency && error < 0)
    all.push_back(
        "live requests also cost processor time and round trips that the model leaves out");
  if (all.empty())
    return prediction.same_scenario
               ? "Nothing that was measured explains it: the model leaves something out."
               : "The scenarios differ.";
  std::string text = prediction.same_scenario ? "It may be that "
                                              : "The scenarios differ; besides, it may be that ";
  text += all.front();
  for (std::size_t i = 1; i < all.size(); ++i) text += ", or that " + all[i];
  return text + ".";
}

// "random: p99 latency is 30.0 ms simulated and 22.2 ms ± 0.5 live, +35%. It may be that …."
std::string explained(const Prediction& prediction, const PredictionAim& aim) {
  const std::size_t m = aim.metric;
  return fmt::format(
      "{}: {} is {} simulated and {} live, {} (aim: within {}). {}", prediction.variant,
      kMetrics[m].label, quantity(kMetrics[m], prediction.simulated[m].value, kNoValue),
      quantity(kMetrics[m], prediction.live[m].value, prediction.live[m].half_width()),
      signed_percent(prediction.error(m)), percent(aim.error), reasons(prediction, m));
}

// Contenders of a set, only those that the predictions are about, in their order.
std::vector<Contender> contenders_of(const std::vector<Prediction>& all, bool live) {
  std::vector<Contender> contenders;
  for (const Prediction& each : all)
    contenders.push_back({.label = each.variant, .metrics = live ? each.live : each.simulated});
  return contenders;
}

// Whether both worlds would recommend the same: that is what a simulation is for.
std::string order_sentence(const std::vector<Prediction>& all) {
  if (all.size() < 2) return "";
  const Ranking live = rank_all(contenders_of(all, true))[metric::kPrimary];
  const Ranking simulated = rank_all(contenders_of(all, false))[metric::kPrimary];
  const std::size_t best_live = live.rows.front().variant;
  const std::size_t best_simulated = simulated.rows.front().variant;
  std::string text;
  if (best_live == best_simulated) {
    text = fmt::format("Both worlds rank {} first", all[best_live].variant);
  } else {
    const auto row = std::find_if(live.rows.begin(), live.rows.end(),
                                  [&](const RankedRow& r) { return r.variant == best_simulated; });
    text = fmt::format("The live run ranks {} first, the simulation {}{}", all[best_live].variant,
                       all[best_simulated].variant,
                       row->tied_with_best ? ", which the live run cannot tell apart from it" : "");
  }
  std::vector<std::vector<double>> samples;
  std::vector<double> quanta;
  for (const Prediction& each : all) {
    samples.push_back(each.live[metric::kPrimary].samples);
    quanta.push_back(each.live[metric::kPrimary].quantum);
  }
  const AllPairs pairs(samples, quanta);
  std::size_t apart = 0, same = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (!pairs.differ(i, j)) continue;
      ++apart;
      const double difference =
          all[i].simulated[metric::kPrimary].value - all[j].simulated[metric::kPrimary].value;
      same += difference * pairs.difference(i, j) > 0;
    }
  if (apart == 0) return text + "; the live run tells no two variants apart in p99 latency.";
  return text + fmt::format(
                    "; {} of the {} of variants that the live run tells apart {} in the same "
                    "order simulated.",
                    same, counted(apart, "pair"), same == 1 ? "is" : "are");
}

std::string error_cell(const Prediction& prediction, const PredictionAim& aim) {
  const double error = prediction.error(aim.metric);
  if (std::isnan(error)) return "–";
  if (error == 0) return "=";
  return signed_percent(error) + (prediction.misses(aim) ? " ✗" : "");
}

const Json* find_variant(const ResultSet& set, const std::string& name) {
  for (const Json& variant : set.results.at("variants"))
    if (variant.at("name") == name) return &variant;
  return nullptr;
}

}  // namespace

double Prediction::error(std::size_t metric) const {
  const double truth = live[metric].value;
  const double predicted = simulated[metric].value;
  if (truth == predicted) return 0;  // also both 0
  const double relative = (predicted - truth) / truth;
  return std::isfinite(relative) ? relative : kNoValue;
}

std::string signed_percent(double relative) {
  if (std::abs(relative) >= 9.995) return fmt::format("×{:.3g}", 1 + relative);
  const double percent = 100 * relative;
  return fmt::format("{:+.{}f}%", percent, std::abs(percent) < 9.95 ? 1 : 0);
}

bool is_prediction(const ResultSet& reference, const ResultSet& set) {
  return reference.results.at("world") == "live" && set.results.at("world") == "sim";
}

std::vector<Prediction> predictions(const ResultSet& live, const ResultSet& simulated) {
  std::vector<Prediction> all;
  const bool same = same_scenario(live, simulated);
  for (const Json& variant : live.results.at("variants")) {
    const Json* found = find_variant(simulated, variant.at("name"));
    if (found == nullptr) continue;
    Prediction prediction{.variant = variant.at("label")};
    for (std::size_t m = 0; m < kMetrics.size(); ++m) {
      prediction.live[m] = metric_of(variant, m);
      prediction.simulated[m] = metric_of(*found, m);
    }
    prediction.circumstances = circumstances_of(variant);
    prediction.same_scenario = same;
    all.push_back(std::move(prediction));
  }
  return all;
}

std::vector<std::string> prediction_sentences(const ResultSet& live, const ResultSet& simulated) {
  const std::vector<Prediction> all = predictions(live, simulated);
  std::vector<std::string> sentences{headline(all, live, simulated)};
  if (std::string order = order_sentence(all); !order.empty())
    sentences.push_back(std::move(order));
  std::size_t misses = 0;
  for (auto aim = kPredictionAims.rbegin(); aim != kPredictionAims.rend(); ++aim)
    for (const Prediction& each : all)
      if (each.misses(*aim) && ++misses <= kExplained) sentences.push_back(explained(each, *aim));
  if (misses > kExplained)
    sentences.push_back(
        misses - kExplained == 1
            ? "1 more prediction misses its aim."
            : fmt::format("{} more predictions miss their aims.", misses - kExplained));
  return sentences;
}

std::string prediction_table(const ResultSet& live, const ResultSet& simulated, std::size_t width) {
  using Align = TextTable::Align;
  const std::vector<Prediction> all = predictions(live, simulated);
  if (all.empty()) return "";
  TextTable table(
      {{"error of " + shorten(simulated.label, 14), Align::left, TextTable::kKeep, true},
       {"throughput", Align::right},
       {"p50", Align::right},
       {"p99", Align::right},
       {"live p99", Align::right, 3},
       {"timely", Align::right, 4},
       {"hiccup p99, max", Align::right, 2}});
  for (const Prediction& each : all) {
    const double doubt = each.live_doubt(metric::kP99);
    std::vector<std::string> cells{each.variant};
    for (const PredictionAim& aim : kPredictionAims) cells.push_back(error_cell(each, aim));
    cells.push_back(std::isnan(doubt) ? "–" : "± " + percent(doubt));
    cells.push_back(timely_text(each.circumstances.timely_ratio));
    cells.push_back(milliseconds(each.circumstances.hiccup_ms_p99) + ", " +
                    milliseconds(each.circumstances.hiccup_ms_max));
    table.add_row(std::move(cells));
  }
  return table.text(width);
}

}  // namespace steelyard
