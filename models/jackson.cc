#include "models/jackson.h"

#include <Eigen/LU>
#include <utility>

namespace steelyard::queueing {

// For P >= 0 the series I + P + P^2 + … converges exactly if I - P has an inverse without negative
// entries [Berman, Plemmons: Nonnegative Matrices, chapter 6, N38]. The factorisation with full
// pivoting is Eigen's only one whose order of additions does not depend on the size of a cache.
std::optional<Eigen::MatrixXd> visit_ratios(const Eigen::MatrixXd& routing) {
  const Eigen::Index n = routing.rows();
  const Eigen::FullPivLU<Eigen::MatrixXd> lu(Eigen::MatrixXd::Identity(n, n) - routing);
  if (!lu.isInvertible()) return std::nullopt;
  Eigen::MatrixXd visits = lu.inverse();
  if (!visits.allFinite() || visits.minCoeff() < -1e-9 * visits.maxCoeff()) return std::nullopt;
  return visits.cwiseMax(0);
}

std::optional<JacksonSolution> solve_jackson(std::vector<JacksonStation> stations,
                                             const Eigen::MatrixXd& routing) {
  std::optional<Eigen::MatrixXd> visits = visit_ratios(routing);
  if (!visits) return std::nullopt;
  Eigen::VectorXd external(routing.rows());
  for (std::size_t i = 0; i < stations.size(); ++i)
    external(static_cast<Eigen::Index>(i)) = stations[i].external_rate;
  JacksonSolution solution;
  solution.rates = visits->transpose() * external;
  solution.visits = std::move(*visits);
  for (std::size_t i = 0; i < stations.size(); ++i)
    solution.queues.push_back({.arrival_rate = solution.rates(static_cast<Eigen::Index>(i)) /
                                               static_cast<double>(stations[i].instances),
                               .mean_service = stations[i].mean_service,
                               .servers = stations[i].servers});
  solution.stations = std::move(stations);
  return solution;
}

std::vector<std::size_t> JacksonSolution::overloaded() const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < queues.size(); ++i)
    if (queues[i].utilisation() >= 1) found.push_back(i);
  return found;
}

double JacksonSolution::mean_at(std::size_t station) const {
  const double rate = rates(static_cast<Eigen::Index>(station));
  return rate > 0 ? rate * queues[station].mean_response() : 0;  // Little
}

double JacksonSolution::mean_in_system() const {
  double sum = 0;
  for (std::size_t i = 0; i < queues.size(); ++i) sum += mean_at(i);
  return sum;
}

double JacksonSolution::mean_response_from(std::size_t station) const {
  double sum = 0;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    const double visited = visits(static_cast<Eigen::Index>(station), static_cast<Eigen::Index>(i));
    if (visited > 0) sum += visited * queues[i].mean_response();
  }
  return sum;
}

double JacksonSolution::mean_response() const {
  double external = 0;
  for (const JacksonStation& station : stations) external += station.external_rate;
  return mean_in_system() / external;  // Little
}

}  // namespace steelyard::queueing
