#include "models/fit_capacity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/check.h"
#include "models/queueing.h"

namespace steelyard {
namespace {

constexpr double kGolden = 0.6180339887498949;

// The least of a function of one variable that falls and then rises, and where.
template <class Function>
double least_between(double low, double high, int steps, Function function, double* where) {
  double a = high - kGolden * (high - low);
  double b = low + kGolden * (high - low);
  double at_a = function(a);
  double at_b = function(b);
  for (int step = 0; step < steps; ++step) {
    if (at_a < at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - kGolden * (high - low);
      at_a = function(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + kGolden * (high - low);
      at_b = function(b);
    }
  }
  *where = at_a < at_b ? a : b;
  return std::min(at_a, at_b);
}

class Search {
 public:
  Search(std::span<const LoadStep> steps, const DelayBelief& belief)
      : steps_(steps), belief_(belief), response_(1 / steps.front().throughput) {}

  struct Point {
    double chi2 = std::numeric_limits<double>::infinity();
    double service = 0;
    double delay = 0;
  };

  // Best service and delay for this many places.
  Point best(std::int64_t places) const {
    Point point;
    const auto with_delay = [&](double delay) {
      double service = 0;
      return best_service(places, delay, &service);
    };
    // Not unimodal over its whole range: first a coarse look.
    constexpr int kLooks = 24;
    int nearest = 0;
    for (int look = 0; look <= kLooks; ++look) {
      const double chi2 = with_delay(delay_at(look, kLooks));
      if (chi2 < point.chi2) {
        point.chi2 = chi2;
        nearest = look;
      }
    }
    point.chi2 = least_between(delay_at(std::max(0, nearest - 1), kLooks),
                               delay_at(std::min(kLooks, nearest + 1), kLooks), 24, with_delay,
                               &point.delay);
    best_service(places, point.delay, &point.service);
    return point;
  }

 private:
  // Denser towards 0, where it usually is.
  double delay_at(int look, int looks) const {
    const double share = static_cast<double>(look) / looks;
    return 1.1 * response_ * share * share;
  }

  double best_service(std::int64_t places, double delay, double* service) const {
    return least_between(
        0.02 * response_, 1.5 * response_, 30,
        [&](double candidate) { return chi2(places, candidate, delay); }, service);
  }

  double chi2(std::int64_t places, double service, double delay) const {
    const double off = delay - belief_.least;
    // Less than the network alone takes is next to impossible.
    const double scale =
        off < 0 ? std::min(belief_.doubt, 1e-5 + 0.1 * belief_.least) : belief_.doubt;
    double sum = off * off / (scale * scale);
    for (const LoadStep& step : steps_) {
      const double model = queueing::closed_throughput(step.users, delay, service, places);
      const double error = (step.throughput - model) / (step.throughput * step.relative_error);
      sum += error * error;
    }
    return sum;
  }

  std::span<const LoadStep> steps_;
  DelayBelief belief_;
  double response_;
};

std::span<const LoadStep> without_collapse(std::span<const LoadStep> steps) {
  double most = 0;
  std::size_t keep = steps.size();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].throughput < 0.9 * most) {
      keep = i;
      break;
    }
    most = std::max(most, steps[i].throughput);
  }
  return steps.first(keep);
}

double misfit(std::span<const LoadStep> steps, const CapacityFit& fit) {
  double sum = 0;
  for (const LoadStep& step : steps) {
    const double model = queueing::closed_throughput(step.users, fit.delay_seconds,
                                                     fit.service_seconds, fit.concurrency);
    sum += (model / step.throughput - 1) * (model / step.throughput - 1);
  }
  return std::sqrt(sum / static_cast<double>(steps.size()));
}

}  // namespace

CapacityFit fit_capacity(std::span<const LoadStep> all, const DelayBelief& delay) {
  STEELYARD_CHECK(!all.empty() && all.front().users == 1, "the first step has one user");
  const std::span<const LoadStep> steps = without_collapse(all);
  const double response = 1 / steps.front().throughput;
  const auto most = std::max_element(
      steps.begin(), steps.end(),
      [](const LoadStep& a, const LoadStep& b) { return a.throughput < b.throughput; });
  // Busy places are throughput times service, and service is at most the response time.
  const double places_max = most->throughput * response;
  const auto last =
      std::min<std::int64_t>(steps.back().users, static_cast<std::int64_t>(1.25 * places_max) + 2);
  const Search search(steps, delay);
  std::vector<Search::Point> points;
  std::size_t best = 0;
  for (std::int64_t places = 1; places <= last; ++places) {
    points.push_back(search.best(places));
    if (points.back().chi2 < points[best].chi2) best = points.size() - 1;
  }
  CapacityFit fit{.concurrency = static_cast<std::int64_t>(best) + 1,
                  .service_seconds = points[best].service,
                  .delay_seconds = points[best].delay};
  constexpr double kChi2 = 3.84;  // 95% of one degree of freedom
  fit.concurrency_low = fit.concurrency_high = fit.concurrency;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].chi2 > points[best].chi2 + kChi2) continue;
    const auto places = static_cast<std::int64_t>(i) + 1;
    fit.concurrency_low = std::min(fit.concurrency_low, places);
    fit.concurrency_high = std::max(fit.concurrency_high, places);
  }
  // As many places as users would explain a straight line, too.
  fit.saturated = fit.concurrency_high < steps.back().users || all.size() > steps.size();
  fit.misfit = misfit(steps, fit);
  return fit;
}

}  // namespace steelyard
