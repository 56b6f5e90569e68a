// `faults:`.
#include <fmt/format.h>

#include <algorithm>

#include "models/distribution.h"
#include "scenarios/sections.h"
#include "scenarios/strategy_codec.h"

namespace steelyard::sections {
namespace {

// What is hit; the kinds add what else they are told.
Object<HitDraft> hit(const char* doc) {
  const auto target = codec::located(Codec<std::string>{
      codec::text().read,
      Json{{"type", "string"}, {"pattern", R"(^(zone:)?[A-Za-z_][A-Za-z0-9_-]*(/[0-9]+)?$)"}}});
  Object<HitDraft> object(doc);
  object.required("target", &HitDraft::target, target,
                  "`orders/0` (one instance, from 0), `orders` (all of them) or `zone:west`.");
  return object;
}

Object<HitDraft> hit_by_chance(const char* doc) {
  return hit(doc).optional("probability", &HitDraft::probability, codec::ratio({0, 1, true}),
                           "That an attempt is hit.");
}

Codec<std::optional<Named>> latency() {
  return as<std::optional<Named>>(
      strategy(Distribution::kKind),
      [](Named named, std::optional<Named>& value) { value = std::move(named); });
}

Object<FaultDraft> of_instances() {
  return Object<FaultDraft>("Something that goes wrong for a while.")
      .required("at", &FaultDraft::at, codec::located(codec::duration()),
                "When it begins, from the start of the run.")
      .optional("for", &FaultDraft::length, codec::duration({0, codec::kSecondsMax, true}),
                "How long it lasts. Default: to the end of the run.")
      .optional("slow", &FaultDraft::slow,
                hit("Service takes longer.")
                    .required("factor", &HitDraft::factor, codec::number({0, 1e6, true}),
                              "Service takes this many times as long.")
                    .codec(),
                "Service takes `factor` times as long.")
      .optional("crash", &FaultDraft::crash, hit("Instances die and come back.").codec(),
                "Requests there are lost, and new ones are refused until it is over.")
      .optional("pause", &FaultDraft::pause, hit("Instances stand still.").codec(),
                "Nothing is served, requests wait: a long garbage collection.")
      .optional("absent", &FaultDraft::absent, hit("Instances are not there.").codec(),
                "Not running and no member of the service: scaled in, or not yet started. Views "
                "learn of it at their next refresh; what is under way there goes on.")
      .optional("refuse", &FaultDraft::refuse, hit("Connections are refused.").codec(),
                "New attempts are refused; those under way go on.")
      .optional("reset", &FaultDraft::reset, hit_by_chance("Connections are reset.").codec(),
                "The connection is reset when an attempt arrives.")
      .optional("error", &FaultDraft::error,
                hit_by_chance("Attempts are answered with an error.")
                    .optional("status", &HitDraft::status, codec::whole({400, 599}),
                              "The status of HTTP.")
                    .codec(),
                "Attempts are answered at once with `status`, and cost nothing.")
      .optional("truncate", &FaultDraft::truncate, hit_by_chance("Answers break off.").codec(),
                "Attempts are served, but their answer breaks off.");
}

}  // namespace

Codec<FaultDraft> fault() {
  return of_instances()
      .optional("network_delay", &FaultDraft::network_delay,
                hit("Messages take longer.")
                    .required("latency", &HitDraft::latency, latency(),
                              "Added to each message to and from the target, each way.")
                    .codec(),
                "Messages to and from the target take longer.")
      .optional("bandwidth", &FaultDraft::bandwidth,
                hit("Messages share a narrow link.")
                    .required("rate", &HitDraft::rate, codec::bandwidth(),
                              "Bandwidth of each instance's own link, each way.")
                    .codec(),
                "Messages to and from the target pass one after the other, at `rate`.")
      .optional("blackhole", &FaultDraft::blackhole, hit("Messages vanish.").codec(),
                "Messages to and from the target vanish; only a time-out tells.")
      .optional("slow_close", &FaultDraft::slow_close,
                hit("Closed connections look open.")
                    .required("latency", &HitDraft::latency, latency(),
                              "How much later the other side hears that a connection was closed.")
                    .codec(),
                "That a connection to or from the target was closed is heard later.")
      .rule([](const Node& node, Reader& reader, FaultDraft& value) {
        const auto kinds = std::count_if(
            kFaultMembers.begin(), kFaultMembers.end(),
            [&](const FaultMember& member) { return (value.*member.hit).has_value(); });
        return kinds == 1 ||
               reader.complain(node, fmt::format("got {} kinds of fault, expected "
                                                 "one of {}",
                                                 kinds, fmt::join(kFaultKindNames, ", ")));
      })
      .codec();
}

}  // namespace steelyard::sections
