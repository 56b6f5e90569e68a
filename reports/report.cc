#include "reports/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "reports/format.h"

namespace steelyard {
namespace {

// "clients.shoppers.latency_ms.p99" with prefix "clients." and name "shoppers" leaves
// "latency_ms.p99"; names may contain dots, so they are compared, not split off.
std::optional<std::string_view> within(std::string_view path, std::string_view prefix,
                                       std::string_view name) {
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (!path.starts_with(name) || path.size() <= name.size() || path[name.size()] != '.')
    return std::nullopt;
  return path.substr(name.size() + 1);
}

const Metric* metric_of(const ClientSummary& client, std::string_view path) {
  if (path == "error_ratio") return &client.error_ratio;
  const std::optional<std::size_t> index = find_metric(path);
  return index && *index < metric::kLatencies ? &client.latency[*index] : nullptr;
}

const Metric* metric_of(const ServiceSummary& service, std::string_view path) {
  if (path == "utilisation") return &service.utilisation;
  if (path == "attempts_per_second") return &service.attempts_per_second;
  if (path == "failed_ratio") return &service.failed_ratio;
  if (path == "load_imbalance") return &service.load_imbalance;
  return nullptr;
}

bool holds(double value, const ExpectationFacts& expected) {
  using Comparison = ExpectationFacts::Comparison;
  switch (expected.comparison) {
    case Comparison::less:
      return value < expected.limit;
    case Comparison::at_most:
      return value <= expected.limit;
    case Comparison::greater:
      return value > expected.limit;
    case Comparison::at_least:
      return value >= expected.limit;
  }
  return false;
}

TheoryCheck check_theory(const TheoryValue& theory, const VariantSummary& variant,
                         std::size_t index) {
  TheoryCheck check{.variant = index,
                    .metric = theory.metric,
                    .model = theory.model,
                    .value = theory.value,
                    .tolerance = theory.tolerance};
  if (theory.is_range()) check.bounds = {theory.low, theory.high};
  const Metric* measured = metric_at(variant, theory.metric);
  if (measured == nullptr || !measured->known()) return check;
  check.measured = measured->value;
  check.ci95 = measured->ci95;
  const Interval said = check.bounds.value_or(Interval{theory.value, theory.value});
  const Interval here = check.ci95.value_or(Interval{check.measured, check.measured});
  const bool within = here.low <= said.high && said.low <= here.high;
  const double slack = theory.tolerance * std::abs(theory.value);
  check.agrees =
      within || (said.low - slack <= check.measured && check.measured <= said.high + slack);
  return check;
}

std::vector<std::size_t> variants_meant(const ExpectationFacts& expected, const Report& report) {
  if (expected.variant.empty()) return {report.verdict.best};
  std::vector<std::size_t> meant;
  for (std::size_t i = 0; i < report.variants.size(); ++i)
    if (report.variants[i].name == expected.variant || report.variants[i].label == expected.variant)
      meant.push_back(i);
  return meant;
}

void check_expectations(const ComparisonRecord& record, Report& report) {
  for (const ExpectationFacts& expected : record.expectations)
    for (const std::size_t i : variants_meant(expected, report)) {
      const Metric* measured = metric_at(report.variants[i], expected.metric);
      const double value = measured == nullptr ? kNoValue : measured->value;
      report.expectations.push_back(
          {expected.text, expected.metric, i, value, holds(value, expected)});
    }
}

// What is asked of a variant that could not run is neither met nor unmet.
std::string unchecked_sentence(const ComparisonRecord& record, const Report& report) {
  std::vector<std::string> unchecked;
  for (const ExpectationFacts& expected : record.expectations)
    if (variants_meant(expected, report).empty())
      unchecked.push_back(fmt::format("{} ({})", expected.text, expected.variant));
  if (unchecked.empty()) return "";
  return fmt::format("Not checked, as the variant did not run: {}.", fmt::join(unchecked, "; "));
}

std::vector<Contender> contenders_of(const std::vector<VariantSummary>& variants) {
  std::vector<Contender> contenders;
  for (const VariantSummary& variant : variants)
    contenders.push_back(
        {variant.label, variant.metrics, variant.unfinished_ratio(), variant.saturated});
  return contenders;
}

// Which service would be the first to give way.
std::string busiest_service(const Report& report) {
  const ServiceSummary* busiest = nullptr;
  for (const ServiceSummary& service : report.best().services)
    if (service.utilisation.known() &&
        (busiest == nullptr || service.utilisation.value > busiest->utilisation.value))
      busiest = &service;
  if (busiest == nullptr || report.best().services.size() < 2) return "";
  return fmt::format("The busiest service is {}, {:.0f}% utilised{}.", busiest->name,
                     100 * busiest->utilisation.value,
                     report.variants.size() > 1 ? " with " + report.best().label : "");
}

std::string theory_sentence(const Report& report) {
  if (report.theory.empty()) return "";
  const auto agreeing = std::count_if(report.theory.begin(), report.theory.end(),
                                      [](const TheoryCheck& check) { return check.agrees; });
  if (static_cast<std::size_t>(agreeing) == report.theory.size())
    return report.theory.size() == 1
               ? "The measurement agrees with theory."
               : fmt::format("All {} measurements agree with theory.", agreeing);
  return fmt::format("{} of {} {} with theory.", agreeing,
                     counted(report.theory.size(), "measurement"),
                     agreeing == 1 ? "agrees" : "agree");
}

std::string expectation_sentence(const Report& report) {
  const auto met = std::count_if(report.expectations.begin(), report.expectations.end(),
                                 [](const ExpectationCheck& check) { return check.met; });
  if (report.expectations.empty()) return "";
  if (static_cast<std::size_t>(met) == report.expectations.size())
    return "Every expectation of the scenario is met.";
  const std::size_t missed = report.expectations.size() - static_cast<std::size_t>(met);
  return fmt::format("{} of {} of the scenario {} not met.", missed,
                     counted(report.expectations.size(), "expectation"),
                     missed == 1 ? "is" : "are");
}

// Histograms end somewhere; what lies beyond is counted at their end.
std::string clamped_sentence(const Report& report) {
  std::uint64_t cut = 0;
  double longest_ms = 0;
  std::vector<std::string> who;
  for (const VariantSummary& variant : report.variants) {
    if (variant.latency_ns.clamped() == 0) continue;
    cut += variant.latency_ns.clamped();
    longest_ms = static_cast<double>(variant.latency_ns.max()) / 1e6;
    who.push_back(variant.label);
  }
  if (cut == 0) return "";
  return fmt::format(
      "{} request{} took longer than {:.0f} minutes and {} counted as that long ({}): high "
      "percentiles and the mean are too low.",
      large_count(static_cast<double>(cut)), cut == 1 ? "" : "s", longest_ms / 60'000,
      cut == 1 ? "is" : "are", listing(who));
}

}  // namespace

const Metric* metric_at(const VariantSummary& variant, std::string_view path) {
  if (const std::optional<std::size_t> index = find_metric(path)) return &variant.metrics[*index];
  for (const ClientSummary& client : variant.clients)
    if (const auto rest = within(path, "clients.", client.name)) return metric_of(client, *rest);
  for (const ServiceSummary& service : variant.services)
    if (const auto rest = within(path, "services.", service.name)) return metric_of(service, *rest);
  return nullptr;
}

bool Report::expectations_met() const {
  return std::all_of(expectations.begin(), expectations.end(),
                     [](const ExpectationCheck& check) { return check.met; });
}

std::string sample_sentence(const Report& report) {
  const double seconds = to_seconds(report.scenario.duration - report.scenario.warmup);
  std::string text = fmt::format(
      "{} of {:.4g} s after a warm-up of {:.4g} s, {} request{} per variant",
      counted(report.replications, "replication"), seconds, to_seconds(report.scenario.warmup),
      large_count(static_cast<double>(report.best().offered)),
      report.best().offered == 1 ? "" : "s");
  if (report.replications < 2) return text + "; no intervals.";
  text += "; 95% intervals";
  const std::size_t k = report.variants.size();
  if (k < 2) return text + ".";
  return text +
         fmt::format("; differences in pairs on the same arrivals{}.",
                     k == 2 ? "" : fmt::format(", corrected for {} comparisons", k * (k - 1) / 2));
}

Report make_report(const ComparisonRecord& record) {
  STEELYARD_CHECK(!record.variants.empty(), "a report is about at least one variant");
  Report report{.version = record.version,
                .commit = record.commit,
                .world = record.world,
                .seed = record.seed,
                .replications = record.variants.front().runs.size(),
                .scenario = record.scenario,
                .axes = axes_of(record.variants)};
  report.limitations = record.limitations;
  report.skipped = record.skipped;
  report.peak_rss_mib = record.peak_rss_mib;
  const std::vector<std::string> labels = short_labels(record.variants);
  for (std::size_t i = 0; i < record.variants.size(); ++i) {
    report.variants.push_back(summarise(record.variants[i], record.scenario));
    report.variants.back().label = labels[i];
    for (const TheoryValue& theory : record.variants[i].theory)
      report.theory.push_back(check_theory(theory, report.variants.back(), i));
  }
  const std::vector<Contender> contenders = contenders_of(report.variants);
  report.rankings = rank_all(contenders);
  report.verdict = judge(contenders, report.rankings);
  report.generator = generator_verdict(report.variants);
  if (!report.generator.trustworthy)
    report.verdict.warnings.push_back("These figures are not to be trusted. " +
                                      report.generator.sentence);
  if (std::string cut = clamped_sentence(report); !cut.empty())
    report.verdict.warnings.push_back(std::move(cut));
  check_expectations(record, report);
  if (std::string sentence = unchecked_sentence(record, report); !sentence.empty())
    report.verdict.warnings.push_back(std::move(sentence));
  for (std::string sentence : {busiest_service(report), theory_sentence(report),
                               expectation_sentence(report), sample_sentence(report)})
    if (!sentence.empty()) report.verdict.sentences.push_back(std::move(sentence));
  return report;
}

}  // namespace steelyard
