// `steelyard pick`: what a balancer does, at a glance, one endpoint name a line.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <optional>
#include <sstream>
#include <utility>

#include "app/commands.h"
#include "app/files.h"
#include "balancers/layer.h"
#include "balancers/stack.h"
#include "scenarios/strategy_codec.h"
#include "scenarios/yaml_tree.h"

namespace steelyard::app {
namespace {

struct Key {
  std::string text;
  std::uint64_t hash = 0;
};

// What the user gave, understood.
struct Plan {
  std::unique_ptr<Balancer> balancer;
  std::vector<Endpoint> endpoints;
  std::vector<std::uint32_t> in_flight;
  std::vector<Key> keys;
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

// Zones by name, numbered as they come up.
class Zones {
 public:
  std::uint16_t number_of(const std::string& name) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<std::uint16_t>(found - names_.begin());
    names_.push_back(name);
    return static_cast<std::uint16_t>(names_.size() - 1);
  }

 private:
  std::vector<std::string> names_;
};

// What follows a name or a caller: "@east", "#1", "+version=v2", "!".
struct Marks {
  std::string head;  // what stood before them
  std::string zone{};
  std::optional<std::uint32_t> priority{};
  std::vector<std::string> labels{};
  bool unhealthy = false;
};

Result<Marks> parse_marks(const std::string& text) {
  static constexpr const char* kMarks = "@#+!";
  std::size_t at = std::min(text.find_first_of(kMarks), text.size());
  Marks marks{.head = text.substr(0, at)};
  while (at < text.size()) {
    const char mark = text[at];
    const std::size_t end = std::min(text.find_first_of(kMarks, at + 1), text.size());
    const std::string value = text.substr(at + 1, end - at - 1);
    at = end;
    if (value.empty() != (mark == '!'))
      return Error{fmt::format("got '{}' in '{}', expected @ZONE, #PRIORITY, +LABEL=VALUE or !",
                               mark + value, text)};
    if (mark == '@') marks.zone = value;
    if (mark == '+') marks.labels.push_back(value);
    if (mark == '!') marks.unhealthy = true;
    if (mark != '#') continue;
    const auto priority = whole_number(value, "priority");
    if (!priority) return Error{priority.error()};
    if (priority.value() > 255) return Error{"got priority " + value + ", expected at most 255"};
    marks.priority = priority.value();
  }
  std::sort(marks.labels.begin(), marks.labels.end());
  return marks;
}

// "a=5", with marks; a name may hold colons, so addresses are fine.
Result<Endpoint> parse_endpoint(const std::string& text, Zones& zones) {
  auto marks = parse_marks(text);
  if (!marks) return Error{marks.error()};
  const std::string& head = marks.value().head;
  const std::size_t equals = head.rfind('=');
  Endpoint endpoint;
  endpoint.name = head.substr(0, equals);
  if (endpoint.name.empty())
    return Error{fmt::format("got '{}', expected NAME or NAME=WEIGHT", text)};
  if (equals != std::string::npos) {
    const auto weight = whole_number(std::string_view(head).substr(equals + 1), "weight");
    if (!weight) return Error{weight.error()};
    endpoint.weight = weight.value();
  }
  endpoint.zone = zones.number_of(marks.value().zone);
  endpoint.priority = static_cast<std::uint8_t>(marks.value().priority.value_or(0));
  endpoint.healthy = !marks.value().unhealthy;
  endpoint.labels = std::move(marks.value().labels);
  return endpoint;
}

Result<std::vector<Endpoint>> parse_endpoints(const std::string& text, Zones& zones) {
  std::vector<Endpoint> endpoints;
  for (const std::string& part : split(text, ',')) {
    auto endpoint = parse_endpoint(part, zones);
    if (!endpoint) return Error{"--endpoints: " + endpoint.error()};
    endpoint.value().id = static_cast<std::uint32_t>(endpoints.size());
    for (const Endpoint& other : endpoints)
      if (other.name == endpoint.value().name)
        return Error{fmt::format("--endpoints: '{}' is there twice", other.name)};
    endpoints.push_back(std::move(endpoint.value()));
  }
  if (endpoints.empty()) return Error{"--endpoints: got none, expected such as a=5,b=1,c=1"};
  return endpoints;
}

// "7/300@east+version=v2", and "east=40,west=20".
Result<Caller> parse_caller(const std::string& text, const std::string& by_zone, Zones& zones) {
  Caller caller;
  auto marks = parse_marks(text);
  if (!marks) return Error{"--caller: " + marks.error()};
  const std::string& head = marks.value().head;
  if (!head.empty()) {
    const std::size_t slash = std::min(head.find('/'), head.size());
    const auto index = whole_number(head.substr(0, slash), "index");
    const auto count = whole_number(head.substr(std::min(slash + 1, head.size())), "count");
    if (!index || !count || index.value() >= count.value())
      return Error{
          fmt::format("--caller: got '{}', expected INDEX/COUNT such as 7/300, from 0", head)};
    caller.index = index.value();
    caller.count = count.value();
  }
  caller.zone = zones.number_of(marks.value().zone);
  caller.labels = std::move(marks.value().labels);
  for (const std::string& part : split(by_zone, ',')) {
    const std::size_t equals = std::min(part.rfind('='), part.size());
    const auto count = whole_number(part.substr(std::min(equals + 1, part.size())), "number");
    if (!count) return Error{fmt::format("--callers: got '{}', expected ZONE=NUMBER", part)};
    const std::uint16_t zone = zones.number_of(part.substr(0, equals));
    caller.count_by_zone.resize(std::max<std::size_t>(caller.count_by_zone.size(), zone + 1u));
    caller.count_by_zone[zone] = count.value();
  }
  return caller;
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

// What a scenario would write in that place.
template <class T>
Result<T> parse_setting(const std::string& text, const std::string& option, const Codec<T>& codec,
                        const char* expected) {
  Problems problems;
  const int source = problems.add_source(option, text);
  const NodePtr node = parse_yaml(text, {.source = source}, problems);
  T value{};
  if (node != nullptr && problems.empty()) {
    Reader reader(problems, [](const std::string&) -> Result<std::shared_ptr<const Table>> {
      return Error{"no balancer reads a file"};
    });
    codec.read(*node, reader, value);
  }
  std::string complaints;
  for (const Problem& problem : problems.sorted()) complaints += to_text(problem);
  if (node == nullptr && complaints.empty())
    complaints = fmt::format("{}: got nothing, expected {}\n", option, expected);
  if (complaints.empty()) return value;
  complaints.pop_back();
  return Error{complaints};
}

Result<std::unique_ptr<Balancer>> parse_stack(const PickArguments& arguments) {
  const auto balancer =
      parse_setting(arguments.balancer, "--balancer", strategy(Balancer::kKind), "a name");
  if (!balancer) return Error{balancer.error()};
  Result<std::vector<Named>> layers = std::vector<Named>{};
  if (!arguments.layers.empty())
    layers = parse_setting(arguments.layers, "--layers",
                           codec::list_or_none(strategy(Layer::kKind), "layers such as [panic]"),
                           "a list");
  if (!layers) return Error{layers.error()};
  return make_balancer({balancer.value(), layers.value()});
}

Result<std::uint64_t> hash_of(const std::string& key, std::string_view how) {
  if (how == "crc32") return std::uint64_t{crc32(key)};
  if (how == "xxhash64") return xxh64(key);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
  if (error != std::errc{} || end != key.data() + key.size())
    return Error{fmt::format("got key '{}', expected a whole number below 2^64", key)};
  return value;
}

Result<Plan> plan_of(const PickArguments& arguments) {
  Plan plan;
  auto balancer = parse_stack(arguments);
  if (!balancer) return Error{balancer.error()};
  plan.balancer = std::move(balancer.value());
  Zones zones;
  const auto caller = parse_caller(arguments.caller, arguments.callers, zones);
  if (!caller) return Error{caller.error()};
  plan.balancer->on_caller(caller.value());
  auto endpoints = parse_endpoints(arguments.endpoints, zones);
  if (!endpoints) return Error{endpoints.error()};
  plan.endpoints = std::move(endpoints.value());
  if (!plan.balancer->wants_unhealthy())
    std::erase_if(plan.endpoints, [](const Endpoint& endpoint) { return !endpoint.healthy; });

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

  std::vector<std::string> texts;
  if (!arguments.key.empty()) texts.push_back(arguments.key);
  if (!arguments.keys_file.empty()) {
    const auto text = read_file(arguments.keys_file);
    if (!text) return Error{fmt::format("--keys {}: {}", arguments.keys_file, text.error())};
    texts = split(text.value(), '\n');
    if (texts.empty())
      return Error{
          fmt::format("--keys {}: got an empty file, expected a key a line", arguments.keys_file)};
  }
  for (std::string& text : texts) {
    const auto hash = hash_of(text, arguments.key_hash);
    if (!hash) return Error{"--key-hash number: " + hash.error()};
    plan.keys.push_back({std::move(text), hash.value()});
  }
  const std::uint64_t every_key_once = arguments.keys_file.empty() ? 7 : plan.keys.size();
  plan.count = arguments.count != 0 ? arguments.count : every_key_once;
  return plan;
}

// The balancer with the time it lives in.
class Play {
 public:
  Play(Plan& plan, std::uint64_t seed) : plan_(plan), random_(RandomStream(seed).stream("pick")) {
    plan_.balancer->on_endpoints(plan_.endpoints, kStart, random_);
  }

  // A millisecond after the last one: a position or kNobody. One that is told to wait does.
  std::size_t pick(const Key* key) {
    now_ += 1ms;
    for (;;) {
      wake();
      const std::size_t position = plan_.balancer->pick(choice(key));
      if (position != Balancer::kWait) return position;
      if (plan_.balancer->wait_until() == kNever) return Balancer::kNobody;
      now_ = plan_.balancer->wait_until();
    }
  }
  void answer(std::size_t position) {
    plan_.balancer->on_feedback(
        {.position = position, .now = now_ + 500us, .latency = 500us, .outcome = Outcome::ok});
  }

 private:
  Choice choice(const Key* key) {
    Choice choice{
        .now = now_, .endpoints = plan_.endpoints, .in_flight = plan_.in_flight, .random = random_};
    if (key == nullptr) return choice;
    choice.has_key = true;
    choice.key_hash = key->hash;
    choice.source_ipv4 =
        parse_ipv4(key->text).value_or(static_cast<std::uint32_t>(choice.key_hash >> 32));
    return choice;
  }
  void wake() {
    plan_.balancer->asked().probes.clear();  // nobody is there to answer
    while (plan_.balancer->asked().wake <= now_)
      plan_.balancer->on_wake(std::exchange(plan_.balancer->asked().wake, kNever));
  }

  Plan& plan_;
  RandomStream random_;
  Instant now_ = kStart - 1ms;
};

}  // namespace

int pick(const PickArguments& arguments) {
  Result<Plan> planned = plan_of(arguments);
  if (!planned) {
    fmt::print(stderr, "{}\n", planned.error());
    return kUsage;
  }
  Plan& plan = planned.value();
  Play play(plan, arguments.seed);
  // One pick a millisecond, answered within that time unless it is held; later, if it has to wait.
  for (std::uint64_t i = 0; i < plan.count; ++i) {
    const Key* key = plan.keys.empty() ? nullptr : &plan.keys[i % plan.keys.size()];
    const std::size_t position = plan.endpoints.empty() ? Balancer::kNobody : play.pick(key);
    if (position == Balancer::kNobody) {
      std::cout << "-\n";
      continue;
    }
    std::cout << plan.endpoints[position].name << '\n';
    if (arguments.hold)
      ++plan.in_flight[position];
    else
      play.answer(position);
  }
  return kOk;
}

}  // namespace steelyard::app
