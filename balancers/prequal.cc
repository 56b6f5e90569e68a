// prequal: asks a few endpoints beside each request, and sends the next ones by the answers.
#include "balancers/prequal.h"

#include <cmath>
#include <numeric>

#include "balancers/balancer.h"
#include "balancers/fractional_count.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"

namespace steelyard {
namespace {

struct PrequalSettings {
  std::size_t pool_size;
  std::size_t pool_min;
  double pool_share_max;
  Duration probe_age_max;
  double probes_per_request;
  double removals_per_request;
  double reuse_growth;
  double hot_quantile;
  std::size_t quantile_window;
  Duration idle_max;
};

// The last so many numbers of requests in flight that were heard, and their quantile.
class RecentInFlight {
 public:
  explicit RecentInFlight(std::size_t window) : window_(window) {
    by_age_.reserve(window);
    sorted_.reserve(window);
  }
  void add(std::uint32_t in_flight) {
    if (by_age_.size() < window_) {
      by_age_.push_back(in_flight);
    } else {
      sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), by_age_[oldest_]));
      by_age_[oldest_] = in_flight;
      oldest_ = oldest_ + 1 == window_ ? 0 : oldest_ + 1;
    }
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), in_flight), in_flight);
  }
  // Whether a number exceeds the quantile: more than that part of the recent ones are below it.
  bool is_hot(std::uint32_t in_flight, double quantile) const {
    const auto rank = static_cast<std::size_t>(quantile * static_cast<double>(sorted_.size()));
    return rank < sorted_.size() && in_flight > sorted_[rank];
  }

 private:
  std::size_t window_;
  std::size_t oldest_ = 0;
  std::vector<std::uint32_t> by_age_;  // a ring
  std::vector<std::uint32_t> sorted_;
};

class Prequal final : public Balancer {
 public:
  explicit Prequal(const PrequalSettings& settings)
      : settings_(settings),
        probes_(settings.probes_per_request),
        removals_(settings.removals_per_request),
        recent_(settings.quantile_window) {
    pool_.reserve(settings.pool_size);
  }

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now,
                    RandomStream& random) override {
    const std::size_t count_before = known_.size();
    follow(KnownEndpoints::now_at(known_.update(endpoints), count_before));
    order_.resize(endpoints.size());
    std::iota(order_.begin(), order_.end(), 0u);
    asked().probes.reserve(
        std::min(order_.size(), static_cast<std::size_t>(settings_.probes_per_request) + 2));
    pool_limit_ = pool_limit(endpoints.size());
    while (pool_.size() > pool_limit_) pool_.erase(pool_.begin());
    uses_ = FractionalCount(prequal_reuse_budget(
        static_cast<double>(pool_limit_), static_cast<double>(endpoints.size()),
        settings_.probes_per_request, settings_.removals_per_request, settings_.reuse_growth));
    if (endpoints.empty()) return;
    if (!has_stream_) targets_ = RandomStream(random.next());
    has_stream_ = true;
    if (count_before == 0) probe_idly(now);
  }

  std::size_t pick(const Choice& choice) override {
    forget_old(choice.now);
    const std::size_t picked = pool_.size() < settings_.pool_min
                                   ? choice.random.below(choice.endpoints.size())
                                   : use(best());
    if (const auto answer = of(picked); answer != pool_.end()) ++answer->in_flight;
    for (std::uint32_t i = removals_.next(); i > 0 && !pool_.empty(); --i) remove_one();
    probe(probes_.next(), choice.now);
    return picked;
  }

  bool asks() const override { return true; }

  // An answer takes the place of an older one from the same endpoint, else of the oldest.
  void on_probe(const ProbeReply& reply) override {
    if (reply.report == nullptr) return;
    recent_.add(reply.report->in_flight);
    if (const auto before = of(reply.position); before != pool_.end())
      pool_.erase(before);
    else if (pool_.size() == pool_limit_)
      pool_.erase(pool_.begin());
    pool_.push_back({.position = reply.position,
                     .in_flight = reply.report->in_flight,
                     .latency = reply.report->latency,
                     .heard_at = reply.now,
                     .uses_left = std::max(1u, uses_.next())});
  }

  Insight insight(const Choice& choice) const override {
    std::vector<const Answer*> answers(choice.endpoints.size(), nullptr);
    for (const Answer& answer : pool_)
      if (choice.now - answer.heard_at <= settings_.probe_age_max)
        answers[answer.position] = &answer;
    const auto add = [&](Insight& to, const char* name, auto value_of) {
      to.add_each(name, answers.size(), [&](auto i) {
        return answers[i] == nullptr ? Insight::kUnknown : double(value_of(*answers[i]));
      });
    };
    Insight insight;
    insight.add("pool_limit", static_cast<double>(pool_limit_));
    insight.add("reuse_budget", uses_.mean());
    add(insight, "age_ms", [&](const Answer& a) { return to_ms(choice.now - a.heard_at); });
    add(insight, "uses_left", [](const Answer& a) { return a.uses_left; });
    add(insight, "probed_in_flight", [](const Answer& a) { return a.in_flight; });
    add(insight, "hot", [&](const Answer& a) { return is_hot(a) ? 1 : 0; });
    add(insight, "latency_ms", [](const Answer& a) { return to_ms(a.latency); });
    return insight;
  }

  // Without requests nothing would be asked, and the first one after a pause be sent blindly.
  void on_wake(Instant now) override {
    if (order_.empty()) return;
    if (now - probed_at_ >= settings_.idle_max)
      probe_idly(now);
    else
      ask_wake(probed_at_ + settings_.idle_max);
  }

 private:
  // A pool that knows nearly everybody is hardly ever short of a good answer, and sends everything
  // to the best one until that is asked again.
  std::size_t pool_limit(std::size_t endpoints) const {
    const double share = settings_.pool_share_max * static_cast<double>(endpoints);
    const double limit = std::max(std::ceil(share), static_cast<double>(settings_.pool_min));
    return std::max<std::size_t>(1, std::min(settings_.pool_size, static_cast<std::size_t>(limit)));
  }

  struct Answer {
    std::size_t position;
    std::uint32_t in_flight;  // heard, and what was sent there since
    Duration latency;
    Instant heard_at;
    std::uint32_t uses_left;
  };
  using Pool = std::vector<Answer>;  // oldest first

  void follow(const std::vector<std::size_t>& now_at) {
    std::erase_if(pool_, [&](Answer& answer) {
      answer.position = now_at[answer.position];
      return answer.position == KnownEndpoints::kGone;
    });
  }

  void forget_old(Instant now) {
    std::erase_if(pool_, [&](const Answer& answer) {
      return now - answer.heard_at > settings_.probe_age_max;
    });
  }

  Pool::iterator of(std::size_t position) {
    return std::find_if(pool_.begin(), pool_.end(),
                        [&](const Answer& answer) { return answer.position == position; });
  }

  bool is_hot(const Answer& answer) const {
    return recent_.is_hot(answer.in_flight, settings_.hot_quantile);
  }
  // The hot-cold lexicographic order: cold before hot, cold ones by latency, hot ones by requests
  // in flight.
  bool better(const Answer& a, const Answer& b) const {
    const bool a_is_hot = is_hot(a);
    if (a_is_hot != is_hot(b)) return !a_is_hot;
    if (a_is_hot || a.latency == b.latency) return a.in_flight < b.in_flight;
    return a.latency < b.latency;
  }
  Pool::iterator best() {
    return std::min_element(pool_.begin(), pool_.end(),
                            [&](const Answer& a, const Answer& b) { return better(a, b); });
  }

  std::size_t use(Pool::iterator answer) {
    const std::size_t position = answer->position;
    if (--answer->uses_left == 0) pool_.erase(answer);
    return position;
  }

  // Good answers are used up first, so the bad ones would remain, and old ones with them.
  void remove_one() {
    remove_oldest_ = !remove_oldest_;
    pool_.erase(remove_oldest_ ? pool_.begin()
                               : std::max_element(pool_.begin(), pool_.end(),
                                                  [&](const Answer& a, const Answer& b) {
                                                    return better(a, b);
                                                  }));
  }

  // Uniformly without replacement: the first steps of a shuffle of whatever order there is.
  void probe(std::size_t count, Instant now) {
    if (count > 0) probed_at_ = now;
    for (std::size_t i = 0; i < std::min(count, order_.size()); ++i) {
      std::swap(order_[i], order_[i + targets_.below(order_.size() - i)]);
      ask_probe({.position = order_[i], .kind = Probe::Kind::load});
    }
  }
  void probe_idly(Instant now) {
    probe(std::max<std::size_t>(1, probes_.next()), now);
    ask_wake(now + settings_.idle_max);
  }

  PrequalSettings settings_;
  FractionalCount probes_;
  FractionalCount removals_;
  std::size_t pool_limit_ = 1;
  FractionalCount uses_;
  RecentInFlight recent_;
  Pool pool_;
  bool remove_oldest_ = false;
  std::vector<std::uint32_t> order_;  // of positions, shuffled
  RandomStream targets_{0};           // whom to probe, apart from what picks draw
  bool has_stream_ = false;
  Instant probed_at_;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "prequal",
    .summary = "By the answers of probes: the quickest of those that are not crowded.",
    .doc =
        "Beside each request it asks three random endpoints how many requests they have and how "
        "long those take there, and keeps the answers for a second, at most sixteen. The next "
        "request goes by them: an endpoint is hot if its requests in flight exceed the 84% "
        "quantile of what was heard lately; of the cold ones the one with the least latency gets "
        "it, and if all are hot the one with the fewest requests in flight. Use it where other "
        "work on the same machines slows endpoints down, which processor use does not show, and "
        "where many clients each know only their own requests. Not for very cheap requests: three "
        "probes each cost more than they win. Weights play no part. An answer that was used counts "
        "one request more, wears out after some uses, and takes the place of an older one from the "
        "same endpoint; beside each request one is removed, by turns the oldest and the worst, "
        "since good ones are used up first. The paper's clusters have a hundred replicas and more; "
        "a pool that knows a large part of a small set sends all to the same few, so that here it "
        "holds answers of at most a sixth of them, rounded up: of 7 endpoints two, of 20 four. An "
        "endpoint that fails fast has few requests and low latency and attracts traffic; the paper "
        "warns of such sinkholes and keeps its remedies to itself, and there is none here: put "
        "outlier detection in front. p2c by own counts, as in Envoy or YARP, costs nothing and "
        "sees only what the client itself sent.",
    .formula = "cold: argmin latency; all hot: argmin in_flight; uses = max(1, (1 + reuse_growth) "
               "/ ((1 - pool_size/n) probes_per_request - removals_per_request))",
    .cost = "O(pool_size)",
    .source =
        "Wydrowski, Kleinberg, Rumble, Archer: Load is not what you should balance, NSDI 2024",
    .also_known_as = {{"hcl", "the paper's name for its rule, hot-cold lexicographic"}},
    .parameters =
        {parameter::integer("pool_size", 16, {1, 1000}, "Answers that are kept.",
                            "Prequal: more gains little"),
         parameter::integer("pool_min", 2, {1, 1000},
                            "With fewer answers than this, a random endpoint is taken.", "Prequal"),
         positive(
             parameter::duration("probe_age_max", 1s, "Older answers are forgotten.", "Prequal")),
         parameter::number("probes_per_request", 3, {0, 100},
                           "Endpoints that are asked beside each request, 1.5 is 1 and 2 by turns.",
                           "Prequal; its results change little down to 1"),
         parameter::number("removals_per_request", 1, {0, 100},
                           "Answers that are removed beside each request, by turns the oldest and "
                           "the worst.",
                           "Prequal"),
         parameter::number("reuse_growth", 1, {0, 1000},
                           "By how many answers a request the pool may grow when it is set how "
                           "often one is used.",
                           "Prequal's delta"),
         parameter::ratio("hot_quantile", 0.84089641525371454,
                          "An endpoint is hot whose requests in flight exceed this quantile; 0: "
                          "all but the least are; 1: none is, and latency decides.",
                          "Prequal: 2^-0.25, good from 0.6 to 0.9"),
         parameter::integer("quantile_window", 100, {1, 10000},
                            "How many of the last answers the quantile is taken of.",
                            "none: the paper says recent"),
         parameter::ratio("pool_share_max", 1.0 / 6,
                          "The pool holds answers of at most this share of all endpoints, and of "
                          "pool_min; 100%: pool_size alone says how many.",
                          "none: 16 of 100 endpoints or more in the paper"),
         interval("idle_max", 500ms, "After so long without a probe it asks some nevertheless.",
                  "none: the paper leaves it open; half of probe_age_max")},
    .traits = {"probes"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<Prequal>(PrequalSettings{
          .pool_size = static_cast<std::size_t>(settings.integer("pool_size")),
          .pool_min = static_cast<std::size_t>(settings.integer("pool_min")),
          .pool_share_max = settings.number("pool_share_max"),
          .probe_age_max = settings.duration("probe_age_max"),
          .probes_per_request = settings.number("probes_per_request"),
          .removals_per_request = settings.number("removals_per_request"),
          .reuse_growth = settings.number("reuse_growth"),
          .hot_quantile = settings.number("hot_quantile"),
          .quantile_window = static_cast<std::size_t>(settings.integer("quantile_window")),
          .idle_max = settings.duration("idle_max")});
    },
}};

}  // namespace
}  // namespace steelyard
