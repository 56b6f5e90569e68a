// `steelyard pick`: what a balancer does, at a glance, one endpoint name a line.
#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <numeric>
#include <sstream>

#include "app/commands.h"
#include "app/files.h"
#include "balancers/balancer.h"
#include "scenarios/strategy_codec.h"
#include "scenarios/yaml_tree.h"

namespace steelyard::app {
namespace {

// What the user gave, understood.
struct Plan {
  std::unique_ptr<Balancer> balancer;
  std::vector<Endpoint> endpoints;
  std::vector<std::uint32_t> in_flight;
  std::vector<std::string> keys;
  std::uint64_t count = 0;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

Result<std::uint32_t> whole_number(std::string_view text, const char* what) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return Error{fmt::format("got {} '{}', expected a whole number up to 4294967295", what, text)};
  return value;
}

// "a=5,b,c=1": names with weights; a name may hold colons, so addresses are fine.
Result<std::vector<Endpoint>> parse_endpoints(const std::string& text) {
  std::vector<Endpoint> endpoints;
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.rfind('=');
    Endpoint endpoint;
    endpoint.name = part.substr(0, equals);
    endpoint.id = static_cast<std::uint32_t>(endpoints.size());
    if (endpoint.name.empty())
      return Error{fmt::format("--endpoints: got '{}', expected NAME or NAME=WEIGHT", part)};
    if (equals != std::string::npos) {
      const auto weight = whole_number(std::string_view(part).substr(equals + 1), "weight");
      if (!weight) return Error{"--endpoints: " + weight.error()};
      endpoint.weight = weight.value();
    }
    for (const Endpoint& other : endpoints)
      if (other.name == endpoint.name)
        return Error{fmt::format("--endpoints: '{}' is there twice", endpoint.name)};
    endpoints.push_back(std::move(endpoint));
  }
  if (endpoints.empty()) return Error{"--endpoints: got none, expected such as a=5,b=1,c=1"};
  return endpoints;
}

// "192.168.1.7" -> 0xc0a80107.
std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    std::uint8_t byte = 0;
    const auto parsed = std::from_chars(at, end, byte);
    if (parsed.ec != std::errc{}) return std::nullopt;
    address = address << 8 | byte;
    at = parsed.ptr;
    if (i == 3) break;
    if (at == end || *at++ != '.') return std::nullopt;
  }
  return at == end ? std::optional(address) : std::nullopt;
}

Result<std::unique_ptr<Balancer>> parse_balancer(const std::string& text) {
  Problems problems;
  const int source = problems.add_source("--balancer", text);
  const NodePtr node = parse_yaml(text, {.source = source}, problems);
  Named named;
  if (node != nullptr && problems.empty()) {
    Reader reader(problems, [](const std::string&) -> Result<std::shared_ptr<const Table>> {
      return Error{"no balancer reads a file"};
    });
    strategy("balancer").read(*node, reader, named);
  }
  std::string complaints;
  for (const Problem& problem : problems.sorted()) complaints += to_text(problem);
  if (node == nullptr && complaints.empty())
    complaints = "--balancer: got nothing, expected a name\n";
  if (!complaints.empty()) {
    complaints.pop_back();
    return Error{complaints};
  }
  return Registration<Balancer>::make(named);
}

Result<Plan> plan_of(const PickArguments& arguments) {
  Plan plan;
  auto balancer = parse_balancer(arguments.balancer);
  if (!balancer) return Error{balancer.error()};
  plan.balancer = std::move(balancer.value());
  auto endpoints = parse_endpoints(arguments.endpoints);
  if (!endpoints) return Error{endpoints.error()};
  plan.endpoints = std::move(endpoints.value());

  plan.in_flight.resize(plan.endpoints.size());
  const std::vector<std::string> loads = split(arguments.in_flight, ',');
  if (!loads.empty() && loads.size() != plan.endpoints.size())
    return Error{fmt::format("--in-flight: got {} numbers, expected {}: one for each endpoint",
                             loads.size(), plan.endpoints.size())};
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const auto load = whole_number(loads[i], "load");
    if (!load) return Error{"--in-flight: " + load.error()};
    plan.in_flight[i] = load.value();
  }

  if (!arguments.key.empty()) plan.keys.push_back(arguments.key);
  if (!arguments.keys_file.empty()) {
    const auto text = read_file(arguments.keys_file);
    if (!text) return Error{fmt::format("--keys {}: {}", arguments.keys_file, text.error())};
    plan.keys = split(text.value(), '\n');
    if (plan.keys.empty())
      return Error{
          fmt::format("--keys {}: got an empty file, expected a key a line", arguments.keys_file)};
  }
  const std::uint64_t every_key_once = arguments.keys_file.empty() ? 7 : plan.keys.size();
  plan.count = arguments.count != 0 ? arguments.count : every_key_once;
  return plan;
}

}  // namespace

int pick(const PickArguments& arguments) {
  Result<Plan> planned = plan_of(arguments);
  if (!planned) {
    fmt::print(stderr, "{}\n", planned.error());
    return kUsage;
  }
  Plan& plan = planned.value();
  RandomStream random = RandomStream(arguments.seed).stream("pick");
  plan.balancer->on_endpoints(plan.endpoints, kStart, random);
  // One pick a millisecond, answered within that time unless it is held; later, if it has to wait.
  Instant now = kStart - 1ms;
  for (std::uint64_t i = 0; i < plan.count; ++i) {
    now += 1ms;
    Choice choice{
        .now = now, .endpoints = plan.endpoints, .in_flight = plan.in_flight, .random = random};
    if (!plan.keys.empty()) {
      const std::string& key = plan.keys[i % plan.keys.size()];
      choice.has_key = true;
      choice.key_hash = xxh64(key);
      choice.source_ipv4 =
          parse_ipv4(key).value_or(static_cast<std::uint32_t>(choice.key_hash >> 32));
    }
    std::size_t position = plan.balancer->pick(choice);
    while (position == Balancer::kWait) {
      choice.now = now = plan.balancer->wait_until();
      position = plan.balancer->pick(choice);
    }
    std::cout << plan.endpoints[position].name << '\n';
    if (arguments.hold)
      ++plan.in_flight[position];
    else
      plan.balancer->on_feedback(
          {.position = position, .now = now + 500us, .latency = 500us, .outcome = Outcome::ok});
  }
  return kOk;
}

}  // namespace steelyard::app
