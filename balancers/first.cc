// first: the endpoint with the lowest id that is below its limit.
#include <vector>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"

namespace steelyard {
namespace {

class First final : public Balancer {
 public:
  explicit First(std::uint32_t limit) : limit_(limit) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    by_id_ = positions_by_id(endpoints);
  }

  std::size_t pick(const Choice& choice) override {
    std::size_t least_loaded = by_id_.front();
    for (const std::size_t position : by_id_) {
      if (choice.in_flight[position] < limit_) return position;
      if (choice.in_flight[position] < choice.in_flight[least_loaded]) least_loaded = position;
    }
    return least_loaded;
  }

  Insight insight(const Choice& choice) const override {
    Insight insight;
    insight.add_each("free", choice.endpoints.size(), [&](std::size_t i) {
      return choice.in_flight[i] < limit_ ? limit_ - choice.in_flight[i] : 0;
    });
    return insight;
  }

 private:
  std::uint32_t limit_;
  std::vector<std::size_t> by_id_;  // positions
};

const Registration<Balancer> kRegistration{{
    .name = "first",
    .summary = "The endpoint with the lowest id that is below its limit.",
    .doc = "Fills endpoints one after the other: the second gets nothing until the first has "
           "`limit` requests in flight. Use it to keep as few machines busy as the load needs, so "
           "that the rest can be switched off; it suits long sessions. It is the opposite of "
           "balancing: the first endpoint always works at its limit, so set the limit to what one "
           "can serve well at the same time. Weights play no part. When all are full HAProxy lets "
           "the request wait in the proxy; here nothing waits in front of the endpoints, and the "
           "least loaded gets it.",
    .formula = "min i: in_flight(i) < limit; if there is none, argmin in_flight(i)",
    .cost = "O(1 + full endpoints)",
    .source = "HAProxy, balance first",
    .parameters = {parameter::integer("limit", 100, {1, 4294967295.0},
                                      "Requests in flight at which an endpoint counts as full.",
                                      "none: HAProxy's maxconn has to be set for this to work")},
    .traits = {"ordered"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<First>(static_cast<std::uint32_t>(settings.integer("limit")));
    },
}};

}  // namespace
}  // namespace steelyard
