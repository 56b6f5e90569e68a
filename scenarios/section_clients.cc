// `clients:`, `faults:` and `expect:`.
#include <fmt/format.h>

#include "models/distribution.h"
#include "scenarios/expectation.h"
#include "scenarios/sections.h"
#include "scenarios/strategy_codec.h"

namespace steelyard::sections {

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

namespace {

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

}  // namespace

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

namespace {

bool read_expectation(const Node& node, Reader& reader, Expectation& value) {
  if (!is_scalar(node))
    return reader.complain(
        node, "got " + describe(node) + ", expected a comparison such as 'latency_ms.p99 < 100'");
  Result<Expectation> parsed = parse_expectation(node.scalar);
  if (!parsed.ok()) return reader.complain(node, parsed.error());
  value = std::move(parsed.value());
  return true;
}

}  // namespace

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

}  // namespace steelyard::sections
