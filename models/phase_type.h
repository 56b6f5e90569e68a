// Times that are made of exponential phases, and queues with such times: exact where M/M/1 is too
// simple and M/G/1 knows only the mean.
//
// [Neuts: Matrix-Geometric Solutions in Stochastic Models, 1981; Latouche, Ramaswami: Introduction
// to Matrix Analytic Methods in Stochastic Modeling, 1999] Portable to the last bit.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

namespace steelyard::queueing {

// The time until a Markov chain that begins in a random phase is absorbed.
struct PhaseType {
  Eigen::RowVectorXd start;  // chance to begin in each phase; adds up to 1, or less: then the time
                             // is 0 with what is missing
  Eigen::MatrixXd rates;     // T: of changes between phases; the diagonal holds minus the rate at
                             // which a phase is left, whereto ever

  Eigen::Index phases() const { return start.size(); }
  Eigen::VectorXd exit_rates() const { return -rates.rowwise().sum(); }
  double moment(int order) const;  // E[X^order]
  double mean() const { return moment(1); }
  double variance() const { return moment(2) - mean() * mean(); }
  // P(X > t) and its inverse. REQUIRES: t >= 0; 0 <= quantile < 1.
  double tail(double t) const;
  double quantile(double quantile) const;
};

PhaseType exponential(double mean);
// The sum of `phases` exponentials alike. Variance mean^2/phases.
PhaseType erlang(std::int64_t phases, double mean);
// One of several exponentials. REQUIRES: as many of one as of the other, probabilities add up to 1.
PhaseType hyperexponential(const std::vector<double>& probabilities,
                           const std::vector<double>& means);
// One exponential after the other; after each but the last, the next comes with this chance.
// [Cox 1955] REQUIRES: one chance fewer than means.
PhaseType coxian(const std::vector<double>& means, const std::vector<double>& continue_chances);
// Both, one after the other.
PhaseType sum(const PhaseType& first, const PhaseType& second);

struct PhaseQueue {
  double utilisation = 0;
  double mean_in_system = 0;
  double mean_response = 0;
  double mean_wait = 0;
};

// One server, first come first served; gaps between arrivals and service times independent, both of
// phase type. Nothing if there is no steady state. Matrices have a row for each pair of phases.
std::optional<PhaseQueue> ph_ph_1(const PhaseType& gap, const PhaseType& service);

// Poisson arrivals: the response time itself, which is of phase type again: as many residual
// service times as a geometric number says, and the own one. [Neuts, section 2.5 to 2.6] REQUIRES:
// arrival_rate * service.mean() < 1.
PhaseType m_ph_1_response(double arrival_rate, const PhaseType& service);

}  // namespace steelyard::queueing
