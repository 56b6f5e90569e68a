// client_weighted_round_robin: rotation by weights that the endpoints' load reports give.
#include <algorithm>
#include <numeric>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"
#include "balancers/static_stride.h"

namespace steelyard {
namespace {

struct ClientWeightedSettings {
  bool by_cpu;
  Duration blackout_period;
  Duration weight_expiration_period;
  Duration weight_update_period;
  double error_utilisation_penalty;
};

class ClientWeightedRoundRobin final : public Balancer {
 public:
  explicit ClientWeightedRoundRobin(const ClientWeightedSettings& settings) : settings_(settings) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now,
                    RandomStream& random) override {
    known_.update(endpoints, servers_);
    weights_.resize(endpoints.size());
    if (!has_started_ && !endpoints.empty()) {
      has_started_ = true;
      rotation_.start_at(random.next() >> 32);
    }
    update_weights(now);
  }

  std::size_t pick(const Choice& choice) override {
    if (choice.now >= next_update_) update_weights(choice.now);
    return rotation_.next();
  }

  void on_feedback(const Feedback& feedback) override {
    if (feedback.report == nullptr || feedback.outcome == Outcome::cancelled) return;
    const LoadReport& report = *feedback.report;
    const double utilisation = settings_.by_cpu ? report.cpu_utilisation : report.utilisation;
    const double rate = report.requests_per_second;
    if (utilisation <= 0 || rate <= 0) return;
    const double errors = report.errors_per_second / rate;
    Server& server = servers_[feedback.position];
    // An absurd report must not make a sum of weights infinite.
    server.weight = std::clamp(rate / (utilisation + errors * settings_.error_utilisation_penalty),
                               1e-100, 1e100);
    server.last_report = feedback.now;
    if (server.first_report == kNever) server.first_report = feedback.now;
  }
  bool wants_feedback() const override { return true; }
  bool wants_reports() const override { return true; }

  Insight insight(const Choice& choice) const override {
    std::vector<Server> servers = servers_;
    std::vector<double> weights = weights_;
    if (choice.now >= next_update_) weigh(servers, choice.now, weights);
    Insight insight;
    insight.add_each("reported_weight", servers.size(), [&](auto i) {
      return servers[i].first_report == kNever ? Insight::kUnknown : servers[i].weight;
    });
    insight.add_each("weight", weights.size(), [&](auto i) { return weights[i]; });
    return insight;
  }

 private:
  struct Server {
    double weight = 0;
    Instant first_report = kNever;  // since it came, or since its weight expired
    Instant last_report;
  };

  // 0: not known, or not yet, or no longer.
  double weight_of(Server& server, Instant now) const {
    if (server.first_report == kNever) return 0;
    if (now - server.last_report >= settings_.weight_expiration_period)
      server.first_report = kNever;
    if (server.first_report == kNever || now - server.first_report < settings_.blackout_period)
      return 0;
    return server.weight;
  }

  // Weights count as they are at the update, and not until the next.
  void update_weights(Instant now) {
    next_update_ = now + settings_.weight_update_period;
    weigh(servers_, now, weights_);
    rotation_.set_weights(weights_);
  }

  // An unknown one is the mean of those that are known, if these are two at least.
  void weigh(std::vector<Server>& servers, Instant now, std::vector<double>& weights) const {
    std::size_t known = 0;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      weights[i] = weight_of(servers[i], now);
      if (weights[i] > 0) ++known;
    }
    const double mean = known < 2 ? 1
                                  : std::accumulate(weights.begin(), weights.end(), 0.0) /
                                        static_cast<double>(known);
    for (double& weight : weights)
      if (known < 2 || weight == 0) weight = mean;
  }

  ClientWeightedSettings settings_;
  std::vector<Server> servers_;
  std::vector<double> weights_;
  StaticStride rotation_;
  bool has_started_ = false;
  Instant next_update_;
  KnownEndpoints known_;
};

Parameter update_period() {
  Parameter parameter = parameter::duration("weight_update_period", 1s,
                                            "How often the weights are made of the reports anew.",
                                            "gRPC A58, which takes 100ms for anything less");
  parameter.min = 0.1;
  return parameter;
}

const Registration<Balancer> kRegistration{{
    .name = "client_weighted_round_robin",
    .summary = "Rotation by weights that the endpoints' load reports give.",
    .doc =
        "Gives each endpoint turns in proportion to the requests a second it answers for each unit "
        "of utilisation, as it reports them with its answers: one that needs half the processor "
        "for the same rate gets twice the turns, so utilisations become equal. Errors count as "
        "utilisation, so that one that fails cheaply does not win. Use it where endpoints differ "
        "in what they can do, requests are many and alike, and reports are to be had. It follows "
        "load by seconds, not by requests; what changes faster is p2c's or prequal's business, and "
        "equal processor use is not equal latency where other work shares the machine. An "
        "endpoint's weight counts only `blackout_period` after its first report, until "
        "`weight_expiration_period` after its last; without one it gets the mean, and while fewer "
        "than two have one all take equal turns. Configured weights play no part. The rotation is "
        "static_stride's and starts at random. It is gRPC's weighted_round_robin and Envoy's "
        "client_side_weighted_round_robin, with reports in each answer; out-of-band reports are "
        "not modelled. gRPC's C++ and Java take the application's utilisation and the processor's "
        "if there is none; here one is chosen.",
    .formula = "w = rate / (utilisation + errors / rate * error_utilisation_penalty)",
    .cost = "O(1) amortised, O(n) once a weight_update_period",
    .source = "gRPC A58; ORCA load reports, gRPC A51",
    .also_known_as = {{"client_side_weighted_round_robin", "Envoy's name for it"}},
    .parameters =
        {parameter::choice("utilisation", "application", {"application", "cpu"},
                           "Whether the share of an endpoint's places that are taken counts, or "
                           "the share of the processor that its own work uses.",
                           "gRPC A58 prefers the application's"),
         parameter::duration("blackout_period", 10s,
                             "For so long after its first report an endpoint's weight is not used.",
                             "gRPC A58"),
         positive(parameter::duration("weight_expiration_period", 180s,
                                      "A weight without a report for so long is forgotten.",
                                      "gRPC A58")),
         update_period(),
         parameter::number("error_utilisation_penalty", 1, {0, 1000000},
                           "How much utilisation a failure of every request counts for.",
                           "gRPC A58")},
    .traits = {"reports"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<ClientWeightedRoundRobin>(ClientWeightedSettings{
          .by_cpu = settings.text("utilisation") == "cpu",
          .blackout_period = settings.duration("blackout_period"),
          .weight_expiration_period = settings.duration("weight_expiration_period"),
          .weight_update_period = settings.duration("weight_update_period"),
          .error_utilisation_penalty = settings.number("error_utilisation_penalty")});
    },
}};

}  // namespace
}  // namespace steelyard
