#include "reports/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/format.h"
#include "reports/layout.h"

namespace steelyard {
namespace {

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kFaint = "\x1b[2m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kRed = "\x1b[31m";

// Lines of prose stay readable up to about this many columns.
constexpr std::size_t kProse = 100;

std::string styled(const std::string& text, const char* style, const TerminalOptions& options) {
  if (!options.colour || text.empty()) return text;
  const bool newline = text.back() == '\n';
  return style + text.substr(0, text.size() - (newline ? 1 : 0)) + "\x1b[0m" +
         (newline ? "\n" : "");
}

std::string prose(const std::string& text, const TerminalOptions& options,
                  std::string_view indent = "") {
  return wrap(text, std::min(options.width, kProse), indent);
}

std::string with_interval(const Metric& metric, const Scale& scale) {
  const double value = metric.value * scale.factor;
  const double half = metric.half_width() * scale.factor;
  const int decimals = decimals_for(value, half);
  const std::string text = grouped(value, decimals);
  return std::isnan(half) ? text : text + " ± " + grouped(half, decimals);
}

std::string three_digits(double value) { return grouped(value, decimals_for(value, kNoValue)); }

std::string percent_cell(double value) {
  return quantity(kMetrics[metric::kErrorRatio], value, kNoValue);
}

std::string times_cell(const RankedRow& row) {
  if (!row.times_best) return "–";
  const int decimals = *row.times_best < 9.995 ? 2 : *row.times_best < 99.95 ? 1 : 0;
  return grouped(*row.times_best, decimals) + (row.tied_with_best ? " ≈" : "");
}

std::string rate_cell(double value) {
  return std::isnan(value) ? "–" : grouped(value, value < 99.95 ? 1 : 0) + "/s";
}

std::vector<std::string> cells_of(const RankedRow& row, const std::string& rank,
                                  const VariantSummary& variant, const Scale& scale) {
  return {rank,
          variant.label,
          with_interval(variant.metrics[metric::kP99], scale),
          times_cell(row),
          three_digits(variant.metrics[metric::kP50].value * scale.factor),
          three_digits(variant.metrics[metric::kMean].value * scale.factor),
          percent_cell(variant.metrics[metric::kErrorRatio].value),
          rate_cell(variant.metrics[metric::kGoodput].value),
          grouped(variant.metrics[metric::kImbalance].value, 2)};
}

std::string label_of(const std::string& path) {
  const std::optional<std::size_t> known = find_metric(path);
  return known ? std::string(kMetrics[*known].label) : path;
}

std::string theory_table(const Report& report, const TerminalOptions& options) {
  using Align = TextTable::Align;
  TextTable table({{"variant", Align::left, TextTable::kKeep, true},
                   {"metric", Align::left},
                   {"model", Align::left, TextTable::kKeep, true},
                   {"theory", Align::point},
                   {"holds to", Align::right, 2},
                   {"measured", Align::point},
                   {"off by", Align::right, 1},
                   {"agrees", Align::left}});
  for (const TheoryCheck& check : report.theory) {
    const double half = check.ci95 ? check.ci95->high - check.measured : kNoValue;
    const int decimals =
        std::max(decimals_for(check.measured, half), decimals_for(check.value, kNoValue));
    const std::string measured = grouped(check.measured, decimals) +
                                 (std::isnan(half) ? "" : " ± " + grouped(half, decimals));
    const double off = check.bounds ? kNoValue : 100 * (check.measured - check.value) / check.value;
    const std::string theory =
        check.bounds ? fmt::format("{:.3g} to {:.3g}", check.bounds->low, check.bounds->high)
                     : grouped(check.value, decimals);
    table.add_row(
        {report.variants[check.variant].label, label_of(check.metric), check.model, theory,
         fmt::format("{:.2g}%", 100 * check.tolerance), measured,
         std::isfinite(off) ? fmt::format("{:+.2f}%", off) : "–", check.agrees ? "yes" : "NO"},
        options.colour && !check.agrees ? kRed : "");
  }
  return table.text(options.width);
}

// Clients' and services' metrics are called like the variants': the last parts of their paths.
std::string expected_value(const ExpectationCheck& check) {
  for (const MetricInfo& info : kMetrics)
    if (check.metric.ends_with(info.path)) return quantity(info, check.value, kNoValue);
  return std::isnan(check.value) ? "–" : fmt::format("{:.4g}", check.value);
}

std::string expectation_lines(const Report& report, const TerminalOptions& options) {
  std::string lines;
  for (const ExpectationCheck& check : report.expectations) {
    const std::string value = expected_value(check);
    const std::string line =
        fmt::format("{} {}   ({}: {})\n", check.met ? "✓ met    " : "✗ not met", check.text,
                    report.variants[check.variant].label, value);
    lines += styled(line, check.met ? kGreen : kRed, options);
  }
  return lines;
}

std::string limitations(const Report& report, const TerminalOptions& options) {
  if (report.limitations.empty()) return "";
  std::string text = "What this leaves out:\n";
  for (const std::string& each : report.limitations)
    text += "- " + prose(each, options, "  ").substr(2);
  return styled(text, kFaint, options);
}

std::string in_ms(const Histogram& histogram, double quantile) {
  return histogram.count() == 0
             ? "–"
             : quantity(kMetrics[metric::kMax],
                        static_cast<double>(histogram.quantile(quantile)) / 1e6, kNoValue);
}

// How far to trust a live run: latency, which counts from the plan, beside the service time, which
// counts from the send, and what lay between.
std::string live_table(const Report& report, const TerminalOptions& options) {
  using Align = TextTable::Align;
  const Scale scale = scale_for("ms", report.best().metrics[metric::kP99].value);
  const auto cell = [&](const Histogram& histogram, double quantile) {
    return histogram.count() == 0 ? "–"
                                  : three_digits(static_cast<double>(histogram.quantile(quantile)) /
                                                 1e6 * scale.factor);
  };
  TextTable table({{report.axes.size() == 1 ? report.axes[0].name : "variant", Align::left,
                    TextTable::kKeep, true},
                   {"timely", Align::right},
                   {"late p99", Align::right, 3},
                   {"p50" + std::string(scale.suffix), Align::point},
                   {"service", Align::point},
                   {"p99" + std::string(scale.suffix), Align::point},
                   {"service", Align::point},
                   {"hiccup p99", Align::right, 1},
                   {"hiccup max", Align::right, 4},
                   {"core", Align::right, 2}});
  for (const VariantSummary& variant : report.variants) {
    if (!variant.live) continue;
    const LiveRecord& live = *variant.live;
    const double cpu = generator_cpu_ratio(live);
    table.add_row(
        {variant.label, timely_text(timely_ratio(live)), in_ms(live.send_delay_ns, 0.99),
         cell(variant.latency_ns, 0.5), cell(live.service_time_ns, 0.5),
         cell(variant.latency_ns, 0.99), cell(live.service_time_ns, 0.99),
         in_ms(live.hiccup_ns, 0.99), in_ms(live.hiccup_ns, 1),
         std::isnan(cpu) ? "–" : fmt::format("{:.0f}%", 100 * cpu)},
        options.colour && !generator_verdict(live, variant.latency_ns).trustworthy ? kRed : "");
  }
  return table.text(options.width);
}

std::string live_block(const Report& report, const TerminalOptions& options) {
  const bool any = std::any_of(report.variants.begin(), report.variants.end(),
                               [](const VariantSummary& variant) { return variant.live; });
  if (!any) return "";
  std::string text = "\nHow far to trust this live run:\n" + live_table(report, options);
  std::vector<std::string> proxies;
  for (const VariantSummary& variant : report.variants)
    if (variant.live && variant.live->proxy)
      proxies.push_back(
          fmt::format("{} {} µs", variant.label, three_digits(proxy_cpu_us(*variant.live))));
  if (!proxies.empty())
    text += prose(
        fmt::format("Processor time of the proxy for each request: {}.", fmt::join(proxies, ", ")),
        options);
  // Else it stands among the warnings.
  if (report.generator.trustworthy) text += prose(report.generator.sentence, options);
  return text + styled(prose("Latency (p50, p99) counts from the planned send, the service time "
                             "beside it from the actual one.",
                             options),
                       kFaint, options);
}

// Variants that could not run, and what is kept with the results.
std::string also(const Report& report, const TerminalOptions& options) {
  std::string text;
  for (const ComparisonRecord::Skipped& each : report.skipped)
    text += styled(prose(fmt::format("Skipped: {} ({}).", each.variant, each.reason), options),
                   kYellow, options);
  for (const VariantSummary& variant : report.variants)
    for (const VariantRecord::Attachment& attachment : variant.attachments)
      text += prose(fmt::format("Kept in results.json: {} of {}.", attachment.name, variant.label),
                    options);
  return text;
}

std::string provenance(const Report& report) {
  std::string text = fmt::format("{}, seed {}, steelyard {}",
                                 report.world == "live" ? "Measured live" : "Simulated",
                                 report.seed, report.version);
  if (!report.commit.empty()) text += fmt::format(" ({})", report.commit.substr(0, 12));
  return text + ".";
}

}  // namespace

std::string ranked_table(const Report& report, const TerminalOptions& options) {
  using Align = TextTable::Align;
  const Ranking& ranking = report.rankings[metric::kPrimary];
  const Scale scale = scale_for("ms", report.best().metrics[metric::kP99].value);
  const std::string unit(scale.suffix);
  TextTable table({{"#", Align::right},
                   {report.axes.size() == 1 ? report.axes[0].name : "variant", Align::left,
                    TextTable::kKeep, true},
                   {"p99" + unit, Align::point},
                   {"× best", Align::point},
                   {"p50", Align::point, 2},
                   {"mean", Align::point, 4},
                   {"errors", Align::point},
                   {"goodput", Align::right, 3},
                   {"imbalance", Align::point, 1}});
  std::size_t rank = 0;
  for (const RankedRow& row : ranking.rows) {
    const bool out = !row.note.empty() || std::isnan(row.value);
    const char* style = !options.colour ? "" : rank == 0 && !out ? kGreen : out ? kYellow : "";
    if (!out) ++rank;
    table.add_row(
        cells_of(row, out ? "–" : std::to_string(rank), report.variants[row.variant], scale),
        style);
  }
  return table.text(options.width);
}

std::string terminal_report(const Report& report, const TerminalOptions& options) {
  const ScenarioFacts& scenario = report.scenario;
  const std::string title =
      scenario.question.empty() ? scenario.name : scenario.name + ": " + scenario.question;
  std::string text = styled(prose(title, options), kFaint, options) + '\n';
  text += styled(prose(report.verdict.headline, options), kBold, options) + '\n';
  for (const std::string& warning : report.verdict.warnings)
    text += styled(prose("! " + warning, options), kRed, options) + '\n';
  const Ranking& ranking = report.rankings[metric::kPrimary];
  text += ranked_table(report, options);
  const auto any_row = [&](const auto& property) {
    return std::any_of(ranking.rows.begin(), ranking.rows.end(), property);
  };
  std::string legend;
  if (any_row([](const RankedRow& row) { return row.tied_with_best; }))
    legend += "≈ cannot be told apart from the best.  ";
  if (any_row([](const RankedRow& row) { return !row.note.empty(); }))
    legend += "– fails too many requests, or did not keep up.  ";
  if (!legend.empty()) text += styled(prose(legend, options), kFaint, options);
  text += '\n';
  for (const std::string& sentence : report.verdict.sentences) text += prose(sentence, options);
  text += also(report, options);
  text += live_block(report, options);
  if (!report.expectations.empty()) text += '\n' + expectation_lines(report, options);
  if (!report.theory.empty()) text += '\n' + theory_table(report, options);
  text += '\n';
  text += limitations(report, options);
  return text + styled(prose(provenance(report), options), kFaint, options);
}

}  // namespace steelyard
