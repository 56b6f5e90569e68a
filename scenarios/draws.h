// What chance decides in a run of a scenario, and from which stream it is drawn: the part that all
// worlds share, so that the same request, attempt and call meet the same luck in each of them.
//
//   const RandomStream root = replication_stream(scenario.run.seed, replication);
//   RandomStream times = service_time_stream(root, "orders");
//   const double seconds = draw_service_time(*distribution, times, draw_key);
//
// Streams hang on names, draws about one request or attempt on its token or draw key, never on the
// order in which things happen. So an instance that is told the draw key of an attempt knows
// everything that chance decides about it there.
//
// Pure functions, callable from any thread. Changing one changes the results of every scenario.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "core/hash.h"
#include "core/random.h"
#include "models/distribution.h"
#include "models/popularity.h"

namespace steelyard {

// ---- Streams ------------------------------------------------------------------------------------

// What all others of one replication derive from.
inline RandomStream replication_stream(std::uint64_t seed, std::uint64_t replication) {
  return RandomStream(seed).stream("replication").stream(replication);
}
inline RandomStream network_stream(const RandomStream& root) { return root.stream("network"); }
inline RandomStream fault_stream(const RandomStream& root) { return root.stream("faults"); }
// For Arrivals::start.
inline RandomStream arrivals_stream(const RandomStream& root, const std::string& client) {
  return root.stream("arrivals/" + client);
}
// Keys, addresses and think times.
inline RandomStream requests_stream(const RandomStream& root, const std::string& client) {
  return root.stream("requests/" + client);
}
inline RandomStream service_time_stream(const RandomStream& root, const std::string& service) {
  return root.stream("service_time/" + service);
}
// Whether calls are made.
inline RandomStream calls_stream(const RandomStream& root, const std::string& service) {
  return root.stream("calls/" + service);
}
// For ChannelOptions::random. The caller is a client ("shoppers") or an instance ("orders/0").
inline RandomStream channel_stream(const RandomStream& root, const std::string& caller,
                                   const std::string& service) {
  return root.stream("channel/" + caller + "/" + service);
}

// What a channel's view draws about itself. `channel`: channel_stream.
inline RandomStream view_stream(const RandomStream& channel) { return channel.stream("view"); }
// Whom an instance ("orders/0") tells that it is idle.
inline RandomStream idle_stream(const RandomStream& root, const std::string& instance) {
  return root.stream("idle/" + instance);
}

// ---- Requests of clients ------------------------------------------------------------------------

// Names a client's request in every variant and every world: the user of a closed loop (0 in an
// open one; 20 bits) and the request's number (36 bits), the user's own from 0. 8 bits are left for
// the attempt.
inline constexpr int kNumberBits = 36;
constexpr std::uint64_t client_token(std::uint64_t user, std::uint64_t number) {
  return user << kNumberBits | number;
}
constexpr std::uint64_t user_of(std::uint64_t token) { return token >> kNumberBits; }
constexpr std::uint64_t number_of(std::uint64_t token) {
  return token & ((std::uint64_t{1} << kNumberBits) - 1);
}

// Until a user who does not think asks again when the request took no time. Without it, one who is
// refused at once would ask for ever at one instant. Who thinks, thinks as long as the scenario
// says.
inline constexpr Duration kLeastCycle = 1ms;

// How long the user who will send the request `token` waits before it does; null: who does not
// think. `at_least` is for those who do not.
inline Duration draw_pause(const Distribution* think_time, const RandomStream& requests,
                           std::uint64_t token, Duration at_least) {
  if (think_time == nullptr) return at_least;
  RandomStream random = requests.stream("think").stream(token);
  const Duration pause = sample_duration(*think_time, random);
  return think_time->mean_seconds() > 0 ? pause : std::max(pause, at_least);
}

// What a balancer that hashes may look at.
struct RequestKey {
  std::uint64_t key = 0;  // in 0..keys-1; 0 if requests have no key
  std::uint64_t key_hash = 0;
  std::uint32_t source_ipv4 = 0;
  bool has_key = false;
};
// Every key is a user with an address of its own.
constexpr std::uint32_t source_of_key(std::uint64_t key_hash) {
  return static_cast<std::uint32_t>(mix64(key_hash) >> 32);
}
// `popularity`: null if the client's requests have no key.
inline RequestKey draw_request_key(const RandomStream& requests, std::uint64_t token,
                                   const Popularity* popularity) {
  RandomStream random = requests.stream(token);
  RequestKey drawn;
  if (popularity == nullptr) {
    drawn.source_ipv4 = static_cast<std::uint32_t>(random.next() >> 32);
    return drawn;
  }
  drawn.key = popularity->sample(random);
  drawn.key_hash = mix64(drawn.key);
  drawn.source_ipv4 = source_of_key(drawn.key_hash);
  drawn.has_key = true;
  return drawn;
}

// ---- Attempts -----------------------------------------------------------------------------------

inline std::uint64_t client_draw_base(const std::string& client) { return xxh64(client); }
// Every draw about an attempt is a function of its draw key: a retry is a new draw, the same
// attempt of the same request is the same one in every variant. `attempt` counts from 1.
//   of a client's request: parent is the client's draw base, site the request's token;
//   of a call: parent is the draw key of the attempt that calls, site is CallSite::number.
constexpr std::uint64_t attempt_draw_key(std::uint64_t parent, std::uint64_t site,
                                         std::uint64_t attempt) {
  // Spreads the number of a request, or of a call, over 64 bits.
  constexpr std::uint64_t kGamma = 0x8cb92ba72f3d8dd7ULL;
  return mix64(parent + (site << 8 | attempt) * kGamma);
}
// Seconds of work at speed 1. `times`: service_time_stream of the service.
inline double draw_service_time(const Distribution& distribution, const RandomStream& times,
                                std::uint64_t draw_key) {
  RandomStream random = times.stream(draw_key);
  return distribution.sample(random);
}

// Whether the attempt makes the call. `calls`: calls_stream of its service.
constexpr bool draw_call(const RandomStream& calls, std::uint64_t draw_key, std::uint8_t site,
                         double probability) {
  if (probability >= 1) return true;
  RandomStream random = calls.stream(mix64(draw_key, site));
  return random.chance(probability);
}

// Names the message that carries the attempt, or its answer, for draws about the network.
constexpr std::uint64_t message_key(std::uint64_t draw_key, bool is_answer) {
  return mix64(draw_key, is_answer ? 1 : 0);
}

// How much later a message arrives for having been lost and sent again; nullopt: it never does.
// Drawn before its latency, from the same stream: network_stream(root).stream(message_key).
// TCP retransmits after its time-out and doubles it each time. [RFC 6298, 5.5]
inline std::optional<Duration> draw_retransmissions(RandomStream& random, double loss,
                                                    const std::optional<Duration>& time_out) {
  constexpr Duration kSentAgainMax = 120s;
  Duration late{};
  for (Duration again = time_out.value_or(0s); loss > 0 && random.chance(loss); again *= 2) {
    if (!time_out) return std::nullopt;
    late += again;
    if (again > kSentAgainMax) break;
  }
  return late;
}

// What a fault (its place in Scenario::faults) draws about a message, or with the draw key in place
// of the message's, about an attempt. `faults`: fault_stream.
constexpr RandomStream fault_draws(const RandomStream& faults, std::uint64_t key,
                                   std::uint64_t fault) {
  return faults.stream(mix64(key, fault));
}

}  // namespace steelyard
