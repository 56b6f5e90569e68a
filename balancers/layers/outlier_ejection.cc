// outlier_ejection: who fails time and again, or more than the others, gets nothing for a while.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "balancers/grouped.h"
#include "balancers/known_endpoints.h"
#include "balancers/layers/outliers.h"
#include "balancers/parameters.h"

namespace steelyard {
namespace {

EjectionLimit limit_of(const Settings& settings) {
  using Rule = EjectionLimit::Rule;
  const std::string& name = settings.text("limit");
  return {name == "before"  ? Rule::before
          : name == "after" ? Rule::after
                            : Rule::always_one,
          settings.number("max_ejected")};
}

class OutlierEjection final : public Grouped {
 public:
  OutlierEjection(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        consecutive_(static_cast<std::uint32_t>(settings.integer("consecutive"))),
        interval_(settings.duration("interval")),
        base_time_(settings.duration("base_ejection_time")),
        max_time_(std::max(base_time_, settings.duration("max_ejection_time"))),
        limit_(limit_of(settings)),
        deviations_(settings.number("deviations")),
        failure_percent_(100 * settings.number("failure_share")),
        enforce_consecutive_(settings.number("enforce_consecutive")),
        by_success_rate_(criterion(settings, "success_rate")),
        by_failure_share_(criterion(settings, "failure_share")) {}

  static std::string idle_with(const Settings& settings, std::size_t endpoints) {
    if (limit_of(settings).allows_another(0, endpoints)) return {};
    return fmt::format(
        "never ejects any of {} endpoints, as max_ejected is {:.4g}% and `limit` keeps it from "
        "one; `limit: always_one` lets one go",
        endpoints, 100 * settings.number("max_ejected"));
  }

  // Others' verdicts come and go; what is known here of an endpoint outlives them.
  bool wants_unhealthy() const override { return true; }

 private:
  struct Known {
    std::uint32_t failures_in_a_row = 0;
    Tally tally;  // since the last sweep
    bool ejected = false;
    Instant since;           // when it was ejected, or let in again
    std::int64_t times = 0;  // ejections that the next one is longer for
  };
  // A statistic that endpoints are judged by at sweeps.
  struct Criterion {
    std::size_t hosts_min;       // with enough requests, or nobody is judged
    std::uint64_t requests_min;  // or this one is not
    double enforced;             // the probability that a verdict is carried out
  };
  static Criterion criterion(const Settings& settings, const std::string& name) {
    return {static_cast<std::size_t>(settings.integer(name + "_hosts")),
            static_cast<std::uint64_t>(settings.integer(name + "_requests")),
            settings.number("enforce_" + name)};
  }

  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant now,
                             RandomStream& random) override {
    ids_.update(endpoints, known_);
    ejected_ = static_cast<std::uint64_t>(std::count_if(
        known_.begin(), known_.end(), [](const Known& each) { return each.ejected; }));
    changed_ = false;
    if (next_sweep_ == kNever) {
      random_ = random.stream("outlier_ejection");
      next_sweep_ = now + interval_;
      wake_me(next_sweep_);
    }
    Group all = all_of(endpoints);
    for (Member& member : all.members) member.ejected = known_[member.position].ejected;
    return {std::move(all)};
  }

  // An ejection takes effect by a wake at the same instant: arranging allocates.
  void learn(const Feedback& feedback) override {
    Known& endpoint = known_[feedback.position];
    if (feedback.outcome == Outcome::cancelled || endpoint.ejected) return;
    if (feedback.outcome == Outcome::ok) {
      endpoint.failures_in_a_row = 0;
      ++endpoint.tally.succeeded;
      return;
    }
    ++endpoint.tally.failed;
    if (++endpoint.failures_in_a_row < consecutive_) return;
    endpoint.failures_in_a_row = 0;
    eject(endpoint, enforce_consecutive_, feedback.now);
    if (changed_) wake_me(feedback.now);
  }

  void on_own_wake(Instant now) override {
    if (next_sweep_ <= now) {
      sweep(now);
      next_sweep_ = now + interval_;
    }
    wake_me(next_sweep_);
    if (changed_) rearrange(now);
  }
  bool wakes_itself() const override { return true; }

  void explain(const Choice&, Insight& insight) const override {
    if (const double threshold = success_threshold(); !std::isnan(threshold))
      insight.add("success_threshold_percent", threshold);
    insight.add_each("failures_in_a_row", known_.size(),
                     [&](auto i) { return known_[i].failures_in_a_row; });
    insight.add_each("success_percent", known_.size(), [&](auto i) {
      return known_[i].tally.total() > 0 ? known_[i].tally.success_percent() : Insight::kUnknown;
    });
    insight.add_each("ejected", known_.size(), [&](auto i) { return known_[i].ejected ? 1 : 0; });
  }

  // The order is Envoy's: who comes back makes room for others, and those to be judged are counted
  // before anybody is ejected.
  void sweep(Instant now) {
    for (Known& each : known_)
      if (each.ejected && now - each.since >= std::min(base_time_ * each.times, max_time_))
        let_in_again(each, now);
    const double threshold = success_threshold();
    const bool shares_count = has_enough(by_failure_share_);
    judge(by_success_rate_, now, [&](double success) { return success < threshold; });
    if (shares_count)
      judge(by_failure_share_, now,
            [&](double success) { return 100 - success >= failure_percent_; });
    for (Known& each : known_) {
      each.tally = {};
      if (!each.ejected && each.times > 0 && now - each.since >= interval_) --each.times;
    }
  }

  static bool is_judged(const Known& each, const Criterion& by) {
    return !each.ejected && each.tally.total() >= by.requests_min;
  }

  bool has_enough(const Criterion& by) const {
    const auto judged = std::count_if(known_.begin(), known_.end(),
                                      [&](const Known& each) { return is_judged(each, by); });
    return static_cast<std::size_t>(judged) >= by.hosts_min;
  }

  // As a sweep now would find it; not a number if it would judge nobody.
  double success_threshold() const {
    std::vector<double> rates;
    for (const Known& each : known_)
      if (is_judged(each, by_success_rate_)) rates.push_back(each.tally.success_percent());
    if (rates.size() < by_success_rate_.hosts_min) return Insight::kUnknown;
    return outlier_threshold(rates, deviations_);
  }

  template <class IsOutlier>
  void judge(const Criterion& by, Instant now, const IsOutlier& is_outlier) {
    for (Known& each : known_)
      if (is_judged(each, by) && is_outlier(each.tally.success_percent()))
        eject(each, by.enforced, now);
  }

  void eject(Known& outlier, double enforced, Instant now) {
    if (!limit_.allows_another(ejected_, known_.size())) return;
    if (enforced <= 0 || (enforced < 1 && !random_.chance(enforced))) return;
    outlier.ejected = true;
    outlier.since = now;
    // Beyond the longest time it would only take longer to be forgotten.
    if (outlier.times * base_time_ < max_time_ + base_time_) ++outlier.times;
    ++ejected_;
    changed_ = true;
  }

  void let_in_again(Known& endpoint, Instant now) {
    endpoint.ejected = false;
    endpoint.since = now;
    endpoint.failures_in_a_row = 0;
    --ejected_;
    changed_ = true;
  }

  std::uint32_t consecutive_;
  Duration interval_;
  Duration base_time_;
  Duration max_time_;
  EjectionLimit limit_;
  double deviations_;
  double failure_percent_;
  double enforce_consecutive_;
  Criterion by_success_rate_;
  Criterion by_failure_share_;

  KnownEndpoints ids_;
  std::vector<Known> known_;  // by position
  std::uint64_t ejected_ = 0;
  bool changed_ = false;  // somebody's ejection has, since the last arrangement
  Instant next_sweep_ = kNever;
  RandomStream random_{0};
};

Parameter at_least(const std::string& name, std::int64_t fallback, std::string doc) {
  return parameter::integer(name, fallback, {1, 4294967295.0}, std::move(doc), "Envoy and gRPC");
}

Parameter enforced(const std::string& name, double fallback, const std::string& what,
                   std::string source) {
  return parameter::ratio(
      "enforce_" + name, fallback,
      "Probability that one who is found out by " + what + " is ejected; 0: never, 100%: always.",
      std::move(source));
}

const Registration<Layer> kRegistration{{
    .name = "outlier_ejection",
    .summary = "Who fails time and again, or more than the others, gets nothing for a while.",
    .doc =
        "Watches the answers. An endpoint is ejected when `consecutive` attempts in a row failed, "
        "or when a sweep, every `interval`, finds its success rate below the mean by `deviations` "
        "standard deviations, or (if enforced) a `failure_share` of its attempts failed. It then "
        "counts as not healthy for `base_ejection_time`, longer each time, and comes back at a "
        "sweep; every sweep without an ejection takes one time off again. Failures are errors of "
        "the server, full queues, refused and reset connections, broken answers and deadlines; a "
        "caller that left counts neither way. Use it in front of whatever looks at load or "
        "latency: one that fails at once looks idle and quick, and gets more than its share. Do "
        "not expect it to help where all endpoints fail for a common reason: then whoever is left "
        "gets everything, and if `max_ejected` lets all go, nobody is left. What stands behind "
        "decides what becomes of the ejected: `panic` sends to all when too many are out, "
        "`priority` moves on; without such a layer they get nothing, and requests fail if all are "
        "out. That is gRPC and Linkerd, and Istio, which sets Envoy's panic threshold to 0; Envoy "
        "itself panics below 50%. `max_ejected` is 10% as in Envoy, gRPC and Istio, and how it is "
        "checked matters in small clusters: Envoy since 2023 (`after`) never goes beyond it, so of "
        "nine nobody is ever ejected; gRPC and Envoy before that (`before`) eject while fewer are "
        "out, so at least one, and at 67% all of three; `always_one` is Envoy with "
        "always_eject_one_host. gRPC has the sweeps only. Linkerd's failure accrual is off by "
        "default, takes 7 in a row, and then tries single requests after 1s to 60s, any share of "
        "endpoints at once. nginx leaves a server out for fail_timeout (10s) after max_fails (1) "
        "in as long, unless it is the only one; when all are out, requests fail until the time is "
        "over (nginx 1.8 then let all in again). HAProxy's `observe layer7` takes 10 errors in a "
        "row for one failed health check, or with `on-error mark-down` marks the server down until "
        "checks succeed.",
    .formula = "out: failures in a row >= 5, or success < mean - 1.9 sigma; "
               "for min(times 30s, 300s); while (ejected + 1) / n <= 10%",
    .cost = "O(1); O(n) at every sweep, and the balancer's cost of a change when somebody is "
            "ejected or comes back",
    .source = "Envoy, outlier detection; gRPC A50",
    .also_known_as = {{"outlier_detection", "Envoy's and gRPC's name for it"},
                      {"outlierDetection", "Istio's name for it"},
                      {"failure_accrual", "Linkerd's and Finagle's name for it"},
                      {"max_fails", "nginx's name for `consecutive`, 1 by default"}},
    .parameters =
        {parameter::integer("consecutive", 5, {1, 4294967295.0},
                            "Failures in a row that eject an endpoint at once.",
                            "Envoy, consecutive_5xx; Istio; Linkerd 7; HAProxy 10; nginx 1"),
         interval("interval", 10s, "How often endpoints are judged and let in again.",
                  "Envoy, gRPC, Istio"),
         interval("base_ejection_time", 30s,
                  "How long an ejection lasts, times the number of ejections in a row.",
                  "Envoy, gRPC, Istio"),
         interval("max_ejection_time", 300s, "No ejection is longer, unless base_ejection_time is.",
                  "Envoy, gRPC"),
         parameter::ratio("max_ejected", 0.1, "How many of all may be ejected at once.",
                          "Envoy, gRPC and Istio, max_ejection_percent"),
         parameter::choice("limit", "after", {"after", "before", "always_one"},
                           "Whether max_ejected holds after an ejection, or only before it; or "
                           "after it, but one may always go.",
                           "Envoy since 2023: after; gRPC: before"),
         parameter::number("deviations", 1.9, {0, 1000},
                           "Success rate: standard deviations below the mean that make an outlier.",
                           "Envoy and gRPC, success_rate_stdev_factor 1900"),
         at_least("success_rate_hosts", 5,
                  "Success rate: endpoints with enough requests that it takes to judge."),
         at_least("success_rate_requests", 100,
                  "Success rate: requests in an interval that it takes to be judged."),
         parameter::ratio("failure_share", 0.85, "Failure share: that of an outlier, or more.",
                          "Envoy and gRPC, failure_percentage_threshold"),
         at_least("failure_share_hosts", 5,
                  "Failure share: endpoints with enough requests that it takes to judge."),
         at_least("failure_share_requests", 50,
                  "Failure share: requests in an interval that it takes to be judged."),
         enforced("consecutive", 1, "failures in a row", "Envoy; gRPC has no such rule: 0"),
         enforced("success_rate", 1, "its success rate", "Envoy and gRPC; Istio: 0"),
         enforced("failure_share", 0, "its failure share",
                  "Envoy; gRPC: 100% where it is configured")},
    .traits = {"health", "ejects"},
    .make = layer_of<OutlierEjection>,
}};

}  // namespace
}  // namespace steelyard
