// mixture: one of several distributions, chosen at random for each sample.
#include <fmt/format.h>

#include <limits>
#include <numeric>
#include <vector>

#include "models/distribution.h"
#include "models/parameters.h"

namespace steelyard {
namespace {

class Mixture final : public Distribution {
 public:
  struct Component {
    double probability;
    std::unique_ptr<Distribution> distribution;
  };
  explicit Mixture(std::vector<Component> components) : components_(std::move(components)) {}

  // One uniform chooses, the component draws its own: which component a request gets does not
  // change when a component's parameters do.
  double sample(RandomStream& random) const override {
    double u = random.uniform();
    for (const Component& component : components_) {
      if (u < component.probability) return component.distribution->sample(random);
      u -= component.probability;
    }
    return components_.back().distribution->sample(random);
  }

  double mean_seconds() const override {
    double mean = 0;
    for (const Component& component : components_)
      mean += component.probability * component.distribution->mean_seconds();
    return mean;
  }
  // Variance within the components, and between their means.
  double variance_seconds2() const override {
    const double mean = mean_seconds();
    double variance = 0;
    for (const Component& component : components_) {
      const double distance = component.distribution->mean_seconds() - mean;
      const double within = component.distribution->variance_seconds2();
      variance += component.probability * (within + distance * distance);
    }
    return mean < std::numeric_limits<double>::infinity() ? variance : mean;
  }
  double tail(double seconds) const override {
    double tail = 0;
    for (const Component& component : components_)
      tail += component.probability * component.distribution->tail(seconds);
    return tail;
  }
  double expected_excess(double seconds) const override {
    double excess = 0;
    for (const Component& component : components_)
      excess += component.probability * component.distribution->expected_excess(seconds);
    return excess;
  }

 private:
  std::vector<Component> components_;
};

Result<std::unique_ptr<Distribution>> make(const Settings& s) {
  const std::vector<double> weights = numbers(s, "weights");
  const Value::List& parts = s.list("of");
  if (parts.size() != weights.size())
    return Error{
        fmt::format("got {} weights and {} distributions, expected as many of one as of "
                    "the other",
                    weights.size(), parts.size())};
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(total > 0)) return Error{"got weights that are all zero, expected one above zero"};
  std::vector<Mixture::Component> components;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Named& named = *std::get<std::shared_ptr<const Named>>(parts[i].held);
    auto part = Registration<Distribution>::make(named);
    if (!part) return Error{fmt::format("of[{}], {}: {}", i, named.name, part.error())};
    if (weights[i] > 0) components.push_back({weights[i] / total, std::move(part.value())});
  }
  return std::make_unique<Mixture>(std::move(components));
}

const Registration<Distribution> kRegistration{{
    .name = "mixture",
    .summary = "A random one of several distributions for each sample.",
    .doc = "Requests of several kinds behind one name: 95% reads with one shape, 5% reports with "
           "another. Weights need not add up to 1.",
    .formula = "X = X_i with probability weight_i / sum of weights",
    .cost = "O(components), and the component's own",
    .source = "composition",
    .parameters = {list_of(or_zero(parameter::required("weights", Type::number,
                                                       "How often each one is taken."))),
                   list_of(strategy_of("distribution", "of", "The distributions."))},
    .make = make,
}};

}  // namespace
}  // namespace steelyard
