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
//   load_aware  an idle endpoint is preferred to a busy one
//   ordered     endpoints are filled one after the other, so some may get nothing
#pragma once

#include <cstdint>
#include <span>
#include <string>

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
};

class Balancer {
 public:
  static constexpr const char* kKind = "balancer";

  Balancer() = default;
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;
  virtual ~Balancer() = default;

  // The set is now this one (possibly empty). Endpoints keep their id across calls; what was
  // learnt about an id that stays should be kept. `random` may be used to start at a random place.
  virtual void on_endpoints(std::span<const Endpoint> endpoints, Instant now,
                            RandomStream& random) = 0;

  // The position in choice.endpoints of the one that gets this attempt.
  // REQUIRES: choice.endpoints is not empty. Must not allocate.
  virtual std::size_t pick(const Choice& choice) = 0;

  // Called for every attempt that ended at an endpoint that is still in the set, if
  // wants_feedback(). Must not allocate.
  virtual void on_feedback(const Feedback& feedback) { (void)feedback; }
  virtual bool wants_feedback() const { return false; }
};

}  // namespace steelyard
