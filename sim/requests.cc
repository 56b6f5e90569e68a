// How requests move between callers and instances: clients issue them, channels turn them into
// attempts, the network carries them there and the answers back.
#include "core/check.h"
#include "core/hash.h"
#include "scenarios/draws.h"
#include "sim/world.h"

namespace steelyard::sim {
namespace {

// A job's token for one of its calls: job (28 bits), generation (28), call site (8). The generation
// tells a late answer from an answer to the job that now has the same slot.
constexpr std::uint32_t kJobMask = (1U << 28) - 1;
std::uint64_t call_token(std::uint32_t job, std::uint32_t generation, std::uint8_t site) {
  return std::uint64_t{job} << 36 | std::uint64_t{generation & kJobMask} << 8 | site;
}

}  // namespace

void World::arrival(std::uint32_t index) {
  Client& client = clients_[index];
  const Instant next = client.arrivals->next();
  if (next != kNever) queue_.push(EventKind::arrival, next, index);
  issue(index, 0, client.issued++);
}

void World::issue(std::uint32_t index, std::uint64_t user, std::uint64_t number) {
  Client& client = clients_[index];
  recorder_.offered(now_);
  Request request;
  request.token = client_token(user, number);
  request.planned = now_;
  const RequestKey key = draw_request_key(client.requests, request.token,
                                          client.popularity ? &*client.popularity : nullptr);
  request.key_hash = key.key_hash;
  request.source_ipv4 = key.source_ipv4;
  request.has_key = key.has_key;
  if (scenario_.via == Via::steelyard) return send_to_proxy(index, request);
  channels_[channel_of(client, request.token)].on_request(request, now_, actions_);
}

void World::think_or_issue(std::uint32_t index, std::uint64_t user, Duration at_least) {
  Client& client = clients_[index];
  const std::uint64_t token = client_token(user, client.issued_by_user[user]);
  const Duration pause = draw_pause(client.think_time.get(), client.requests, token, at_least);
  queue_.push(EventKind::think, now_ + pause, index, 0, user);
}

// Carrying out one action may append others, in whatever channel; they are done in order. An action
// is read where it lies, before anything is appended: copying it just after its fields were written
// would make the processor wait, as it cannot forward several small stores to one wide load.
void World::carry_out_actions() {
  while (next_action_ < actions_.size()) {
    const Action& action = actions_[next_action_++];
    switch (action.kind) {
      case Action::Kind::send:
        send(action);
        break;
      case Action::Kind::finish:
        finish(action);
        break;
      case Action::Kind::wake:
        wake(action);
        break;
      case Action::Kind::probe_load:
      case Action::Kind::probe_idle:
        send_probe(action);
        break;
      case Action::Kind::cancel:
        break;  // servers do not notice that their caller has gone: they finish what they began
    }
  }
  actions_.clear();
  next_action_ = 0;
}

void World::send(const Action& action) {
  const ChannelSide& side = sides_[action.channel];
  const std::uint32_t index = allocate_job();
  Job& job = jobs_[index];
  job.attempt = action.id;
  job.key_hash = action.key_hash;
  job.has_key = action.has_key;
  job.deadline = action.at;
  job.channel = action.channel;
  job.instance = services_[side.service].first_instance + action.endpoint;
  job.pending = 0;
  job.stage = 0;
  job.outcome = Outcome::ok;
  job.closes = false;
  // Requests of one number are the same request in every variant; a retry is a new draw.
  std::uint64_t site = action.token;
  std::uint64_t parent = side.draw_base;
  if (side.caller == CallerKind::instance) {
    site &= 0xff;
    parent = jobs_[action.token >> 36].draw_key;
  } else if (side.caller == CallerKind::proxy) [[unlikely]] {
    const Proxied& proxied = proxied_[action.token];
    site = proxied.request.token;
    parent = clients_[proxied.client].draw_base;
  }
  job.draw_key = attempt_draw_key(parent, site, action.attempts);
  travel(index, false);
}

void World::wake(const Action& action) {
  const ChannelSide& side = sides_[action.channel];
  const Duration delay = action.at - now_;
  const ResiliencePolicy& policy = services_[side.service].spec->strategies.resilience;
  if (side.has_timeout_lane && delay == policy.timeout)
    queue_.push_lane(side.timeout_lane, EventKind::timer, now_, action.channel, action.id);
  else if (side.has_attempt_lane && delay == policy.retry.attempt_timeout)
    queue_.push_lane(side.attempt_lane, EventKind::timer, now_, action.channel, action.id);
  else
    queue_.push(EventKind::timer, action.at, action.channel, 0, action.id);
}

void World::finish(const Action& action) {
  const ChannelSide& side = sides_[action.channel];
  if (side.caller == CallerKind::instance) return call_finished(action);
  if (side.caller == CallerKind::proxy) return proxy_finished(action);
  request_finished(side.owner, action.token, action.at, action.outcome, action.attempts);
}

void World::request_finished(std::uint32_t client, std::uint64_t token, Instant planned,
                             Outcome outcome, std::uint8_t attempts) {
  recorder_.finished(client, planned, now_, outcome, attempts);
  if (!clients_[client].issued_by_user.empty())
    think_or_issue(client, user_of(token), planned == now_ ? kLeastCycle : 0s);
}

void World::call_finished(const Action& action) {
  const auto index = static_cast<std::uint32_t>(action.token >> 36);
  Job& job = jobs_[index];
  if (job.state != JobState::calling ||
      (job.generation & kJobMask) != ((action.token >> 8) & kJobMask))
    return;
  if (action.outcome != Outcome::ok && job.outcome == Outcome::ok) job.outcome = action.outcome;
  if (--job.pending > 0) return;
  const bool paused = instances_[job.instance].speed == 0;
  if (!paused) stage_done(index);  // or when the pause ends
}

void World::stage_done(std::uint32_t index) {
  Job& job = jobs_[index];
  if (job.outcome != Outcome::ok) return job_done(index, job.outcome);
  ++job.stage;
  call_stage(index);
}

std::uint32_t World::channel_of_call(const Instance& instance, const Service& service,
                                     std::uint64_t draw_key, const CallSite& site) {
  const std::uint32_t first = service.call_channels[site.channel_offset];
  const std::uint32_t workers = service.call_channels[site.channel_offset + 1] - first;
  return instance.first_channel + first +
         static_cast<std::uint32_t>(view_of_call(draw_key, site.number, workers));
}

// Makes the calls of the job's stage; a stage without any (none, or all left to chance) is passed.
void World::call_stage(std::uint32_t index) {
  for (;;) {
    const Instance& instance = instances_[jobs_[index].instance];
    const Service& service = services_[instance.service];
    if (jobs_[index].stage == service.calls.stages.size()) return job_done(index, Outcome::ok);
    jobs_[index].state = JobState::calling;
    const Job job = jobs_[index];
    std::uint16_t made = 0;
    for (const CallSite& site : service.calls.stages[job.stage]) {
      if (!draw_call(service.calls_random, job.draw_key, site.number, site.probability)) continue;
      ++made;
      channels_[channel_of_call(instance, service, job.draw_key, site)].on_request(
          {.token = call_token(index, job.generation, site.number),
           .planned = now_,
           .deadline = job.deadline,
           .key_hash = job.key_hash,
           .source_ipv4 = source_of_key(job.key_hash),
           .has_key = job.has_key},
          now_, actions_);
    }
    jobs_[index].pending = made;
    if (made > 0) return;
    ++jobs_[index].stage;
  }
}

// What faults do to messages between an attempt's two ends.
std::uint8_t World::conditions_between(const Job& job) const {
  const ChannelSide& side = sides_[job.channel];
  std::uint8_t conditions = instances_[job.instance].conditions;
  if (side.caller == CallerKind::instance) conditions |= instances_[side.owner].conditions;
  return conditions;
}

// How long the attempt's request, or its answer, is under way; nullopt: it is lost.
std::optional<Duration> World::message_delay(const Job& job, bool is_answer, std::int64_t bytes) {
  const std::uint8_t conditions = conditions_between(job);
  const std::uint16_t callee = instances_[job.instance].zone;
  const std::uint16_t caller = sides_[job.channel].zone;
  const auto delay = network_.delay({.from_zone = is_answer ? callee : caller,
                                     .to_zone = is_answer ? caller : callee,
                                     .bytes = bytes,
                                     .key = message_key(job.draw_key, is_answer)},
                                    now_);
  if (!delay || (conditions & kSilent) != 0) return std::nullopt;
  const bool faulty = (conditions & kOnTheWire) != 0;
  return *delay + (faulty ? held_up(job, is_answer, bytes) : 0s);
}

// Sends a job's request, or its answer, over the network.
void World::travel_network(std::uint32_t index, bool is_answer) {
  Job& job = jobs_[index];
  job.state = is_answer ? JobState::answering : JobState::travelling;
  const EventKind kind = is_answer ? EventKind::reply_arrives : EventKind::request_arrives;
  const Instance& instance = instances_[job.instance];
  if ((conditions_between(job) & kOnTheWire) == 0) {
    if (network_.instant()) return is_answer ? deliver_answer(index) : request_arrives(index);
    if (const auto constant = network_.constant(instance.zone, sides_[job.channel].zone)) {
      queue_.push_lane(queue_.lane(*constant), kind, now_, index);
      return;
    }
  }
  const ServiceSpec& spec = *services_[instance.service].spec;
  const auto delay =
      message_delay(job, is_answer, is_answer ? spec.response_bytes : spec.request_bytes);
  // Lost: only the caller's deadline will tell.
  if (!delay) return free_job(index);
  queue_.push(kind, now_ + *delay, index);
}

void World::deliver_answer(std::uint32_t index) {
  const Job& job = jobs_[index];
  const std::uint32_t channel = job.channel;
  const AttemptId attempt = job.attempt;
  const Outcome outcome = job.outcome;
  const LoadReport* const report = !metered_jobs_.empty() && metered_jobs_[index].reports
                                       ? &metered_jobs_[index].report
                                       : nullptr;
  free_job(index);
  channels_[channel].on_reply(attempt, outcome, now_, actions_, report);
}

std::uint32_t World::allocate_job() {
  if (first_free_job_ == kNone) {
    STEELYARD_CHECK(jobs_.size() < kJobMask, "at most 2^28 attempts are outstanding at once");
    jobs_.emplace_back();
    if (!desks_.empty()) metered_jobs_.emplace_back();
    return static_cast<std::uint32_t>(jobs_.size() - 1);
  }
  const std::uint32_t index = first_free_job_;
  first_free_job_ = jobs_[index].next;
  return index;
}

void World::free_job(std::uint32_t index) {
  Job& job = jobs_[index];
  ++job.generation;
  job.state = JobState::free;
  job.next = first_free_job_;
  first_free_job_ = index;
}

}  // namespace steelyard::sim
