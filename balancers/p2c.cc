// p2c: draws two endpoints (or more) and takes the less loaded.
#include <array>

#include "balancers/alias_table.h"
#include "balancers/balancer.h"
#include "balancers/two_choices.h"
#include "balancers/weights.h"

namespace steelyard {
namespace {

constexpr std::size_t kChoicesMax = 64;

class P2c final : public Balancer {
 public:
  P2c(std::size_t choices, bool replacement, bool memory)
      : choices_(choices), replacement_(replacement), memory_(memory) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    weights_ = weights_of(endpoints);
    ends_.clear();
    eligible_ = endpoints.size();
    if (weights_.equal) {
      weights_.total = endpoints.size();
    } else {
      table_ = AliasTable(weights_);
      eligible_ = 0;
      std::uint64_t end = 0;
      for (const std::uint32_t weight : weights_.each) {
        ends_.push_back(end += weight);
        if (weight > 0) ++eligible_;
      }
    }
    two_distinct_ = choices_ == 2 && !replacement_ && !memory_ && eligible_ >= 2;
    has_remembered_ = false;
  }

  std::size_t pick(const Choice& choice) override {
    if (two_distinct_) [[likely]] {
      const auto [a, b] = weights_.equal ? draw_two_distinct(choice.random, choice.endpoints.size())
                                         : draw_two_distinct_by_weight(choice.random);
      return less_loaded(b, a, choice.in_flight) ? b : a;
    }
    std::array<std::size_t, kChoicesMax + 1> drawn;
    drawn.front() = 0;  // compilers do not see that there is always a draw
    std::size_t count = replacement_ ? draw_with_replacement(choice.random, drawn.data())
                                     : draw_distinct(choice.random, drawn.data());
    if (has_remembered_) drawn[count++] = remembered_;
    const std::span<const std::size_t> candidates(drawn.data(), count);
    std::size_t best = candidates.front();
    for (const std::size_t candidate : candidates)
      if (less_loaded(candidate, best, choice.in_flight)) best = candidate;
    if (memory_) remember(candidates, best, choice.in_flight);
    return best;
  }

 private:
  // Strictly, so that the first drawn wins a tie: at equal loads the picks follow the weights.
  bool less_loaded(std::size_t a, std::size_t b, std::span<const std::uint32_t> in_flight) const {
    return is_less(in_flight[a], a, in_flight[b], b);
  }
  bool is_less(std::uint64_t in_flight_a, std::size_t a, std::uint64_t in_flight_b,
               std::size_t b) const {
    if (ends_.empty()) return in_flight_a < in_flight_b;
    return in_flight_a * weights_.each[b] < in_flight_b * weights_.each[a];
  }

  // The least loaded of the candidates once the request is placed.
  void remember(std::span<const std::size_t> candidates, std::size_t picked,
                std::span<const std::uint32_t> in_flight) {
    const auto placed = [&](std::size_t i) {
      return std::uint64_t{in_flight[i]} + (i == picked ? 1 : 0);
    };
    has_remembered_ = true;
    remembered_ = picked;
    for (const std::size_t candidate : candidates)
      if (is_less(placed(candidate), candidate, placed(remembered_), remembered_))
        remembered_ = candidate;
  }

  // The endpoints lie side by side on [0, total), each as wide as its weight.
  std::uint64_t end_of(std::size_t i) const { return ends_.empty() ? i + 1 : ends_[i]; }
  std::uint64_t begin_of(std::size_t i) const { return i == 0 ? 0 : end_of(i - 1); }
  std::size_t owner_of(std::uint64_t place) const {
    if (ends_.empty()) return place;
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), place) -
                                    ends_.begin());
  }

  std::size_t draw(RandomStream& random) const {
    return ends_.empty() ? random.below(weights_.total) : table_.draw(random);
  }

  // Drawing again until the second differs from the first is the quickest way, unless the first
  // has nearly all the weight; after a few rounds it is left out exactly. Both ways give the same
  // probabilities.
  TwoChoices draw_two_distinct_by_weight(RandomStream& random) const {
    const std::size_t first = table_.draw(random);
    for (int round = 0; round < 4; ++round)
      if (const std::size_t second = table_.draw(random); second != first) return {first, second};
    const std::uint64_t width = end_of(first) - begin_of(first);
    const std::uint64_t place = random.below(weights_.total - width);
    return {first, owner_of(place >= begin_of(first) ? place + width : place)};
  }

  std::size_t draw_with_replacement(RandomStream& random, std::size_t* drawn) const {
    for (std::size_t i = 0; i < choices_; ++i) drawn[i] = draw(random);
    return choices_;
  }

  // Each draw is from what the earlier ones left over, and steps over them from left to right: no
  // retry loop, however lopsided the weights.
  std::size_t draw_distinct(RandomStream& random, std::size_t* drawn) const {
    std::array<std::size_t, kChoicesMax> ascending;
    const std::size_t draws = std::min(choices_, eligible_);
    std::uint64_t left = weights_.total;
    for (std::size_t count = 0; count < draws; ++count) {
      std::uint64_t place = random.below(left);
      std::size_t rank = 0;
      for (; rank < count && place >= begin_of(ascending[rank]); ++rank)
        place += end_of(ascending[rank]) - begin_of(ascending[rank]);
      const std::size_t next = owner_of(place);
      std::copy_backward(ascending.begin() + rank, ascending.begin() + count,
                         ascending.begin() + count + 1);
      ascending[rank] = next;
      left -= end_of(next) - begin_of(next);
      drawn[count] = next;
    }
    return draws;
  }

  std::size_t choices_;
  bool replacement_;
  bool memory_;
  bool two_distinct_ = false;
  bool has_remembered_ = false;
  std::size_t remembered_ = 0;
  std::size_t eligible_ = 0;  // endpoints that may be drawn
  Weights weights_;
  AliasTable table_;
  std::vector<std::uint64_t> ends_;  // this and the table are empty while all weights are equal
};

const Registration<Balancer> kRegistration{{
    .name = "p2c",
    .summary = "Draws two endpoints and takes the less loaded.",
    .doc =
        "The power of two choices: draws endpoints at random and takes the one with the fewest "
        "requests in flight. The second choice makes the longest queue grow with log log n where "
        "random has log n / log log n, and it stays good when counts are stale or many clients "
        "each know only their own requests, where least_request herds. Use it as the default; "
        "prefer peak_ewma when endpoints differ in speed and weights do not say so. Weights: "
        "endpoints are drawn in proportion to them and compared by in_flight / weight, as HAProxy "
        "(random(2)) and nginx (random two) do; Envoy leaves two choices for a deadline schedule "
        "when weights differ, and gRPC and Finagle ignore weights here. Draws are distinct as in "
        "nginx, Finagle, Tower and Dubbo; with replacement, as in Envoy and gRPC, one endpoint "
        "may meet itself, and of two hosts the busier is still picked a quarter of the time. With "
        "`memory` the least loaded of the candidates is one of the next pick's as well, which "
        "makes "
        "one draw do better than two without it. An endpoint that fails fast looks idle and "
        "attracts traffic.",
    .formula = "argmin in_flight(i) / w(i) over `choices` draws with P(i) = w(i) / sum of w",
    .cost = "O(choices); O(choices log n) for more than two of differing weights",
    .source = "Mitzenmacher 2001; Vvedenskaya, Dobrushin, Karpelevich 1996; Mitzenmacher, "
              "Prabhakar, Shah 2002 for memory",
    .also_known_as = {{"power_of_two", "the literature's name for it"},
                      {"power_of_two_choices", "the literature's name for it"},
                      {"random_two", "nginx's name for it"}},
    .parameters = {parameter::integer("choices", 2, {1, kChoicesMax},
                                      "How many endpoints are drawn and compared; 1 is random.",
                                      "Mitzenmacher 2001; Envoy, gRPC, Finagle and HAProxy agree"),
                   parameter::boolean(
                       "replacement", false, "Whether one endpoint may be drawn more than once.",
                       "Finagle, Tower, nginx; Envoy and gRPC draw with replacement"),
                   parameter::boolean(
                       "memory", false,
                       "Whether the least loaded of a pick's candidates, once the request is "
                       "placed, is a candidate of the next pick too.",
                       "nobody known has it; Mitzenmacher, Prabhakar and Shah 2002 propose it")},
    .traits = {"weighted", "load_aware"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<P2c>(static_cast<std::size_t>(settings.integer("choices")),
                                   settings.flag("replacement"), settings.flag("memory"));
    },
}};

}  // namespace
}  // namespace steelyard
