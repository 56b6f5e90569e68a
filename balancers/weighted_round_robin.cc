// weighted_round_robin: nginx's smooth rotation, exactly its sequence, in O(log n) a pick.
#include <bit>
#include <limits>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/weights.h"
#include "core/uint128.h"

namespace steelyard {
namespace {

// nginx adds every endpoint's weight to its credit, takes the largest credit (the first among
// equals) and subtracts the total from it: n additions a pick. But between its own picks a credit
// is a straight line in the number of picks, credit(t) = weight * t + offset, so the largest of
// them can be kept in a tournament whose matches know when they expire: a kinetic tournament.
// [Basch, Guibas, Hershberger, "Data structures for mobile data", 1999]
class WeightedRoundRobin final : public Balancer {
 public:
  // Credits follow an endpoint into the new set as shares of the total, which keeps them between
  // -1 and 1 turns however the weights changed.
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const std::vector<std::size_t> before = known_.update(endpoints);
    Weights weights = weights_of(endpoints);
    std::vector<Line> lines(endpoints.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      lines[i].weight = weights.each[i];
      if (before[i] == KnownEndpoints::kNew || weights.each[i] == 0) continue;
      const auto credit = static_cast<Int128>(credit_of(before[i]));
      lines[i].offset = static_cast<std::int64_t>(credit * weights.total / total_);
    }
    lines_ = std::move(lines);
    total_ = static_cast<std::int64_t>(weights.total);
    turn_ = 0;
    hold_tournament();
  }

  std::size_t pick(const Choice&) override {
    if (++turn_ == kTurnsMax) start_again_at_zero();
    replay_expired(1);
    const std::uint32_t winner = matches_[1].winner;
    lines_[winner].offset -= total_;
    for (std::size_t match = (leaves_ + winner) / 2; match > 0; match /= 2) play(match);
    return winner;
  }

  // nginx's current weights, once every one has been raised by its own for this pick.
  Insight insight(const Choice&) const override {
    Insight insight;
    insight.add_each("current_weight", lines_.size(),
                     [&](auto i) { return credit_of(i) + lines_[i].weight; });
    return insight;
  }

 private:
  struct Line {
    std::int64_t weight = 0;
    std::int64_t offset = 0;
  };
  struct Match {
    std::uint32_t winner = kNobody;
    std::int64_t expires = kForever;  // the first turn at which it, or one below it, may differ
  };
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};
  static constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
  // weight * turn stays below 2^32 * 2^29, and an offset above its negative less one total.
  static constexpr std::int64_t kTurnsMax = std::int64_t{1} << 29;

  std::int64_t credit_of(std::size_t i) const {
    return lines_[i].weight * turn_ + lines_[i].offset;
  }

  // Position i is leaf number leaves_ + i; match m is played between the winners of 2m and 2m+1.
  // An endpoint of weight zero does not take part.
  void hold_tournament() {
    leaves_ = std::bit_ceil(std::max<std::size_t>(2, lines_.size()));
    matches_.assign(2 * leaves_, {});
    for (std::size_t i = 0; i < lines_.size(); ++i)
      if (lines_[i].weight > 0) matches_[leaves_ + i].winner = static_cast<std::uint32_t>(i);
    for (std::size_t match = leaves_ - 1; match > 0; --match) play(match);
  }

  void play(std::size_t match) {
    const Match& left = matches_[2 * match];
    const Match& right = matches_[2 * match + 1];
    std::int64_t expires = std::min(left.expires, right.expires);
    if (left.winner == kNobody || right.winner == kNobody) {
      matches_[match] = {std::min(left.winner, right.winner), expires};
      return;
    }
    const std::int64_t lead = credit_of(left.winner) - credit_of(right.winner);
    const std::int64_t gain = lines_[left.winner].weight - lines_[right.winner].weight;
    const bool left_wins = lead >= 0;
    // The left loses at the first turn when the right is strictly ahead; the right when it is no
    // longer ahead.
    if (left_wins && gain < 0) expires = std::min(expires, turn_ + lead / -gain + 1);
    if (!left_wins && gain > 0) expires = std::min(expires, turn_ + (-lead + gain - 1) / gain);
    matches_[match] = {left_wins ? left.winner : right.winner, expires};
  }

  void replay_expired(std::size_t match) {
    if (matches_[match].expires > turn_) return;
    replay_expired(2 * match);
    replay_expired(2 * match + 1);
    play(match);
  }

  void start_again_at_zero() {
    for (std::size_t i = 0; i < lines_.size(); ++i) lines_[i].offset = credit_of(i);
    turn_ = 0;
    for (std::size_t match = leaves_ - 1; match > 0; --match) play(match);
  }

  std::vector<Line> lines_;
  std::vector<Match> matches_;
  std::size_t leaves_ = 0;
  std::int64_t turn_ = 0;
  std::int64_t total_ = 1;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "weighted_round_robin",
    .summary = "Smooth weighted rotation, nginx's sequence.",
    .doc =
        "Takes the endpoints in turn, twice as often one with twice the weight, and spreads the "
        "turns of a heavy endpoint: weights 5,1,1 give a a b a c a a, not a a a a a b c. Within a "
        "period of sum(w) picks every count is exact. Use it when capacities are known and "
        "requests cost about the same; it does not see load. Every new rotation starts alike, with "
        "the heaviest endpoint, so a fleet of clients that restarts together floods it. When the "
        "set changes, what an endpoint is owed follows it, as a share of a turn. nginx also lowers "
        "the weight of an endpoint that failed; that is a health check's business and is not done "
        "here. The algorithm of nginx and of Dubbo's roundrobin; Envoy and gRPC schedule the same "
        "shares by deadline, in another order.",
    .formula = "credit += w for all; take the largest credit; subtract sum of w from it",
    .cost = "O(log n) amortised, with the sequence of nginx's O(n) algorithm",
    .source = "nginx (smooth weighted round robin); Basch 1999 (kinetic tournament)",
    .also_known_as = {{"wrr", "IPVS's name for it"},
                      {"smooth_weighted_round_robin", "nginx's name for it"},
                      {"swrr", "nginx's name for it, abridged"}},
    .traits = {"weighted"},
    .make = [](const Settings&) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<WeightedRoundRobin>();
    },
}};

}  // namespace
}  // namespace steelyard
