// The contract of a balancer: who gets this attempt?
//
// A balancer is a plain object. It is handed the time, a random stream and what happened, and
// answers with a position. It never reads a clock, blocks, allocates in pick(), or asks which
// world it is in. One object serves one channel (one caller's view of one service) on one thread.
//
// To add one: copy the shape of balancers/random.cc, end the file with its registration, write
// tests/balancers/<name>_test.cc. docs/BALANCERS.md walks through it.
//
// Traits a balancer may claim at its registration; tests/contract/ holds it to them:
//   weighted    endpoints that are equally loaded get picks in proportion to their weights, and
//               weight 0 gets nothing while another endpoint has a weight; a balancer without
//               this trait treats all endpoints alike
//   hashing     the same caller (key_hash and source_ipv4) gets the same endpoint
//   consistent  hashing, and few callers move when an endpoint comes or goes
//   minimal     consistent, and no callers move but those of the endpoint that goes, and those that
//               the newcomer takes
//   historical  where a caller goes depends on the order in which endpoints came and went, so two
//               callers agree only if they saw the same changes
//   load_aware  an idle endpoint is preferred to a busy one
//   ordered     endpoints are filled one after the other, so some may get nothing
//   reports     it needs the servers' load reports to do its work, and wants them by default
//   probes      it asks probes
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "balancers/insight.h"
#include "core/load_report.h"
#include "core/outcome.h"
#include "core/random.h"
#include "core/registry.h"
#include "core/time.h"

namespace steelyard {

// An instance as a channel sees it.
struct Endpoint {
  std::string name;      // unique within its service; what hashing balancers hash ("10.0.0.1:80")
  std::uint32_t id = 0;  // unique within its service, stable while membership changes
  std::uint32_t weight = 1;  // 0: receives nothing while another has a weight; all 0: all equal
  std::uint16_t zone = 0;
  std::uint8_t priority = 0;          // 0 first; for layers that fail over
  bool healthy = true;                // never false for a balancer without wants_unhealthy()
  std::vector<std::string> labels{};  // "key=value", sorted
};

using EndpointSet = std::shared_ptr<const std::vector<Endpoint>>;

// Whose view of the service a balancer decides on.
struct Caller {
  std::uint32_t index = 0;  // among its like: the clients of one kind, the instances of a service
  std::uint32_t count = 1;  // how many of them there are
  std::uint16_t zone = 0;
  std::vector<std::uint32_t> count_by_zone{};  // of its like; by zone
  std::vector<std::string> labels{};           // "key=value": what it asks of its endpoints
};

// What an attempt needs placed.
struct Choice {
  Instant now;
  // Never empty; the same endpoints, in the same order, as the last on_endpoints().
  std::span<const Endpoint> endpoints;
  // Attempts outstanding at each endpoint as this channel sees them: queued and in service, sent
  // and not yet answered. Counting only those in service gets two choices wrong. Between
  // on_endpoints() calls, a count differs from what the last pick saw only where an attempt was
  // picked or fed back since, so a balancer with wants_feedback() need not look at all of them.
  std::span<const std::uint32_t> in_flight;
  // Hash of the request's key (xxHash64, seed 0), and whether it has one. Envoy and gRPC place a
  // request without a key at random; hash_or_random() does that.
  std::uint64_t key_hash = 0;
  bool has_key = false;
  // IPv4 address of the caller, most significant byte first: 192.168.1.7 is 0xc0a80107.
  std::uint32_t source_ipv4 = 0;
  RandomStream& random;

  std::uint64_t hash_or_random() const { return has_key ? key_hash : random.next(); }
};

// What became of an attempt.
struct Feedback {
  std::size_t position = 0;  // of the endpoint it was sent to, in the present set
  Instant now;
  Duration latency{};  // from send to answer, or to the time it was given up
  // cancelled: the caller left. The attempt is no longer in flight, and nothing else is known: what
  // is picked from then on must not depend on `latency`, nor on there having been an attempt.
  Outcome outcome = Outcome::ok;
  // What the server said of its load with the answer; null: nothing, or !wants_reports().
  const LoadReport* report = nullptr;
};

// A question to an endpoint, beside the requests and not in its queue. It takes a message there and
// one back, like a request, and may be lost.
struct Probe {
  enum class Kind : std::uint8_t {
    load,  // answered at once
    // Answered when next the endpoint becomes idle: it then has no request, queued or in service.
    // Of all who asked, one gets the answer, drawn at random; the others' questions stay. This is
    // how a server announces itself to join-the-idle-queue's dispatchers.
    idle,
  };
  std::size_t position = 0;
  Kind kind = Kind::load;
  std::uint32_t tag = 0;  // the asker's own; comes back
};

struct ProbeReply {
  std::size_t position = 0;  // of the endpoint that was asked, in the present set
  Probe::Kind kind = Probe::Kind::load;
  std::uint32_t tag = 0;
  Instant now;
  const LoadReport* report = nullptr;  // null: no answer came, and none will
};

class Balancer {
 public:
  static constexpr const char* kKind = "balancer";
  // In place of a position: the request is to wait in the channel, see pick().
  static constexpr std::size_t kWait = ~std::size_t{0};
  // In place of a position: none of these endpoints may have it. The attempt fails with
  // Outcome::no_endpoint, as if the set were empty. Only layers that turn endpoints down say this.
  static constexpr std::size_t kNobody = kWait - 1;

  Balancer() = default;
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;
  virtual ~Balancer() = default;

  // Who it works for. Called at most once, before the first on_endpoints().
  virtual void on_caller(const Caller& caller) { (void)caller; }

  // The set is now this one (possibly empty). Endpoints keep their id across calls; what was
  // learnt about an id that stays should be kept. `random` may be used to start at a random place.
  virtual void on_endpoints(std::span<const Endpoint> endpoints, Instant now,
                            RandomStream& random) = 0;

  // The position in choice.endpoints of the one that gets this attempt.
  // REQUIRES: choice.endpoints is not empty. Must not allocate.
  // kWait: nobody yet. The request is then picked for again at wait_until(), or fails at its
  // deadline; only a balancer that limits its own rate does this.
  virtual std::size_t pick(const Choice& choice) = 0;

  // Called for every attempt that ended at an endpoint that is still in the set, if
  // wants_feedback(). Must not allocate.
  virtual void on_feedback(const Feedback& feedback) { (void)feedback; }
  virtual bool wants_feedback() const { return false; }
  // Feedback carries the servers' load reports; making them costs the server a little.
  virtual bool wants_reports() const { return false; }
  // It is given endpoints that are not healthy too. For layers that decide what to do with them.
  virtual bool wants_unhealthy() const { return false; }

  // Whether it has a use for the endpoint, until the next on_endpoints(): callers close their
  // connection to one that it has none for. Layers that cut subsets say no.
  virtual bool uses(std::size_t position) const {
    (void)position;
    return true;
  }
  // Whether a pick might take it, as long as nothing changes: layers in front pass a request to no
  // other. May change with on_endpoints() and on_wake(); the latter says so, see Asked.
  virtual bool may_pick(std::size_t position) const {
    (void)position;
    return true;
  }

  // The number in flight at a position has changed by something other than this object's own pick
  // or feedback: others share the count. Only for those that remember what they saw of counts.
  virtual void on_in_flight(std::size_t position) { (void)position; }

  // When to pick again for a request that was told to wait. REQUIRES: after kWait; later than now.
  virtual Instant wait_until() const { return kNever; }

  // What it goes by, were it to pick now: for people who ask why. Changes nothing and draws
  // nothing; may allocate. REQUIRES: as pick().
  virtual Insight insight(const Choice& choice) const {
    (void)choice;
    return {};
  }

  // Whether it ever asks anything, below. The channel looks only if so.
  virtual bool asks() const { return false; }
  // The answer to a probe it asked for, unless the endpoint has left meanwhile: what was asked of
  // an endpoint that leaves is forgotten. Must not allocate.
  virtual void on_probe(const ProbeReply& reply) { (void)reply; }
  // The time it asked to be woken at.
  virtual void on_wake(Instant now) { (void)now; }

  // What it wants done: the channel takes the probes out and remembers the time, after every call
  // of the functions above. `wake` replaces what was asked before; kNever: leave that as it is.
  struct Asked {
    std::vector<Probe> probes;
    Instant wake = kNever;
    bool reach_changed = false;  // may_pick() has, since it was last looked at
  };
  Asked& asked() { return asked_; }

 protected:
  // No allocation once as many as ever at once were asked. REQUIRES: asks().
  void ask_probe(const Probe& probe) { asked_.probes.push_back(probe); }
  void ask_wake(Instant at) { asked_.wake = at; }

 private:
  Asked asked_;
};

}  // namespace steelyard
