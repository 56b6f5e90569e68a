// aperture: each caller looks at a window of the endpoints, as wide as it needs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "balancers/grouped.h"
#include "balancers/layers/ring_window.h"
#include "balancers/layers/scaled_weights.h"
#include "balancers/parameters.h"
#include "core/hash.h"
#include "core/math.h"

namespace steelyard {
namespace {

// Positions with the endpoint's hash; hosts with neighbouring names, often in one rack or one
// roll-out, are no neighbours in this order.
std::vector<std::size_t> by_hash(std::span<const Endpoint> endpoints, std::uint64_t seed) {
  std::vector<std::pair<std::uint64_t, std::size_t>> ranked;
  ranked.reserve(endpoints.size());
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    ranked.emplace_back(xxh64(endpoints[i].name, seed), i);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::size_t> positions;
  for (const auto& [hash, position] : ranked) positions.push_back(position);
  return positions;
}

class DeterministicAperture final : public Grouped {
 public:
  DeterministicAperture(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        width_(static_cast<std::uint64_t>(settings.integer("min_aperture"))) {}

  bool wants_unhealthy() const override { return true; }
  bool keeps_connections() const override { return false; }

 private:
  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    if (endpoints.size() <= width_) return {all_of(endpoints)};
    const std::uint64_t scale = weight_scale(endpoints);
    const std::vector<std::size_t> ring = by_hash(endpoints, 0);
    Group group;
    for (const RingShare& share :
         ring_window(caller().index, caller().count, endpoints.size(), width_)) {
      const std::size_t position = ring[share.endpoint];
      const double part = static_cast<double>(share.covered) / caller().count;
      group.members.push_back({position, scaled_weight(endpoints[position].weight, part, scale)});
    }
    return {std::move(group)};
  }

  std::uint64_t width_;
};

// The load, smoothed over time, is to stay between two bounds for each endpoint in the window.
class RandomAperture final : public Grouped {
 public:
  RandomAperture(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        least_(static_cast<std::size_t>(settings.integer("min_aperture"))),
        low_(settings.number("low_load")),
        high_(settings.number("high_load")),
        smooth_window_ns_(static_cast<double>(settings.duration("smooth_window").count())),
        adjust_(settings.duration("adjust_interval")),
        width_(least_) {}

  bool wants_unhealthy() const override { return true; }
  bool keeps_connections() const override { return false; }

 private:
  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant now,
                             RandomStream& random) override {
    if (!seeded_) seed_ = random.next();
    seeded_ = true;
    count_ = endpoints.size();
    width_ = std::clamp(width_, std::min(least_, count_), count_);
    std::vector<std::size_t> order = by_hash(endpoints, seed_);
    order.resize(width_);
    std::sort(order.begin(), order.end());
    Group group;
    for (const std::size_t position : order)
      group.members.push_back({position, endpoints[position].weight});
    wake_me(count_ > least_ ? now + adjust_ : kNever);
    return {std::move(group)};
  }

  std::size_t choose(const Choice& choice) override {
    observe(static_cast<double>(in_flight_in(0, choice) + 1), choice.now);
    return 0;
  }

  bool wakes_itself() const override { return true; }
  void on_own_wake(Instant now) override {
    const std::size_t before = width_;
    while (width_ < count_ && load_ >= high_ * static_cast<double>(width_)) ++width_;
    while (width_ > least_ && load_ <= low_ * static_cast<double>(width_)) --width_;
    if (width_ == before)
      wake_me(now + adjust_);
    else
      rearrange(now);
  }

  void observe(double load, Instant now) {
    const double keep =
        math::exp(-static_cast<double>((now - observed_).count()) / smooth_window_ns_);
    load_ = load * (1 - keep) + load_ * keep;
    observed_ = now;
  }

  std::size_t least_;
  double low_;
  double high_;
  double smooth_window_ns_;
  Duration adjust_;
  bool seeded_ = false;
  std::uint64_t seed_ = 0;
  std::size_t count_ = 0;
  std::size_t width_;
  double load_ = 0;
  Instant observed_;
};

class Aperture final : public Layer {
 public:
  explicit Aperture(const Settings& settings) : settings_(settings) {}

  std::string idle_with(std::size_t endpoints) const override {
    const std::int64_t least = settings_.integer("min_aperture");
    if (std::cmp_less(least, endpoints)) return {};
    return fmt::format("gives every caller all {} endpoints, as its min_aperture is {}", endpoints,
                       least);
  }

  std::unique_ptr<Balancer> in_front_of(BalancerMaker inner) const override {
    if (settings_.text("mode") == "random")
      return std::make_unique<RandomAperture>(settings_, std::move(inner));
    return std::make_unique<DeterministicAperture>(settings_, std::move(inner));
  }

 private:
  Settings settings_;
};

const Registration<Layer> kRegistration{{
    .name = "aperture",
    .summary = "Each caller uses a window of the endpoints, cut so that all get the same.",
    .doc =
        "In mode `deterministic` callers and endpoints divide the same ring, and each caller uses "
        "the window from its own place on that holds at least `min_aperture` endpoints, widened to "
        "a whole number of callers' parts, so that every point of the ring is in the same number "
        "of windows. Endpoints at the edges are in it by a part, and weigh that part. Use it like "
        "`deterministic_subset`, with which it shares the need for numbered callers; it wastes no "
        "remainder and moves windows only a little when numbers change. The balancer behind must "
        "heed weights. In mode `random` each caller uses endpoints of its own random order, as few "
        "as keep the average load per endpoint in the band from `low_load` to `high_load`: few "
        "connections for callers with little traffic, at the price of balance. Do not use either "
        "where a window without a healthy endpoint would be a disaster and nothing in front "
        "fails over. Finagle has both; its p2c compares loads without weights, which only then "
        "draw the candidates. It widens at every request, here every `adjust_interval`.",
    .formula = "width = ceil(min_aperture callers / n) / callers; weight = part of the endpoint "
               "inside; random: low < ewma of load / width < high",
    .cost = "O(1); O(n log n) when the set or the width changes",
    .source = "Finagle, DeterministicAperture and LoadBand",
    .also_known_as = {{"deterministic_aperture", "Finagle's name for it"},
                      {"d_aperture", "Finagle's short name for it"}},
    .parameters =
        {parameter::choice("mode", "deterministic", {"deterministic", "random"},
                           "How the window is placed.",
                           "Finagle: deterministic where callers have a coordinate"),
         parameter::integer("min_aperture", 12, {1, 1e6}, "Endpoints in a window, at least.",
                            "Finagle's deterministic one; its random one has 1"),
         positive(parameter::number("low_load", 0.5, {0, 1e6},
                                    "Random: with less in flight per endpoint the window shrinks.",
                                    "Finagle")),
         positive(parameter::number("high_load", 2.0, {0, 1e6},
                                    "Random: with more in flight per endpoint the window grows.",
                                    "Finagle")),
         positive(parameter::duration(
             "smooth_window", 5s, "Random: time constant of the average of the load.", "Finagle")),
         interval("adjust_interval", 100ms, "Random: how often the window may change.",
                  "none: Finagle changes it by one with every request")},
    .traits = {"subset"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Layer>> {
      if (settings.number("low_load") >= settings.number("high_load"))
        return Error{"low_load is not below high_load, expected low_load < high_load"};
      return std::make_unique<Aperture>(settings);
    },
}};

}  // namespace
}  // namespace steelyard
