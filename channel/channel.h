// A channel: one caller's view of one service. It composes what the caller knows of the endpoints,
// a balancer and the resilience policies, and turns requests into attempts.
//
// It does no I/O. A world (sim/ or real-harness/) tells it what happened, through the on_…
// functions, and carries out the actions that it appends to a buffer: send this attempt there, ask
// that endpoint, wake me then, finish that request. Identical inputs give identical actions, in any
// world.
//
// Single-threaded. No allocation per request once the largest number in flight has been reached.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "balancers/balancer.h"
#include "core/outcome.h"
#include "core/random.h"
#include "core/time.h"
#include "resilience/policy.h"
#include "resilience/retry_budget.h"

namespace steelyard {

// The caller's request, as it enters the channel.
struct Request {
  std::uint64_t token = 0;    // the caller's own; comes back in send and finish
  Instant planned;            // when it was due; latency counts from here
  Instant deadline = kNever;  // of the caller itself: propagated, never extended
  std::uint64_t key_hash = 0;
  std::uint32_t source_ipv4 = 0;
  bool has_key = false;
};

// Names one attempt, one timer, or one probe, of one channel.
using AttemptId = std::uint64_t;
using TimerId = std::uint64_t;
using ProbeId = std::uint64_t;

// How long the answer to a question about an endpoint's load is waited for.
inline constexpr Duration kProbeTimeout = 1s;

struct Action {
  enum class Kind : std::uint8_t {
    send,        // start attempt `id` at `endpoint`
    cancel,      // nobody waits for attempt `id` any more
    wake,        // call on_timer(id) at `at`, unless !wants(id) by then
    finish,      // the request `token` ended with `outcome`
    probe_load,  // ask `endpoint` for its load; on_probe_reply(id) follows, or never
    probe_idle,  // have it say when it becomes idle (Probe::Kind::idle), the same; instead of what
                 // this channel asked it so before
  };
  Kind kind = Kind::send;
  Outcome outcome = Outcome::ok;
  std::uint8_t attempts = 0;   // send: which attempt of its request, from 1; finish: how many
  bool has_key = false;        // send
  std::uint32_t endpoint = 0;  // send, cancel, probes: Endpoint::id
  std::uint32_t channel = 0;   // ChannelOptions::id
  std::uint64_t id = 0;        // of the attempt, timer or probe; finish: of the last attempt
  std::uint64_t token = 0;
  Instant at;                  // send: the request's deadline; wake: when; finish: planned time
  std::uint64_t key_hash = 0;  // send
};
static_assert(sizeof(Action) == 48);
using Actions = std::vector<Action>;

struct ChannelOptions {
  std::uint32_t id = 0;  // the world's own; comes back in every action
  ResiliencePolicy policy;
  RandomStream random{0};
  Caller caller;
  // Under way at once; one more throws std::length_error. At most 2^24 - 1, as ids have 24 bits.
  std::uint32_t requests_max = 0xffffff;
};

class Channel {
 public:
  Channel(const ChannelOptions& options, std::unique_ptr<Balancer> balancer);

  // The endpoints are now these; attempts under way keep running where they are.
  // REQUIRES: ids below 2^24.
  void on_endpoints(EndpointSet endpoints, Instant now, Actions& actions);
  void on_request(const Request& request, Instant now, Actions& actions);
  // Attempt `id` was answered, or failed. Late answers, to an attempt that was given up, are
  // ignored. `cancelled`: its request's caller left, which ends the request without another
  // attempt, also while it waits for one, and is not held against the endpoint. `report`: what the
  // server said of its load, if anything; of no use unless reads_load().
  void on_reply(AttemptId id, Outcome outcome, Instant now, Actions& actions,
                const LoadReport* report = nullptr);
  void on_timer(TimerId id, Instant now, Actions& actions);
  // Probe `id` was answered; null: it was refused, and no answer will come. Late ones are ignored.
  void on_probe_reply(ProbeId id, const LoadReport* report, Instant now, Actions& actions);

  // Whether a timer still has something to do. Lets a world drop it unseen.
  bool wants(TimerId id) const;

  // The slot of the request that an attempt belongs to: below the most requests that were ever
  // under way at once, and no other request's until this one has finished. For tables that worlds
  // keep.
  static std::uint32_t slot_of(AttemptId id) { return index_of(id); }
  // As slot_of(), of a probe: below the most probes that were ever unanswered at once.
  static std::uint32_t slot_of_probe(ProbeId id) { return index_of(id); }
  // What a timer is about: a request or a probe, whose slot its id holds, or neither.
  static bool is_about_request(TimerId id) {
    return attempt_of(id) == kDeadline || attempt_of(id) < kLeastTimer;
  }
  static bool is_about_probe(TimerId id) { return attempt_of(id) == kProbeTimer; }

  // Whether its balancer hears what servers say of their load, with answers or to probes.
  bool reads_load() const { return wants_reports_ || asked_ != nullptr; }

  // Requests under way.
  std::uint64_t in_progress() const { return in_progress_; }
  // Connections opened, ever: attempts sent to an endpoint to which there was none. One connection
  // carries any number of requests, as in HTTP/2, and lasts until the endpoint leaves ready(), or
  // refuses or resets one of them, or the set changes and the balancer has no more use for it, or
  // the caller's process dies.
  std::uint64_t connections() const { return connections_; }
  // The endpoints that attempts may go to: those given, without those that refuse connections.
  const std::vector<Endpoint>& ready() const { return *endpoints_; }
  // Attempts outstanding, by position in ready().
  std::span<const std::uint32_t> in_flight() const {
    return {in_flight_.get(), endpoints_->size()};
  }

  // The streams it draws from, as they stand: where they agree, so did all draws before.
  const RandomStream& pick_random() const { return balancer_random_; }
  const RandomStream& backoff_random() const { return backoff_random_; }

  // The caller's process died: every request is forgotten without a finish, and `balancer` starts
  // from nothing, for the same caller as before. Ids given out before stay invalid.
  void on_restart(std::unique_ptr<Balancer> balancer, const Caller& caller, Instant now,
                  Actions& actions);

 private:
  // One request under way. 64 bytes.
  struct Call {
    std::uint64_t token = 0;
    Instant planned;
    Instant deadline;
    Instant sent;  // the attempt under way; while held, when it is picked for again
    std::uint64_t key_hash = 0;
    std::uint32_t source_ipv4 = 0;
    std::uint32_t position = 0;    // of the endpoint in the set; kGone if it left
    std::uint32_t endpoint = 0;    // its id; the next free call when not under way
    std::uint32_t generation = 0;  // grows whenever the slot is freed
    std::uint8_t attempts = 0;
    bool has_key = false;
    bool waiting = false;  // an attempt is under way (not: backing off)
    bool live = false;
    bool held = false;         // the balancer told it to wait
    bool retried = false;      // the budget allowed the attempt that is under way, or to come
    bool backing_off = false;  // for that one
  };
  static_assert(sizeof(Call) == 64);

  static constexpr std::uint32_t kGone = ~std::uint32_t{0};
  // In place of the attempt in a timer's id.
  static constexpr std::uint8_t kDeadline = 255;
  static constexpr std::uint8_t kReconnect = 254;   // with the endpoint's id in place of the index
  static constexpr std::uint8_t kProbeTimer = 253;  // with the probe's slot in place of the index
  static constexpr std::uint8_t kWake = 252;        // the balancer's own
  static constexpr std::uint8_t kLeastTimer = kWake;
  // Of whichever attempt is under way, as every attempt has one of its own; more than any attempt.
  static constexpr std::uint8_t kAttemptTimeout = 251;

  // What sending needs to know of a ready endpoint. 4 bytes, as there may be very many.
  struct Peer {
    std::uint32_t id : 24 = 0;
    std::uint32_t connected : 1 = 0;
  };
  static_assert(sizeof(Peer) == 4);

  // An endpoint that has refused a connection, and has not answered since.
  struct Refusal {
    std::uint32_t endpoint = 0;
    std::uint32_t times = 0;       // in a row
    std::uint32_t generation = 0;  // of the timer that ends it
    bool out = true;               // of the ready ones; else on trial
  };

  // What the balancer has asked an endpoint, until it is answered.
  struct Question {
    std::uint32_t endpoint = 0;  // its id; the next free one when not under way
    std::uint32_t position = 0;
    std::uint32_t generation = 0;  // grows whenever the slot is freed
    std::uint32_t tag = 0;
    Probe::Kind kind = Probe::Kind::load;
    bool live = false;
  };

  struct Asked {
    std::vector<Question> questions;
    std::uint32_t first_free = kGone;
    std::uint32_t open = 0;
    std::vector<std::uint32_t> idle;  // by position: the slot of its Probe::Kind::idle
    std::uint32_t wakes = 0;          // asked for, ever
    bool wake_pending = false;
  };

  // Ids: generation (32 bits), attempt (8), index (24).
  static std::uint64_t id_of(std::uint32_t index, const Call& call, std::uint8_t attempt) {
    return std::uint64_t{call.generation} << 32 | std::uint64_t{attempt} << 24 | index;
  }
  static std::uint32_t index_of(std::uint64_t id) { return id & 0xffffff; }
  static std::uint8_t attempt_of(std::uint64_t id) { return (id >> 24) & 0xff; }
  static std::uint32_t generation_of(std::uint64_t id) {
    return static_cast<std::uint32_t>(id >> 32);
  }

  std::uint32_t allocate();
  void free(std::uint32_t index);
  void send(std::uint32_t index, Instant now, Actions& actions);
  void end_attempt(Call& call, Outcome outcome, Instant now, Actions& actions,
                   const LoadReport* report = nullptr);
  void give_up(std::uint32_t index, Instant now, Actions& actions);
  void finish(std::uint32_t index, Outcome outcome, Actions& actions);
  void retry_or_finish(std::uint32_t index, Outcome outcome, Instant now, Actions& actions);
  bool may_retry(Call& call, Instant now);
  void settle(Call& call);
  void adopt(std::unique_ptr<Balancer> balancer, const Caller& caller);
  void hold(std::uint32_t index, Instant now, Actions& actions);
  void pick_for_held(Instant now, Actions& actions);

  // Endpoints (endpoints.cc).
  void set_ready(EndpointSet endpoints, Instant now, Actions& actions);
  void update_ready(Instant now, Actions& actions);
  void note_connection(std::uint32_t endpoint, Outcome outcome, Instant now, Actions& actions);
  void refused(std::uint32_t endpoint, Instant now, Actions& actions);
  std::vector<Refusal>::iterator refusal_of(std::uint32_t endpoint);

  // What balancers ask for (probes.cc).
  void do_what_was_asked(Instant now, Actions& actions) {
    if (asked_ != nullptr) [[unlikely]]
      carry_out_asked(now, actions);
  }
  void carry_out_asked(Instant now, Actions& actions);
  void ask(const Probe& probe, Instant now, Actions& actions);
  void answer(std::uint32_t slot, const LoadReport* report, Instant now, Actions& actions);
  void free_question(std::uint32_t slot);
  bool wants_probe(ProbeId id) const;

  std::uint32_t id_;
  std::uint32_t requests_max_;
  std::uint32_t first_free_ = kGone;
  bool wants_feedback_ = false;
  bool wants_reports_ = false;
  bool wants_unhealthy_ = false;
  bool holds_ = false;  // its balancer has told a request to wait, ever
  ResiliencePolicy policy_;
  RandomStream balancer_random_;
  RandomStream backoff_random_;
  std::unique_ptr<Balancer> balancer_;
  EndpointSet all_;        // as given
  EndpointSet endpoints_;  // the ready ones
  std::vector<Refusal> refusals_;
  std::uint32_t refusals_ever_ = 0;
  std::uint32_t in_progress_ = 0;
  // By position in endpoints_, which knows how many there are: a million channels are not rare.
  std::unique_ptr<std::uint32_t[]> in_flight_;
  std::unique_ptr<Peer[]> peers_;
  std::uint64_t connections_ = 0;
  std::vector<Call> calls_;
  std::unique_ptr<Asked> asked_;  // of balancers that ask
  std::unique_ptr<RetryBudget> budget_;
  std::uint32_t retries_ = 0;      // that the budget allowed, and whose attempt has not ended
  std::uint32_t backing_off_ = 0;  // of these, yet to be sent
};

}  // namespace steelyard
