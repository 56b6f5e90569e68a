#include "scenarios/format.h"

#include <fmt/format.h>

#include <utility>

#include "models/distribution.h"
#include "scenarios/expectation.h"
#include "scenarios/quantities.h"
#include "scenarios/strategy_codec.h"

namespace steelyard {
namespace {

using codec::Range;

Codec<Reference> reference() { return codec::located(codec::name()); }

// A shorthand where the full form is a map: tells the two apart by what the node looks like.
template <class T>
Codec<T> either(std::function<bool(const Node&)> is_short, Codec<T> short_form,
                Codec<T> full_form) {
  Json schema{{"anyOf", Json::array({short_form.schema, full_form.schema})}};
  return {[is_short = std::move(is_short), a = std::move(short_form.read),
           b = std::move(full_form.read)](const Node& node, Reader& reader, T& value) {
            return is_short(node) ? a(node, reader, value) : b(node, reader, value);
          },
          std::move(schema)};
}

// Reads another type and puts it into place.
template <class T, class Part, class Put>
Codec<T> as(Codec<Part> part, Put put) {
  return {[read = std::move(part.read), put](const Node& node, Reader& reader, T& value) {
            Part inner{};
            if (!read(node, reader, inner)) return false;
            put(std::move(inner), value);
            return true;
          },
          std::move(part.schema)};
}

bool is_map(const Node& node) { return node.kind == Node::Kind::map; }
bool is_scalar(const Node& node) { return node.kind == Node::Kind::scalar; }

Codec<Replications> replications() {
  const auto automatic =
      Object<Replications>(
          "Goes on until the 95% interval of the 99th percentile is narrow enough.")
          .optional("relative_width", &Replications::relative_width, codec::ratio({0.0001, 1}),
                    "Stops when the interval is within ± this share of the value.")
          .optional("first", &Replications::count, codec::whole({2, 10'000}),
                    "Replications before the first look.")
          .optional("limit", &Replications::limit, codec::whole({2, 10'000}),
                    "Never more replications than this.")
          .rule([](const Node& node, Reader& reader, Replications& value) {
            return value.count <= value.limit ||
                   reader.complain(node, fmt::format("got first {} and limit {}, expected first to "
                                                     "be at most limit",
                                                     value.count, value.limit));
          })
          .codec();
  struct Automatic {
    Replications replications;
  };
  const auto full = Object<Automatic>("As many replications as the precision needs.")
                        .required("auto", &Automatic::replications, automatic, "The precision.")
                        .codec();
  const Codec<std::int64_t> fixed = codec::whole({1, 10'000});
  Json schema{{"anyOf", Json::array({fixed.schema, {{"const", "auto"}}, full.schema})},
              {"default", Replications{}.count}};
  return {[full, fixed](const Node& node, Reader& reader, Replications& value) {
            if (is_map(node)) {
              Automatic read;
              if (!full.read(node, reader, read)) return false;
              value = read.replications;
              value.automatic = true;
              return true;
            }
            if (is_scalar(node) && node.scalar == "auto") {
              value.automatic = true;
              return true;
            }
            if (!is_scalar(node) || !parse_integer(node.scalar).ok())
              return reader.complain(node, "got " + describe(node) +
                                               ", expected a whole number, auto, or {auto: "
                                               "{relative_width: 2%}}");
            return fixed.read(node, reader, value.count);
          },
          std::move(schema)};
}

Codec<RunDraft> run() {
  return Object<RunDraft>("How long and how often.")
      .optional("seed", &RunDraft::seed, codec::seed(), "Seed of every random stream.")
      .optional("duration", &RunDraft::duration,
                codec::located(codec::duration({0, codec::kSecondsMax, true})),
                "Simulated time of one replication, warm-up included. Default: 60s.")
      .optional("warmup", &RunDraft::warmup, codec::located(codec::duration()),
                "Metrics cover the time after this. Default: a tenth of the duration.")
      .optional("replications", &RunDraft::replications, replications(),
                "Runs with different random numbers: a number, `auto`, or `{auto: {…}}`.")
      .codec();
}

// A map with a distribution's name in it is a distribution, anything else names `within`/`between`.
bool is_distribution(const Node& node) {
  if (is_scalar(node)) return true;
  return is_map(node) && !node.entries.empty() &&
         Catalogue::find(Distribution::kKind, node.entries.front().key) != nullptr;
}

Codec<LatencyDraft> latency() {
  const auto full = Object<LatencyDraft>("One-way delay of a message.")
                        .optional("within", &LatencyDraft::within, strategy(Distribution::kKind),
                                  "Between two parties in the same zone. Default: none.")
                        .optional("between", &LatencyDraft::between, strategy(Distribution::kKind),
                                  "Between two parties in different zones. Default: none.")
                        .codec();
  const auto both =
      as<LatencyDraft>(strategy(Distribution::kKind), [](Named named, LatencyDraft& value) {
        value.within = named;
        value.between = std::move(named);
      });
  return either<LatencyDraft>(is_distribution, both, full);
}

Codec<BandwidthDraft> bandwidth() {
  const auto full =
      Object<BandwidthDraft>("Capacity of the links.")
          .optional("within", &BandwidthDraft::within, codec::bandwidth(),
                    "Of each zone's own link. Default: unlimited.")
          .optional("between", &BandwidthDraft::between, codec::bandwidth(),
                    "Of the link between each ordered pair of zones. Default: unlimited.")
          .codec();
  const auto both = as<BandwidthDraft>(codec::bandwidth(), [](double each, BandwidthDraft& value) {
    value = {each, each};
  });
  return either<BandwidthDraft>(is_scalar, both, full);
}

Codec<std::optional<Duration>> retransmit() {
  const Codec<Duration> after = codec::duration({0, codec::kSecondsMax, true});
  return {[after](const Node& node, Reader& reader, std::optional<Duration>& value) {
            if (is_scalar(node) && node.scalar == "never") {
              value.reset();
              return true;
            }
            Duration read{};
            if (!after.read(node, reader, read)) return false;
            value = read;
            return true;
          },
          Json{{"anyOf", Json::array({{{"const", "never"}}, after.schema})}, {"default", "200ms"}}};
}

Codec<NetworkDraft> network() {
  return Object<NetworkDraft>("Zones, and the links within and between them.")
      .optional("zones", &NetworkDraft::zones, codec::list_of(reference(), "zone names"),
                "Names of the zones. Default: one zone.")
      .optional("latency", &NetworkDraft::latency, latency(),
                "One-way delay: `{within, between}`, or one distribution for both. Default: none.")
      .optional("loss", &NetworkDraft::loss, codec::ratio({0, 0.9}),
                "Probability that a message is lost on its way.")
      .optional("retransmit", &NetworkDraft::retransmit, retransmit(),
                "A lost message is sent again after this long, doubling each time (TCP on Linux: "
                "200ms); `never`: it is gone.")
      .optional("bandwidth", &NetworkDraft::bandwidth, bandwidth(),
                "Capacity: `{within, between}`, or one bandwidth for both. Default: unlimited.")
      .codec();
}

Codec<std::vector<GroupDraft>> instances() {
  const Range count{1, static_cast<double>(kInstancesMax)};
  const auto group =
      Object<GroupDraft>("Instances that are alike.")
          .optional("count", &GroupDraft::count, codec::whole(count), "How many of them.")
          .optional("speed", &GroupDraft::speed, codec::number({0.001, 1000}),
                    "Service times are divided by it.")
          .optional("weight", &GroupDraft::weight, codec::whole({0, 1'000'000}),
                    "Told to balancers that use weights.")
          .optional("zone", &GroupDraft::zone, reference(),
                    "Where they are. Default: dealt to the zones in turn.")
          .codec();
  const auto just_count = as<std::vector<GroupDraft>>(
      codec::whole(count), [](std::int64_t number, std::vector<GroupDraft>& groups) {
        groups.assign(1, GroupDraft{.count = number});
      });
  return either<std::vector<GroupDraft>>(is_scalar, just_count, codec::list_of(group, "groups"));
}

Codec<QueueDraft> queue() {
  const auto discipline =
      as<Discipline>(codec::choice({"fifo", "lifo", "processor_sharing"}, "fifo"),
                     [](const std::string& text, Discipline& value) {
                       value = text == "lifo"                ? Discipline::lifo
                               : text == "processor_sharing" ? Discipline::processor_sharing
                                                             : Discipline::fifo;
                     });
  return Object<QueueDraft>("The queue in front of each instance.")
      .optional("discipline", &QueueDraft::discipline, discipline,
                "Who is served next; with processor_sharing all in service share the instance.")
      .optional("limit", &QueueDraft::limit, codec::whole({0, 1e9}),
                "Requests that may wait, per instance; more are rejected. Default: unlimited.")
      .codec();
}

Codec<CallDraft> call() {
  struct Settings {
    double probability = 1;
  };
  const auto settings = Object<Settings>("How the call is made.")
                            .optional("probability", &Settings::probability, codec::ratio(),
                                      "That the call is made at all.")
                            .codec();
  const Codec<Reference> plain = reference();
  Json map{{"type", "object"},
           {"patternProperties", {{codec::kNamePattern, settings.schema}}},
           {"additionalProperties", false},
           {"minProperties", 1},
           {"maxProperties", 1}};
  return {[settings, plain](const Node& node, Reader& reader, CallDraft& value) {
            if (is_scalar(node)) return plain.read(node, reader, value.service);
            if (!is_map(node) || node.entries.size() != 1)
              return reader.complain(node, "got " + describe(node) +
                                               ", expected a service: name or {name: {probability: "
                                               "0.3}}");
            const Node::Entry& entry = node.entries.front();
            const Reader::Step step(reader, entry.key, *entry.value);
            value.service = {entry.key, {entry.place, reader.path()}, true};
            Settings read;
            if (!settings.read(*entry.value, reader, read)) return false;
            value.probability = read.probability;
            return true;
          },
          Json{{"anyOf", Json::array({plain.schema, std::move(map)})}}};
}

Codec<std::vector<std::vector<CallDraft>>> calls() {
  const auto one = as<std::vector<CallDraft>>(
      call(),
      [](CallDraft call, std::vector<CallDraft>& calls) { calls.assign(1, std::move(call)); });
  const auto step =
      either<std::vector<CallDraft>>([](const Node& node) { return node.kind != Node::Kind::list; },
                                     one, codec::list_of(call(), "parallel calls"));
  return codec::list_of(step, "calls");
}

Codec<RetrySpec> retry() {
  return Object<RetrySpec>("Failed attempts are repeated at another instance if there is one.")
      .optional("attempts_max", &RetrySpec::attempts_max, codec::whole({1, 100}),
                "Attempts in all; 1: no retry.")
      .optional("backoff_base", &RetrySpec::backoff_base, codec::duration(),
                "Full jitter: a random wait up to base * 2^(n-1) before attempt n+1. (Envoy)")
      .optional("backoff_max", &RetrySpec::backoff_max, codec::duration(),
                "The wait is never drawn from more than this. (Envoy)")
      .codec();
}

Object<StrategiesSpec> strategies_object() {
  const auto resilience =
      Object<ResilienceSpec>("What is done about slow and failed requests.")
          .optional("timeout", &ResilienceSpec::timeout, codec::duration(),
                    "Deadline of the whole request, retries included; 0s: none.")
          .optional("retry", &ResilienceSpec::retry, retry(), "When and how to try again.")
          .codec();
  return Object<StrategiesSpec>("What every channel does.")
      .optional("balancer", &StrategiesSpec::balancer, strategy("balancer"),
                "Which instance gets an attempt. Default: round_robin.")
      .optional("discovery", &StrategiesSpec::discovery, codec::choice({"static"}, "static"),
                "How callers learn of instances.")
      .optional("resilience", &StrategiesSpec::resilience, resilience, "Time-outs and retries.");
}

// The node itself, read later; its schema is that of what it will be read as.
Codec<Located<const Node*>> deferred(Json schema) {
  return {[](const Node& node, Reader& reader, Located<const Node*>& value) {
            value = {&node, reader.spot(node), true};
            return true;
          },
          std::move(schema)};
}

Codec<ServiceDraft> service() {
  return Object<ServiceDraft>("A service: instances behind a balancer.")
      .required("instances", &ServiceDraft::instances, codec::located(instances()),
                "How many, or groups `[{count: 2, speed: 2, weight: 2, zone: east}, {count: 2}]`.")
      .optional("concurrency", &ServiceDraft::concurrency, codec::whole({1, 1e6}),
                "Requests in service at once, per instance.")
      .optional("queue", &ServiceDraft::queue, queue(), "The queue in front of each instance.")
      .required("service_time", &ServiceDraft::service_time, strategy(Distribution::kKind),
                "Time a request needs at an instance of speed 1, calls not included.")
      .optional("calls", &ServiceDraft::calls, calls(),
                "Services called after the own service time, in order; a list inside is called in "
                "parallel.")
      .optional("holds_slot_during_calls", &ServiceDraft::holds_slot_during_calls, codec::boolean(),
                "Whether a request keeps its place in `concurrency` while it waits for its calls: "
                "a thread a request (true) or an asynchronous server (false).")
      .optional("request_size", &ServiceDraft::request_bytes, codec::bytes(),
                "Size of a request to this service.")
      .optional("response_size", &ServiceDraft::response_bytes, codec::bytes(),
                "Size of a response of this service.")
      .optional("strategies", &ServiceDraft::strategies,
                deferred({{"$ref", "#/definitions/strategies"}}),
                "Overrides the scenario's strategies for the channels to this service.")
      .codec();
}

Codec<ClientDraft> client() {
  const auto closed =
      Object<ClosedLoopSpec>(
          "A fixed number of users, each of whom waits for an "
          "answer, thinks, and asks again.")
          .required("users", &ClosedLoopSpec::users, codec::whole({1, 1e6}), "How many of them.")
          .optional("think_time", &ClosedLoopSpec::think_time, strategy(Distribution::kKind),
                    "Time between an answer and the next request. Default: none.")
          .codec();
  const auto keys =
      Object<KeysSpec>("Which key a request is for.")
          .required("count", &KeysSpec::count,
                    as<std::uint64_t>(codec::whole({1, 1e12}),
                                      [](std::int64_t count, std::uint64_t& value) {
                                        value = static_cast<std::uint64_t>(count);
                                      }),
                    "Number of keys.")
          .optional("zipf", &KeysSpec::zipf_exponent, codec::number({0, 10}),
                    "Exponent of the popularity: the k-th key has weight 1/k^zipf; 0: uniform.")
          .codec();
  return Object<ClientDraft>("A source of requests.")
      .required("calls", &ClientDraft::calls, reference(), "The service that is called.")
      .optional("arrivals", &ClientDraft::arrivals, strategy("arrivals"),
                "Open loop: when requests arrive, whatever becomes of those before.")
      .optional("closed", &ClientDraft::closed, closed, "Closed loop, instead of arrivals.")
      .optional("keys", &ClientDraft::keys, keys, "Keys of the requests. Default: none.")
      .optional("zone", &ClientDraft::zone, reference(), "Where it is. Default: the first zone.")
      .rule([](const Node& node, Reader& reader, ClientDraft& value) {
        if (value.arrivals.has_value() != value.closed.has_value()) return true;
        return reader.complain(node, value.closed ? "got both 'arrivals' and 'closed', expected one"
                                                  : "got neither 'arrivals' nor 'closed', expected "
                                                    "one of them");
      })
      .codec();
}

Codec<HitDraft> hit(const char* doc, bool factor, bool latency) {
  const auto target = codec::located(Codec<std::string>{
      codec::text().read,
      Json{{"type", "string"}, {"pattern", R"(^(zone:)?[A-Za-z_][A-Za-z0-9_-]*(/[0-9]+)?$)"}}});
  Object<HitDraft> object(doc);
  object.required("target", &HitDraft::target, target,
                  "`orders/0` (one instance, from 0), `orders` (all of them) or `zone:west`.");
  if (factor)
    object.required("factor", &HitDraft::factor, codec::number({0, 1e6, true}),
                    "Service takes this many times as long.");
  if (latency) {
    const Codec<std::optional<Named>> added = as<std::optional<Named>>(
        strategy(Distribution::kKind),
        [](Named named, std::optional<Named>& value) { value = std::move(named); });
    object.required("latency", &HitDraft::latency, added,
                    "Added to each message to and from the target, each way.");
  }
  return object.codec();
}

Codec<FaultDraft> fault() {
  return Object<FaultDraft>("Something that goes wrong for a while.")
      .required("at", &FaultDraft::at, codec::located(codec::duration()),
                "When it begins, from the start of the run.")
      .optional("for", &FaultDraft::length, codec::duration({0, codec::kSecondsMax, true}),
                "How long it lasts. Default: to the end of the run.")
      .optional("slow", &FaultDraft::slow, hit("Service takes longer.", true, false),
                "Service takes `factor` times as long.")
      .optional("crash", &FaultDraft::crash, hit("Instances die and come back.", false, false),
                "Requests there are lost, and new ones are refused until it is over.")
      .optional("pause", &FaultDraft::pause, hit("Instances stand still.", false, false),
                "Nothing is served, requests wait: a long garbage collection.")
      .optional("network_delay", &FaultDraft::network_delay,
                hit("Messages take longer.", false, true),
                "Messages to and from the target take longer.")
      .rule([](const Node& node, Reader& reader, FaultDraft& value) {
        const int kinds = value.slow.has_value() + value.crash.has_value() +
                          value.pause.has_value() + value.network_delay.has_value();
        return kinds == 1 ||
               reader.complain(node, fmt::format("got {} kinds of fault, expected one of slow, "
                                                 "crash, pause, network_delay",
                                                 kinds));
      })
      .codec();
}

bool read_expectation(const Node& node, Reader& reader, Expectation& value) {
  if (!is_scalar(node))
    return reader.complain(
        node, "got " + describe(node) + ", expected a comparison such as 'latency_ms.p99 < 100'");
  Result<Expectation> parsed = parse_expectation(node.scalar);
  if (!parsed.ok()) return reader.complain(node, parsed.error());
  value = std::move(parsed.value());
  return true;
}

Codec<ExpectationDraft> expectation() {
  struct Both {
    Reference variant;
    Expectation that;
  };
  const Codec<Expectation> that{read_expectation,
                                Json{{"type", "string"}, {"pattern", expectation_pattern()}}};
  const auto plain =
      as<ExpectationDraft>(that, [](Expectation expectation, ExpectationDraft& value) {
        value.expectation = std::move(expectation);
      });
  const auto full =
      as<ExpectationDraft>(Object<Both>("An expectation of one variant.")
                               .required("variant", &Both::variant, codec::located(codec::text()),
                                         "Name of the variant, such as `balancer=p2c`.")
                               .required("that", &Both::that, that, "The comparison.")
                               .codec(),
                           [](Both both, ExpectationDraft& value) {
                             value = {std::move(both.that), std::move(both.variant.spot)};
                             value.expectation.variant = std::move(both.variant.value);
                           });
  return either<ExpectationDraft>([](const Node& node) { return !is_map(node); }, plain, full);
}

Json path_map_schema(bool lists) {
  const Json value = lists ? Json{{"type", "array"}, {"minItems", 1}} : Json::object();
  Json schema{{"type", "object"}, {"properties", Json::object()}};
  for (const std::string& key : strategy_keys()) schema["properties"][key] = value;
  if (lists) {
    schema["properties"]["balancer"]["items"] = Json{{"$ref", "#/definitions/balancer"}};
  } else {
    schema["properties"]["balancer"] = Json{{"$ref", "#/definitions/balancer"}};
  }
  schema["patternProperties"] = Json{{R"(^[a-z_]+(\.[A-Za-z0-9_-]+)+$)", value}};
  schema["additionalProperties"] = false;
  schema["minProperties"] = 1;
  return schema;
}

Json variants_schema() {
  const Json settings = path_map_schema(false);
  Json item{{"type", "object"},
            {"properties", {{"name", {{"type", "string"}}}, {"set", settings}}},
            {"required", {"name", "set"}},
            {"additionalProperties", false}};
  return Json{{"anyOf", Json::array({{{"type", "array"}, {"items", item}, {"minItems", 1}},
                                     {{"type", "object"},
                                      {"additionalProperties", settings},
                                      {"minProperties", 1}}})}};
}

Object<ScenarioDraft> scenario_object() {
  return Object<ScenarioDraft>("A Steelyard scenario.")
      .required("name", &ScenarioDraft::name, codec::name(), "A short name, used in results.")
      .optional("question", &ScenarioDraft::question, codec::text(),
                "The question that the report answers.")
      .optional("description", &ScenarioDraft::description, codec::text(),
                "What is modelled and why, for readers.")
      .optional("run", &ScenarioDraft::run, run(), "How long and how often.")
      .optional("network", &ScenarioDraft::network, network(),
                "Zones and links. Default: one zone, no latency.")
      .required("services", &ScenarioDraft::services, codec::map_of(service(), "service"),
                "The services by name.")
      .required("clients", &ScenarioDraft::clients, codec::map_of(client(), "client"),
                "The sources of requests by name.")
      .optional("faults", &ScenarioDraft::faults, codec::list_of(fault(), "faults"),
                "What goes wrong, and when.")
      .optional(
          "strategies", &ScenarioDraft::strategies,
          Codec<StrategiesSpec>{strategies_codec().read, {{"$ref", "#/definitions/strategies"}}},
          "Defaults for every channel; a service may override its own.")
      .optional("expect", &ScenarioDraft::expect, codec::list_of(expectation(), "expectations"),
                "What must hold, such as `latency_ms.p99 < 100`; else the command exits with 99.")
      .elsewhere("compare", path_map_schema(true),
                 "The axes of the comparison; variants are their cross product. An axis is a key "
                 "of `strategies:` or a dotted path, and lists its values.")
      .elsewhere("variants", variants_schema(),
                 "Hand-picked variants instead of `compare:`: their names, and what each sets.");
}

}  // namespace

const Codec<StrategiesSpec>& strategies_codec() {
  static const Codec<StrategiesSpec> codec = strategies_object().codec();
  return codec;
}

const std::vector<std::string>& strategy_keys() {
  static const std::vector<std::string> keys = strategies_object().keys();
  return keys;
}

const Codec<ScenarioDraft>& scenario_codec() {
  static const Codec<ScenarioDraft> codec = scenario_object().codec();
  return codec;
}

const std::vector<std::string>& scenario_keys() {
  static const std::vector<std::string> keys = scenario_object().keys();
  return keys;
}

}  // namespace steelyard
