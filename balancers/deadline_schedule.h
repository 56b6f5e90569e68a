// Earliest deadline first: a schedule in which an endpoint of weight w is due every 1/w. After each
// turn its next deadline is one period later, so that turns are in proportion to weights; among
// equal deadlines the one entered first is first. This is Envoy's and gRPC's weighted rotation.
//
// Deadlines are fractions, turns / weight, compared by cross multiplication: no rounding decides
// who is first, and precision does not wear off as time goes on, which a floating point clock's
// does. Turns are counted in 2^-16, for turns that take a fraction of a period.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/weights.h"
#include "core/random.h"
#include "core/uint128.h"

namespace steelyard {

class DeadlineSchedule {
 public:
  static constexpr std::uint64_t kTurn = std::uint64_t{1} << 16;
  // The longest that one turn may be put off for.
  static constexpr std::uint64_t kTurnsMax = std::uint64_t{1} << 56;

  // Endpoints that stay keep their deadline; if their weight changed, what was left of their period
  // in proportion. A newcomer's first deadline is one period away, or, with `random_start`,
  // anywhere in that period. An endpoint of weight zero has no turns while another has a weight.
  void update(std::span<const Endpoint> endpoints, bool random_start, RandomStream& random) {
    start_again_at_zero();
    std::vector<std::size_t> entry_at(weights_.each.size(), KnownEndpoints::kNew);
    for (std::size_t e = 0; e < heap_.size(); ++e) entry_at[heap_[e].position] = e;
    const std::vector<std::size_t> before = known_.update(endpoints);
    weights_ = weights_of(endpoints);

    std::vector<bool> is_new(endpoints.size());
    std::vector<Entry> entries;
    entries.reserve(endpoints.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      is_new[i] = before[i] == KnownEndpoints::kNew || is_new_[before[i]];
      Entry entry{.weight = weights_.each[i], .position = static_cast<std::uint32_t>(i)};
      if (entry.weight == 0) continue;
      const std::size_t old = before[i] == KnownEndpoints::kNew ? before[i] : entry_at[before[i]];
      if (old != KnownEndpoints::kNew && heap_[old].weight == entry.weight) {
        entry.turns = heap_[old].turns;
        entry.entered = heap_[old].entered;
      } else {
        const std::uint64_t left = old != KnownEndpoints::kNew ? left_of(heap_[old])
                                   : random_start              ? random.below(kTurn) + 1
                                                               : kTurn;
        entry.turns = turns_until_now(entry.weight) + left;
        entry.entered = entries_ever_++;
      }
      entries.push_back(entry);
    }
    heap_ = std::move(entries);
    is_new_ = std::move(is_new);
    has_new_ = true;
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  // For turns that depend on more than weights: who came since this was called last is first due
  // after turns_of(position), as in put_off_earliest(). O(n) after an update, else O(1).
  template <class TurnsOf>
  void put_off_newcomers(const TurnsOf& turns_of) {
    if (!has_new_) return;
    for (Entry& entry : heap_)
      if (is_new_[entry.position])
        entry.turns = turns_until_now(entry.weight) + turns_of(entry.position);
    is_new_.assign(is_new_.size(), false);
    has_new_ = false;
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  // Whose deadline it is. REQUIRES: the set is not empty.
  std::size_t earliest() const { return heap_.front().position; }

  // The earliest is due again after so many turns' time, in units of 1/kTurn; time moves on to the
  // deadline it had. REQUIRES: 0 < turns <= kTurnsMax. O(log n).
  void put_off_earliest(std::uint64_t turns) {
    now_ = {heap_.front().turns, heap_.front().weight};
    Entry entry = heap_.front();
    entry.turns += turns;
    entry.entered = entries_ever_++;
    sink(entry);
    if (entry.turns > kTurnsMax << 6) start_again_at_zero();
  }

  const Weights& weights() const { return weights_; }

  // When each position is due, in turns of an endpoint of weight 1, from now; for people.
  std::vector<double> due() const {
    std::vector<double> due(weights_.each.size(), Insight::kUnknown);
    for (const Entry& entry : heap_)
      due[entry.position] = in_turns(entry.turns, entry.weight) - in_turns(now_.turns, now_.weight);
    return due;
  }

 private:
  struct Fraction {
    std::uint64_t turns = 0;
    std::uint32_t weight = 1;
  };
  struct Entry {
    std::uint64_t turns = 0;  // the deadline is turns / weight
    std::uint64_t entered = 0;
    std::uint32_t weight = 1;
    std::uint32_t position = 0;
  };

  static bool later(const Entry& a, const Entry& b) {
    const Uint128 due_a = static_cast<Uint128>(a.turns) * b.weight;
    const Uint128 due_b = static_cast<Uint128>(b.turns) * a.weight;
    return due_a != due_b ? due_a > due_b : a.entered > b.entered;
  }

  static double in_turns(std::uint64_t turns, std::uint32_t weight) {
    return static_cast<double>(turns) / static_cast<double>(kTurn) / weight;
  }
  std::uint64_t turns_until_now(std::uint32_t weight) const {
    return static_cast<std::uint64_t>(static_cast<Uint128>(now_.turns) * weight / now_.weight);
  }
  std::uint64_t left_of(const Entry& entry) const {
    const std::uint64_t past = turns_until_now(entry.weight);
    return std::clamp(entry.turns > past ? entry.turns - past : 0, std::uint64_t{1}, kTurnsMax);
  }

  // Puts the entry in the place of the first, and down to where it belongs.
  void sink(const Entry& entry) {
    std::size_t hole = 0;
    for (std::size_t child = 1; child < heap_.size(); child = 2 * hole + 1) {
      if (child + 1 < heap_.size() && later(heap_[child], heap_[child + 1])) ++child;
      if (!later(entry, heap_[child])) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = entry;
  }

  // Whole units of time are whole numbers of turns for every weight, so taking as many from all
  // deadlines changes no order. Afterwards it is less than one unit after zero.
  void start_again_at_zero() {
    const std::uint64_t whole = now_.turns / now_.weight / kTurn;
    for (Entry& entry : heap_) entry.turns -= whole * kTurn * entry.weight;
    now_.turns -= whole * kTurn * now_.weight;
  }

  std::vector<Entry> heap_;  // the earliest on top
  Fraction now_;
  std::uint64_t entries_ever_ = 0;
  std::vector<bool> is_new_;  // by position
  bool has_new_ = false;      // an update came since put_off_newcomers()
  Weights weights_;
  KnownEndpoints known_;
};

}  // namespace steelyard
