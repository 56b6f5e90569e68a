#include "models/phase_type.h"

#include <Eigen/LU>
#include <cmath>

#include "models/distribution.h"
#include "models/quasi_birth_death.h"
#include "models/tail_quantile.h"

namespace steelyard {

std::optional<queueing::PhaseType> Distribution::phases() const { return std::nullopt; }

}  // namespace steelyard

namespace steelyard::queueing {
namespace {

using Matrix = Eigen::MatrixXd;
using Row = Eigen::RowVectorXd;

// row (-T)^-1: the expected time in each phase.
Row time_in_phases(const Row& row, const Matrix& rates) {
  const Matrix transposed = -rates.transpose();
  return Eigen::FullPivLU<Matrix>(transposed).solve(row.transpose()).transpose();
}

Matrix kronecker(const Matrix& a, const Matrix& b) {
  Matrix all(a.rows() * b.rows(), a.cols() * b.cols());
  for (Eigen::Index i = 0; i < a.rows(); ++i)
    for (Eigen::Index j = 0; j < a.cols(); ++j)
      all.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
  return all;
}

Matrix identity(Eigen::Index n) { return Matrix::Identity(n, n); }

// Changes between phases only.
Matrix without_diagonal(Matrix rates) {
  rates.diagonal().setZero();
  return rates;
}

}  // namespace

double PhaseType::moment(int order) const {
  Row row = start;
  double factorial = 1;
  for (int k = 1; k <= order; ++k) {
    row = time_in_phases(row, rates);
    factorial *= k;
  }
  return factorial * row.sum();
}

// Uniformised: in steps of the fastest phase, where nothing is negative and so nothing is lost; of
// so short a time that few steps count, then squared as often as the time was halved.
double PhaseType::tail(double t) const {
  const double fastest = -rates.diagonal().minCoeff();
  int halvings = 0;
  double steps = fastest * t;
  for (; steps > 0.5; steps /= 2) ++halvings;
  const Matrix step = steps * (identity(phases()) + rates / fastest).cwiseMax(0);
  Matrix term = identity(phases());
  Matrix sum = term;
  for (int k = 1; k < 25; ++k) {  // .5^25/25! is far below the last bit
    term = (term.lazyProduct(step) / k).eval();
    sum += term;
  }
  // e^(-steps) for all the squares at once would underflow; one factor goes with each square. Its
  // series is that of e^-steps, whose terms are below 1/2 and fall fast.
  double decay = 1;
  for (int k = 25; k > 0; --k) decay = 1 - decay * steps / k;
  sum *= decay;
  for (int k = 0; k < halvings; ++k) sum = sum.lazyProduct(sum).eval();
  return (start.lazyProduct(sum)).sum();
}

double PhaseType::quantile(double quantile) const {
  return tail_quantile([this](double t) { return tail(t); }, 1 - quantile, mean());
}

PhaseType exponential(double mean) { return erlang(1, mean); }

PhaseType erlang(std::int64_t phases, double mean) {
  return coxian(
      std::vector<double>(static_cast<std::size_t>(phases), mean / static_cast<double>(phases)),
      std::vector<double>(static_cast<std::size_t>(phases - 1), 1));
}

PhaseType hyperexponential(const std::vector<double>& probabilities,
                           const std::vector<double>& means) {
  const auto n = static_cast<Eigen::Index>(means.size());
  PhaseType made{Row(n), Matrix::Zero(n, n)};
  for (Eigen::Index i = 0; i < n; ++i) {
    made.start(i) = probabilities[static_cast<std::size_t>(i)];
    made.rates(i, i) = -1 / means[static_cast<std::size_t>(i)];
  }
  return made;
}

PhaseType coxian(const std::vector<double>& means, const std::vector<double>& continue_chances) {
  const auto n = static_cast<Eigen::Index>(means.size());
  PhaseType made{Row::Zero(n), Matrix::Zero(n, n)};
  made.start(0) = 1;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double rate = 1 / means[static_cast<std::size_t>(i)];
    made.rates(i, i) = -rate;
    if (i + 1 < n) made.rates(i, i + 1) = rate * continue_chances[static_cast<std::size_t>(i)];
  }
  return made;
}

PhaseType sum(const PhaseType& first, const PhaseType& second) {
  const Eigen::Index a = first.phases();
  const Eigen::Index b = second.phases();
  PhaseType made{Row(a + b), Matrix::Zero(a + b, a + b)};
  made.start << first.start, (1 - first.start.sum()) * second.start;
  made.rates.topLeftCorner(a, a) = first.rates;
  made.rates.topRightCorner(a, b) = first.exit_rates() * second.start;
  made.rates.bottomRightCorner(b, b) = second.rates;
  return made;
}

// The level is the number in the system, the phase that of the next gap and that of the service
// under way, which does not exist at level 0.
std::optional<PhaseQueue> ph_ph_1(const PhaseType& gap, const PhaseType& service) {
  const Matrix next_gap = gap.exit_rates() * gap.start;
  const Matrix next_service = service.exit_rates() * service.start;
  const Matrix gaps = identity(gap.phases());
  const Matrix services = identity(service.phases());
  const Matrix ends = service.exit_rates();
  const Matrix starts = service.start;
  const std::optional<LevelDistribution> found =
      solve({.up = kronecker(next_gap, services),
             .same = kronecker(without_diagonal(gap.rates), services) +
                     kronecker(gaps, without_diagonal(service.rates)),
             .down = kronecker(gaps, next_service),
             .up_from_0 = kronecker(next_gap, starts),
             .same_at_0 = without_diagonal(gap.rates),
             .down_to_0 = kronecker(gaps, ends)});
  if (!found) return std::nullopt;
  PhaseQueue queue;
  queue.utilisation = service.mean() / gap.mean();
  queue.mean_in_system = found->mean_level();
  queue.mean_response = queue.mean_in_system * gap.mean();  // Little
  queue.mean_wait = queue.mean_response - service.mean();
  return queue;
}

PhaseType m_ph_1_response(double arrival_rate, const PhaseType& service) {
  const double load = arrival_rate * service.mean();
  const Row residual = time_in_phases(service.start, service.rates) / service.mean();
  const PhaseType wait{load * residual, service.rates + service.exit_rates() * (load * residual)};
  return sum(wait, service);
}

}  // namespace steelyard::queueing
