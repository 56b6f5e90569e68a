// Which endpoints a channel's attempts may go to.
#include <algorithm>
#include <iterator>
#include <utility>

#include "channel/channel.h"

namespace steelyard {

void Channel::set_ready(EndpointSet endpoints, Instant now, Actions& actions) {
  const std::size_t count_before = endpoints_->size();
  endpoints_ = std::move(endpoints);
  const std::size_t count = endpoints_->size();
  in_flight_ = std::make_unique<std::uint32_t[]>(count);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;  // id, position
  if (connections_ > 0 || in_progress_ > 0 || (asked_ != nullptr && asked_->open > 0)) {
    for (std::uint32_t i = 0; i < endpoints_->size(); ++i)
      places.emplace_back((*endpoints_)[i].id, i);
    std::sort(places.begin(), places.end());
  }
  const auto position_of = [&](std::uint32_t id) {
    const auto found =
        std::lower_bound(places.begin(), places.end(), std::pair{id, std::uint32_t{0}});
    return found != places.end() && found->first == id ? found->second : kGone;
  };
  auto peers = std::make_unique<Peer[]>(count);
  for (std::size_t i = 0; i < count; ++i) peers[i].id = (*endpoints_)[i].id & 0xffffff;
  for (std::size_t i = 0; i < count_before; ++i)
    if (const std::uint32_t now_at = peers_[i].connected ? position_of(peers_[i].id) : kGone;
        now_at != kGone)
      peers[now_at].connected = true;
  peers_ = std::move(peers);
  // Attempts under way are counted again at their endpoint's new position, so that one which left
  // and came back still has its load.
  for (Call& call : calls_) {
    if (!call.live || !call.waiting) continue;
    call.position = position_of(call.endpoint);
    if (call.position != kGone) ++in_flight_[call.position];
  }
  if (asked_ != nullptr) {
    asked_->idle.assign(endpoints_->size(), kGone);
    for (std::uint32_t slot = 0; slot < asked_->questions.size(); ++slot) {
      Question& question = asked_->questions[slot];
      if (!question.live) continue;
      question.position = position_of(question.endpoint);
      if (question.position == kGone)
        free_question(slot);
      else if (question.kind == Probe::Kind::idle)
        asked_->idle[question.position] = slot;
    }
  }
  balancer_->on_endpoints(*endpoints_, now, balancer_random_);
  for (std::size_t i = 0; i < count; ++i)
    if (peers_[i].connected) peers_[i].connected = balancer_->uses(i);
  do_what_was_asked(now, actions);
  if (holds_) pick_for_held(now, actions);
}

void Channel::on_endpoints(EndpointSet endpoints, Instant now, Actions& actions) {
  all_ = std::move(endpoints);
  std::erase_if(refusals_, [&](const Refusal& refusal) {
    return std::none_of(all_->begin(), all_->end(),
                        [&](const Endpoint& endpoint) { return endpoint.id == refusal.endpoint; });
  });
  update_ready(now, actions);
}

// Without those that are out, unless all are. A balancer that deals with those itself gets them
// too, marked.
void Channel::update_ready(Instant now, Actions& actions) {
  const auto out = [&](const Endpoint& endpoint) {
    const auto refusal = refusal_of(endpoint.id);
    return !endpoint.healthy || (refusal != refusals_.end() && refusal->out);
  };
  if (std::none_of(all_->begin(), all_->end(), out)) return set_ready(all_, now, actions);
  auto ready = std::make_shared<std::vector<Endpoint>>();
  if (wants_unhealthy_ || std::all_of(all_->begin(), all_->end(), out)) {
    *ready = *all_;
    for (Endpoint& endpoint : *ready) endpoint.healthy = !wants_unhealthy_ || !out(endpoint);
  } else {
    std::remove_copy_if(all_->begin(), all_->end(), std::back_inserter(*ready), out);
  }
  set_ready(std::move(ready), now, actions);
}

std::vector<Channel::Refusal>::iterator Channel::refusal_of(std::uint32_t endpoint) {
  return std::find_if(refusals_.begin(), refusals_.end(),
                      [&](const Refusal& refusal) { return refusal.endpoint == endpoint; });
}

// Any answer shows that somebody listens there.
void Channel::note_connection(std::uint32_t endpoint, Outcome outcome, Instant now,
                              Actions& actions) {
  if (outcome == Outcome::connection_refused) return refused(endpoint, now, actions);
  if (outcome == Outcome::connection_reset || refusals_.empty()) return;
  const auto refusal = refusal_of(endpoint);
  if (refusal == refusals_.end()) return;
  const bool was_out = refusal->out;
  refusals_.erase(refusal);
  if (was_out) update_ready(now, actions);
}

void Channel::refused(std::uint32_t endpoint, Instant now, Actions& actions) {
  auto refusal = refusal_of(endpoint);
  if (refusal == refusals_.end()) {
    const bool known = std::any_of(all_->begin(), all_->end(),
                                   [&](const Endpoint& each) { return each.id == endpoint; });
    if (!known) return;
    refusal = refusals_.insert(refusals_.end(), {.endpoint = endpoint});
  } else if (refusal->out) {
    return;  // one of several that were under way
  }
  refusal->out = true;
  refusal->generation = ++refusals_ever_;
  const ReconnectPolicy& policy = *policy_.reconnect;
  double wait = to_seconds(policy.backoff_base);
  for (std::uint32_t i = 0; i < refusal->times && wait < to_seconds(policy.backoff_max); ++i)
    wait *= policy.multiplier;
  ++refusal->times;
  wait = std::min(wait, to_seconds(policy.backoff_max));
  wait *= 1 + policy.jitter * (2 * backoff_random_.uniform() - 1);
  actions.push_back(
      {.kind = Action::Kind::wake,
       .channel = id_,
       .id = std::uint64_t{refusal->generation} << 32 | std::uint64_t{kReconnect} << 24 | endpoint,
       .at = now + from_seconds(wait)});
  update_ready(now, actions);
}

}  // namespace steelyard
