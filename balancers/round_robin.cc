// round_robin: one endpoint after the other.
#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"

namespace steelyard {
namespace {

class RoundRobin final : public Balancer {
 public:
  explicit RoundRobin(bool random_start) : random_start_(random_start) {}

  // The rotation goes on with the endpoint whose turn it was; if that one left, with the first
  // after it that stayed.
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream& random) override {
    const std::size_t old_count = count_;
    const std::vector<std::size_t> before = known_.update(endpoints);
    count_ = endpoints.size();
    std::size_t nearest = old_count;  // how many turns until a survivor's
    std::size_t next = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (before[i] == KnownEndpoints::kNew) continue;
      const std::size_t turns = (before[i] + old_count - next_) % old_count;
      if (turns < nearest) {
        nearest = turns;
        next = i;
      }
    }
    if (nearest == old_count && count_ > 0 && random_start_) next = random.below(count_);
    next_ = next;
  }

  std::size_t pick(const Choice& choice) override {
    const std::size_t picked = next_;
    next_ = picked + 1 == choice.endpoints.size() ? 0 : picked + 1;
    return picked;
  }

  Insight insight(const Choice&) const override {
    Insight insight;
    insight.add_each("turns_to_wait", count_,
                     [&](auto i) { return (i + count_ - next_) % count_; });
    return insight;
  }

 private:
  bool random_start_;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "round_robin",
    .summary = "One endpoint after the other.",
    .doc =
        "Takes the endpoints in turn, whatever their weight or load; while the set is stable, "
        "their counts differ by at most one. Use it for equal endpoints and requests of about "
        "equal cost: arrivals at each endpoint are then n times as regular as those of random. "
        "It is blind to load, so one slow endpoint keeps getting its full share and its queue "
        "grows. Fairness holds for one client only: many clients, or many workers of one proxy, "
        "each rotate by themselves and meet by chance, which is the most frequent complaint about "
        "it (envoy#2593, haproxy#178). When the set changes the rotation goes on with the "
        "endpoint whose turn it was, or the next that is left; when none is left it starts anew. "
        "The default of Envoy, gRPC's round_robin, nginx and HAProxy.",
    .formula = "i(k) = (start + k) mod n",
    .cost = "O(1)",
    .source = "nginx, Envoy, gRPC",
    .also_known_as = {{"roundrobin", "HAProxy's name for it"}, {"rr", "IPVS's name for it"}},
    .parameters = {parameter::choice(
        "start", "random", {"random", "first"},
        "Where a new rotation begins: at a random endpoint, so that clients which start together "
        "do not march together, or at the first.",
        "Envoy and gRPC seed each rotation at random; HAProxy and nginx start at the first")},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<RoundRobin>(settings.text("start") == "random");
    },
}};

}  // namespace
}  // namespace steelyard
