// `run:` and `network:`.
#include <fmt/format.h>

#include "models/distribution.h"
#include "scenarios/quantities.h"
#include "scenarios/sections.h"
#include "scenarios/strategy_codec.h"

namespace steelyard::sections {
namespace {

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

}  // namespace

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

namespace {

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

}  // namespace

Codec<NetworkDraft> network() {
  return Object<NetworkDraft>("Zones, and the links within and between them.")
      .optional("zones", &NetworkDraft::zones, codec::list_or_none(reference(), "zone names"),
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

}  // namespace steelyard::sections
