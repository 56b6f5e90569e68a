#include "real-harness/fit/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "core/math.h"
#include "core/registry.h"
#include "models/distribution.h"
#include "models/queueing.h"
#include "real-harness/fit/probe.h"
#include "real-harness/fit/statistics.h"
#include "real-harness/run/target_request.h"
#include "scenarios/loader.h"

namespace steelyard::live {
namespace {

using steelyard::to_text;  // of durations, beside that of addresses

// Shares of the time and the requests that one request at a time may take; each step of rising load
// may take one part of the rest.
constexpr double kLowShare = 0.35;
constexpr double kSteps = 8;
constexpr std::array<int, 20> kUsers{2,  3,  4,   6,   8,   12,  16,  24,  32,   48,
                                     64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536};
constexpr double kGrowthMin = 1.04;  // of throughput, from one step to the next: less is none
constexpr double kErrorsMax = 0.01;  // of requests: more, and rising has to stop
constexpr Duration kPatience = 10s;
constexpr int kConnects = 20;
// What a measured throughput or mean may be off beyond chance.
constexpr double kSystematic = 0.01;

std::uint64_t total_of(const ProbeResult& result) { return total(result.finished); }
std::uint64_t good_of(const ProbeResult& result) {
  return result.finished[static_cast<std::size_t>(Outcome::ok)];
}
double error_ratio_of(const ProbeResult& result) {
  const auto all = static_cast<double>(total_of(result));
  return all == 0 ? 0 : 1 - static_cast<double>(good_of(result)) / all;
}

// "404 (12 of 12)", "connection_reset (3 of 40)"
std::string failures_of(const ProbeResult& result) {
  std::string text;
  const auto add = [&](const std::string& what, std::uint64_t count) {
    if (count > 0)
      text +=
          fmt::format("{}{} ({} of {})", text.empty() ? "" : ", ", what, count, total_of(result));
  };
  for (const auto& [status, count] : result.statuses) add(std::to_string(status), count);
  for (std::size_t i = 1; i < kOutcomes; ++i)
    if (static_cast<Outcome>(i) != Outcome::error_status)
      add(std::string(kOutcomeNames[i]), result.finished[i]);
  return text;
}

class Fitter {
 public:
  explicit Fitter(const FitOptions& options) : options_(options) {}

  Result<std::optional<Fit>> run() {
    if (const std::string error = prepare(); !error.empty()) return Error{error};
    begin_ns_ = monotonic_ns();
    std::string error;
    with_precedence([&] { error = measure(); });
    if (!error.empty()) return Error{error};
    if (stopped_) return std::optional<Fit>();
    fit_.seconds = static_cast<double>(monotonic_ns() - begin_ns_) * 1e-9;
    conclude();
    return std::optional<Fit>(std::move(fit_));
  }

 private:
  // ---- What is to be measured ----

  std::string prepare() {
    Result<FitTargets> targets = fit_targets(options_.urls);
    if (!targets.ok()) return targets.error();
    fit_.targets = std::move(targets.value());
    fit_.request = options_.request;
    fit_.request.path = fit_.targets.path;
    bool elsewhere = false;
    for (std::size_t i = 0; i < options_.urls.size(); ++i) {
      const TargetSpec& target = fit_.targets.targets[i];
      Result<Address> address = resolve(target.host, target.port);
      if (!address.ok()) return fmt::format("{}: {}", options_.urls[i], address.error());
      addresses_.push_back(address.value());
      elsewhere |= !is_loopback(address.value());
      fit_.instances.push_back({.url = options_.urls[i], .responses = {}});
    }
    requests_left_ = options_.requests_max > 0 ? options_.requests_max
                     : elsewhere               ? kFitRequestsElsewhere
                                               : kFitRequestsHere;
    users_max_ = options_.users_max > 0 ? options_.users_max
                 : elsewhere            ? kFitUsersElsewhere
                                        : kFitUsersHere;
    say(fmt::format("{} requests at most, {} at once at most, in about {:.0f} s", requests_left_,
                    users_max_, options_.seconds));
    if (elsewhere)
      say("this is not this machine: measure only what is yours to burden, at a time when others "
          "can bear it");
    return complaint_about_request();
  }

  // The loader knows what a request may be; the rest of this scenario is made up.
  std::string complaint_about_request() const {
    Fit draft = fit_;
    draft.service.distribution = constant_of(1e-3);
    draft.capacity.service_seconds = 1e-3;
    draft.capacity_rps = 1000;
    const LoadResult loaded = load_scenario_text(fitted_scenario(draft), "request", {});
    return loaded.problems.empty() ? "" : loaded.problems.front().message;
  }

  static Named constant_of(double seconds) {
    Named named = defaults(Distribution::kKind, "constant");
    named.settings.set("value", {from_seconds(seconds)});
    return named;
  }

  void say(const std::string& line) const {
    if (options_.say) options_.say(line);
  }

  // ---- Measuring ----

  std::string measure() {
    const auto count = static_cast<double>(fit_.instances.size());
    const ProbeStep low{.users = 1,
                        .length = from_seconds(options_.seconds * kLowShare / count),
                        .requests_max = std::max<std::uint64_t>(
                            20, static_cast<std::uint64_t>(static_cast<double>(requests_left_) *
                                                           kLowShare / count)),
                        .patience = kPatience};
    for (std::size_t i = 0; i < fit_.instances.size() && !stopped_; ++i) {
      if (std::string error = measure_connect(i); !error.empty()) return error;
      if (std::string error = measure_low(i, low); !error.empty()) return error;
    }
    if (!stopped_) raise_load();
    if (!stopped_) use_what_is_left();
    return "";
  }

  // More answers without a queue: they say how long the tail is.
  void use_what_is_left() {
    const double left = options_.seconds - static_cast<double>(monotonic_ns() - begin_ns_) * 1e-9;
    if (left < 0.05 * options_.seconds || requests_left_ < 100) return;
    say(fmt::format("{}: one request at a time again, for {} at most", fit_.instances[0].url,
                    to_text(from_seconds(left))));
    const ProbeResult result =
        step(*probe_of(0), {1, from_seconds(left), requests_left_, kPatience});
    std::vector<double>& responses = fit_.instances[0].responses;
    responses.insert(responses.end(), result.latencies.begin(), result.latencies.end());
  }

  std::unique_ptr<Probe> probe_of(std::size_t instance) const {
    std::string request;
    append_target_request(request, fit_.targets.targets[instance], fit_.request, fit_.targets.path);
    return std::make_unique<Probe>(
        addresses_[instance], std::move(request), fit_.request.method == "HEAD",
        options_.wanted ? options_.wanted : [] { return true; });
  }

  std::string measure_connect(std::size_t instance) {
    const std::string& url = fit_.instances[instance].url;
    Result<std::vector<double>> times = connect_times(addresses_[instance], kConnects, kPatience);
    if (!times.ok())
      return fmt::format("{}: cannot connect to {}: {}", url, to_text(addresses_[instance]),
                         times.error());
    fit_.instances[instance].connect = quantile_of(times.value(), 0.5);
    if (instance == 0) connects_ = std::move(times.value());
    return "";
  }

  ProbeResult step(Probe& probe, const ProbeStep& step) {
    ProbeResult result = probe.run(step);
    fit_.requests += result.asked;
    requests_left_ -= std::min(requests_left_, result.asked);
    stopped_ |= result.stopped;
    return result;
  }

  std::string measure_low(std::size_t index, const ProbeStep& low) {
    FittedInstance& instance = fit_.instances[index];
    say(fmt::format("{}: one request at a time, for {} at most", instance.url,
                    to_text(low.length)));
    const std::unique_ptr<Probe> probe = probe_of(index);
    // One alone tells whether this makes sense.
    const ProbeResult first = step(*probe, {1, low.length, 3, low.patience});
    if (stopped_) return "";
    if (good_of(first) == 0) return no_good_answer(instance.url, first);
    ProbeResult result = step(*probe, low);
    if (stopped_) return "";
    if (result.latencies.size() < 5)
      return fmt::format(
          "{}: {} good answers in {}; needed are 5 at least: give it more --seconds{}",
          instance.url, result.latencies.size(), to_text(low.length), failures_note(result));
    const double errors = error_ratio_of(result);
    if (errors > 0.5) return no_good_answer(instance.url, result);
    if (errors > 0)
      note(fmt::format("{} fails {:.2g}% of requests even one at a time: {}; the model never does",
                       instance.url, 100 * errors, failures_of(result)));
    if (index == 0)
      new_connections_ =
          static_cast<double>(result.connections) / static_cast<double>(total_of(result));
    instance.responses = std::move(result.latencies);
    say(fmt::format("  {} answers, mean {}, p99 {}", instance.responses.size(),
                    to_text(from_seconds(mean_of(instance.responses))),
                    to_text(from_seconds(quantile_of(instance.responses, 0.99)))));
    return "";
  }

  static std::string failures_note(const ProbeResult& result) {
    const std::string failures = failures_of(result);
    return failures.empty() ? "" : "; failed: " + failures;
  }

  static std::string no_good_answer(const std::string& url, const ProbeResult& result) {
    if (result.finished[static_cast<std::size_t>(Outcome::bad_response)] == total_of(result))
      return fmt::format("{}: what answers there does not speak HTTP, or breaks off", url);
    if (result.finished[static_cast<std::size_t>(Outcome::deadline_exceeded)] == total_of(result))
      return fmt::format("{}: no answer within {}", url, to_text(kPatience));
    return fmt::format("{}: answers only errors: {}", url, failures_of(result));
  }

  void note(std::string text) {
    say("  note: " + text);
    fit_.notes.push_back(std::move(text));
  }

  void raise_load() {
    const std::unique_ptr<Probe> probe = probe_of(0);
    const std::uint64_t at_once = requests_left_ / static_cast<std::uint64_t>(kSteps);
    const double length = options_.seconds * (1 - kLowShare) / kSteps;
    double time_left = options_.seconds * (1 - kLowShare);
    double most = 1 / undisturbed_mean_of(fit_.instances[0].responses);
    int flat = 0;
    say(fmt::format("{}: rising load", fit_.instances[0].url));
    for (const int users : kUsers) {
      if (users > users_max_ || flat == 2) break;
      if (time_left < length || requests_left_ < 20 * static_cast<std::uint64_t>(users)) {
        say("  time or requests are used up");
        break;
      }
      const ProbeResult result = step(
          *probe, {users, from_seconds(length), std::max<std::uint64_t>(at_once, 20), kPatience});
      time_left -= length;
      if (stopped_ || !keep(users, result)) break;
      const double throughput = fit_.steps.back().load.throughput;
      flat = throughput < kGrowthMin * most ? flat + 1 : 0;
      most = std::max(most, throughput);
      if (throughput < 0.85 * most) break;
    }
  }

  // Whether rising may go on.
  bool keep(int users, const ProbeResult& result) {
    const double errors = error_ratio_of(result);
    if (errors > kErrorsMax) {
      note(
          fmt::format("with {} users at once {:.2g}% of requests failed: {}; rising stopped there, "
                      "and the model has no such limit",
                      users, 100 * errors, failures_of(result)));
      return false;
    }
    if (result.latencies.size() < 5 || result.throughput <= 0) {
      say("  too slow to go on");
      return false;
    }
    const double mean = mean_of(result.latencies);
    FittedStep step;
    step.load = {.users = users, .throughput = result.throughput, .relative_error = 0};
    step.p50 = quantile_of(result.latencies, 0.5);
    step.variation = deviation_of(result.latencies) / mean;
    step.error_ratio = errors;
    answers_.push_back(static_cast<double>(result.latencies.size()));
    fit_.steps.push_back(step);
    say(fmt::format("  {} users: {:.4g} requests/s, p50 {}", users, result.throughput,
                    to_text(from_seconds(step.p50))));
    return true;
  }

  // ---- Conclusions ----

  void conclude() {
    const std::vector<double>& responses = fit_.instances[0].responses;
    const double response = undisturbed_mean_of(responses);
    variation_ = deviation_of(responses) / response;
    fit_.connect = fit_.instances[0].connect;
    conclude_capacity(response, static_cast<double>(responses.size()));
    conclude_network(deviation_of(responses));
    conclude_service();
    conclude_discipline();
    double speeds = 0;
    for (const FittedInstance& instance : fit_.instances) speeds += instance.speed;
    fit_.capacity_rps = speeds * fit_.capacity.capacity();
  }

  double error_of(double answers) const {
    return std::sqrt(variation_ * variation_ / answers + kSystematic * kSystematic);
  }

  void conclude_capacity(double response, double answers) {
    std::vector<LoadStep> loads{
        {.users = 1, .throughput = 1 / response, .relative_error = error_of(answers)}};
    for (std::size_t i = 0; i < fit_.steps.size(); ++i) {
      fit_.steps[i].load.relative_error = error_of(answers_[i]);
      loads.push_back(fit_.steps[i].load);
    }
    // A server that closes its connections makes every request connect first.
    const double least = std::min(0.9 * response, fit_.connect * (1 + new_connections_));
    fit_.capacity = fit_capacity(loads, {.least = least, .doubt = std::max(0.25e-3, least / 2)});
    CapacityFit& capacity = fit_.capacity;
    capacity.delay_seconds = std::clamp(capacity.delay_seconds, 0.0, 0.98 * response);
    for (FittedStep& step : fit_.steps)
      step.model = queueing::closed_throughput(step.load.users, capacity.delay_seconds,
                                               capacity.service_seconds, capacity.concurrency);
    if (new_connections_ > 0.5)
      note("the server closes its connections: each response includes making one");
    if (!capacity.saturated)
      note(
          "the service was not saturated: concurrency and capacity are what it has at least; allow "
          "more --users, --requests or --seconds");
    if (capacity.misfit > 0.05)
      note(fmt::format(
          "throughput under rising load is not that of a queue with equal places: off "
          "by {:.0f}% in the root mean square, as if processors were shared with others, "
          "or there were a second queue",
          100 * capacity.misfit));
    const double slower = capacity.service_seconds / (response - least) - 1;
    if (capacity.saturated && slower > 0.08)
      note(fmt::format("a request holds its place {:.0f}% longer at full load than alone",
                       100 * slower));
  }

  void conclude_network(double deviation) {
    const double delay = fit_.capacity.delay_seconds;
    fit_.network_seconds = delay / 2;
    if (delay < 2e-6) return;
    // The spread of what connects took, as that of a lognormal distribution between p50 and p90.
    constexpr double kZ90 = 1.2815515655446004;
    const double p50 = std::max(1e-9, quantile_of(connects_, 0.5));
    const double sigma = math::log(std::max(1.0, quantile_of(connects_, 0.9) / p50)) / kZ90;
    const double variation = std::sqrt(math::expm1(sigma * sigma));
    network_deviation_ = variation * delay;
    if (network_deviation_ < 0.1 * deviation ||
        delay < 0.05 * mean_of(fit_.instances[0].responses)) {
      network_deviation_ = 0;
      fit_.network = constant_of(delay / 2);
      return;
    }
    // Two messages, independent: each has half of the mean and half of the variance.
    Named named = defaults(Distribution::kKind, "lognormal");
    named.settings.set("mean", {from_seconds(delay / 2)});
    named.settings.set("sigma", {std::sqrt(math::log1p(2 * variation * variation))});
    fit_.network = std::move(named);
  }

  // Each response less the delay of its own URL.
  void conclude_service() {
    std::vector<std::vector<double>> services;
    for (FittedInstance& instance : fit_.instances) {
      const double delay = fit_.capacity.delay_seconds + instance.connect - fit_.connect;
      std::vector<double>& values = services.emplace_back();
      for (const double response : instance.responses)
        values.push_back(std::max(0.0, response - std::max(0.0, delay)));
      instance.service = std::max(1e-9, undisturbed_mean_of(values));
    }
    group_speeds();
    // All as if at the first URL; its mean is known better from the throughput as well.
    std::vector<double> pooled;
    for (std::size_t i = 0; i < services.size(); ++i)
      for (const double value : services[i])
        pooled.push_back(value / fit_.instances[i].service * fit_.capacity.service_seconds);
    const double mean = mean_of(pooled);
    const double deviation = deviation_of(pooled);
    if (network_deviation_ > 0 && deviation > 0) {
      // What the network varies by is not the service's.
      const double left = 1 - network_deviation_ * network_deviation_ / (deviation * deviation);
      const double shrink = std::sqrt(std::max(0.0, left));
      for (double& value : pooled) value = std::max(0.0, mean + shrink * (value - mean));
    }
    fit_.answers = pooled.size();
    fit_.service = fit_distribution(std::move(pooled), fit_.capacity.delay_seconds / 4);
    fit_.service_seconds =
        Registration<Distribution>::make(fit_.service.distribution).value()->mean_seconds();
    const auto answers = static_cast<double>(fit_.instances[0].responses.size());
    double weight = 1 / (error_of(answers) * error_of(answers));
    for (std::size_t i = 0; i < fit_.steps.size() && fit_.capacity.saturated; ++i)
      if (fit_.steps[i].load.users > fit_.capacity.concurrency)
        weight += 1 / (error_of(answers_[i]) * error_of(answers_[i]));
    // The systematic part does not average out.
    fit_.service_doubt = 1.96 * std::sqrt(1 / weight + kSystematic * kSystematic);
  }

  // Instances whose means differ by less than 5%, or than chance explains, are of one speed.
  void group_speeds() {
    std::vector<std::size_t> leaders;
    for (std::size_t i = 0; i < fit_.instances.size(); ++i) {
      FittedInstance& instance = fit_.instances[i];
      const auto alike = std::find_if(leaders.begin(), leaders.end(), [&](std::size_t leader) {
        const FittedInstance& other = fit_.instances[leader];
        const double chance =
            3 * std::hypot(error_of(static_cast<double>(instance.responses.size())),
                           error_of(static_cast<double>(other.responses.size())));
        return std::abs(instance.service / other.service - 1) < std::max(0.05, chance);
      });
      if (alike == leaders.end()) {
        leaders.push_back(i);
        // As the file will have it.
        instance.speed =
            std::stod(fmt::format("{:.3g}", fit_.instances[0].service / instance.service));
      } else {
        instance.speed = fit_.instances[*alike].speed;
      }
    }
  }

  // First come first served, a response at full load is the sum of many service times, and varies
  // less than each: with N users at c places about as much as (N - c)/c^2 + 1 of them where N/c are
  // the mean. Shared processors stretch each service time by about the same instead. 0 is the
  // former, 1 the latter, averaged over the steps with at least twice as many users as places.
  void conclude_discipline() {
    if (!fit_.capacity.saturated || variation_ < 0.3) return;
    const auto places = static_cast<double>(fit_.capacity.concurrency);
    double sum = 0;
    double weights = 0;
    for (std::size_t i = 0; i < fit_.steps.size(); ++i) {
      const auto users = static_cast<double>(fit_.steps[i].load.users);
      if (users < 2 * places) continue;
      const double fifo = std::sqrt((users - places) / (places * places) + 1) * places / users;
      const double weight = answers_[i] * (1 - fifo) * (1 - fifo);
      sum += weight * (fit_.steps[i].variation / variation_ - fifo) / (1 - fifo);
      weights += weight;
    }
    if (weights == 0) return;
    fit_.discipline_known = true;
    fit_.discipline = sum > 0.5 * weights ? Discipline::processor_sharing : Discipline::fifo;
  }

  const FitOptions& options_;
  Fit fit_;
  std::vector<Address> addresses_;
  std::vector<double> connects_;  // of the first URL
  std::vector<double> answers_;   // of each step
  std::int64_t begin_ns_ = 0;
  std::uint64_t requests_left_ = 0;
  int users_max_ = 1;
  double new_connections_ = 0;  // a request, of the first URL
  double variation_ = 0;        // of response times of the first URL: deviation / mean
  double network_deviation_ = 0;
  bool stopped_ = false;
};

}  // namespace

Result<std::optional<Fit>> fit(const FitOptions& options) { return Fitter(options).run(); }

}  // namespace steelyard::live
