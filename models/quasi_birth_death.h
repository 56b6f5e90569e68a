// Queues whose state is a level (how many there are) and a phase (what stage things are in), and
// whose level changes by one at a time: the stationary distribution, matrix-geometric in the level.
// [Neuts: Matrix-Geometric Solutions in Stochastic Models, 1981; Latouche, Ramaswami: A logarithmic
// reduction algorithm for quasi-birth-and-death processes, J. Appl. Prob. 1993]
//
// Portable to the last bit. O(phases^3) for each of some ten steps.
#pragma once

#include <Eigen/Core>
#include <optional>

namespace steelyard::queueing {

// Rates of changes of the phase, by what happens to the level. On the diagonals of the three `same`
// stands nothing: what leaves a state is what its rows add up to. From level 1 on, levels are
// alike; level 0 may have other phases. REQUIRES: not negative; every state reachable from every
// other.
struct QuasiBirthDeath {
  Eigen::MatrixXd up;         // level n to n + 1, n >= 1
  Eigen::MatrixXd same;       // n to n
  Eigen::MatrixXd down;       // n to n - 1, n >= 2
  Eigen::MatrixXd up_from_0;  // phases of level 0 by those of level 1
  Eigen::MatrixXd same_at_0;
  Eigen::MatrixXd down_to_0;
};

struct LevelDistribution {
  Eigen::RowVectorXd level_0;
  Eigen::RowVectorXd level_1;
  Eigen::MatrixXd ratio;  // R: level n + 1 is level n times this, n >= 1

  Eigen::RowVectorXd at(int level) const;
  // By phase: of all levels from 1 on, and the sum of level n times n.
  Eigen::RowVectorXd busy;
  Eigen::RowVectorXd weighted;
  double mean_level() const { return weighted.sum(); }
};

// Nothing if the level drifts upwards without end (or so slowly downwards that doubles cannot
// tell).
std::optional<LevelDistribution> solve(const QuasiBirthDeath& queue);

}  // namespace steelyard::queueing
