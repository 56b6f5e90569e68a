#include "channel/channel.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/check.h"
#include "core/make.h"

namespace steelyard {

Channel::Channel(const ChannelOptions& options, std::unique_ptr<Balancer> balancer)
    : id_(options.id),
      requests_max_(options.requests_max),
      policy_(options.policy),
      balancer_random_(options.random.stream("picks")),
      backoff_random_(options.random.stream("backoff")),
      all_(std::make_shared<const std::vector<Endpoint>>()),
      endpoints_(all_) {
  STEELYARD_CHECK(requests_max_ <= 0xffffff, "ids of requests have 24 bits");
  STEELYARD_CHECK(policy_.retry.attempts_max >= 1 && policy_.retry.attempts_max <= 200,
                  "a request has 1 to 200 attempts");
  adopt(std::move(balancer), options.caller);
}

void Channel::adopt(std::unique_ptr<Balancer> balancer, const Caller& caller) {
  balancer_ = std::move(balancer);
  wants_feedback_ = balancer_->wants_feedback();
  wants_reports_ = balancer_->wants_reports();
  wants_unhealthy_ = balancer_->wants_unhealthy();
  if (balancer_->asks() && asked_ == nullptr) asked_ = std::make_unique<Asked>();
  balancer_->on_caller(caller);
  const std::shared_ptr<const Named>& budget = policy_.retry.budget;
  if (budget != nullptr) budget_ = make_checked<RetryBudget>(*budget);
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
  settle(call);
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
  call.held = false;
  if (budget_ != nullptr) [[unlikely]]
    budget_->on_request(now);
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
    call.held = false;
    retry_or_finish(index, Outcome::no_endpoint, now, actions);
    return;
  }
  const std::size_t position = balancer_->pick({.now = now,
                                                .endpoints = *endpoints_,
                                                .in_flight = in_flight(),
                                                .key_hash = call.key_hash,
                                                .has_key = call.has_key,
                                                .source_ipv4 = call.source_ipv4,
                                                .random = balancer_random_});
  if (position >= Balancer::kNobody) [[unlikely]] {
    if (position == Balancer::kWait) return hold(index, now, actions);
    call.held = false;
    retry_or_finish(index, Outcome::no_endpoint, now, actions);
    return do_what_was_asked(now, actions);
  }
  STEELYARD_CHECK(position < endpoints_->size(), "a balancer picked outside the endpoint set");
  ++in_flight_[position];
  Peer& peer = peers_[position];
  if (!peer.connected) [[unlikely]] {
    peer.connected = true;
    ++connections_;
  }
  call.waiting = true;
  call.held = false;
  call.sent = now;
  call.position = static_cast<std::uint32_t>(position);
  call.endpoint = peer.id;
  actions.push_back({.kind = Action::Kind::send,
                     .attempts = call.attempts,
                     .has_key = call.has_key,
                     .endpoint = call.endpoint,
                     .channel = id_,
                     .id = id_of(index, call, call.attempts),
                     .token = call.token,
                     .at = call.deadline,
                     .key_hash = call.key_hash});
  const Duration longest = policy_.retry.attempt_timeout;
  if (longest > 0s && now + longest < call.deadline) [[unlikely]]
    actions.push_back({.kind = Action::Kind::wake,
                       .channel = id_,
                       .id = id_of(index, call, kAttemptTimeout),
                       .at = now + longest});
  do_what_was_asked(now, actions);
}

// It is picked for again later. What was counted as an attempt was none; the timer is that of a
// back-off, and one that comes earlier serves as well.
void Channel::hold(std::uint32_t index, Instant now, Actions& actions) {
  Call& call = calls_[index];
  --call.attempts;
  const Instant again = std::max(balancer_->wait_until(), now + 1ns);
  if ((!call.held || again < call.sent) && again < call.deadline)
    actions.push_back({.kind = Action::Kind::wake,
                       .channel = id_,
                       .id = id_of(index, call, call.attempts),
                       .at = again});
  call.sent = call.held ? std::min(call.sent, again) : again;
  call.held = holds_ = true;
  do_what_was_asked(now, actions);
}

// Where endpoints have changed nobody need wait for what was to come.
void Channel::pick_for_held(Instant now, Actions& actions) {
  for (std::uint32_t i = 0; i < calls_.size(); ++i)
    if (calls_[i].live && calls_[i].held) send(i, now, actions);
}

void Channel::end_attempt(Call& call, Outcome outcome, Instant now, Actions& actions,
                          const LoadReport* report) {
  call.waiting = false;
  if (call.position == kGone) return;
  --in_flight_[call.position];
  if (outcome == Outcome::connection_refused || outcome == Outcome::connection_reset) [[unlikely]]
    peers_[call.position].connected = false;
  if (!wants_feedback_) return;
  balancer_->on_feedback({.position = call.position,
                          .now = now,
                          .latency = now - call.sent,
                          .outcome = outcome,
                          .report = wants_reports_ ? report : nullptr});
  do_what_was_asked(now, actions);
}

void Channel::give_up(std::uint32_t index, Instant now, Actions& actions) {
  Call& call = calls_[index];
  actions.push_back({.kind = Action::Kind::cancel,
                     .endpoint = call.endpoint,
                     .channel = id_,
                     .id = id_of(index, call, call.attempts),
                     .token = call.token});
  end_attempt(call, Outcome::deadline_exceeded, now, actions);
}

void Channel::on_reply(AttemptId id, Outcome outcome, Instant now, Actions& actions,
                       const LoadReport* report) {
  const std::uint32_t index = index_of(id);
  Call& call = calls_[index];
  if (!call.live || call.generation != generation_of(id) || call.attempts != attempt_of(id)) return;
  const bool cancelled = outcome == Outcome::cancelled;
  if (!call.waiting && !cancelled) return;
  if (call.waiting) end_attempt(call, outcome, now, actions, report);
  if (policy_.reconnect && !cancelled) note_connection(call.endpoint, outcome, now, actions);
  if (budget_ != nullptr && outcome == Outcome::ok) [[unlikely]]
    budget_->on_success();
  if (outcome == Outcome::ok || cancelled || outcome == Outcome::deadline_exceeded)
    finish(index, outcome, actions);
  else
    retry_or_finish(index, outcome, now, actions);
}

void Channel::retry_or_finish(std::uint32_t index, Outcome outcome, Instant now, Actions& actions) {
  Call& call = calls_[index];
  settle(call);
  if (budget_ != nullptr) budget_->on_failure();
  if (call.attempts >= policy_.retry.attempts_max) {
    finish(index, outcome, actions);
    return;
  }
  Duration ceiling = std::min(policy_.retry.backoff_base, policy_.retry.backoff_max);
  for (int n = 1; n < call.attempts && ceiling < policy_.retry.backoff_max; ++n)
    ceiling = std::min(policy_.retry.backoff_max, ceiling * 2);
  const auto choices = static_cast<std::uint64_t>(ceiling.count()) + 1;
  const Instant at = now + Duration(static_cast<std::int64_t>(backoff_random_.below(choices)));
  // No point in waiting for an attempt that could only be late: fail now, with the true cause.
  if (at >= call.deadline || !may_retry(call, now)) {
    finish(index, outcome, actions);
    return;
  }
  actions.push_back({.kind = Action::Kind::wake,
                     .channel = id_,
                     .id = id_of(index, call, call.attempts),
                     .at = at});
}

// A request that backs off is in progress, but not active; one that a balancer holds is both.
bool Channel::may_retry(Call& call, Instant now) {
  if (budget_ == nullptr) return true;
  const std::uint32_t others = in_progress_ - 1;
  const RetryLoad load{.active = others - backing_off_,
                       .retries = retries_ - backing_off_,
                       .backing_off = backing_off_};
  if (!budget_->withdraw(load, now)) return false;
  call.retried = call.backing_off = true;
  ++retries_;
  ++backing_off_;
  return true;
}

// The attempt that the budget allowed has ended, or will not be.
void Channel::settle(Call& call) {
  if (!call.retried) [[likely]]
    return;
  --retries_;
  if (call.backing_off) --backing_off_;
  call.retried = call.backing_off = false;
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
  if (attempt_of(id) == kProbeTimer) return wants_probe(id);
  if (attempt_of(id) == kWake) {
    return asked_ != nullptr && asked_->wake_pending && asked_->wakes == generation_of(id);
  }
  const Call& call = calls_[index_of(id)];
  if (!call.live || call.generation != generation_of(id)) return false;
  if (attempt_of(id) == kAttemptTimeout) return call.waiting;
  return attempt_of(id) == kDeadline || (!call.waiting && call.attempts == attempt_of(id));
}

void Channel::on_timer(TimerId id, Instant now, Actions& actions) {
  if (!wants(id)) return;
  const std::uint32_t index = index_of(id);
  if (attempt_of(id) == kReconnect) {
    refusal_of(index)->out = false;
    return update_ready(now, actions);
  }
  if (attempt_of(id) == kProbeTimer) return answer(index, nullptr, now, actions);
  if (attempt_of(id) == kWake) {
    asked_->wake_pending = false;
    balancer_->on_wake(now);
    return do_what_was_asked(now, actions);
  }
  Call& call = calls_[index];
  if (attempt_of(id) == kAttemptTimeout) {
    if (now < call.sent + policy_.retry.attempt_timeout) return;  // that of an attempt before
    give_up(index, now, actions);
    return retry_or_finish(index, Outcome::deadline_exceeded, now, actions);
  }
  if (attempt_of(id) != kDeadline) {
    call.held = false;
    if (call.backing_off) --backing_off_;
    call.backing_off = false;
    send(index, now, actions);
    return;
  }
  if (call.waiting) give_up(index, now, actions);
  finish(index, Outcome::deadline_exceeded, actions);
}

void Channel::on_restart(std::unique_ptr<Balancer> balancer, const Caller& caller, Instant now,
                         Actions& actions) {
  for (std::uint32_t i = 0; i < calls_.size(); ++i)
    if (calls_[i].live) free(i);
  if (asked_ != nullptr) {
    for (std::uint32_t slot = 0; slot < asked_->questions.size(); ++slot)
      if (asked_->questions[slot].live) free_question(slot);
    asked_->wake_pending = false;
  }
  adopt(std::move(balancer), caller);
  refusals_.clear();
  for (std::size_t i = 0; i < endpoints_->size(); ++i) peers_[i].connected = false;
  set_ready(all_, now, actions);
}

}  // namespace steelyard
