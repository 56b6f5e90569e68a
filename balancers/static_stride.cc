// static_stride: weighted rotation that needs no more state than a counter, as gRPC has it.
#include "balancers/static_stride.h"

#include "balancers/balancer.h"
#include "balancers/weights.h"

namespace steelyard {
namespace {

class StaticStrideRotation final : public Balancer {
 public:
  explicit StaticStrideRotation(bool random_start) : random_start_(random_start) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream& random) override {
    if (random_start_ && !has_started_) rotation_.start_at(random.next() >> 32);
    has_started_ = true;
    const Weights weights = weights_of(endpoints);
    rotation_.set_weights(std::vector<double>(weights.each.begin(), weights.each.end()));
  }

  std::size_t pick(const Choice&) override { return rotation_.next(); }

  Insight insight(const Choice& choice) const override {
    Insight insight;
    insight.add_each("weight_of_65535", rotation_.scaled(choice.endpoints.size()));
    return insight;
  }

 private:
  bool random_start_;
  bool has_started_ = false;
  StaticStride rotation_;
};

const Registration<Balancer> kRegistration{{
    .name = "static_stride",
    .summary = "Weighted rotation by one counter that passes over light endpoints.",
    .doc =
        "Goes round the endpoints and passes over each in as many rounds as its weight falls short "
        "of the heaviest: one of weight w, scaled so that the heaviest has 65535, is taken in "
        "exactly w of 65535 rounds, evenly spread. Its only state is a counter, so many threads "
        "can share it without a lock; that is why gRPC's weighted_round_robin has it in place of "
        "deadlines. Use it to see what gRPC does; counts over a few picks are less regular than "
        "those of weighted_round_robin. It does not see load. A weight counts for no more than "
        "ten times the mean weight and no less than a hundredth of it, as in gRPC, which keeps "
        "picks cheap and shares of very unequal weights wrong. gRPC gives weight 0, to it unknown, "
        "the mean; here it gets nothing. Its counter starts at random.",
    .formula = "k = counter++; i = k mod n, r = k div n; pass over i while "
               "(w r + 32767 i) mod 65535 < 65535 - w; of those with a weight",
    .cost = "O(max w / mean w) amortised, at most 10",
    .source = "gRPC StaticStrideScheduler",
    .parameters = {parameter::choice("start", "random", {"random", "first"},
                                     "Where the counter starts: at random, or with the first "
                                     "endpoint.",
                                     "gRPC")},
    .traits = {"weighted"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<StaticStrideRotation>(settings.text("start") == "random");
    },
}};

}  // namespace
}  // namespace steelyard
