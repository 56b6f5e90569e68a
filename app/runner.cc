#include "app/runner.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "reports/statistics.h"
#include "sim/simulation.h"

namespace steelyard::app {
namespace {

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// One batch of replications: numbers first..last-1 of every variant.
class Batch {
 public:
  Batch(const Comparison& comparison, const RunnerOptions& options, std::uint64_t first,
        std::uint64_t last)
      : comparison_(comparison),
        options_(options),
        variants_(comparison.variants.size()),
        first_(first),
        tasks_((last - first) * variants_),
        records_(tasks_),
        shares_(std::make_unique<std::atomic<double>[]>(tasks_)) {}

  void run(std::uint64_t done_before, std::uint64_t planned) {
    unsigned threads = options_.jobs != 0 ? options_.jobs : std::thread::hardware_concurrency();
    threads = static_cast<unsigned>(std::clamp<std::uint64_t>(threads, 1, tasks_));
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
    report_until_done(threads, done_before, planned);
    for (std::thread& worker : workers) worker.join();
  }

  // The replications of this batch that all variants completed, in order.
  std::uint64_t complete() const {
    std::uint64_t rows = 0;
    while (rows * variants_ < tasks_ && row_complete(rows)) ++rows;
    return rows;
  }
  // Why a run could not go on; empty: none failed.
  const std::string& error() const { return error_; }
  RunRecord take(std::uint64_t row, std::uint64_t variant) {
    return std::move(*records_[row * variants_ + variant]);
  }

 private:
  bool row_complete(std::uint64_t row) const {
    for (std::uint64_t v = 0; v < variants_; ++v)
      if (!records_[row * variants_ + v]) return false;
    return true;
  }
  bool stopping() const {
    return failed_.load() || (options_.stop != nullptr && options_.stop->load());
  }

  // Tasks are ordered by replication first, so that a run that is stopped has whole replications.
  void work() {
    std::uint64_t task = 0;
    while ((task = next_.fetch_add(1)) < tasks_ && !stopping()) {
      try {
        if (!run_task(task)) break;
      } catch (const std::exception& error) {
        fail(task, error.what());
        break;
      }
    }
    const std::lock_guard lock(mutex_);
    ++threads_ended_;
    ended_.notify_all();
  }

  // A run may need more than there is: memory, or requests under way.
  void fail(std::uint64_t task, const char* why) {
    const std::lock_guard lock(mutex_);
    if (failed_.exchange(true)) return;
    error_ = comparison_.variants[task % variants_].name + ": " + why;
  }

  // False if it was stopped.
  bool run_task(std::uint64_t task) {
    const double cpu_before = thread_cpu_seconds();
    const double wall_before = wall_seconds();
    auto record = simulate(comparison_.variants[task % variants_].scenario,
                           first_ + task / variants_, [&](double share) {
                             shares_[task].store(share, std::memory_order_relaxed);
                             return !stopping();
                           });
    if (!record) return false;
    record->cpu_seconds = thread_cpu_seconds() - cpu_before;
    record->wall_seconds = wall_seconds() - wall_before;
    records_[task] = std::move(record);
    shares_[task].store(1, std::memory_order_relaxed);
    done_.fetch_add(1);
    return true;
  }

  void report_until_done(unsigned threads, std::uint64_t done_before, std::uint64_t planned) {
    std::unique_lock lock(mutex_);
    while (threads_ended_ < threads) {
      ended_.wait_for(lock, std::chrono::milliseconds(100));
      if (!options_.progress) continue;
      double sum = static_cast<double>(done_before);
      for (std::uint64_t i = 0; i < tasks_; ++i) sum += shares_[i].load(std::memory_order_relaxed);
      options_.progress(sum / static_cast<double>(planned), done_before + done_.load(), planned);
    }
  }

  const Comparison& comparison_;
  const RunnerOptions& options_;
  std::uint64_t variants_;
  std::uint64_t first_;
  std::uint64_t tasks_;
  std::vector<std::optional<RunRecord>> records_;
  std::unique_ptr<std::atomic<double>[]> shares_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> failed_{false};
  std::string error_;  // of the first run that failed
  std::mutex mutex_;
  std::condition_variable ended_;
  unsigned threads_ended_ = 0;
};

double p99_of(const RunRecord& run) {
  Histogram all;
  for (const ClientRecord& client : run.clients) all.merge(client.latency_ns);
  return static_cast<double>(all.quantile(0.99));
}

// How many replications `auto` wants by now: enough that the half-width of the 95% interval of
// every variant's p99 comes within the stated share, judged by the widest so far. The half-width
// shrinks as 1/sqrt(n). At most twice the number at hand, because the estimate is itself rough.
std::uint64_t wanted(const std::vector<VariantRecord>& variants, const Replications& replications) {
  const auto have = variants.front().runs.size();
  double widest = 0;
  for (const VariantRecord& variant : variants) {
    std::vector<double> samples;
    for (const RunRecord& run : variant.runs) samples.push_back(p99_of(run));
    const Estimate estimate = estimate_mean(samples);
    if (!estimate.ci95 || !(estimate.value > 0)) continue;
    widest = std::max(widest, (estimate.ci95->high - estimate.value) / estimate.value);
  }
  if (widest <= replications.relative_width) return have;
  const double factor = widest / replications.relative_width;
  const double estimate = std::ceil(static_cast<double>(have) * factor * factor);
  const double most =
      std::min(static_cast<double>(replications.limit), static_cast<double>(have) * 2);
  return static_cast<std::uint64_t>(std::max(static_cast<double>(have), std::min(most, estimate)));
}

}  // namespace

std::vector<VariantRecord> empty_records(const Comparison& comparison) {
  std::vector<VariantRecord> records;
  for (const Variant& variant : comparison.variants) {
    VariantRecord& record = records.emplace_back();
    record.name = variant.name;
    for (const Variant::Setting& setting : variant.settings)
      record.settings.push_back({setting.path, setting.value});
  }
  return records;
}

RunnerResult run_comparison(const Comparison& comparison, const RunnerOptions& options) {
  const Replications& replications = comparison.base().run.replications;
  const std::uint64_t variants = comparison.variants.size();
  RunnerResult result;
  result.variants = empty_records(comparison);
  std::uint64_t first = 0;
  std::uint64_t last = static_cast<std::uint64_t>(replications.count);
  while (first < last) {
    result.runs_planned = last * variants;
    result.replications_planned = last;
    Batch batch(comparison, options, first, last);
    batch.run(first * variants, result.runs_planned);
    const std::uint64_t complete = batch.complete();
    for (std::uint64_t row = 0; row < complete; ++row)
      for (std::uint64_t v = 0; v < variants; ++v)
        result.variants[v].runs.push_back(batch.take(row, v));
    result.runs_done = (first + complete) * variants;
    if (first + complete < last) {
      result.stopped = true;
      result.error = batch.error();
      break;
    }
    first = last;
    if (replications.automatic) last = wanted(result.variants, replications);
  }
  return result;
}

}  // namespace steelyard::app
