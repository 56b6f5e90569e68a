// least_request: of all endpoints the one with the fewest requests in flight for its weight.
#include <bit>

#include "balancers/balancer.h"
#include "balancers/weights.h"
#include "core/check.h"

namespace steelyard {
namespace {

// A tournament over all endpoints: each match knows the least load below it and how much weight
// shares it. Only endpoints that were picked or fed back since the last pick are played again, so
// a pick costs O(log n) where a scan costs O(n), and the ties are still counted exactly.
class LeastRequest final : public Balancer {
 public:
  explicit LeastRequest(bool rotate) : rotate_(rotate) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    const std::size_t n = endpoints.size();
    weights_ = weights_of(endpoints);
    leaves_ = std::bit_ceil(std::max<std::size_t>(2, n));
    matches_.assign(2 * leaves_, {});
    stale_.clear();
    stale_.reserve(n);
    is_stale_.assign(n, 0);
    all_stale_ = true;
    audited_ = 0;
    continue_rotation_at(endpoints);
  }

  std::size_t pick(const Choice& choice) override {
    refresh(choice.in_flight);
    const std::uint64_t tied = matches_[1].tied_weight;
    const std::uint64_t rank =
        rotate_ ? tied_weight_before(next_) % tied : choice.random.below(tied);
    const std::size_t picked = tied_at(rank);
    last_id_ = choice.endpoints[picked].id;
    next_ = picked + 1;
    mark_stale(picked);
    return picked;
  }

  void on_feedback(const Feedback& feedback) override { mark_stale(feedback.position); }
  bool wants_feedback() const override { return true; }

 private:
  struct Match {
    std::uint32_t in_flight = 0;
    std::uint32_t weight = 0;
    std::uint64_t tied_weight = 0;  // of all endpoints below with this load; 0: there are none
  };

  // Loads are compared as fractions, in_flight / weight, by cross multiplication.
  static bool same_load(const Match& a, const Match& b) {
    return a.tied_weight > 0 && b.tied_weight > 0 &&
           std::uint64_t{a.in_flight} * b.weight == std::uint64_t{b.in_flight} * a.weight;
  }

  void play(std::size_t match) {
    const Match& left = matches_[2 * match];
    const Match& right = matches_[2 * match + 1];
    const std::uint64_t left_load = std::uint64_t{left.in_flight} * right.weight;
    const std::uint64_t right_load = std::uint64_t{right.in_flight} * left.weight;
    const bool left_leads =
        right.tied_weight == 0 || (left.tied_weight > 0 && left_load <= right_load);
    Match result = left_leads ? left : right;
    if (same_load(left, right)) result.tied_weight = left.tied_weight + right.tied_weight;
    matches_[match] = result;
  }

  void read(std::size_t position, std::uint32_t in_flight) {
    const std::uint32_t weight = weights_.each[position];
    matches_[leaves_ + position] = {in_flight, weight, weight};
  }

  void mark_stale(std::size_t position) {
    if (is_stale_[position] != 0) return;
    is_stale_[position] = 1;
    stale_.push_back(static_cast<std::uint32_t>(position));
  }

  void refresh(std::span<const std::uint32_t> in_flight) {
    if (all_stale_) {
      for (std::size_t i = 0; i < in_flight.size(); ++i) read(i, in_flight[i]);
      for (std::size_t match = leaves_ - 1; match > 0; --match) play(match);
      all_stale_ = false;
    }
    for (const std::uint32_t position : stale_) {
      is_stale_[position] = 0;
      read(position, in_flight[position]);
      for (std::size_t match = (leaves_ + position) / 2; match > 0; match /= 2) play(match);
    }
    stale_.clear();
    // One endpoint a pick is compared with what is remembered: a channel that breaks the promise
    // of Choice::in_flight would otherwise go unnoticed, and the picks be wrong.
    audited_ = audited_ + 1 < in_flight.size() ? audited_ + 1 : 0;
    STEELYARD_CHECK(matches_[leaves_ + audited_].in_flight == in_flight[audited_],
                    "a count of requests in flight changed without a pick or a feedback");
  }

  // The endpoint among the least loaded at which their weights, added up from the left, exceed
  // `rank`.
  std::size_t tied_at(std::uint64_t rank) const {
    std::size_t match = 1;
    while (match < leaves_) {
      const Match& left = matches_[2 * match];
      const std::uint64_t in_left = same_load(left, matches_[1]) ? left.tied_weight : 0;
      match = 2 * match + (rank < in_left ? 0 : 1);
      if (rank >= in_left) rank -= in_left;
    }
    return match - leaves_;
  }

  // The weights of the least loaded endpoints before `position`.
  std::uint64_t tied_weight_before(std::size_t position) const {
    if (position >= leaves_) return 0;
    std::uint64_t sum = 0;
    for (std::size_t match = leaves_ + position; match > 1; match /= 2)
      if (match % 2 == 1 && same_load(matches_[match - 1], matches_[1]))
        sum += matches_[match - 1].tied_weight;
    return sum;
  }

  void continue_rotation_at(std::span<const Endpoint> endpoints) {
    if (!rotate_ || next_ == 0) return;
    const auto last = std::find_if(endpoints.begin(), endpoints.end(),
                                   [&](const Endpoint& e) { return e.id == last_id_; });
    // The last one left: its successor now stands where it stood.
    next_ = last != endpoints.end() ? static_cast<std::size_t>(last - endpoints.begin()) + 1
                                    : next_ - 1;
  }

  bool rotate_;
  bool all_stale_ = true;
  Weights weights_;
  std::size_t leaves_ = 0;
  std::vector<Match> matches_;  // match m is played between 2m and 2m+1; leaf i is leaves_ + i
  std::vector<std::uint32_t> stale_;
  std::vector<std::uint8_t> is_stale_;
  std::size_t audited_ = 0;
  std::size_t next_ = 0;  // rotation: where the search for the next tied endpoint begins
  std::uint32_t last_id_ = 0;
};

const Registration<Balancer> kRegistration{{
    .name = "least_request",
    .summary = "Of all endpoints the one with the fewest requests in flight for its weight.",
    .doc =
        "Looks at every endpoint's requests outstanding from this client, queued and in service, "
        "and takes the least in proportion to its weight. For one client with exact counts it is "
        "close to the best that can be done without knowing the cost of a request: it is "
        "join-the-shortest-queue. Use it in a proxy that sees all the traffic. With many clients "
        "each sees only its own requests, and all that do see the same counts run to the same "
        "endpoint; there p2c is safer. An endpoint that fails fast looks idle and attracts "
        "traffic. Ties are frequent at low load and are shared in proportion to weights. This is "
        "nginx's least_conn and Envoy's least_request with a full scan; HAProxy's leastconn adds "
        "one to the count before it divides, so idle heavy servers come first.",
    .formula = "argmin in_flight(i) / w(i)",
    .cost = "O(log n): only counts that changed are compared again",
    .source = "nginx least_conn, Envoy least_request (FULL_SCAN)",
    .also_known_as = {{"least_conn", "nginx's name for it"},
                      {"leastconn", "HAProxy's name for it"},
                      {"least_connections", "the textbooks' name for it"},
                      {"join_shortest_queue", "queueing theory's name for it"},
                      {"jsq", "queueing theory's name for it"}},
    .parameters = {parameter::choice(
        "ties", "random", {"random", "rotation"},
        "How to choose among equally loaded endpoints: at random in proportion to their weights, "
        "or the next in turn, whatever its weight.",
        "Envoy draws uniformly; HAProxy's tree takes turns; nginx takes weighted turns")},
    .traits = {"weighted", "load_aware"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<LeastRequest>(settings.text("ties") == "rotation");
    },
}};

}  // namespace
}  // namespace steelyard
