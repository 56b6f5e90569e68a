// `steelyard fit`: measures a live service and writes the scenario that behaves like it.
#include "real-harness/fit/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/files.h"
#include "app/interrupt.h"
#include "core/registry.h"
#include "models/distribution.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

std::string time_text(double seconds) { return to_text(from_seconds(seconds)); }
std::string rate_text(double per_second) {
  return grouped(per_second, per_second < 100 ? 1 : 0) + "/s";
}
std::string percent(double ratio) {
  return fmt::format("{}{:.1f}%", ratio < 0 ? "-" : "+", 100 * std::abs(ratio));
}

std::string quality_of(const DistributionFit& fit) {
  if (fit.distribution.name == "constant") return "95% within 5%";
  std::string text = fmt::format("distance {:.3f}, p99 {}", fit.distance, percent(fit.p99_error));
  const auto rival = std::find_if(fit.candidates.begin(), fit.candidates.end(),
                                  [&](const auto& c) { return c.name != fit.distribution.name; });
  if (rival != fit.candidates.end())
    text += fmt::format("; next {}: {:.3f}, {}", rival->name, rival->distance,
                        percent(rival->p99_error));
  return text;
}

std::string places_of(const live::Fit& fit) {
  const CapacityFit& capacity = fit.capacity;
  if (!capacity.saturated) return "at least; not saturated";
  if (capacity.concurrency_low == capacity.concurrency_high) return "no other number fits";
  return fmt::format("{} to {} would fit as well", capacity.concurrency_low,
                     capacity.concurrency_high);
}

// What was found, how sure it is, and from what.
std::string estimates(const live::Fit& fit) {
  struct Row {
    std::string what, value, quality;
  };
  std::vector<Row> rows;
  const StrategyInfo* info = Catalogue::find(Distribution::kKind, fit.service.distribution.name);
  rows.push_back({"service time",
                  to_text(fit.service.distribution,
                          info == nullptr ? std::vector<Parameter>() : info->parameters),
                  quality_of(fit.service)});
  if (rows.back().value.size() > 30) rows.back().value = fit.service.distribution.name;
  rows.push_back(
      {"  its mean",
       fmt::format("{} ± {:.1f}%", time_text(fit.service_seconds), 100 * fit.service_doubt),
       "from " + counted(fit.answers, "answer") + ", and throughput"});
  rows.push_back({"concurrency", std::to_string(fit.capacity.concurrency), places_of(fit)});
  rows.push_back({"queue", fit.discipline == Discipline::fifo ? "fifo" : "processor_sharing",
                  fit.discipline_known ? "from the spread at full load" : "assumed"});
  rows.push_back({"network, one way", time_text(fit.network_seconds),
                  fmt::format("of each response {} hold no place; TCP connects in {}",
                              time_text(2 * fit.network_seconds), time_text(fit.connect))});
  rows.push_back(
      {"capacity", rate_text(fit.capacity_rps), counted(fit.instances.size(), "instance")});
  std::string text = fmt::format("{:<18}{:<32}{}\n", "", "estimate", "how sure, and from what");
  for (const Row& row : rows)
    text += fmt::format("{:<18}{:<32}{}\n", row.what, row.value, row.quality);
  return text;
}

// Of several URLs, what each is like alone.
std::string instances(const live::Fit& fit) {
  if (fit.instances.size() < 2) return "";
  std::string text =
      fmt::format("\n{:<40}{:>10}{:>12}{:>8}\n", "instance", "answers", "service", "speed");
  for (const live::FittedInstance& instance : fit.instances)
    text += fmt::format("{:<40}{:>10}{:>12}{:>8.3g}\n", instance.url, instance.responses.size(),
                        time_text(instance.service), instance.speed);
  return text;
}

// Throughput under rising load, beside that of the fitted queue.
std::string steps(const live::Fit& fit) {
  if (fit.steps.empty()) return "";
  std::string text = fmt::format("\n{:>5}{:>14}{:>12}{:>9}{:>12}\n", "users", "requests/s",
                                 "the model", "error", "p50");
  for (const live::FittedStep& step : fit.steps)
    text += fmt::format("{:>5}{:>14}{:>12}{:>9}{:>12}\n", step.load.users,
                        grouped(step.load.throughput, 1), grouped(step.model, 1),
                        percent(step.model / step.load.throughput - 1), time_text(step.p50));
  return text;
}

// "name: value", as curl has them.
bool read_headers(const std::vector<std::string>& lines, HttpRequestSpec& request) {
  for (const std::string& line : lines) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) {
      fmt::print(stderr, "steelyard fit: got --header '{}', expected 'name: value'\n", line);
      return false;
    }
    const std::size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    request.headers.emplace_back(line.substr(0, colon), line.substr(value));
  }
  return true;
}

}  // namespace

int fit(const FitArguments& arguments) {
  live::FitOptions options;
  options.urls = arguments.urls;
  options.request.method = arguments.method;
  options.request.body = arguments.body;
  if (!read_headers(arguments.headers, options.request)) return kUsage;
  const bool to_stdout = arguments.output == "-";
  // Before measuring, and not after: a scenario that somebody improved is not lost.
  if (!to_stdout && !arguments.force && std::filesystem::exists(arguments.output)) {
    fmt::print(stderr,
               "steelyard fit: {} is there already; expected another name after -o, or --force to "
               "write over it\n",
               arguments.output);
    return kFailed;
  }
  options.seconds = arguments.seconds;
  options.requests_max = arguments.requests_max;
  options.users_max = arguments.users_max;
  listen_for_interrupts();
  options.wanted = [] { return !interrupted(); };
  if (!arguments.quiet)
    options.say = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  const Result<std::optional<live::Fit>> fitted = live::fit(options);
  if (!fitted.ok()) {
    fmt::print(stderr, "steelyard fit: {}\n", fitted.error());
    return kFailed;
  }
  if (!fitted.value()) return interrupted_code();
  const live::Fit& result = *fitted.value();
  const std::string scenario = live::fitted_scenario(result);
  std::string text = estimates(result) + instances(result) + steps(result);
  if (!result.notes.empty()) text += '\n';
  for (const std::string& note : result.notes) text += "note: " + note + "\n";
  fmt::print(to_stdout ? stderr : stdout, "{}", text);
  if (to_stdout) {
    fmt::print("{}", scenario);
  } else {
    if (const std::string error = write_file(arguments.output, scenario); !error.empty()) {
      fmt::print(stderr, "steelyard fit: {}\n", error);
      return kFailed;
    }
    fmt::print("\nwritten to {}\n", arguments.output);
  }
  return kOk;
}

}  // namespace steelyard::app
