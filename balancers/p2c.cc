// p2c: draws two endpoints (or more) and takes the less loaded.
#include <array>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/server_load.h"
#include "balancers/weighted_draw.h"

namespace steelyard {
namespace {

constexpr std::size_t kChoicesMax = 64;

class P2c final : public Balancer {
 public:
  struct Rules {
    std::size_t choices = 2;
    bool replacement = false;
    bool memory = false;
    bool reported = false;
    Duration report_age_max{};
  };
  explicit P2c(const Rules& rules)
      : choices_(rules.choices),
        replacement_(rules.replacement),
        memory_(rules.memory),
        reported_(rules.reported),
        server_load_(rules.report_age_max) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    endpoints_.assign(endpoints);
    two_distinct_ = choices_ == 2 && !replacement_ && !memory_ && endpoints_.eligible() >= 2;
    plain_ = two_distinct_ && endpoints_.equal() && !reported_;
    has_remembered_ = false;
    if (reported_) server_load_.on_endpoints(known_.update(endpoints));
  }

  std::size_t pick(const Choice& choice) override {
    // What is asked for nearly always, without a look at what it could be asked for.
    if (plain_) [[likely]] {
      const auto [a, b] = draw_two_distinct(choice.random, choice.endpoints.size());
      return choice.in_flight[b] < choice.in_flight[a] ? b : a;
    }
    if (reported_) server_load_.forget_old(choice.now, [](std::size_t) {});
    if (two_distinct_) {
      const auto [a, b] = endpoints_.draw_two(choice.random);
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

  void on_feedback(const Feedback& feedback) override { server_load_.on_feedback(feedback); }
  bool wants_feedback() const override { return reported_; }
  bool wants_reports() const override { return reported_; }

  Insight insight(const Choice& choice) const override {
    Insight insight;
    if (memory_)
      insight.add_each("remembered", choice.endpoints.size(),
                       [&](auto i) { return has_remembered_ && remembered_ == i ? 1 : 0; });
    ServerLoad::explain(
        choice, reported_ ? &server_load_ : nullptr, [&](auto i) { return endpoints_.weight(i); },
        insight);
    return insight;
  }

 private:
  std::uint32_t load(std::size_t position, std::span<const std::uint32_t> in_flight) {
    return reported_ ? server_load_.in_flight(position, in_flight[position]) : in_flight[position];
  }
  // Strictly, so that the first drawn wins a tie: at equal loads the picks follow the weights.
  bool less_loaded(std::size_t a, std::size_t b, std::span<const std::uint32_t> in_flight) {
    return is_less(load(a, in_flight), a, load(b, in_flight), b);
  }
  bool is_less(std::uint64_t load_a, std::size_t a, std::uint64_t load_b, std::size_t b) const {
    if (endpoints_.equal()) return load_a < load_b;
    return load_a * endpoints_.weight(b) < load_b * endpoints_.weight(a);
  }

  // The least loaded of the candidates once the request is placed.
  void remember(std::span<const std::size_t> candidates, std::size_t picked,
                std::span<const std::uint32_t> in_flight) {
    const auto placed = [&](std::size_t i) {
      return std::uint64_t{load(i, in_flight)} + (i == picked ? 1 : 0);
    };
    has_remembered_ = true;
    remembered_ = picked;
    for (const std::size_t candidate : candidates)
      if (is_less(placed(candidate), candidate, placed(remembered_), remembered_))
        remembered_ = candidate;
  }

  std::size_t draw_with_replacement(RandomStream& random, std::size_t* drawn) const {
    for (std::size_t i = 0; i < choices_; ++i) drawn[i] = endpoints_.draw(random);
    return choices_;
  }

  // Each draw is from what the earlier ones left over, and steps over them from left to right: no
  // retry loop, however lopsided the weights.
  std::size_t draw_distinct(RandomStream& random, std::size_t* drawn) const {
    std::array<std::size_t, kChoicesMax> ascending;
    const std::size_t draws = std::min(choices_, endpoints_.eligible());
    std::uint64_t left = endpoints_.total();
    for (std::size_t count = 0; count < draws; ++count) {
      std::uint64_t place = random.below(left);
      std::size_t rank = 0;
      for (; rank < count && place >= endpoints_.begin_of(ascending[rank]); ++rank)
        place += endpoints_.end_of(ascending[rank]) - endpoints_.begin_of(ascending[rank]);
      const std::size_t next = endpoints_.owner_of(place);
      std::copy_backward(ascending.begin() + rank, ascending.begin() + count,
                         ascending.begin() + count + 1);
      ascending[rank] = next;
      left -= endpoints_.end_of(next) - endpoints_.begin_of(next);
      drawn[count] = next;
    }
    return draws;
  }

  std::size_t choices_;
  bool replacement_;
  bool memory_;
  bool two_distinct_ = false;
  bool plain_ = false;  // two distinct draws of equal weights, by the requests in flight
  bool has_remembered_ = false;
  std::size_t remembered_ = 0;
  bool reported_;
  WeightedDraw endpoints_;
  ServerLoad server_load_;
  KnownEndpoints known_;
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
        "nginx, Finagle, Tower and Dubbo; with replacement, as in Envoy, gRPC and HAProxy, one "
        "endpoint may meet itself, and of two hosts the busier is still picked a quarter of the "
        "time. With `memory` the least loaded of the candidates is one of the next pick's as well, "
        "which makes one draw do better than two without it. With `load: reported` the requests "
        "count that an endpoint last said it has, whoever sent them, and what this client has sent "
        "there since. An endpoint that fails fast looks idle and attracts traffic.",
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
                       "Finagle, Tower, nginx; Envoy, gRPC and HAProxy draw with replacement"),
                   parameter::boolean(
                       "memory", false,
                       "Whether the least loaded of a pick's candidates, once the request is "
                       "placed, is a candidate of the next pick too.",
                       "nobody known has it; Mitzenmacher, Prabhakar and Shah 2002 propose it"),
                   ServerLoad::load_parameter(), ServerLoad::age_parameter()},
    .traits = {"weighted", "load_aware"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<P2c>(
          P2c::Rules{.choices = static_cast<std::size_t>(settings.integer("choices")),
                     .replacement = settings.flag("replacement"),
                     .memory = settings.flag("memory"),
                     .reported = settings.text("load") == "reported",
                     .report_age_max = settings.duration("report_age_max")});
    },
}};

}  // namespace
}  // namespace steelyard
