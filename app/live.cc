// `steelyard live`: the same scenarios against live HTTP services.
#include <fmt/format.h>

#include <filesystem>

#include "app/commands.h"
#include "app/interrupt.h"
#include "app/progress_bar.h"
#include "app/results.h"
#include "app/runner.h"
#include "real-harness/channels/log.h"
#include "real-harness/proxies/proxies.h"
#include "real-harness/run/live_run.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

// Where the logs of one run go.
std::string record_folder_of(const std::string& folder, const LiveArguments& arguments,
                             std::uint64_t run) {
  return arguments.record_folder.empty()
             ? ""
             : fmt::format("{}/{}-{}", folder, arguments.record_folder, run);
}

// The logs of an earlier run into the same folder are not of these results. Nothing else goes.
void remove_recordings(const std::string& folder, const LiveArguments& arguments) {
  namespace fs = std::filesystem;
  std::error_code code;
  for (std::uint64_t run = 0;; ++run) {
    const fs::path recorded = record_folder_of(folder, arguments, run);
    if (recorded.empty() || !fs::is_directory(recorded, code)) return;
    for (const fs::directory_entry& entry : fs::directory_iterator(recorded, code))
      if (entry.path().extension() == live::kChannelLogExtension) fs::remove(entry.path(), code);
    fs::remove(recorded, code);  // unless something else lies there
  }
}

// Runs one after the other: they would share the machine. Ordered by replication first, so that
// whatever the machine does over time hits all variants alike.
RunnerResult run_all(const Comparison& comparison, const std::string& folder,
                     const LiveArguments& arguments) {
  // Real time is dear: what the scenario asks of a simulation is only an upper limit here.
  constexpr std::int64_t kReplicationsByDefault = 3;
  const std::int64_t asked = comparison.base().run.replications.count;
  const auto replications = static_cast<std::uint64_t>(
      arguments.replications ? asked : std::min(asked, kReplicationsByDefault));
  const std::size_t variants = comparison.variants.size();
  RunnerResult result;
  result.variants = empty_records(comparison);
  result.replications_planned = replications;
  result.runs_planned = replications * variants;
  const Duration each = comparison.base().run.duration;
  if (!arguments.quiet)
    fmt::print(stderr, "{}: {} x {} x {} takes {:.0f} s of real time\n", comparison.base().name,
               counted(variants, "variant"), counted(replications, "replication"), to_text(each),
               static_cast<double>(result.runs_planned) * (to_seconds(each) + live::kStartSeconds));
  ProgressBar bar(comparison.base().name + " (live)", progress_wanted() && !arguments.quiet);
  for (std::uint64_t replication = 0; replication < replications; ++replication) {
    std::vector<RunRecord> row;
    for (std::size_t v = 0; v < variants; ++v) {
      const Variant& variant = comparison.variants[v];
      live::LiveOptions options;
      options.replication = replication;
      options.record_folder = record_folder_of(folder, arguments, result.runs_done);
      options.progress = [&](double share) {
        bar.show((static_cast<double>(result.runs_done) + share) /
                     static_cast<double>(result.runs_planned),
                 result.runs_planned);
        return !interrupted();
      };
      // Addresses differ from run to run; the first one's stand for all.
      if (replication == 0)
        options.keep = [&](const VariantRecord::Attachment& attachment) {
          result.variants[v].attachments.push_back(attachment);
        };
      Result<std::optional<RunRecord>> record = live::run_live(variant.scenario, options);
      if (!record.ok()) {
        result.error = fmt::format("{}: {}", variant.name, record.error());
        break;
      }
      if (!record.value()) break;
      row.push_back(std::move(*record.value()));
      ++result.runs_done;
    }
    if (row.size() < variants) {
      result.stopped = true;
      break;
    }
    for (std::size_t v = 0; v < variants; ++v) result.variants[v].runs.push_back(std::move(row[v]));
  }
  bar.clear();
  return result;
}

// The variants that can run here; the others go into `skipped`, with the reason.
Comparison runnable_part(const Comparison& comparison,
                         std::vector<ComparisonRecord::Skipped>& skipped) {
  Comparison part = comparison;
  std::erase_if(part.variants, [&](const Variant& variant) {
    const std::optional<std::string> reason = live::why_no_proxy(variant.scenario);
    if (reason) skipped.push_back({variant.name, *reason});
    return reason.has_value();
  });
  return part;
}

int live_one(const Comparison& comparison, const std::string& folder,
             const LiveArguments& arguments) {
  std::vector<ComparisonRecord::Skipped> skipped;
  const Comparison part = runnable_part(comparison, skipped);
  if (part.variants.empty()) {
    for (const ComparisonRecord::Skipped& variant : skipped)
      fmt::print(stderr, "steelyard: {}: cannot run {} live: {}\n", comparison.base().name,
                 variant.variant, variant.reason);
    return kFailed;
  }
  remove_recordings(folder, arguments);
  RunnerResult result = run_all(part, folder, arguments);
  result.skipped = std::move(skipped);
  return report_results(comparison, std::move(result), "live", folder, arguments);
}

}  // namespace

int live(const LiveArguments& arguments) {
  const std::vector<Comparison> comparisons = load_scenarios(arguments);
  if (comparisons.empty()) return kInvalidScenario;
  return for_each_comparison(comparisons, arguments, "out/live",
                             [&](const Comparison& comparison, const std::string& folder) {
                               return live_one(comparison, folder, arguments);
                             });
}

}  // namespace steelyard::app
