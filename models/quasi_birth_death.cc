#include "models/quasi_birth_death.h"

#include <cmath>

#include "models/markov_chain.h"

namespace steelyard::queueing {
namespace {

using Matrix = Eigen::MatrixXd;

// Eigen's order of additions in large products and factorisations depends on the sizes of the
// processor's caches; these go column by column, always.
Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c = Matrix::Zero(a.rows(), b.cols());
  for (Eigen::Index j = 0; j < b.cols(); ++j)
    for (Eigen::Index k = 0; k < a.cols(); ++k)
      if (b(k, j) != 0) c.col(j) += b(k, j) * a.col(k);
  return c;
}

// x of a x = b, by elimination. What is solved here has what leaves a state on the diagonal and
// what goes elsewhere, negative, beside it: the diagonal dominates, and nobody need look for
// pivots.
Matrix solved(Matrix a, Matrix b) {
  const Eigen::Index n = a.rows();
  for (Eigen::Index k = 0; k < n; ++k) {
    const Eigen::Index below = n - k - 1;
    a.col(k).tail(below) /= a(k, k);
    for (Eigen::Index j = k + 1; j < n; ++j)
      if (a(k, j) != 0) a.col(j).tail(below) -= a(k, j) * a.col(k).tail(below);
    for (Eigen::Index j = 0; j < b.cols(); ++j)
      if (b(k, j) != 0) b.col(j).tail(below) -= b(k, j) * a.col(k).tail(below);
  }
  for (Eigen::Index k = n - 1; k >= 0; --k)
    for (Eigen::Index j = 0; j < b.cols(); ++j) {
      b(k, j) /= a(k, k);
      b.col(j).head(k) -= b(k, j) * a.col(k).head(k);
    }
  return b;
}

// G: the phase in which the level one below is first reached. Each step looks twice as many levels
// far up as the one before.
std::optional<Matrix> first_passage_down(const Matrix& up, const Matrix& local,
                                         const Matrix& down) {
  const Matrix identity = Matrix::Identity(up.rows(), up.cols());
  Matrix rises = solved(-local, up);
  Matrix falls = solved(-local, down);
  Matrix passage = falls;
  Matrix not_yet = rises;
  for (int step = 0; step < 64; ++step) {
    const Matrix back = identity - (product(rises, falls) + product(falls, rises));
    const Matrix rises_twice = product(rises, rises);
    const Matrix falls_twice = product(falls, falls);
    rises = solved(back, rises_twice);
    falls = solved(back, falls_twice);
    const Matrix more = product(not_yet, falls);
    passage += more;
    not_yet = product(not_yet, rises);
    if (!passage.allFinite()) return std::nullopt;
    if (more.cwiseAbs().rowwise().sum().maxCoeff() < 1e-16) break;
  }
  const double missing = (1 - passage.rowwise().sum().array()).abs().maxCoeff();
  if (!(missing < 1e-8)) return std::nullopt;  // it may never come down
  const Eigen::VectorXd sums = passage.rowwise().sum();
  for (Eigen::Index i = 0; i < passage.rows(); ++i) passage.row(i) /= sums(i);
  return passage;
}

}  // namespace

std::optional<LevelDistribution> solve(const QuasiBirthDeath& queue) {
  const Eigen::Index phases = queue.up.rows();
  const Eigen::Index at_0 = queue.same_at_0.rows();
  Matrix local = queue.same;
  local.diagonal() = -(queue.up.rowwise().sum() + queue.down.rowwise().sum() +
                       queue.same.rowwise().sum() - queue.same.diagonal());
  const std::optional<Matrix> passage = first_passage_down(queue.up, local, queue.down);
  if (!passage) return std::nullopt;
  // R = up (-(local + up G))^-1, by its transpose.
  const Matrix taboo = -(local + product(queue.up, *passage));
  const Matrix transposed = taboo.transpose();
  const Matrix up_transposed = queue.up.transpose();
  LevelDistribution found;
  found.ratio = solved(transposed, up_transposed).transpose().cwiseMax(0);

  // Seen only while the level is 0 or 1, it is a chain of finitely many states: who leaves level 1
  // upwards comes back to it in the phase that G says.
  Matrix seen = Matrix::Zero(at_0 + phases, at_0 + phases);
  seen.topLeftCorner(at_0, at_0) = queue.same_at_0;
  seen.topRightCorner(at_0, phases) = queue.up_from_0;
  seen.bottomLeftCorner(phases, at_0) = queue.down_to_0;
  seen.bottomRightCorner(phases, phases) = queue.same + product(queue.up, *passage).cwiseMax(0);
  const Eigen::VectorXd shares = stationary(seen);

  // Sums over all levels: v (I - R)^-1 and v (I - R)^-2.
  const Matrix left = (Matrix::Identity(phases, phases) - found.ratio).transpose();
  const Eigen::VectorXd first = shares.tail(phases);
  const Eigen::VectorXd busy = solved(left, first);
  const Eigen::VectorXd weighted = solved(left, busy);
  const double total = shares.head(at_0).sum() + busy.sum();
  if (!(total > 0) || !std::isfinite(total) || busy.minCoeff() < -1e-9 * total) return std::nullopt;
  found.level_0 = shares.head(at_0).transpose() / total;
  found.level_1 = first.transpose() / total;
  found.busy = busy.transpose() / total;
  found.weighted = weighted.transpose() / total;
  return found;
}

Eigen::RowVectorXd LevelDistribution::at(int level) const {
  if (level == 0) return level_0;
  Eigen::RowVectorXd shares = level_1;
  for (int n = 1; n < level; ++n) shares = shares * ratio;
  return shares;
}

}  // namespace steelyard::queueing
