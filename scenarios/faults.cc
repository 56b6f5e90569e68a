#include "scenarios/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenarios/format.h"
#include "scenarios/quantities.h"

namespace steelyard {
namespace {

struct Kind {
  FaultKind kind;
  const HitDraft* hit = nullptr;
};

Kind kind_of(const FaultDraft& draft) {
  for (const FaultMember& member : kFaultMembers)
    if (const auto& hit = draft.*member.hit) return {member.kind, &*hit};
  return {FaultKind::slow, nullptr};
}

std::string label_of(const Kind& kind) {
  const std::string& target = kind.hit->target.value;
  const double probability = kind.hit->probability;
  const std::string share =
      probability < 1 ? fmt::format(" ({:.4g}% of attempts)", probability * 100) : "";
  switch (kind.kind) {
    case FaultKind::slow:
      return fmt::format("slow ×{:g} on {}", kind.hit->factor, target);
    case FaultKind::crash:
      return "crash of " + target;
    case FaultKind::pause:
      return "pause of " + target;
    case FaultKind::refuse:
      return "connections refused at " + target;
    case FaultKind::reset:
      return "connections reset at " + target + share;
    case FaultKind::error:
      return fmt::format("status {} from {}{}", kind.hit->status, target, share);
    case FaultKind::truncate:
      return "truncated answers of " + target + share;
    case FaultKind::network_delay:
      return "network delay at " + target;
    case FaultKind::bandwidth:
      return fmt::format("{:.4g} MB/s at {}", kind.hit->rate * 1e-6, target);
    case FaultKind::blackhole:
      return "blackhole at " + target;
    case FaultKind::slow_close:
      return "slow close at " + target;
    case FaultKind::absent:
      return "absence of " + target;
  }
  return "";
}

class Targets {
 public:
  Targets(const Scenario& scenario, Reader& reader) : scenario_(scenario), reader_(reader) {}

  std::vector<FaultSpec::Target> find(const Reference& target) {
    if (target.value.starts_with("zone:")) return in_zone(target);
    const std::size_t slash = target.value.find('/');
    const std::string service = target.value.substr(0, slash);
    const auto found = std::find_if(scenario_.services.begin(), scenario_.services.end(),
                                    [&](const ServiceSpec& spec) { return spec.name == service; });
    if (scenario_.services.empty()) return {};
    if (found == scenario_.services.end()) return unknown(target, "service", service, services());
    const auto index = static_cast<std::size_t>(found - scenario_.services.begin());
    if (slash == std::string::npos) return all_of(index, target);
    return one_of(index, target, target.value.substr(slash + 1));
  }

 private:
  std::vector<FaultSpec::Target> in_zone(const Reference& target) {
    const std::string name = target.value.substr(5);
    const auto& zones = scenario_.network.zones;
    const auto found = std::find(zones.begin(), zones.end(), name);
    if (found == zones.end()) return unknown(target, "zone", name, zones);
    const auto zone = static_cast<std::uint16_t>(found - zones.begin());
    std::vector<FaultSpec::Target> targets;
    for (std::size_t s = 0; s < scenario_.services.size(); ++s)
      for (std::size_t i = 0; i < scenario_.services[s].instances.size(); ++i)
        if (scenario_.services[s].instances[i].zone == zone) targets.push_back({s, i});
    if (targets.empty())
      reader_.complain(target.spot,
                       "got zone " + in_quotes(name) + " without instances, expected some");
    return within_budget(std::move(targets), target);
  }

  std::vector<FaultSpec::Target> all_of(std::size_t service, const Reference& target) {
    std::vector<FaultSpec::Target> targets;
    for (std::size_t i = 0; i < scenario_.services[service].instances.size(); ++i)
      targets.push_back({service, i});
    return within_budget(std::move(targets), target);
  }

  std::vector<FaultSpec::Target> one_of(std::size_t service, const Reference& target,
                                        const std::string& number) {
    const std::size_t count = scenario_.services[service].instances.size();
    const Result<std::int64_t> index = parse_integer(number);
    if (index.ok() && index.value() >= 0 && static_cast<std::size_t>(index.value()) < count)
      return {{service, static_cast<std::size_t>(index.value())}};
    if (count > 0)
      reader_.complain(target.spot,
                       fmt::format("got instance {} of {}, expected 0 to {}", in_quotes(number),
                                   scenario_.services[service].name, count - 1));
    return {};
  }

  std::vector<FaultSpec::Target> within_budget(std::vector<FaultSpec::Target> targets,
                                               const Reference& target) {
    used_ += static_cast<std::int64_t>(targets.size());
    if (used_ <= kInstancesMax) return targets;
    reader_.complain(
        target.spot,
        fmt::format("got faults on more than {} instances, expected fewer", kInstancesMax));
    return {};
  }

  std::vector<FaultSpec::Target> unknown(const Reference& target, const char* what,
                                         const std::string& name,
                                         const std::vector<std::string>& names) {
    reader_.complain(target.spot, fmt::format("unknown {} {}{}", what, in_quotes(name),
                                              suggestion(name, names)));
    return {};
  }

  std::vector<std::string> services() const {
    std::vector<std::string> names;
    for (const ServiceSpec& service : scenario_.services) names.push_back(service.name);
    return names;
  }

  const Scenario& scenario_;
  Reader& reader_;
  std::int64_t used_ = 0;
};

}  // namespace

void resolve_faults(const std::vector<FaultDraft>& drafts, Scenario& scenario, Reader& reader) {
  Targets targets(scenario, reader);
  for (const FaultDraft& draft : drafts) {
    const Kind kind = kind_of(draft);
    const Duration end = scenario.run.duration;
    if (kind.hit == nullptr || !kind.hit->target.given) continue;
    const Duration rest = end - std::min(end, draft.at.value);
    scenario.faults.push_back({.kind = kind.kind,
                               .at = draft.at.value,
                               .length = std::min(rest, draft.length.value_or(rest)),
                               .targets = targets.find(kind.hit->target),
                               .factor = kind.hit->factor,
                               .latency = kind.hit->latency,
                               .probability = kind.hit->probability,
                               .status = static_cast<int>(kind.hit->status),
                               .rate = kind.hit->rate,
                               .label = label_of(kind)});
  }
}

}  // namespace steelyard
