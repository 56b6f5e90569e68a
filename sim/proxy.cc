// `via: steelyard`: one proxy in front of each service, through which all clients go. It balances
// with a single channel, and costs a message more each way, between the client's zone and its own,
// that of the first client it serves; it needs no time itself.
#include <algorithm>

#include "scenarios/draws.h"
#include "sim/world.h"

namespace steelyard::sim {

// The proxy's channel; the number of channels if there is none yet.
std::uint32_t World::proxy_of(std::uint32_t service) const {
  const auto found = std::find_if(sides_.begin(), sides_.end(),
                                  [&](const ChannelSide& side) { return side.service == service; });
  return static_cast<std::uint32_t>(found - sides_.begin());
}

void World::send_to_proxy(std::uint32_t client, const Request& request) {
  std::uint32_t index = first_free_proxied_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(proxied_.size());
    proxied_.emplace_back();
  } else {
    first_free_proxied_ = proxied_[index].next;
  }
  ++proxied_open_;
  Proxied& proxied = proxied_[index];
  proxied = {
      .request = request, .client = client, .channel = channel_of(clients_[client], request.token)};
  const Duration timeout =
      services_[clients_[client].spec->calls].spec->strategies.resilience.timeout;
  if (timeout > 0s) proxied.request.deadline = request.planned + timeout;
  hop(index, false);
}

// The request's way to the proxy, or its answer's back. The client waits until its deadline, and no
// longer, whatever comes of the message.
void World::hop(std::uint32_t index, bool is_answer) {
  Proxied& proxied = proxied_[index];
  const Client& client = clients_[proxied.client];
  Instant at = now_;
  if (!network_.instant()) {
    const ServiceSpec& service = *services_[client.spec->calls].spec;
    const std::uint16_t here = client.spec->zone;
    const std::uint16_t there = sides_[proxied.channel].zone;
    // Attempts count from 1, so that this message is none of theirs.
    const std::uint64_t key = attempt_draw_key(client.draw_base, proxied.request.token, 0);
    const auto delay =
        network_.delay({.from_zone = is_answer ? there : here,
                        .to_zone = is_answer ? here : there,
                        .bytes = is_answer ? service.response_bytes : service.request_bytes,
                        .key = message_key(key, is_answer)},
                       now_);
    at = delay ? now_ + *delay : kNever;
  }
  if (at > proxied.request.deadline) {
    at = std::max(now_, proxied.request.deadline);
    is_answer = true;
    proxied.outcome = Outcome::deadline_exceeded;
  }
  if (at == kNever) return;  // nobody will ever tell the client
  if (at > now_)
    queue_.push(is_answer ? EventKind::proxy_answered : EventKind::proxy_receives, at, index);
  else if (is_answer)
    proxy_answered(index);
  else
    proxy_receives(index);
}

void World::proxy_receives(std::uint32_t index) {
  Request request = proxied_[index].request;
  request.token = index;
  channels_[proxied_[index].channel].on_request(request, now_, actions_);
}

void World::proxy_finished(const Action& action) {
  const auto index = static_cast<std::uint32_t>(action.token);
  Proxied& proxied = proxied_[index];
  proxied.outcome = action.outcome;
  proxied.attempts = action.attempts;
  // The client's own time is up at the same instant.
  if (action.outcome == Outcome::deadline_exceeded) return proxy_answered(index);
  hop(index, true);
}

void World::proxy_answered(std::uint32_t index) {
  const Proxied proxied = proxied_[index];
  proxied_[index].next = first_free_proxied_;
  first_free_proxied_ = index;
  --proxied_open_;
  request_finished(proxied.client, proxied.request.token, proxied.request.planned, proxied.outcome,
                   proxied.attempts);
}

}  // namespace steelyard::sim
