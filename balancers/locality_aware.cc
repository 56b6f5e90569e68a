// locality_aware: at random by throughput over latency, and less while requests overstay, as brpc
// has it.
#include <algorithm>
#include <array>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/weight_tree.h"
#include "core/uint128.h"

namespace steelyard {
namespace {

// The last hundred or so answers of an endpoint: how many a second, and their mean latency. brpc
// keeps each of the last 128; here every sixteenth is marked, so that the window holds 113 to 128
// of them in a sixteenth of the memory.
class RecentAnswers {
 public:
  // A failure adds its time but no answer, so it lowers throughput and raises the mean.
  void add(Duration latency, Instant now, bool ok) {
    latency_sum_ += latency;
    last_ = now;
    if (!ok && count_ > 0) return;
    if (count_++ % kEvery == 0) marks_[marks_ever_++ % kMarks] = {now, latency_sum_};
  }

  // Infinitely many a second, if the window is no time at all: then nothing is known of either.
  bool is_known() const { return count_ == 1 || last_ > oldest().at; }
  double mean_latency_s() const {
    if (count_ == 1) return to_seconds(latency_sum_);
    return to_seconds(latency_sum_ - oldest().latency_sum) / answers_since_oldest();
  }
  // At least one; and one while there are too few answers to tell.
  double per_second() const {
    const Duration span = last_ - oldest().at;
    if (span <= Duration::zero() || (marks_ever_ < kMarks && span < 1s)) return 1;
    return std::max(1.0, answers_since_oldest() / to_seconds(span));
  }

 private:
  struct Mark {
    Instant at;
    Duration latency_sum{};
  };
  static constexpr std::uint64_t kEvery = 16;
  static constexpr std::uint64_t kMarks = 8;

  std::uint64_t oldest_mark() const { return marks_ever_ <= kMarks ? 0 : marks_ever_ - kMarks; }
  const Mark& oldest() const { return marks_[oldest_mark() % kMarks]; }
  double answers_since_oldest() const {
    return static_cast<double>(count_ - 1 - oldest_mark() * kEvery);
  }

  std::array<Mark, kMarks> marks_{};
  std::uint64_t marks_ever_ = 0;
  std::uint64_t count_ = 0;
  Duration latency_sum_{};
  Instant last_;
};

// When the requests in flight began, as far as need be: how many there are, and the sum. Which one
// ends without an answer is not known; the last one begun is supposed first, so that a request
// that is taken back at once leaves no trace.
class Begun {
 public:
  void begin(Instant now) {
    last_ = now;
    has_last_ = true;
    add(now, 1);
  }
  void answer(Instant began) {
    if (has_last_ && began == last_) has_last_ = false;
    add(began, -1);
  }
  void take_back() {
    if (count_ == 0) return;
    const Instant began = has_last_ ? last_ : mean();
    has_last_ = false;
    add(began, -1);
  }
  // Others share the count, or a pick was not followed by a request.
  void correct(std::uint32_t in_flight, Instant now) {
    if (count_ > in_flight) take_back();
    if (count_ == in_flight) return;
    add(count_ < in_flight ? now : mean(), in_flight - count_);
  }

  std::int64_t count() const { return count_; }
  // REQUIRES: count() > 0.
  Instant mean() const { return kStart + Duration(static_cast<std::int64_t>(sum_ns_ / count_)); }

 private:
  void add(Instant at, std::int64_t requests) {
    count_ = std::max<std::int64_t>(0, count_ + requests);
    sum_ns_ = count_ == 0 ? 0 : sum_ns_ + static_cast<Int128>((at - kStart).count()) * requests;
  }

  std::int64_t count_ = 0;
  Int128 sum_ns_ = 0;
  Instant last_;
  bool has_last_ = false;
};

class LocalityAware final : public Balancer {
 public:
  LocalityAware(double punish_inflight_ratio, double punish_error_ratio)
      : punish_inflight_ratio_(punish_inflight_ratio), punish_error_ratio_(punish_error_ratio) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    double sum = 0;
    for (const Server& server : servers_) sum += server.weight;
    const double first_weight =
        servers_.empty() ? kFirstWeight : sum / static_cast<double>(servers_.size());

    Server newcomer;
    newcomer.base_weight = newcomer.weight = first_weight;
    known_.update(endpoints, servers_, newcomer);
    weights_.assign(endpoints.size());
  }

  // Weights are made anew where something happened, and of the one that is drawn, since time alone
  // may have made it overdue. If it weighs less now it is drawn again in as many cases; at the same
  // time it weighs the same the second time, so there are at most as many draws as endpoints.
  std::size_t pick(const Choice& choice) override {
    const auto weight_of = [&](std::size_t i) {
      servers_[i].begun.correct(choice.in_flight[i], choice.now);
      return servers_[i].weight = weight(servers_[i], choice.now);
    };
    weights_.refresh(weight_of);
    for (;;) {
      const std::size_t drawn = weights_.draw(choice.random);
      Server& server = servers_[drawn];
      const double drawn_by = server.weight;
      weights_.mark_stale(drawn);
      weights_.refresh(weight_of);
      if (server.weight < drawn_by && !choice.random.chance(server.weight / drawn_by)) continue;
      server.begun.begin(choice.now);
      weights_.mark_stale(drawn);
      return drawn;
    }
  }

  void on_feedback(const Feedback& feedback) override {
    Server& server = servers_[feedback.position];
    weights_.mark_stale(feedback.position);
    if (feedback.outcome == Outcome::cancelled) {
      server.begun.take_back();
      return;
    }
    server.begun.answer(feedback.now - feedback.latency);
    if (feedback.latency <= Duration::zero()) return;
    const bool ok = feedback.outcome == Outcome::ok;
    const double counts = ok ? 1 : punish_error_ratio_;
    server.answers.add(from_seconds(to_seconds(feedback.latency) * counts), feedback.now, ok);
    if (!server.answers.is_known()) return;
    server.mean_latency_s = server.answers.mean_latency_s();
    server.base_weight = server.answers.per_second() / server.mean_latency_s;
  }
  bool wants_feedback() const override { return true; }
  void on_in_flight(std::size_t position) override { weights_.mark_stale(position); }

  Insight insight(const Choice& choice) const override {
    std::vector<Server> seen = servers_;
    for (std::size_t i = 0; i < seen.size(); ++i)
      seen[i].begun.correct(choice.in_flight[i], choice.now);
    Insight insight;
    insight.add_each("mean_ms", seen.size(), [&](auto i) {
      return seen[i].mean_latency_s == 0 ? Insight::kUnknown : seen[i].mean_latency_s * 1e3;
    });
    insight.add_each("weight", seen.size(), [&](auto i) { return weight(seen[i], choice.now); });
    return insight;
  }

 private:
  struct Server {
    RecentAnswers answers;
    Begun begun;
    double mean_latency_s = 0;  // 0: not known
    double base_weight = 0;     // answers a second / mean latency
    double weight = 0;          // as of the last look
  };
  // As if of one request in a microsecond: who is not known yet is tried. And of one in a second.
  static constexpr double kFirstWeight = 1e6;
  static constexpr double kLeastWeight = 1;

  double weight(const Server& server, Instant now) const {
    double weight = server.base_weight;
    if (server.begun.count() > 0 && server.mean_latency_s > 0) {
      const double delay_s = to_seconds(now - server.begun.mean());
      const double tolerated_s = server.mean_latency_s * punish_inflight_ratio_;
      if (delay_s > tolerated_s) weight *= tolerated_s / delay_s;
    }
    return std::max(weight, kLeastWeight);
  }

  double punish_inflight_ratio_;
  double punish_error_ratio_;
  std::vector<Server> servers_;  // by position
  WeightTree weights_;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "locality_aware",
    .summary = "At random by throughput over latency, less while requests overstay.",
    .doc =
        "Gives each endpoint the weight of its answers a second over their mean latency, both of "
        "the last 128 or so, and picks at random by these weights. While the requests in flight "
        "are out for longer, on average, than punish_inflight_ratio times the mean latency, the "
        "weight shrinks in proportion, so one that hangs loses its share before it answers. Use "
        "it where endpoints differ in speed or distance and traffic should move to the near ones "
        "but not all of it, as in brpc's home. As throughput counts, who has more gets more: "
        "shares among equals drift, and a client with little traffic cannot tell them from "
        "chance; peak_ewma is steadier. A failure counts with punish_error_ratio times its "
        "latency and not as an answer; brpc mixes in the time limit, which a balancer does not "
        "know here. Configured weights play no part. No weight falls below that of one answer a "
        "second in a second. A newcomer has the mean weight of the others; at the start all have "
        "the weight of a microsecond's latency, so that all are tried.",
    .formula = "w = answers/s / mean latency; delay = now - mean start of those in flight; "
               "delay > r latency: w = w r latency / delay; P(i) = w(i) / sum of w",
    .cost = "O(log n)",
    .source = "brpc, docs/en/lalb.md and LocalityAwareLoadBalancer",
    .also_known_as = {{"la", "brpc's name for it"}, {"lalb", "brpc's abbreviation"}},
    .parameters = {parameter::number("punish_inflight_ratio", 1.5, {0.001, 1e6},
                                     "Requests in flight for longer than so many mean latencies "
                                     "lower the weight.",
                                     "brpc"),
                   parameter::number("punish_error_ratio", 1.2, {0.001, 1e6},
                                     "A failure's latency counts so many times.", "brpc")},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<LocalityAware>(settings.number("punish_inflight_ratio"),
                                             settings.number("punish_error_ratio"));
    },
}};

}  // namespace
}  // namespace steelyard
