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
  P2c(std::size_t choices, bool replacement, bool reported, Duration report_age_max)
      : choices_(choices),
        replacement_(replacement),
        reported_(reported),
        server_load_(report_age_max) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    endpoints_.assign(endpoints);
    two_distinct_ = choices_ == 2 && !replacement_ && endpoints_.eligible() >= 2;
    if (reported_) server_load_.on_endpoints(known_.update(endpoints));
  }

  std::size_t pick(const Choice& choice) override {
    if (reported_) server_load_.forget_old(choice.now, [](std::size_t) {});
    if (two_distinct_) [[likely]] {
      const auto [a, b] = endpoints_.draw_two(choice.random);
      return less_loaded(b, a, choice.in_flight) ? b : a;
    }
    return replacement_ ? pick_with_replacement(choice) : pick_distinct(choice);
  }

  void on_feedback(const Feedback& feedback) override { server_load_.on_feedback(feedback); }
  bool wants_feedback() const override { return reported_; }
  bool wants_reports() const override { return reported_; }

 private:
  std::uint32_t load(std::size_t position, std::span<const std::uint32_t> in_flight) {
    return reported_ ? server_load_.in_flight(position, in_flight[position]) : in_flight[position];
  }
  // Strictly, so that the first drawn wins a tie: at equal loads the picks follow the weights.
  bool less_loaded(std::size_t a, std::size_t b, std::span<const std::uint32_t> in_flight) {
    const std::uint32_t load_a = load(a, in_flight);
    const std::uint32_t load_b = load(b, in_flight);
    if (endpoints_.equal()) return load_a < load_b;
    return LoadPerWeight{load_a, endpoints_.weight(a)} <
           LoadPerWeight{load_b, endpoints_.weight(b)};
  }

  std::size_t pick_with_replacement(const Choice& choice) {
    std::size_t best = endpoints_.draw(choice.random);
    for (std::size_t i = 1; i < choices_; ++i) {
      const std::size_t drawn = endpoints_.draw(choice.random);
      if (less_loaded(drawn, best, choice.in_flight)) best = drawn;
    }
    return best;
  }

  // Each draw is from what the earlier ones left over, and steps over them from left to right: no
  // retry loop, however lopsided the weights.
  std::size_t pick_distinct(const Choice& choice) {
    std::array<std::size_t, kChoicesMax> drawn;  // ascending
    const std::size_t draws = std::min(choices_, endpoints_.eligible());
    std::uint64_t left = endpoints_.total();
    std::size_t best = 0;
    for (std::size_t count = 0; count < draws; ++count) {
      std::uint64_t place = choice.random.below(left);
      std::size_t rank = 0;
      for (; rank < count && place >= endpoints_.begin_of(drawn[rank]); ++rank)
        place += endpoints_.end_of(drawn[rank]) - endpoints_.begin_of(drawn[rank]);
      const std::size_t next = endpoints_.owner_of(place);
      std::copy_backward(drawn.begin() + rank, drawn.begin() + count, drawn.begin() + count + 1);
      drawn[rank] = next;
      left -= endpoints_.end_of(next) - endpoints_.begin_of(next);
      if (count == 0 || less_loaded(next, best, choice.in_flight)) best = next;
    }
    return best;
  }

  std::size_t choices_;
  bool replacement_;
  bool two_distinct_ = false;
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
        "nginx, Finagle, Tower and Dubbo; with replacement, as in Envoy and gRPC, one endpoint "
        "may meet itself, and of two hosts the busier is still picked a quarter of the time. An "
        "endpoint that fails fast looks idle and attracts traffic. With `load: reported` the "
        "requests "
        "count that an endpoint last said it has, whoever sent them, and what this client has sent "
        "there since.",
    .formula = "argmin in_flight(i) / w(i) over `choices` draws with P(i) = w(i) / sum of w",
    .cost = "O(choices); O(choices log n) for more than two of differing weights",
    .source = "Mitzenmacher 2001; Vvedenskaya, Dobrushin, Karpelevich 1996",
    .also_known_as = {{"power_of_two", "the literature's name for it"},
                      {"power_of_two_choices", "the literature's name for it"},
                      {"random_two", "nginx's name for it"}},
    .parameters = {parameter::integer("choices", 2, {1, kChoicesMax},
                                      "How many endpoints are drawn and compared; 1 is random.",
                                      "Mitzenmacher 2001; Envoy, gRPC, Finagle and HAProxy agree"),
                   parameter::boolean(
                       "replacement", false, "Whether one endpoint may be drawn more than once.",
                       "Finagle, Tower, nginx; Envoy and gRPC draw with replacement"),
                   ServerLoad::load_parameter(), ServerLoad::age_parameter()},
    .traits = {"weighted", "load_aware"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<P2c>(
          static_cast<std::size_t>(settings.integer("choices")), settings.flag("replacement"),
          settings.text("load") == "reported", settings.duration("report_age_max"));
    },
}};

}  // namespace
}  // namespace steelyard
