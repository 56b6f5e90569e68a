// A balancer at work: what a channel, the servers and the clock do around it, and nothing else. The
// benchmarks time its steps, the complexity test counts what they execute.
//
// Every endpoint gets 1000 requests a second, however many there are, and one is under way at each
// on average: the rate that balancers with windows, intervals and limits are made for.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/layer.h"
#include "balancers/stack.h"

namespace steelyard::bench {

class Load {
 public:
  using Make = std::function<std::unique_ptr<Balancer>()>;

  // `heap` is asked before and after the balancer is made and given its endpoints.
  Load(
      const Make& make, std::size_t count, std::uint32_t weight_max,
      const std::function<std::int64_t()>& heap = [] { return std::int64_t{0}; })
      : between_requests_(1'000'000 / static_cast<std::int64_t>(count)),
        in_flight_(count, 0),
        idle_tags_(count, 0) {
    for (std::uint32_t i = 0; i < count; ++i)
      endpoints_.push_back({.name = "10.0.0.1:" + std::to_string(i),
                            .id = i,
                            .weight = static_cast<std::uint32_t>(1 + mix64(i) % weight_max)});
    under_way_.reserve(count);
    for (std::size_t i = 0; i < reports_.size(); ++i)
      reports_[i] = {.utilisation = 0.5,
                     .cpu_utilisation = 0.5,
                     .requests_per_second = 1000,
                     .latency = latency_of(mix64(i)),
                     .service_time = 1ms};
    const std::int64_t before = heap();
    balancer_ = make();
    balancer_->on_caller({.count_by_zone = {1}});
    balancer_->on_endpoints(endpoints_, now_, random_);
    heap_bytes_ = heap() - before;
    wants_feedback_ = balancer_->wants_feedback();
    wants_reports_ = balancer_->wants_reports();
    asks_ = balancer_->asks();
    if (asks_) carry_out_asked();
  }

  std::int64_t heap_bytes() const { return heap_bytes_; }

  // One decision, with the answers to what it asks. A request that is told to wait waits. May be
  // Balancer::kNobody.
  std::size_t pick() {
    now_ += between_requests_;
    caller_ = mix64(++picks_);
    if (asks_) wake_if_due();
    std::size_t position = try_pick();
    while (position == Balancer::kWait) {
      now_ = balancer_->wait_until();
      position = try_pick();
    }
    if (asks_) carry_out_asked();
    return position;
  }

  // One more request under way. False once there is one for every endpoint.
  bool fill() {
    if (under_way_.size() == endpoints_.size()) return false;
    under_way_.push_back(send());
    return true;
  }

  // The oldest request under way is answered, and another is sent. REQUIRES: fill() was called.
  void request() {
    finish(under_way_[oldest_]);
    under_way_[oldest_] = send();
    oldest_ = oldest_ + 1 == under_way_.size() ? 0 : oldest_ + 1;
  }

  // The last endpoint leaves, or comes back. REQUIRES: nothing is under way.
  void change() {
    if (spare_.name.empty()) {
      spare_ = std::move(endpoints_.back());
      endpoints_.pop_back();
    } else {
      endpoints_.push_back(std::move(spare_));
      spare_.name.clear();
    }
    in_flight_.resize(endpoints_.size());
    idle_tags_.resize(endpoints_.size());
    balancer_->on_endpoints(endpoints_, now_, random_);
    if (asks_) carry_out_asked();
  }

 private:
  static Duration latency_of(std::uint64_t chance) {  // from 1 to 2.05 ms
    return Duration(static_cast<std::int64_t>(1'000'000 + (chance & 0xfffff)));
  }

  std::size_t try_pick() {
    return balancer_->pick({.now = now_,
                            .endpoints = endpoints_,
                            .in_flight = in_flight_,
                            .key_hash = caller_,
                            .has_key = true,
                            .source_ipv4 = static_cast<std::uint32_t>(caller_),
                            .random = random_});
  }

  std::size_t send() {
    const std::size_t position = pick();
    if (position != Balancer::kNobody) ++in_flight_[position];
    return position;
  }

  void finish(std::size_t position) {
    if (position == Balancer::kNobody) return;
    --in_flight_[position];
    if (wants_feedback_)
      balancer_->on_feedback({.position = position,
                              .now = now_,
                              .latency = latency_of(caller_),
                              .outcome = Outcome::ok,
                              .report = wants_reports_ ? &report_of(position) : nullptr});
    if (!asks_) return;
    if (in_flight_[position] == 0 && idle_tags_[position] != 0)
      answer({.position = position,
              .kind = Probe::Kind::idle,
              .tag = std::exchange(idle_tags_[position], 0) - 1});
    carry_out_asked();
  }

  // Reports are ready before they are asked for: making them is the servers' work.
  const LoadReport& report_of(std::size_t position) {
    LoadReport& report = reports_[picks_ % reports_.size()];
    report.in_flight = in_flight_[position];
    return report;
  }

  void answer(const Probe& probe) {
    balancer_->on_probe({.position = probe.position,
                         .kind = probe.kind,
                         .tag = probe.tag,
                         .now = now_,
                         .report = &report_of(probe.position)});
  }

  void carry_out_asked() {
    Balancer::Asked& asked = balancer_->asked();
    for (std::size_t i = 0; i < asked.probes.size(); ++i) {  // an answer may ask more
      const Probe probe = asked.probes[i];
      if (probe.kind == Probe::Kind::load)
        answer(probe);
      else
        idle_tags_[probe.position] = probe.tag + 1;
    }
    asked.probes.clear();
    if (asked.wake != kNever) wake_ = std::exchange(asked.wake, kNever);
  }

  void wake_if_due() {
    if (now_ < wake_) return;
    wake_ = kNever;
    balancer_->on_wake(now_);
    carry_out_asked();
  }

  Duration between_requests_;
  std::unique_ptr<Balancer> balancer_;
  std::int64_t heap_bytes_ = 0;
  bool wants_feedback_ = false;
  bool wants_reports_ = false;
  bool asks_ = false;
  std::vector<Endpoint> endpoints_;
  std::vector<std::uint32_t> in_flight_;
  std::vector<std::uint32_t> idle_tags_;  // of who waits for it to be idle, plus 1; 0: nobody
  std::vector<std::size_t> under_way_;
  std::array<LoadReport, 256> reports_;
  std::size_t oldest_ = 0;
  std::uint64_t picks_ = 0;
  std::uint64_t caller_ = 0;
  Endpoint spare_;
  Instant now_;
  Instant wake_ = kNever;
  RandomStream random_{1};
};

// What is measured by being registered: balancers, and the layers in front of them.
inline std::vector<const StrategyInfo*> measured() {
  std::vector<const StrategyInfo*> all = Catalogue::of_kind(Balancer::kKind);
  for (const StrategyInfo* layer : Catalogue::of_kind(Layer::kKind)) all.push_back(layer);
  return all;
}

// One of them by its name, balancers first; null: there is none.
inline const StrategyInfo* measured(std::string_view name) {
  const StrategyInfo* balancer = Catalogue::find(Balancer::kKind, name);
  return balancer != nullptr ? balancer : Catalogue::find(Layer::kKind, name);
}

// It at its defaults; a layer in front of the balancer that costs least.
inline Load::Make maker_of(const StrategyInfo& info) {
  const Stack stack = info.kind == Balancer::kKind ? Stack(defaults(Balancer::kKind, info.name))
                                                   : Stack(defaults(Balancer::kKind, "random"),
                                                           {defaults(Layer::kKind, info.name)});
  return [stack] { return make_balancer_checked(stack); };
}

}  // namespace steelyard::bench
