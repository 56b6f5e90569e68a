// A balancer with everything it is told, for tests: endpoints, requests in flight, time, chance.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balancers/balancer.h"

namespace steelyard::test {

// Endpoints a, b, c, … with these weights and ids 0, 1, 2, …
inline std::vector<Endpoint> weighted(std::initializer_list<std::uint32_t> weights) {
  std::vector<Endpoint> endpoints;
  for (const std::uint32_t weight : weights) {
    const auto id = static_cast<std::uint32_t>(endpoints.size());
    endpoints.push_back(
        {.name = std::string(1, static_cast<char>('a' + id)), .id = id, .weight = weight});
  }
  return endpoints;
}

// Endpoints 127.0.0.1:port for so many consecutive ports, as the hashing vectors have them.
inline std::vector<Endpoint> hosts(std::uint32_t first_port, std::size_t count) {
  std::vector<Endpoint> endpoints;
  for (std::uint32_t i = 0; i < count; ++i)
    endpoints.push_back({.name = "127.0.0.1:" + std::to_string(first_port + i), .id = i});
  return endpoints;
}

class Picker {
 public:
  using Entries = std::vector<Settings::Entry>;

  Picker(std::string_view name, std::vector<Endpoint> endpoints, const Entries& changed = {},
         std::uint64_t seed = 1)
      : Picker(with(defaults(Balancer::kKind, name), changed), std::move(endpoints), seed) {}
  Picker(const Named& named, std::vector<Endpoint> endpoints, std::uint64_t seed = 1)
      : Picker(std::move(Registration<Balancer>::make(named).value()), std::move(endpoints), seed) {
  }
  Picker(std::unique_ptr<Balancer> balancer, std::vector<Endpoint> endpoints,
         std::uint64_t seed = 1, const Caller& caller = {})
      : random(seed), balancer_(std::move(balancer)) {
    balancer_->on_caller(caller);
    set_endpoints(std::move(endpoints));
  }

  // Requests in flight stay with the id they were sent to.
  void set_endpoints(std::vector<Endpoint> endpoints) {
    std::vector<std::uint32_t> in_flight(endpoints.size(), 0);
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      for (std::size_t j = 0; j < endpoints_.size(); ++j)
        if (endpoints_[j].id == endpoints[i].id) in_flight[i] = in_flight_[j];
    replace(std::move(endpoints), std::move(in_flight));
  }
  // The same without looking for ids: quick for very large sets, nothing in flight afterwards.
  void set_idle_endpoints(std::vector<Endpoint> endpoints) {
    std::vector<std::uint32_t> in_flight(endpoints.size(), 0);
    replace(std::move(endpoints), std::move(in_flight));
  }
  void set_in_flight(std::vector<std::uint32_t> in_flight) {
    replace(std::vector<Endpoint>(endpoints_), std::move(in_flight));
  }

  // One that is told to wait does; time goes on.
  std::size_t pick() {
    std::size_t position = try_pick();
    while (position == Balancer::kWait) {
      const Instant again = balancer_->wait_until();
      if (again <= now || again == kNever) {
        ADD_FAILURE() << "a request waits, but not for anything to come";
        return 0;
      }
      now = again;
      position = try_pick();
    }
    if (position == Balancer::kNobody) {
      ADD_FAILURE() << "nobody may have the request";
      return 0;
    }
    EXPECT_LT(position, endpoints_.size());
    return position;
  }
  // A position, or kWait, or kNobody.
  std::size_t try_pick() {
    const std::size_t position = balancer_->pick(choice());
    look_at_what_was_asked();
    return position;
  }
  std::size_t pick_key(std::uint64_t hash) {
    has_key = true;
    key_hash = hash;
    return pick();
  }
  // Picks, and the request stays in flight there until finish().
  std::size_t send() {
    const std::size_t position = pick();
    ++in_flight_[position];
    return position;
  }
  // The same; kNobody if nobody may have it.
  std::size_t try_send() {
    const std::size_t position = try_pick();
    if (position < Balancer::kNobody) ++in_flight_[position];
    return position;
  }
  void finish(std::size_t position, Duration latency, Outcome outcome = Outcome::ok) {
    --in_flight_[position];
    if (balancer_->wants_feedback())
      balancer_->on_feedback({.position = position,
                              .now = now,
                              .latency = latency,
                              .outcome = outcome,
                              .report = reports && balancer_->wants_reports() ? &report : nullptr});
    look_at_what_was_asked();
  }

  Insight insight() { return balancer_->insight(choice()); }
  Balancer& balancer() { return *balancer_; }
  // What the balancer asked for and has not heard of yet, in the order of asking.
  const std::vector<Probe>& probes() const { return probes_; }
  // Room for so many, so that asking does not allocate here.
  void reserve_probes(std::size_t count) { probes_.reserve(count); }
  // Answers one of them, or says with nullptr that no answer comes.
  void answer_probe(const LoadReport* answer, std::size_t which = 0) {
    const Probe probe = probes_[which];
    probes_.erase(probes_.begin() + static_cast<std::ptrdiff_t>(which));
    answer_probe(probe, answer);
  }
  // The same for one that may have been answered before.
  void answer_probe(const Probe& probe, const LoadReport* answer) {
    balancer_->on_probe({.position = probe.position,
                         .kind = probe.kind,
                         .tag = probe.tag,
                         .now = now,
                         .report = answer});
    look_at_what_was_asked();
  }
  // kNever: it did not ask to be woken.
  Instant wakes_at() const { return wake_; }
  void wake() {
    now = std::max(now, std::exchange(wake_, kNever));
    balancer_->on_wake(now);
    look_at_what_was_asked();
  }

  // So many picks as letters: "aabacaa".
  std::string letters(std::size_t count) {
    std::string text;
    while (text.size() < count) text += static_cast<char>('a' + pick());
    return text;
  }
  // How many of so many picks each position got.
  std::vector<int> counts(std::size_t picks) {
    std::vector<int> counts(endpoints_.size(), 0);
    for (std::size_t i = 0; i < picks; ++i) ++counts[pick()];
    return counts;
  }

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  const std::vector<std::uint32_t>& in_flight() const { return in_flight_; }

  Instant now;
  RandomStream random;
  std::uint64_t key_hash = 0;
  bool has_key = false;
  std::uint32_t source_ipv4 = 0;
  LoadReport report;    // what servers say of their load with their answers
  bool reports = true;  // whether they say it

 private:
  Choice choice() {
    return {.now = now,
            .endpoints = endpoints_,
            .in_flight = in_flight_,
            .key_hash = key_hash,
            .has_key = has_key,
            .source_ipv4 = source_ipv4,
            .random = random};
  }
  static Named with(Named named, const Entries& changed) {
    for (const auto& [name, value] : changed) named.settings.set(name, value);
    return named;
  }
  void replace(std::vector<Endpoint> endpoints, std::vector<std::uint32_t> in_flight) {
    const std::vector<Endpoint> before = std::exchange(endpoints_, std::move(endpoints));
    in_flight_ = std::move(in_flight);
    std::erase_if(probes_, [&](Probe& probe) {
      const std::uint32_t id = before[probe.position].id;
      if (probe.position < endpoints_.size() && endpoints_[probe.position].id == id) return false;
      for (probe.position = 0; probe.position < endpoints_.size(); ++probe.position)
        if (endpoints_[probe.position].id == id) return false;
      return true;
    });
    balancer_->on_endpoints(endpoints_, now, random);
    look_at_what_was_asked();
  }
  void look_at_what_was_asked() {
    Balancer::Asked& asked = balancer_->asked();
    EXPECT_TRUE(balancer_->asks() || (asked.probes.empty() && asked.wake == kNever));
    probes_.insert(probes_.end(), asked.probes.begin(), asked.probes.end());
    asked.probes.clear();
    if (asked.wake != kNever) wake_ = std::exchange(asked.wake, kNever);
  }

  std::unique_ptr<Balancer> balancer_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::uint32_t> in_flight_;
  std::vector<Probe> probes_;
  Instant wake_ = kNever;
};

}  // namespace steelyard::test
