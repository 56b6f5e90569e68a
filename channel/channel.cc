#include "channel/channel.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/check.h"

namespace steelyard {

Channel::Channel(const ChannelOptions& options, std::unique_ptr<Balancer> balancer)
    : id_(options.id),
      requests_max_(options.requests_max),
      wants_feedback_(balancer->wants_feedback()),
      policy_(options.policy),
      balancer_random_(options.random.stream("picks")),
      backoff_random_(options.random.stream("backoff")),
      balancer_(std::move(balancer)),
      all_(std::make_shared<const std::vector<Endpoint>>()),
      endpoints_(all_) {
  STEELYARD_CHECK(requests_max_ <= 0xffffff, "ids of requests have 24 bits");
  STEELYARD_CHECK(policy_.retry.attempts_max >= 1 && policy_.retry.attempts_max <= 200,
                  "a request has 1 to 200 attempts");
}

void Channel::set_ready(EndpointSet endpoints, Instant now) {
  endpoints_ = std::move(endpoints);
  in_flight_.assign(endpoints_->size(), 0);
  // Attempts under way are counted again at their endpoint's new position, so that one which left
  // and came back still has its load.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> position_of;
  if (in_progress_ > 0) {
    for (std::uint32_t i = 0; i < endpoints_->size(); ++i)
      position_of.emplace_back((*endpoints_)[i].id, i);
    std::sort(position_of.begin(), position_of.end());
  }
  for (Call& call : calls_) {
    if (!call.live || !call.waiting) continue;
    const auto found = std::lower_bound(position_of.begin(), position_of.end(),
                                        std::pair{call.endpoint, std::uint32_t{0}});
    const bool there = found != position_of.end() && found->first == call.endpoint;
    call.position = there ? found->second : kGone;
    if (there) ++in_flight_[call.position];
  }
  balancer_->on_endpoints(*endpoints_, now, balancer_random_);
}

std::uint32_t Channel::allocate() {
  if (first_free_ == kGone) {
    // Not a broken invariant: a system that falls behind far enough gets here.
    if (calls_.size() == requests_max_)
      throw std::length_error(std::to_string(requests_max_) +
                              " requests of one caller are under way: the system falls behind; "
                              "give its queues a limit, "
                              "its callers a timeout, or the run a shorter duration");
    calls_.emplace_back();
    return static_cast<std::uint32_t>(calls_.size() - 1);
  }
  const std::uint32_t index = first_free_;
  first_free_ = calls_[index].endpoint;
  return index;
}

void Channel::free(std::uint32_t index) {
  Call& call = calls_[index];
  ++call.generation;
  call.live = false;
  call.endpoint = first_free_;
  first_free_ = index;
  --in_progress_;
}

void Channel::on_request(const Request& request, Instant now, Actions& actions) {
  const std::uint32_t index = allocate();
  ++in_progress_;
  Call& call = calls_[index];
  call.token = request.token;
  call.planned = request.planned;
  call.deadline = request.deadline;
  call.key_hash = request.key_hash;
  call.source_ipv4 = request.source_ipv4;
  call.has_key = request.has_key;
  call.attempts = 0;
  call.live = true;
  if (policy_.timeout > 0s)
    call.deadline = std::min(call.deadline, request.planned + policy_.timeout);
  if (call.deadline != kNever) {
    if (call.deadline <= now) {
      call.waiting = false;
      finish(index, Outcome::deadline_exceeded, actions);
      return;
    }
    actions.push_back({.kind = Action::Kind::wake,
                       .channel = id_,
                       .id = id_of(index, call, kDeadline),
                       .at = call.deadline});
  }
  send(index, now, actions);
}

void Channel::send(std::uint32_t index, Instant now, Actions& actions) {
  Call& call = calls_[index];
  ++call.attempts;
  call.waiting = false;
  if (endpoints_->empty()) {
    retry_or_finish(index, Outcome::no_endpoint, now, actions);
    return;
  }
  const std::size_t position = balancer_->pick({.now = now,
                                                .endpoints = *endpoints_,
                                                .in_flight = in_flight_,
                                                .key_hash = call.key_hash,
                                                .has_key = call.has_key,
                                                .source_ipv4 = call.source_ipv4,
                                                .random = balancer_random_});
  STEELYARD_CHECK(position < endpoints_->size(), "a balancer picked outside the endpoint set");
  ++in_flight_[position];
  call.waiting = true;
  call.sent = now;
  call.position = static_cast<std::uint32_t>(position);
  call.endpoint = (*endpoints_)[position].id;
  actions.push_back({.kind = Action::Kind::send,
                     .attempts = call.attempts,
                     .has_key = call.has_key,
                     .endpoint = call.endpoint,
                     .channel = id_,
                     .id = id_of(index, call, call.attempts),
                     .token = call.token,
                     .at = call.deadline,
                     .key_hash = call.key_hash});
}

void Channel::end_attempt(Call& call, Outcome outcome, Instant now) {
  call.waiting = false;
  if (call.position == kGone) return;
  --in_flight_[call.position];
  if (wants_feedback_)
    balancer_->on_feedback(
        {.position = call.position, .now = now, .latency = now - call.sent, .outcome = outcome});
}

void Channel::on_reply(AttemptId id, Outcome outcome, Instant now, Actions& actions) {
  const std::uint32_t index = index_of(id);
  Call& call = calls_[index];
  if (!call.live || call.generation != generation_of(id) || call.attempts != attempt_of(id)) return;
  const bool cancelled = outcome == Outcome::cancelled;
  if (!call.waiting && !cancelled) return;
  if (call.waiting) end_attempt(call, outcome, now);
  if (policy_.reconnect && !cancelled) note_connection(call.endpoint, outcome, now, actions);
  if (outcome == Outcome::ok || cancelled)
    finish(index, outcome, actions);
  else
    retry_or_finish(index, outcome, now, actions);
}

void Channel::retry_or_finish(std::uint32_t index, Outcome outcome, Instant now, Actions& actions) {
  Call& call = calls_[index];
  if (outcome == Outcome::deadline_exceeded || call.attempts >= policy_.retry.attempts_max) {
    finish(index, outcome, actions);
    return;
  }
  Duration ceiling = std::min(policy_.retry.backoff_base, policy_.retry.backoff_max);
  for (int n = 1; n < call.attempts && ceiling < policy_.retry.backoff_max; ++n)
    ceiling = std::min(policy_.retry.backoff_max, ceiling * 2);
  const auto choices = static_cast<std::uint64_t>(ceiling.count()) + 1;
  const Instant at = now + Duration(static_cast<std::int64_t>(backoff_random_.below(choices)));
  // No point in waiting for an attempt that could only be late: fail now, with the true cause.
  if (at >= call.deadline) {
    finish(index, outcome, actions);
    return;
  }
  actions.push_back({.kind = Action::Kind::wake,
                     .channel = id_,
                     .id = id_of(index, call, call.attempts),
                     .at = at});
}

void Channel::finish(std::uint32_t index, Outcome outcome, Actions& actions) {
  const Call& call = calls_[index];
  actions.push_back({.kind = Action::Kind::finish,
                     .outcome = outcome,
                     .attempts = call.attempts,
                     .channel = id_,
                     .id = id_of(index, call, call.attempts),
                     .token = call.token,
                     .at = call.planned});
  free(index);
}

bool Channel::wants(TimerId id) const {
  if (attempt_of(id) == kReconnect)
    return std::any_of(refusals_.begin(), refusals_.end(), [&](const Refusal& refusal) {
      return refusal.endpoint == index_of(id) && refusal.generation == generation_of(id) &&
             refusal.out;
    });
  const Call& call = calls_[index_of(id)];
  if (!call.live || call.generation != generation_of(id)) return false;
  return attempt_of(id) == kDeadline || (!call.waiting && call.attempts == attempt_of(id));
}

void Channel::on_timer(TimerId id, Instant now, Actions& actions) {
  if (!wants(id)) return;
  const std::uint32_t index = index_of(id);
  if (attempt_of(id) == kReconnect) {
    refusal_of(index)->out = false;
    update_ready(now);
    return;
  }
  Call& call = calls_[index];
  if (attempt_of(id) != kDeadline) {
    send(index, now, actions);
    return;
  }
  if (call.waiting) {
    actions.push_back({.kind = Action::Kind::cancel,
                       .endpoint = call.endpoint,
                       .channel = id_,
                       .id = id_of(index, call, call.attempts),
                       .token = call.token});
    end_attempt(call, Outcome::deadline_exceeded, now);
  }
  finish(index, Outcome::deadline_exceeded, actions);
}

void Channel::on_restart(std::unique_ptr<Balancer> balancer, Instant now) {
  for (std::uint32_t i = 0; i < calls_.size(); ++i)
    if (calls_[i].live) free(i);
  balancer_ = std::move(balancer);
  wants_feedback_ = balancer_->wants_feedback();
  refusals_.clear();
  set_ready(all_, now);
}

// ---- Endpoints that refuse connections ---------------------------------------------------------

void Channel::on_endpoints(EndpointSet endpoints, Instant now) {
  all_ = std::move(endpoints);
  std::erase_if(refusals_, [&](const Refusal& refusal) {
    return std::none_of(all_->begin(), all_->end(),
                        [&](const Endpoint& endpoint) { return endpoint.id == refusal.endpoint; });
  });
  update_ready(now);
}

// All but those that are out; all if every one is.
void Channel::update_ready(Instant now) {
  const auto out = [&](const Endpoint& endpoint) {
    const auto refusal = refusal_of(endpoint.id);
    return refusal != refusals_.end() && refusal->out;
  };
  if (refusals_.empty() || std::all_of(all_->begin(), all_->end(), out)) {
    set_ready(all_, now);
    return;
  }
  auto ready = std::make_shared<std::vector<Endpoint>>();
  std::remove_copy_if(all_->begin(), all_->end(), std::back_inserter(*ready), out);
  set_ready(std::move(ready), now);
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
  if (was_out) update_ready(now);
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
  update_ready(now);
}

}  // namespace steelyard
