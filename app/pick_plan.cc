#include "app/pick_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "app/files.h"
#include "balancers/layer.h"
#include "balancers/stack.h"
#include "core/hash.h"
#include "scenarios/quantities.h"
#include "scenarios/strategy_codec.h"
#include "scenarios/yaml_tree.h"

namespace steelyard::app {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::string trimmed(std::string_view text) {
  static constexpr const char* kSpaces = " \t";
  const std::size_t begin = std::min(text.find_first_not_of(kSpaces), text.size());
  return std::string(text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin));
}

// What stands between commas.
std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> parts = split(text, ',');
  for (std::string& part : parts) part = trimmed(part);
  return parts;
}

Result<std::uint32_t> whole_number(std::string_view text, const char* what,
                                   std::uint32_t max = 4294967295) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max)
    return Error{fmt::format("got {} '{}', expected a whole number up to {}", what, text, max)};
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

// With a billion picks held, the counts still fit.
constexpr std::uint32_t kInFlightMax = 3'000'000'000;

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
    const std::string value = trimmed(std::string_view(text).substr(at + 1, end - at - 1));
    at = end;
    if (value.empty() != (mark == '!'))
      return Error{fmt::format("got '{}' in '{}', expected @ZONE, #PRIORITY, +LABEL=VALUE or !",
                               mark + value, text)};
    const bool twice = (mark == '@' && !marks.zone.empty()) || (mark == '#' && marks.priority);
    if (twice) return Error{fmt::format("got '{}', expected one {} at most", text, mark)};
    if (mark == '@') marks.zone = value;
    if (mark == '+') marks.labels.push_back(value);
    if (mark == '!') marks.unhealthy = true;
    if (mark != '#') continue;
    const auto priority = whole_number(value, "priority", 255);
    if (!priority) return Error{priority.error()};
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
  endpoint.name = trimmed(std::string_view(head).substr(0, equals));
  if (endpoint.name.empty())
    return Error{fmt::format("got '{}', expected NAME or NAME=WEIGHT", text)};
  if (equals != std::string::npos) {
    const auto weight = whole_number(trimmed(std::string_view(head).substr(equals + 1)), "weight");
    if (!weight) return Error{weight.error()};
    endpoint.weight = weight.value();
  }
  endpoint.zone = zones.number_of(marks.value().zone);
  endpoint.priority = static_cast<std::uint8_t>(marks.value().priority.value_or(0));
  endpoint.healthy = !marks.value().unhealthy;
  endpoint.labels = std::move(marks.value().labels);
  return endpoint;
}

// Names with commas or line ends between them; "@FILE": what stands there.
Result<std::vector<Endpoint>> parse_endpoints(std::string text, Zones& zones) {
  const bool from_file = text.starts_with('@');
  if (from_file) {
    const auto read = read_file(text.substr(1));
    if (!read) return Error{fmt::format("--endpoints {}: {}", text, read.error())};
    text = read.value();
    std::replace(text.begin(), text.end(), '\n', ',');
    std::erase(text, '\r');
  }
  std::vector<Endpoint> endpoints;
  std::set<std::string> names;
  for (const std::string& part : list_of(text)) {
    if (part.empty() && from_file) continue;
    auto endpoint = parse_endpoint(part, zones);
    if (!endpoint) return Error{"--endpoints: " + endpoint.error()};
    endpoint.value().id = static_cast<std::uint32_t>(endpoints.size());
    if (!names.insert(endpoint.value().name).second)
      return Error{fmt::format("--endpoints: '{}' is there twice", endpoint.value().name)};
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
  if (marks.value().unhealthy || marks.value().priority)
    return Error{fmt::format("--caller: got '{}', expected INDEX/COUNT@ZONE+LABEL=VALUE", text)};
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
  std::set<std::string> names;
  for (const std::string& part : list_of(by_zone)) {
    const std::size_t equals = std::min(part.rfind('='), part.size());
    const auto count = whole_number(part.substr(std::min(equals + 1, part.size())), "number");
    if (!count) return Error{fmt::format("--callers: got '{}', expected ZONE=NUMBER", part)};
    const std::string name = part.substr(0, equals);
    if (!names.insert(name).second)
      return Error{fmt::format("--callers: '{}' is there twice", name)};
    const std::uint16_t zone = zones.number_of(name);
    caller.count_by_zone.resize(std::max<std::size_t>(caller.count_by_zone.size(), zone + 1u));
    caller.count_by_zone[zone] = count.value();
  }
  return caller;
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

// ---- History ------------------------------------------------------------------------------------

// A duration that even many of cannot overflow a clock.
Result<Duration> parse_span(const std::string& text) {
  auto span = parse_duration(text);
  if (span && span.value() > 24h) return Error{fmt::format("got '{}', expected at most 24h", text)};
  return span;
}

// "queued=2" into the report.
Result<bool> parse_load(const std::string& word, LoadReport& report) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string name = word.substr(0, equals);
  const std::string value = word.substr(std::min(equals + 1, word.size()));
  const auto whole = [&](std::uint32_t& field) -> Result<bool> {
    const auto number = whole_number(value, name.c_str());
    if (!number) return Error{number.error()};
    field = number.value();
    return true;
  };
  const auto real = [&](double& field) -> Result<bool> {
    const auto number = parse_number(value);
    if (!number) return Error{name + ": " + number.error()};
    if (number.value() < 0)
      return Error{fmt::format("{}: got '{}', expected no negative number", name, value)};
    field = number.value();
    return true;
  };
  const auto duration = [&](Duration& field) -> Result<bool> {
    const auto given = parse_span(value);
    if (!given) return Error{name + ": " + given.error()};
    field = given.value();
    return true;
  };
  if (name == "in_flight") return whole(report.in_flight);
  if (name == "queued") return whole(report.queued);
  if (name == "utilisation") return real(report.utilisation);
  if (name == "cpu_utilisation") return real(report.cpu_utilisation);
  if (name == "requests_per_second") return real(report.requests_per_second);
  if (name == "errors_per_second") return real(report.errors_per_second);
  if (name == "latency") return duration(report.latency);
  if (name == "service_time") return duration(report.service_time);
  return Error{fmt::format(
      "got '{}', expected in_flight, queued, utilisation, cpu_utilisation, requests_per_second, "
      "errors_per_second, latency or service_time, with =VALUE",
      word)};
}

Result<Outcome> parse_outcome(const std::string& word) {
  const auto found = std::find(kOutcomeNames.begin(), kOutcomeNames.end(), word);
  if (found != kOutcomeNames.end())
    return static_cast<Outcome>(std::distance(kOutcomeNames.begin(), found));
  return Error{fmt::format("got '{}', expected {}", word, fmt::join(kOutcomeNames, ", "))};
}

// One event; `present` are the endpoints there are when it happens, and `next_id` is a newcomer's.
Result<PickEvent> parse_event(const std::vector<std::string>& words, std::vector<Endpoint>& present,
                              std::uint32_t& next_id, Zones& zones) {
  using Kind = PickEvent::Kind;
  static constexpr const char* kVerbs =
      "wait DURATION, answer NAME LATENCY [OUTCOME], load NAME FIELD=VALUE..., join ENDPOINT, "
      "leave NAME, sick NAME or well NAME";
  struct Verb {
    Kind kind;
    std::size_t words_min;  // after it
    std::size_t words_max;
  };
  static const std::map<std::string, Verb> verbs{
      {"wait", {Kind::wait, 1, 1}},    {"answer", {Kind::answer, 2, 3}},
      {"load", {Kind::load, 2, 1000}}, {"join", {Kind::join, 1, 1}},
      {"leave", {Kind::leave, 1, 1}},  {"sick", {Kind::sick, 1, 1}},
      {"well", {Kind::well, 1, 1}}};
  const auto verb = verbs.find(words.front());
  const std::size_t more = words.size() - 1;
  if (verb == verbs.end() || more < verb->second.words_min || more > verb->second.words_max)
    return Error{fmt::format("got '{}', expected {}", fmt::join(words, " "), kVerbs)};
  PickEvent event{.kind = verb->second.kind};
  const auto duration = [&](const std::string& text) -> std::optional<Error> {
    const auto given = parse_span(text);
    if (!given) return Error{given.error()};
    event.duration = given.value();
    return std::nullopt;
  };
  if (event.kind == Kind::wait) {
    if (const auto error = duration(words[1])) return *error;
    return event;
  }
  const auto at = [&](const std::string& name) {
    return std::find_if(present.begin(), present.end(),
                        [&](const Endpoint& endpoint) { return endpoint.name == name; });
  };
  if (event.kind == Kind::join) {
    auto endpoint = parse_endpoint(words[1], zones);
    if (!endpoint) return Error{endpoint.error()};
    if (at(endpoint.value().name) != present.end())
      return Error{fmt::format("'{}' is there already", endpoint.value().name)};
    event.endpoint = std::move(endpoint.value());
    event.endpoint.id = next_id++;
    present.push_back(event.endpoint);
    return event;
  }
  const auto who = at(words[1]);
  if (who == present.end()) return Error{fmt::format("there is no '{}' by then", words[1])};
  event.id = who->id;
  if (event.kind == Kind::leave) present.erase(who);
  if (event.kind == Kind::answer) {
    if (const auto error = duration(words[2])) return *error;
    const auto outcome = parse_outcome(words.size() > 3 ? words[3] : "ok");
    if (!outcome) return Error{outcome.error()};
    event.outcome = outcome.value();
  }
  for (std::size_t i = 2; event.kind == Kind::load && i < words.size(); ++i) {
    const auto parsed = parse_load(words[i], event.report);
    if (!parsed) return Error{parsed.error()};
  }
  return event;
}

// Events with semicolons or line ends between them.
Result<std::vector<PickEvent>> parse_history(std::string text, std::vector<Endpoint> present,
                                             Zones& zones) {
  std::replace(text.begin(), text.end(), '\n', ';');
  auto next_id = static_cast<std::uint32_t>(present.size());
  std::vector<PickEvent> history;
  for (const std::string& part : split(text, ';')) {
    std::istringstream in(part);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty()) continue;
    auto event = parse_event(words, present, next_id, zones);
    if (!event) return Error{event.error()};
    history.push_back(std::move(event.value()));
  }
  return history;
}

}  // namespace

Result<PickPlan> pick_plan(const PickArguments& arguments) {
  PickPlan plan;
  auto balancer = parse_stack(arguments);
  if (!balancer) return Error{balancer.error()};
  plan.balancer = std::move(balancer.value());
  // Zones are numbered in the order of the endpoints, which is that of locality_weighted's weights.
  Zones zones;
  auto endpoints = parse_endpoints(arguments.endpoints, zones);
  if (!endpoints) return Error{endpoints.error()};
  plan.endpoints = std::move(endpoints.value());
  const auto caller = parse_caller(arguments.caller, arguments.callers, zones);
  if (!caller) return Error{caller.error()};
  plan.balancer->on_caller(caller.value());

  plan.in_flight.resize(plan.endpoints.size());
  const std::vector<std::string> loads = list_of(arguments.in_flight);
  if (!loads.empty() && loads.size() != plan.endpoints.size())
    return Error{fmt::format("--in-flight: got {} for {} endpoints, expected a number for each",
                             loads.size(), plan.endpoints.size())};
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const auto load = whole_number(loads[i], "load", kInFlightMax);
    if (!load) return Error{"--in-flight: " + load.error()};
    plan.in_flight[i] = load.value();
  }

  auto history = parse_history(arguments.history, plan.endpoints, zones);
  if (!history) return Error{"--history: " + history.error()};
  plan.history = std::move(history.value());

  std::vector<std::string> texts;
  if (!arguments.key.empty()) texts.push_back(arguments.key);
  if (!arguments.keys_file.empty()) {
    const auto text = read_file(arguments.keys_file);
    if (!text) return Error{fmt::format("--keys {}: {}", arguments.keys_file, text.error())};
    texts = split(text.value(), '\n');
    for (std::string& key : texts)
      if (key.ends_with('\r')) key.pop_back();
    std::erase(texts, "");
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

}  // namespace steelyard::app
