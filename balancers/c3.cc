// c3: ranks replicas by response time and queue, and sends each no more than it answers.
#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"
#include "core/math.h"

namespace steelyard {
namespace {

struct C3Settings {
  double ewma_weight;
  std::uint32_t clients;   // 0: as many as there are
  std::size_t candidates;  // 0: all
  bool rate_control;
  Duration rate_window;
  double rate_decrease;
  double rate_growth;
  double rate_step_max;
};

// How many requests one server may be sent in a window of time. The rate is cut when the server
// answers less than it is sent, and grows while it holds requests back, as TCP CUBIC's congestion
// window does: quickly to where it was before the last cut, slowly past it, then quickly again.
class SendingRate {
 public:
  explicit SendingRate(Instant now) : refilled_at_(now), window_began_(now), cut_at_(now) {}

  // When the next request may be sent; now, or later.
  Instant free_at(Instant now, const C3Settings& settings) {
    const double windows = static_cast<double>((now - refilled_at_).count()) / nanos(settings);
    tokens_ = std::min(kTokensMax, tokens_ + rate_ * windows);
    refilled_at_ = now;
    // The sum of many small parts may fall short of 1 by their rounding.
    if (tokens_ > 1 - 1e-6) return now;
    held_back_at_ = now;
    return now + Duration(static_cast<std::int64_t>((1 - tokens_) / rate_ * nanos(settings)) + 1);
  }

  double per_second(const C3Settings& settings) const {
    return rate_ / to_seconds(settings.rate_window);
  }

  void on_sent(Instant now, const C3Settings& settings) {
    end_windows(now, settings);
    ++sent_;
    tokens_ = std::max(0.0, tokens_ - 1);
  }

  void on_answer(Instant now, const C3Settings& settings) {
    end_windows(now, settings);
    ++answers_;
    const Duration settled = kHysteresisWindows * settings.rate_window;
    const double kept = 1 - settings.rate_decrease;
    if (answer_rate_ < kept * std::min(rate_, sent_rate_)) {
      if (now - changed_at_ <= settled) return;
      rate_before_ = rate_;
      rate_ = std::max(kRateMin, kept * rate_);
      changed_at_ = cut_at_ = now;
    } else if (held_back_at_ != kNever && now - held_back_at_ <= settled) {
      rate_ = std::clamp(cubic(now, settings), rate_, rate_ + settings.rate_step_max);
      changed_at_ = now;
    }
  }

 private:
  // As in the authors' simulator; rates are requests in a window.
  static constexpr double kTokensMax = 10;
  static constexpr double kRateAtStart = 10;
  static constexpr double kRateMin = 0.01;
  static constexpr double kNewestWindowWeight = 0.1;
  static constexpr int kHysteresisWindows = 2;

  static double nanos(const C3Settings& settings) {
    return static_cast<double>(settings.rate_window.count());
  }

  // What was sent and answered in a window, as moving averages over windows.
  void end_windows(Instant now, const C3Settings& settings) {
    const std::int64_t windows = (now - window_began_) / settings.rate_window;
    if (windows == 0) return;
    const double kept =
        windows == 1 ? 1 : math::pow(1 - kNewestWindowWeight, static_cast<double>(windows - 1));
    sent_rate_ = kept * (sent_rate_ + kNewestWindowWeight * (sent_ - sent_rate_));
    answer_rate_ = kept * (answer_rate_ + kNewestWindowWeight * (answers_ - answer_rate_));
    sent_ = answers_ = 0;
    window_began_ += windows * settings.rate_window;
  }

  double cubic(Instant now, const C3Settings& settings) const {
    const double plateau_ms =
        math::pow(settings.rate_decrease * rate_before_ / settings.rate_growth, 1.0 / 3);
    const double past_plateau_ms = to_ms(now - cut_at_) - plateau_ms;
    return rate_before_ +
           settings.rate_growth * past_plateau_ms * past_plateau_ms * past_plateau_ms;
  }

  double rate_ = kRateAtStart;
  double tokens_ = kTokensMax;
  Instant refilled_at_;
  Instant held_back_at_ = kNever;  // a request, for the last time
  double sent_ = 0;                // in this window
  double answers_ = 0;
  double sent_rate_ = 0;
  double answer_rate_ = 0;
  Instant window_began_;
  double rate_before_ = kRateAtStart;  // the last cut
  Instant cut_at_;
  Instant changed_at_;  // cut or grown
};

class C3 final : public Balancer {
 public:
  explicit C3(const C3Settings& settings) : settings_(settings), clients_(settings.clients) {}

  void on_caller(const Caller& caller) override {
    if (settings_.clients == 0) clients_ = caller.count;
  }

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream&) override {
    known_.update(endpoints, servers_, Server(now));
  }

  // Ties are shared at random: with no history there is nothing but ties.
  std::size_t pick(const Choice& choice) override {
    const std::size_t count = servers_.size();
    const bool all = settings_.candidates == 0 || settings_.candidates >= count;
    const std::size_t candidates = all ? count : settings_.candidates;
    std::size_t position = all ? 0 : choice.hash_or_random() % count;
    std::size_t best = kWait;
    Rank best_rank;
    std::uint64_t tied = 0;
    wait_until_ = kNever;
    for (std::size_t i = 0; i < candidates;
         ++i, position = position + 1 == count ? 0 : position + 1) {
      if (settings_.rate_control) {
        const Instant free_at = servers_[position].rate.free_at(choice.now, settings_);
        wait_until_ = std::min(wait_until_, free_at);
        if (free_at > choice.now) continue;
      }
      const Rank rank = rank_of(servers_[position], choice.in_flight[position]);
      const bool ties = best != kWait && rank == best_rank;
      if (best != kWait && !ties && !(rank < best_rank)) continue;
      tied = ties ? tied + 1 : 1;
      if (tied > 1 && choice.random.below(tied) > 0) continue;
      best = position;
      best_rank = rank;
    }
    if (best != kWait) servers_[best].rate.on_sent(choice.now, settings_);
    return best;
  }
  Instant wait_until() const override { return wait_until_; }

  void on_feedback(const Feedback& feedback) override {
    if (feedback.outcome == Outcome::cancelled) return;
    Server& server = servers_[feedback.position];
    average(server.response_ms, to_ms(feedback.latency));
    if (feedback.report != nullptr) {
      average(server.queued, feedback.report->queued);
      average(server.service_ms, to_ms(feedback.report->service_time));
    }
    if (is_answer(feedback.outcome)) server.rate.on_answer(feedback.now, settings_);
  }
  bool wants_feedback() const override { return true; }
  bool wants_reports() const override { return true; }

  Insight insight(const Choice& choice) const override {
    const std::size_t count = servers_.size();
    const auto known = [](const Average& a) { return a.known ? a.value : Insight::kUnknown; };
    Insight insight;
    insight.add("clients", clients_);
    insight.add_each("response_ms", count, [&](auto i) { return known(servers_[i].response_ms); });
    insight.add_each("service_ms", count, [&](auto i) { return known(servers_[i].service_ms); });
    insight.add_each("queued", count, [&](auto i) { return known(servers_[i].queued); });
    if (settings_.rate_control)
      insight.add_each("rate_per_s", count,
                       [&](auto i) { return servers_[i].rate.per_second(settings_); });
    insight.add_each("score", count,
                     [&](auto i) { return rank_of(servers_[i], choice.in_flight[i]).score; });
    return insight;
  }

 private:
  struct Average {
    double value = 0;
    bool known = false;
  };
  struct Server {
    explicit Server(Instant now) : rate(now) {}
    Average response_ms;
    Average queued;
    Average service_ms;
    SendingRate rate;
  };
  // Servers without history all score 0; of those the one with fewer requests comes first.
  struct Rank {
    double score = 0;
    std::uint32_t in_flight = 0;
    auto operator<=>(const Rank&) const = default;
  };

  static bool is_answer(Outcome outcome) {
    return outcome != Outcome::deadline_exceeded && outcome != Outcome::connection_refused &&
           outcome != Outcome::connection_reset;
  }

  void average(Average& average, double sample) const {
    average.value += (average.known ? settings_.ewma_weight : 1) * (sample - average.value);
    average.known = true;
  }

  // What the queue will be once all clients have sent as much as this one, to the third power, so
  // that a long queue at a quick server is not better than a short one at a slow server.
  Rank rank_of(const Server& server, std::uint32_t in_flight) const {
    const double queue = 1 + static_cast<double>(in_flight) * clients_ + server.queued.value;
    const double service_ms = server.service_ms.value;
    return {server.response_ms.value - service_ms + queue * queue * queue * service_ms, in_flight};
  }

  C3Settings settings_;
  std::uint32_t clients_;
  std::vector<Server> servers_;
  Instant wait_until_ = kNever;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "c3",
    .summary = "Ranks replicas by response time and queue, and sends each what it can answer.",
    .doc =
        "Every answer tells how long the server's queue is and how long a request takes there; "
        "from the averages of these, of the response time and of what all clients are likely to "
        "have under way there, each endpoint gets a score, and the lowest takes the request. The "
        "queue counts to the third power, so a quick server's long queue is not preferred to a "
        "slow one's short queue. A request goes only to endpoints below their sending rate, which "
        "is cut when a server answers less than it is sent and grows as TCP CUBIC's does while it "
        "holds requests back; if all are held back, it waits. Use it for reads from replicas that "
        "differ in speed over time, with many clients. Waiting pays only where servers would "
        "otherwise queue. The paper cuts a rate when answers are fewer than it allows, not fewer "
        "than were sent: a client that allows itself more than it needs then cuts until it holds "
        "itself up, which is left out here. Elasticsearch's adaptive replica selection has the "
        "same score without rate control (and the nodes of its cluster for clients; newer versions "
        "may leave the response time out). Weights play no part. Without load reports it goes by "
        "response time alone. Only an answer renews a score, so a bad one is tried again when the "
        "others' queues have made theirs worse. An endpoint that fails fast attracts traffic. With "
        "`candidates` below the number of endpoints a request may go to so many neighbours, from a "
        "place that its key decides, as replicas lie on Cassandra's ring.",
    .formula = "score = R - s + (1 + in_flight * clients + queued)^3 s; answers < (1 - decrease) "
               "min(rate, sent): R0 = rate, rate *= 1 - decrease; else, if held back: rate = "
               "growth (t - cbrt(decrease R0 / growth))^3 + R0",
    .cost = "O(candidates)",
    .source = "Suresh, Canini, Schmid, Feldmann: C3, NSDI 2015, sections 3 and 4",
    .also_known_as = {{"adaptive_replica_selection", "Elasticsearch's name for it"}},
    .parameters =
        {parameter::ratio("ewma_weight", 0.3, "What part of an average the newest sample makes.",
                          "Elasticsearch; C3's authors have 0.9"),
         parameter::integer("clients", 0, {0, 1000000},
                            "How many clients send as much as this one; 0: as many as there are.",
                            "C3"),
         parameter::integer("candidates", 0, {0, 1000000},
                            "How many endpoints a request may go to, neighbours from a place that "
                            "its key decides; 0: all.",
                            "Elasticsearch ranks all copies; Cassandra has 3 replicas"),
         parameter::boolean("rate_control", true,
                            "Whether requests wait while all candidates are sent as much as they "
                            "answer.",
                            "C3; Elasticsearch has none"),
         interval("rate_window", 20ms, "Rates are requests in so long a time.", "C3's delta"),
         positive(parameter::ratio("rate_decrease", 0.2,
                                   "What part of the rate is taken away when a server answers "
                                   "less than it is sent by more than this part.",
                                   "C3's and CUBIC's beta; C3's code leaves only this part")),
         positive(parameter::number("rate_growth", 0.000004, {0, 1},
                                    "How quickly rates grow, in requests a window and cubic "
                                    "millisecond.",
                                    "C3's gamma, for a plateau of about 100 ms")),
         positive(parameter::number("rate_step_max", 10, {0, 1000000},
                                    "The most that a rate grows by at an answer.", "C3's s_max"))},
    .traits = {"reports"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<C3>(
          C3Settings{.ewma_weight = settings.number("ewma_weight"),
                     .clients = static_cast<std::uint32_t>(settings.integer("clients")),
                     .candidates = static_cast<std::size_t>(settings.integer("candidates")),
                     .rate_control = settings.flag("rate_control"),
                     .rate_window = settings.duration("rate_window"),
                     .rate_decrease = settings.number("rate_decrease"),
                     .rate_growth = settings.number("rate_growth"),
                     .rate_step_max = settings.number("rate_step_max")});
    },
}};

}  // namespace
}  // namespace steelyard
