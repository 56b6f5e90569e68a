// Against what is exact: M/M/c, M/PH/1, and constant service by Erlang and Crommelin.
#include "models/general_service.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "models/phase_type.h"
#include "models/queueing.h"
#include "models/tail_quantile.h"
#include "tests/models/models.h"

namespace steelyard::queueing {
namespace {

using namespace testing_models;  // NOLINT

std::unique_ptr<Distribution> service(const char* name, Given given) {
  return make<Distribution>(name, std::move(given));
}
std::unique_ptr<Distribution> exponential_service() {
  return service("exponential", {{"mean", time(1s)}});
}

// The truth lies between, and the bounds are near each other.
void expect_holds(const Bounds& bounds, double truth, double apart) {
  EXPECT_LE(bounds.low, truth * (1 + 1e-6) + 1e-7);
  EXPECT_GE(bounds.high, truth * (1 - 1e-6) - 1e-7);
  EXPECT_LE(bounds.high - bounds.low, apart * truth + 5e-6);
}

constexpr double kQuantiles[] = {0.01, 0.5, 0.9, 0.99, 0.999};

// ---- One server: exact --------------------------------------------------------------------------

TEST(MG1, OfExponentialServiceIsMM1) {
  const auto exponential = exponential_service();
  for (const double load : {0.05, 0.5, 0.8, 0.95}) {
    const MGc queue{load, exponential.get(), 1};
    for (const double t : {0.1, 1.0, 5.0, 20.0})
      expect_holds(queue.response_tail(t), std::exp(-(1 - load) * t), 0.02);
    for (const double t : {0.1, 1.0, 5.0, 20.0})
      expect_holds(queue.wait_tail(t), load * std::exp(-(1 - load) * t), 0.02);
    for (const double q : kQuantiles)
      expect_holds(queue.response_quantile(q), mm1_response_quantile(load, 1, q), 0.012);
  }
}

// The bounds of what is known exactly say how far the middle may be off; how far it is, is much
// less, since what rounding up adds is what rounding down takes away.
TEST(MG1, IsMuchNearerInTheMiddleOfItsBounds) {
  const auto exponential = exponential_service();
  for (const double load : {0.3, 0.7, 0.9, 0.97, 0.99})
    for (const double q : {0.5, 0.9, 0.99}) {
      const Bounds bounds = MGc{load, exponential.get(), 1}.response_quantile(q);
      EXPECT_NEAR((bounds.low + bounds.high) / 2, mm1_response_quantile(load, 1, q),
                  1e-3 * bounds.high)
          << load << " " << q;
    }
}

TEST(MG1, OfPhaseTypeServiceIsMPH1) {
  const auto expect_phases = [](const Distribution& distribution, double load) {
    const PhaseType response = m_ph_1_response(load, *distribution.phases());
    const MGc queue{load, &distribution, 1};
    for (const double t : {0.2, 1.0, 7.0, 30.0})
      expect_holds(queue.response_tail(t), response.tail(t), 0.02);
    for (const double q : kQuantiles)
      expect_holds(queue.response_quantile(q), response.quantile(q), 0.012);
  };
  for (const double load : {0.3, 0.8, 0.95}) {
    expect_phases(*service("hyperexponential", {{"mean", time(1s)}, {"scv", number(4)}}), load);
    expect_phases(*service("hyperexponential", {{"mean", time(1s)}, {"scv", number(40)}}), load);
    expect_phases(*service("gamma", {{"mean", time(1s)}, {"shape", number(4)}}), load);
  }
}

// P(W <= t) = (1 - r) sum over j up to t of e^(r (t - j)) (-r (t - j))^j / j! for service times of
// 1 and a load r. [Erlang 1909]
double erlang_wait_tail(double load, double t) {
  double sum = 0;
  double factorial = 1;
  for (int j = 0; j <= t; ++j) {
    if (j > 0) factorial *= j;
    sum += std::exp(load * (t - j)) * std::pow(-load * (t - j), j) / factorial;
  }
  return 1 - (1 - load) * sum;
}

TEST(MG1, OfConstantServiceIsErlangs) {
  const auto constant = service("constant", {{"value", time(1s)}});
  for (const double load : {0.2, 0.5, 0.8}) {
    const MGc queue{load, constant.get(), 1};
    for (const double t : {0.3, 1.0, 2.7, 6.0, 9.5}) {
      expect_holds(queue.wait_tail(t), erlang_wait_tail(load, t), 0.03);
      expect_holds(queue.response_tail(t + 1), erlang_wait_tail(load, t), 0.05);
    }
    EXPECT_NEAR(queue.response_tail(0.999).low, 1, 1e-12);
  }
  // At a load of .2 only a fifth waits at all.
  expect_holds(MGc{0.2, constant.get(), 1}.response_quantile(0.5), 1, 1e-3);
}

// What a fiftieth more and less of those beyond, or before, moves the quantile of an exponential;
// somebody who waits a little besides moves less.
double jump_of(double quantile) {
  const double more = 0.02 * std::min(quantile, 1 - quantile);
  const auto quantile_of = [](double q) { return -std::log1p(-q); };
  return (quantile_of(quantile + more) - quantile_of(quantile - more)) / quantile_of(quantile);
}

// ---- Several servers ----------------------------------------------------------------------------

TEST(MGcQueue, OfExponentialServiceIsMMc) {
  const auto exponential = exponential_service();
  for (const std::int64_t servers : {2, 8, 100, 5000})
    for (const double load : {0.5, 0.9, 0.95, 0.99}) {
      const double apart = load > 0.95 ? 0.06 : 0.02;
      const double rate = load * static_cast<double>(servers);
      const MGc queue{rate, exponential.get(), servers};
      const MMc exact{rate, 1, servers};
      for (const double t : {0.05, 1.0, 4.0})
        expect_holds(queue.response_tail(t), exact.response_tail(t), apart);
      for (const double q : kQuantiles)
        expect_holds(queue.response_quantile(q), exact.response_quantile(q), apart + jump_of(q));
    }
}

// P(W > t) for c servers, service times of 1 and a rate r: with Q(j) the chance that at most j
// wait, 1 - e^(-r (k - t)) sum over j < k c of Q(k c - j - 1) (r (k - t))^j / j!, k - 1 <= t < k.
// What is there a service time later is what waits now and what arrives meanwhile: the chances of n
// there are found by letting that time pass until nothing changes. [Crommelin 1932; Franx: A simple
// solution for the M/D/c waiting time distribution, Operations Research Letters 29, 2001]
class ConstantService {
 public:
  ConstantService(std::int64_t servers, double rate) : c_(servers), rate_(rate) {
    std::vector<double> arrivals(kStates);
    arrivals[0] = std::exp(-rate);
    for (std::size_t n = 1; n < kStates; ++n)
      arrivals[n] = arrivals[n - 1] * rate / static_cast<double>(n);
    waiting_.assign(kStates, 0);
    waiting_[0] = 1;
    for (int time = 0; time < 2000; ++time) {
      std::vector<double> there(kStates, 0);
      for (std::size_t i = 0; i < kStates; ++i)
        for (std::size_t n = 0; i + n < kStates; ++n) there[i + n] += waiting_[i] * arrivals[n];
      std::fill(waiting_.begin(), waiting_.end(), 0);
      for (std::size_t n = 0; n < kStates; ++n)
        waiting_[n > static_cast<std::size_t>(c_) ? n - static_cast<std::size_t>(c_) : 0] +=
            there[n];
    }
  }
  double wait_tail(double t) const {
    const double left = std::floor(t) + 1 - t;
    const auto last = static_cast<int>((std::floor(t) + 1) * static_cast<double>(c_)) - 1;
    double sum = 0;
    double term = std::exp(-rate_ * left);
    for (int j = 0; j <= last; ++j) {
      sum += term * std::accumulate(waiting_.begin(), waiting_.begin() + last - j + 1, 0.0);
      term *= rate_ * left / (j + 1);
    }
    return 1 - sum;
  }

 private:
  static constexpr std::size_t kStates = 150;
  std::int64_t c_;
  double rate_;
  std::vector<double> waiting_;  // chance that so many wait
};

TEST(MGcQueue, OfConstantServiceIsCrommelinsWithinItsTolerance) {
  // One server is Erlang's, whose formula is another one.
  EXPECT_NEAR(ConstantService(1, 0.7).wait_tail(2.3), erlang_wait_tail(0.7, 2.3), 1e-9);
  const auto constant = service("constant", {{"value", time(1s)}});
  for (const std::int64_t servers : {2, 8, 20})
    for (const double load : {0.5, 0.8}) {
      const double rate = load * static_cast<double>(servers);
      const ConstantService exact(servers, rate);
      const MGc queue{rate, constant.get(), servers};
      EXPECT_NEAR(queue.wait_tail(0).low, exact.wait_tail(0), 0.1 * exact.wait_tail(0));
      for (const double q : {0.5, 0.9, 0.99}) {
        const double wait = tail_quantile([&](double t) { return exact.wait_tail(t); }, 1 - q, 1);
        const Bounds response = queue.response_quantile(q);
        EXPECT_LE(response.low, (1 + wait) * (1 + queue.tolerance())) << servers << " " << load;
        EXPECT_GE(response.high, (1 + wait) * (1 - queue.tolerance())) << servers << " " << load;
      }
    }
}

// 300,000 requests to servers that are free at `free`: each takes the one that is so first.
// [Kiefer, Wolfowitz 1955]
std::vector<double> simulated_responses(const MGc& queue) {
  RandomStream gaps = RandomStream(31).stream("gaps");
  RandomStream services = RandomStream(31).stream("services");
  std::vector<double> free(static_cast<std::size_t>(queue.servers), 0);
  std::vector<double> responses;
  double now = 0;
  for (int i = 0; i < 330'000; ++i) {
    now -= std::log(gaps.uniform_positive()) / queue.arrival_rate;
    std::pop_heap(free.begin(), free.end(), std::greater<>());
    free.back() = std::max(now, free.back()) + queue.service->sample(services);
    if (i >= 30'000) responses.push_back(free.back() - now);
    std::push_heap(free.begin(), free.end(), std::greater<>());
  }
  std::sort(responses.begin(), responses.end());
  return responses;
}

// Nothing is expected to be nearer than the tolerance says, nor than 3% of chance: a response's
// standard error is some 2 / ((1 - .8) sqrt(300,000)) = 1.8% of the mean at a load of .8.
TEST(MGcQueue, IsAsNearToASimulationAsItsToleranceSays) {
  const std::pair<const char*, Given> services[] = {
      {"constant", {{"value", time(1s)}}},
      {"uniform", {{"min", time(0s)}, {"max", time(2s)}}},
      {"gamma", {{"mean", time(1s)}, {"shape", number(0.5)}}},
      {"lognormal", {{"mean", time(1s)}, {"sigma", number(0.85)}}},
      {"lognormal", {{"mean", time(1s)}, {"sigma", number(1.25)}}},
      {"weibull", {{"mean", time(1s)}, {"shape", number(0.6)}}},
      {"hyperexponential", {{"mean", time(1s)}, {"scv", number(4)}}},
      {"bimodal", {{"fast", time(1s)}, {"slow", time(10s)}}}};
  for (const auto& [name, given] : services)
    for (const std::int64_t servers : {2, 8, 32})
      for (const double load : {0.5, 0.8}) {
        SCOPED_TRACE(fmt::format("{} {} {}", name, servers, load));
        const auto distribution = service(name, given);
        const double mean = distribution->mean_seconds();
        const MGc queue{load * static_cast<double>(servers) / mean, distribution.get(), servers};
        const std::vector<double> responses = simulated_responses(queue);
        const double off = 0.03 + queue.tolerance();
        const double sum = std::accumulate(responses.begin(), responses.end(), 0.0);
        const double expected = mean + mgc_mean_wait(queue.arrival_rate, mean,
                                                     distribution->variance_seconds2(), servers);
        EXPECT_NEAR(sum / 300'000, expected, off * expected);
        for (const double q : {0.5, 0.9, 0.99}) {
          const Bounds bounds = queue.response_quantile(q);
          const double measured = responses[static_cast<std::size_t>(q * 300'000)];
          EXPECT_GE(measured, bounds.low * (1 - off)) << q;
          EXPECT_LE(measured, bounds.high * (1 + off)) << q;
        }
      }
}

// The mean is the integral of the tail, and by Lee and Longton.
TEST(MGcQueue, HasTheMeanOfLeeAndLongton) {
  const auto lognormal = service("lognormal", {{"mean", time(1s)}, {"sigma", number(0.8)}});
  const double variance = lognormal->variance_seconds2();
  for (const std::int64_t servers : {4, 32}) {
    const double rate = 0.8 * static_cast<double>(servers);
    const MGc queue{rate, lognormal.get(), servers};
    constexpr double kStep = 0.2;  // Simpson
    constexpr int kSteps = 200;
    double sum = 0;
    for (int i = 0; i <= kSteps; ++i) {
      const Bounds tail = queue.response_tail(i * kStep);
      sum += (tail.low + tail.high) / 2 *
             (i == 0 || i == kSteps ? 1
              : i % 2 == 1          ? 4
                                    : 2) *
             kStep / 3;
    }
    EXPECT_NEAR(sum, 1 + mgc_mean_wait(rate, 1, variance, servers), 2e-3 * sum) << servers;
  }
}

// ---- What it costs and where it ends ------------------------------------------------------------

TEST(MGcQueue, HasNoSteadyStateAtFullLoad) {
  const auto exponential = exponential_service();
  const MGc queue{4, exponential.get(), 4};
  EXPECT_TRUE(std::isinf(queue.response_quantile(0.5).low));
  EXPECT_EQ(queue.response_tail(1e9).low, 1);
  EXPECT_FALSE(queue.response_exceeds_at_most(0.01, 1e9));
}

// Pareto of shape 1.5: an infinite mean wait, but half of all are through soon; and one in a
// hundred waits for what is left of a giant: P(residual > t) = (1/3) / sqrt(t / 3) (a minimum of
// 1/3), so P(W > t) is about r/(1 - r) times that for large t, 1e-2 at 3 (1 / 3e-2)^2 = 3,333.
TEST(MG1, OfInfiniteVarianceHasPercentiles) {
  const auto pareto = service("pareto", {{"mean", time(1s)}, {"shape", number(1.5)}});
  const Bounds median = MGc{0.5, pareto.get(), 1}.response_quantile(0.5);
  EXPECT_GT(median.low, 0.5);
  EXPECT_LT(median.high, 5);
  const Bounds late = MGc{0.5, pareto.get(), 1}.response_quantile(0.99);
  EXPECT_NEAR(late.low, late.high, 0.01 * late.high);
  EXPECT_GT(late.low, 1000);
  EXPECT_LT(late.high, 10'000);
  // Beyond anything that is a time, and no mean at all.
  const auto heavier = service("pareto", {{"mean", time(1s)}, {"shape", number(1.05)}});
  EXPECT_TRUE(std::isinf(MGc{0.9, heavier.get(), 1}.response_quantile(0.999).high));
  const auto heaviest = service("pareto", {{"minimum", time(1s)}, {"shape", number(0.9)}});
  EXPECT_TRUE(std::isinf(MGc{0.1, heaviest.get(), 1}.response_quantile(0.5).low));
}

// No third moment from a shape of 3 down.
TEST(MGcQueue, SaysWhatItDoesNotKnow) {
  const auto tolerance = [](double shape, std::int64_t servers) {
    const auto pareto = service("pareto", {{"mean", time(1s)}, {"shape", number(shape)}});
    return MGc{0.7 * static_cast<double>(servers), pareto.get(), servers}.tolerance();
  };
  EXPECT_EQ(tolerance(2.5, 1), 0);
  EXPECT_TRUE(std::isinf(tolerance(2.5, 2)));
  EXPECT_TRUE(std::isinf(tolerance(3, 2)));
  EXPECT_LT(tolerance(3.1, 2), 0.25);
  EXPECT_LT(tolerance(3.1, 100), 0.01);  // hardly anybody waits
}

TEST(MGcQueue, ExceedsAsMuchAsItsQuantilesSay) {
  for (const auto& [name, given] : std::initializer_list<std::pair<const char*, Given>>{
           {"lognormal", {{"mean", time(1s)}, {"sigma", number(1)}}},
           {"constant", {{"value", time(1s)}}},
           {"bimodal", {{"fast", time(0s)}, {"slow", time(10s)}}}}) {
    const auto distribution = service(name, given);
    for (const std::int64_t servers : {1, 20}) {
      const MGc queue{0.8 * static_cast<double>(servers), distribution.get(), servers};
      const Bounds p99 = queue.response_quantile(0.99);
      EXPECT_TRUE(queue.response_exceeds_at_most(0.01, p99.high * 1.001)) << name << servers;
      EXPECT_FALSE(queue.response_exceeds_at_most(0.01, p99.low * 0.999)) << name << servers;
    }
  }
}

// Nine in ten take no time, and with hardly anybody there hardly anybody waits.
TEST(MGcQueue, MayAnswerAtOnce) {
  const auto bimodal = service("bimodal", {{"fast", time(0s)}, {"slow", time(10s)}});
  EXPECT_EQ((MGc{1e-3, bimodal.get(), 1}.response_quantile(0.5).high), 0);
  expect_holds(MGc{1e-3, bimodal.get(), 1}.response_quantile(0.95), 10, 1e-3);
}

}  // namespace
}  // namespace steelyard::queueing
