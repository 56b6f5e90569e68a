#include "real-harness/channels/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace steelyard::live::channel_log {
namespace {

std::string words_of(const std::vector<Endpoint>& endpoints) {
  constexpr std::size_t kNamed = 20;
  if (endpoints.empty()) return "endpoints: none";
  std::string text = "endpoints";
  for (std::size_t i = 0; i < std::min(endpoints.size(), kNamed); ++i) {
    text += " " + endpoints[i].name;
    if (endpoints[i].weight != 1) text += fmt::format("={}", endpoints[i].weight);
    if (endpoints[i].zone != 0) text += fmt::format("@{}", endpoints[i].zone);
    if (endpoints[i].priority != 0) text += fmt::format("#{}", endpoints[i].priority);
    if (!endpoints[i].healthy) text += "!";
  }
  if (endpoints.size() > kNamed) text += fmt::format(" and {} more", endpoints.size() - kNamed);
  return text;
}

std::string words_of(const Request& request, Instant now) {
  std::string text = fmt::format("request {}", request.token);
  if (request.planned != now) text += " planned " + clock(request.planned);
  if (request.deadline != kNever) text += " deadline " + clock(request.deadline);
  if (request.has_key) text += fmt::format(" key {:016x}", request.key_hash);
  const std::uint32_t from = request.source_ipv4;
  if (from != 0)
    text +=
        fmt::format(" from {}.{}.{}.{}", from >> 24, from >> 16 & 255, from >> 8 & 255, from & 255);
  return text;
}

bool is_about_request(const Action& action) {
  if (action.kind == Action::Kind::wake) return Channel::is_about_request(action.id);
  return action.kind != Action::Kind::probe_load && action.kind != Action::Kind::probe_idle;
}

std::string words_of(const LoadReport& report) {
  return fmt::format("{} in flight, {} queued, utilisation {:.2f}", report.in_flight, report.queued,
                     report.utilisation);
}

}  // namespace

std::string clock(Instant instant) {
  if (instant == kNever) return "never";
  const auto ns = instant.time_since_epoch().count();
  const std::uint64_t size =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  return fmt::format("{}{}.{:09}s", ns < 0 ? "-" : "", size / 1'000'000'000, size % 1'000'000'000);
}

void ChannelWords::know(const Input& input, std::span<const Action> actions) {
  for (const Action& action : actions) {
    const bool send = action.kind == Action::Kind::send;
    if (!is_about_request(action)) continue;
    if (!send && input.record != Record::request) continue;
    const std::uint32_t slot = Channel::slot_of(action.id);
    if (slot >= calls_.size()) calls_.resize(slot + 1);
    calls_[slot].token = send ? action.token : input.request.token;
    if (!send) continue;
    calls_[slot].attempt = action.id;
    calls_[slot].endpoint = action.endpoint;
    calls_[slot].attempts = action.attempts;
    calls_[slot].sent = input.now;
  }
}

std::string ChannelWords::of(const Input& input) const {
  switch (input.record) {
    case Record::endpoints:
      return words_of(*endpoints_);
    case Record::request:
      return words_of(input.request, input.now);
    case Record::timer:
      if (!Channel::is_about_request(input.id))
        return Channel::is_about_probe(input.id) ? probe(input.id) + " gets no answer"
                                                 : "timer of the channel";
      return "timer of " + request(input.id);
    case Record::probe:
      return probe(input.id) + (input.report ? ": " + words_of(*input.report) : " is refused");
    case Record::reply: {
      const std::uint32_t slot = Channel::slot_of(input.id);
      if (slot >= calls_.size() || calls_[slot].attempt != input.id)
        return fmt::format("late reply: {}", to_text(input.outcome));
      const Call& call = calls_[slot];
      return fmt::format("reply {}/{} from {} after {}: {}", call.token, call.attempts,
                         endpoint(call.endpoint), to_text(input.now - call.sent),
                         to_text(input.outcome)) +
             (input.report ? ", " + words_of(*input.report) : "");
    }
    default:
      return "no input";
  }
}

std::string ChannelWords::of(const Action& action) const {
  switch (action.kind) {
    case Action::Kind::send:
      return fmt::format("send {}/{} to {}", action.token, action.attempts,
                         endpoint(action.endpoint));
    case Action::Kind::cancel:
      return fmt::format("cancel {} at {}", action.token, endpoint(action.endpoint));
    case Action::Kind::probe_load:
      return fmt::format("ask {} for its load, {}", endpoint(action.endpoint), probe(action.id));
    case Action::Kind::probe_idle:
      return fmt::format("ask {} to say when it is idle, {}", endpoint(action.endpoint),
                         probe(action.id));
    case Action::Kind::wake:
      if (Channel::is_about_probe(action.id))
        return fmt::format("wait for {} until {}", probe(action.id), clock(action.at));
      if (!Channel::is_about_request(action.id))
        return fmt::format("wake the channel at {}", clock(action.at));
      return fmt::format("wake {} at {}", request(action.id), clock(action.at));
    case Action::Kind::finish:
      break;
  }
  return fmt::format("finish {} {}", action.token, to_text(action.outcome));
}

std::string ChannelWords::endpoint(std::uint32_t id) const {
  if (endpoints_ != nullptr)
    for (const Endpoint& endpoint : *endpoints_)
      if (endpoint.id == id) return endpoint.name;
  return fmt::format("endpoint {}, which has left", id);
}

std::string ChannelWords::probe(ProbeId id) {
  return fmt::format("probe {}", Channel::slot_of_probe(id));
}

std::string ChannelWords::request(std::uint64_t id) const {
  const std::uint32_t slot = Channel::slot_of(id);
  return slot < calls_.size() ? std::to_string(calls_[slot].token) : "a request";
}

}  // namespace steelyard::live::channel_log
