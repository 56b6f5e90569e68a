// sticky: a session stays with the endpoint that had its first request.
#include "balancers/grouped.h"
#include "balancers/known_endpoints.h"
#include "balancers/layers/session_table.h"
#include "balancers/parameters.h"
#include "core/hash.h"

namespace steelyard {
namespace {

class Sticky final : public Grouped {
 public:
  Sticky(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        by_source_(settings.text("by") == "source"),
        expiry_(settings.duration("expiry")),
        sessions_(static_cast<std::size_t>(settings.integer("capacity"))) {}

  std::size_t pick(const Choice& choice) override {
    if (!by_source_ && !choice.has_key) return pick_from(0, choice);
    const std::uint64_t key = mix64(by_source_ ? choice.source_ipv4 : choice.key_hash);
    SessionTable::Session* session = sessions_.find(key);
    const bool known = session != nullptr && session->position != SessionTable::kNone &&
                       choice.now - session->used < expiry_ && may_pick(session->position);
    const std::size_t position = known ? take(session->position) : pick_from(0, choice);
    if (position >= kNobody) return position;
    if (session == nullptr) session = &sessions_.add(key);
    session->position = static_cast<std::uint32_t>(position);
    session->used = choice.now;
    return position;
  }

 private:
  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const std::size_t count_before = known_.size();
    const auto now_at = KnownEndpoints::now_at(known_.update(endpoints), count_before);
    sessions_.for_each([&](SessionTable::Session& session) {
      if (session.position == SessionTable::kNone) return;
      const std::size_t position = now_at[session.position];
      session.position = position == KnownEndpoints::kGone ? SessionTable::kNone
                                                           : static_cast<std::uint32_t>(position);
    });
    return {all_of(endpoints)};
  }

  bool by_source_;
  Duration expiry_;
  SessionTable sessions_;
  KnownEndpoints known_;
};

const Registration<Layer> kRegistration{{
    .name = "sticky",
    .summary = "A session stays with the endpoint that had its first request.",
    .doc =
        "Remembers for each key which endpoint its last request went to and sends the next one "
        "there; who is new is placed by the balancer behind. Use it where endpoints keep something "
        "about a session that is dear to build: a cart, a model, a warm cache. A session whose "
        "endpoint has left, or is not healthy, is placed anew and stays there, also when the old "
        "one returns. Endpoints of weight 0 keep their sessions and get no new ones, so they "
        "drain. Do not use it to balance: sessions differ in traffic, an endpoint that joins gets "
        "new sessions only, and long ones never move. The table is this caller's own; each proxy "
        "has another one and loses it when it restarts, and when more sessions are alive than "
        "`capacity` those used longest ago are placed anew. A cookie changes that: the endpoint's "
        "name travels with the request, every proxy understands it, and nothing is forgotten; it "
        "only works for clients that keep cookies. A hashing balancer needs no memory, but moves "
        "sessions whenever the set changes. HAProxy has stick tables, nginx (commercial) sticky "
        "learn, Envoy and gRPC (A55) use cookies.",
    .formula = "endpoint(key) = where its last request went, if that was less than expiry ago",
    .cost = "O(1); O(sessions) when the set changes",
    .source = "HAProxy, stick-table and stick on",
    .also_known_as = {{"stick_table", "HAProxy's name for it"},
                      {"session_affinity", "Kubernetes' name for it"},
                      {"stateful_session", "Envoy's name for it, with a cookie"}},
    .parameters = {parameter::choice("by", "key", {"key", "source"},
                                     "What tells sessions apart: the request's key, or the "
                                     "caller's IPv4 address. Requests without a key have no "
                                     "session.",
                                     "HAProxy: stick on what is named; Kubernetes: source"),
                   parameter::integer("capacity", 4096, {1, 1e6}, "Sessions remembered, at most.",
                                      "none: HAProxy requires a size"),
                   positive(parameter::duration("expiry", 30min,
                                                "A session that was idle for so long is forgotten.",
                                                "none: HAProxy's do not expire unless told"))},
    .traits = {"sessions"},
    .make = layer_of<Sticky>,
}};

}  // namespace
}  // namespace steelyard
