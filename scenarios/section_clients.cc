// `clients:` and `expect:`.
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
      .optional("request", &ClientDraft::request, request(),
                "What its requests look like on the wire; simulation does not look at it.")
      .optional("instances", &ClientDraft::instances, codec::whole({1, 100'000}),
                "Processes that share its requests, each with a view of its own.")
      .optional("zone", &ClientDraft::zone, reference(), "Where it is. Default: the first zone.")
      .optional("labels", &ClientDraft::labels, labels(),
                "What it asks of instances, for the layer `label_subset`. Default: nothing.")
      .rule([](const Node& node, Reader& reader, ClientDraft& value) {
        if (value.keys || value.request.path.find("{key}") == std::string::npos) return true;
        return reader.complain(node,
                               "got {key} in the path of a request without a key, expected "
                               "'keys' as well");
      })
      .rule([](const Node& node, Reader& reader, ClientDraft& value) {
        if (value.arrivals.has_value() != value.closed.has_value()) return true;
        return reader.complain(node, value.closed ? "got both 'arrivals' and 'closed', expected one"
                                                  : "got neither 'arrivals' nor 'closed', expected "
                                                    "one of them");
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
