#include "models/shortest_queue.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <map>
#include <vector>

#include "models/quasi_birth_death.h"
#include "models/queueing.h"

namespace steelyard::queueing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// By how much each queue is longer than the shortest, in ascending order: the first is 0. The level
// is the length of the shortest.
using Ahead = std::vector<int>;

enum class AtThreshold { help_out, repeat };  // what a service that would open too wide a gap does

// The states with queues at most `threshold` apart, and where each event leads.
class QueuesNearEachOther {
 public:
  QueuesNearEachOther(std::int64_t servers, int threshold) : threshold_(threshold) {
    Ahead ahead(static_cast<std::size_t>(servers), 0);
    number(ahead, 1);
  }
  Eigen::Index size() const { return static_cast<Eigen::Index>(states_.size()); }

  QuasiBirthDeath chain(double load, AtThreshold rule) const {
    const auto zero = Eigen::MatrixXd::Zero(size(), size());
    QuasiBirthDeath chain{zero, zero, zero, zero, zero, zero};
    for (const auto& [ahead, state] : states_) {
      add_arrival(load, ahead, state, chain);
      for (std::size_t server = 0; server < ahead.size(); ++server)
        add_service(ahead, server, state, rule, chain);
    }
    return chain;
  }

  // Requests beyond level * servers in each state.
  Eigen::VectorXd beyond() const {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(size());
    for (const auto& [ahead, state] : states_)
      for (const int each : ahead) sums(state) += each;
    return sums;
  }

 private:
  void number(Ahead& ahead, std::size_t from) {
    if (from == ahead.size()) {
      states_.emplace(ahead, static_cast<Eigen::Index>(states_.size()));
      return;
    }
    for (int apart = ahead[from - 1]; apart <= threshold_; ++apart) {
      ahead[from] = apart;
      number(ahead, from + 1);
    }
  }

  Eigen::Index number_of(Ahead ahead) const {
    std::sort(ahead.begin(), ahead.end());
    return states_.at(ahead);
  }

  void add_arrival(double load, Ahead ahead, Eigen::Index state, QuasiBirthDeath& chain) const {
    const double rate = load * static_cast<double>(ahead.size());
    const bool rises = ahead.size() == 1 || ahead[1] > 0;  // the only shortest grows
    if (rises)
      for (std::size_t other = 1; other < ahead.size(); ++other) --ahead[other];
    else
      ++ahead[0];
    const Eigen::Index to = number_of(std::move(ahead));
    (rises ? chain.up : chain.same)(state, to) += rate;
    (rises ? chain.up_from_0 : chain.same_at_0)(state, to) += rate;
  }

  void add_service(Ahead ahead, std::size_t server, Eigen::Index state, AtThreshold rule,
                   QuasiBirthDeath& chain) const {
    const auto stays_on_level = [&] {
      const Eigen::Index to = number_of(ahead);
      chain.same(state, to) += 1;
      return to;
    };
    if (ahead[server] > 0) {
      --ahead[server];
      chain.same_at_0(state, stays_on_level()) += 1;
    } else if (ahead.back() < threshold_) {  // at level 0 it is idle
      for (int& each : ahead) ++each;
      ahead[server] = 0;
      chain.down(state, number_of(ahead)) += 1;
    } else if (rule == AtThreshold::help_out) {
      --ahead.back();
      stays_on_level();
    }
  }

  int threshold_;
  std::map<Ahead, Eigen::Index> states_;
};

double mean_response(const QueuesNearEachOther& queues, double load, std::int64_t servers,
                     AtThreshold rule) {
  QuasiBirthDeath chain = queues.chain(load, rule);
  chain.down_to_0 = chain.down;
  const auto found = solve(chain);
  if (!found) return kInfinity;
  const Eigen::VectorXd beyond = queues.beyond();
  const double in_system =
      static_cast<double>(servers) * found->mean_level() + (found->level_0 + found->busy) * beyond;
  return in_system / (load * static_cast<double>(servers));  // Little
}

constexpr std::int64_t kGroupMax = 10;
// How far apart queues may be, by the number of servers: as far as some hundred states allow.
// Queues of many servers are hardly ever further apart.
constexpr std::array<int, kGroupMax + 1> kThreshold{0, 0, 40, 13, 7, 5, 4, 3, 3, 3, 3};

}  // namespace

Bounds shortest_queue_mean_response(double load, std::int64_t servers) {
  if (load >= 1) return {kInfinity, kInfinity};
  if (load <= 0) return {1, 1};
  if (servers == 1) return {1 / (1 - load), 1 / (1 - load)};
  const MMc one_queue{
      .arrival_rate = load * static_cast<double>(servers), .mean_service = 1, .servers = servers};
  if (servers <= kGroupMax) {
    const QueuesNearEachOther queues(servers, kThreshold[static_cast<std::size_t>(servers)]);
    const double low = mean_response(queues, load, servers, AtThreshold::help_out);
    const double high = mean_response(queues, load, servers, AtThreshold::repeat);
    return {std::max(low, one_queue.mean_response()), std::min(high, 1 / (1 - load))};
  }
  // Groups as large as possible; where they are not all of one size, arrivals go to each by its
  // size, so that every group has the same load.
  const std::int64_t groups = (servers + kGroupMax - 1) / kGroupMax;
  const std::int64_t small = servers / groups;
  const std::int64_t large_groups = servers % groups;
  double high = shortest_queue_mean_response(load, small).high *
                static_cast<double>((groups - large_groups) * small);
  if (large_groups > 0)
    high += shortest_queue_mean_response(load, small + 1).high *
            static_cast<double>(large_groups * (small + 1));
  return {one_queue.mean_response(), high / static_cast<double>(servers)};
}

}  // namespace steelyard::queueing
