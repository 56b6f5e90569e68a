// A fit as a scenario file.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "real-harness/fit/fit.h"

namespace steelyard::live {
namespace {

using steelyard::to_text;  // of durations, beside that of addresses

// A text in double quotes, as JSON and YAML both have it.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string time_text(double seconds) { return to_text(from_seconds(seconds)); }

// Four digits, without an exponent.
std::string rate_text(double per_second) {
  return per_second < 1000 ? fmt::format("{:.4g}/s", std::max(1e-3, per_second))
                           : fmt::format("{:.0f}/s", per_second);
}

std::string percentiles_text(const Value::List& rows) {
  std::string text;
  for (const Value& row : rows) {
    const auto& pair = std::get<Value::List>(row.held);
    fmt::format_to(std::back_inserter(text), "{}p{:.6g}: {}", text.empty() ? "" : ", ",
                   100 * std::get<double>(pair.at(0).held),
                   to_text(std::get<Duration>(pair.at(1).held)));
  }
  return "{" + text + "}";
}

// REQUIRES: settings are durations, numbers or percentiles, as those of fitted distributions are.
std::string distribution_text(const Named& named) {
  std::string settings;
  for (const Settings::Entry& entry : named.settings.entries()) {
    if (!entry.value.given()) continue;
    std::string value;
    if (const auto* duration = std::get_if<Duration>(&entry.value.held))
      value = to_text(*duration);
    else if (const auto* number = std::get_if<double>(&entry.value.held))
      value = fmt::format("{:.6g}", *number);
    else if (const auto* rows = std::get_if<Value::List>(&entry.value.held))
      value = percentiles_text(*rows);
    settings += (settings.empty() ? "" : ", ") + entry.name + ": " + value;
  }
  return "{" + named.name + ": {" + settings + "}}";
}

// Where the instances stand in the file: those of one speed together, the first URL's first.
std::vector<std::size_t> order_of(const std::vector<FittedInstance>& instances) {
  std::vector<std::size_t> order;
  for (std::size_t first = 0; first < instances.size(); ++first) {
    if (std::find(order.begin(), order.end(), first) != order.end()) continue;
    for (std::size_t i = first; i < instances.size(); ++i)
      if (instances[i].speed == instances[first].speed) order.push_back(i);
  }
  return order;
}

std::string instances_text(const std::vector<FittedInstance>& instances) {
  std::string groups;
  int count = 0;
  const std::vector<std::size_t> order = order_of(instances);
  for (std::size_t k = 0; k < order.size(); ++k) {
    ++count;
    const double speed = instances[order[k]].speed;
    if (k + 1 < order.size() && instances[order[k + 1]].speed == speed) continue;
    fmt::format_to(std::back_inserter(groups), "{}{{count: {}, speed: {:.3g}}}",
                   groups.empty() ? "" : ", ", count, speed);
    if (k + 1 == order.size() && groups.find("}, ") == std::string::npos && speed == 1)
      return std::to_string(count);
    count = 0;
  }
  return "[" + groups + "]";
}

std::string request_text(const Fit& fit) {
  std::string text = fmt::format("      method: {}\n      path: {}\n", quoted(fit.request.method),
                                 quoted(fit.targets.path));
  if (!fit.request.headers.empty()) {
    text += "      headers:\n";
    for (const auto& [name, value] : fit.request.headers)
      text += fmt::format("        {}: {}\n", quoted(name), quoted(value));
  }
  if (!fit.request.body.empty()) text += fmt::format("      body: {}\n", quoted(fit.request.body));
  return text;
}

std::string network_text(const Fit& fit) {
  if (!fit.network) return "";
  return fmt::format(
      "network:\n"
      "  # One way. Of each response {} pass without holding a place at the service: {} is what a\n"
      "  # TCP connect takes, the rest is in the hands of the two programs.\n"
      "  latency: {{within: {}}}\n\n",
      time_text(2 * fit.network_seconds), time_text(fit.connect), distribution_text(*fit.network));
}

std::string concurrency_comment(const Fit& fit) {
  const CapacityFit& capacity = fit.capacity;
  if (!capacity.saturated)
    return fmt::format(
        "    # At least: throughput still grew with {} users, where the measurement ended.\n",
        fit.steps.empty() ? 1 : fit.steps.back().load.users);
  const std::string range = capacity.concurrency_low == capacity.concurrency_high
                                ? ""
                                : fmt::format(" ({} to {} would fit as well)",
                                              capacity.concurrency_low, capacity.concurrency_high);
  return fmt::format("    # Throughput stops growing at {} an instance{}.\n",
                     rate_text(capacity.capacity()), range);
}

std::string service_text(const Fit& fit) {
  std::string text = "services:\n  service:\n";
  text += fmt::format("    instances: {}\n", instances_text(fit.instances));
  text += fmt::format(
      "    # Mean {} ± {:.1f}%, from {} answers; no two of them were in service at once.\n",
      time_text(fit.service_seconds), 100 * fit.service_doubt, fit.answers);
  text += fmt::format("    service_time: {}\n", distribution_text(fit.service.distribution));
  text += concurrency_comment(fit);
  text += fmt::format("    concurrency: {}\n", fit.capacity.concurrency);
  const bool shared = fit.discipline == Discipline::processor_sharing;
  text += fmt::format("    # {}.\n", fit.discipline_known ? "From the spread of response times at "
                                                            "full load"
                                                          : "Assumed: it did not show");
  text += fmt::format("    queue: {{discipline: {}}}\n\n", shared ? "processor_sharing" : "fifo");
  return text;
}

}  // namespace

std::string fitted_scenario(const Fit& fit) {
  std::string text = fmt::format(
      "# What `steelyard fit` made of {}{} in {:.0f} s with {} requests.\n", fit.instances[0].url,
      fit.instances.size() > 1 ? fmt::format(" and {} more", fit.instances.size() - 1) : "",
      fit.seconds, fit.requests);
  for (const std::string& note : fit.notes) text += fmt::format("# Note: {}.\n", note);
  text +=
      "#\n"
      "# How well it predicts other loads than those it was fitted to:\n"
      "#   steelyard run THIS_FILE -o out/sim; steelyard live THIS_FILE -o out/live\n"
      "#   steelyard compare out/sim out/live\n"
      "# and with --set clients.load.arrivals.poisson.rate=... for both, at any load.\n"
      "name: fitted\n"
      "question: How well does the fitted service predict loads that it was not fitted to?\n\n"
      "run: {duration: 30s, replications: 3}\n\n";
  text += network_text(fit);
  text += service_text(fit);
  text += "targets:\n  service:\n";
  for (const std::size_t i : order_of(fit.instances)) {
    const TargetSpec& target = fit.targets.targets[i];
    text += fmt::format("    - {}\n", quoted(target.url));
  }
  text += fmt::format(
      "\nclients:\n"
      "  load:\n"
      "    calls: service\n"
      "    # Half of the {} that all instances can bear.\n"
      "    arrivals: {{poisson: {{rate: {}}}}}\n"
      "    request:\n{}",
      rate_text(fit.capacity_rps), rate_text(fit.capacity_rps / 2), request_text(fit));
  return text;
}

}  // namespace steelyard::live
