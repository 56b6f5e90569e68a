// The process of the network: the wires of its links, and the faults on them.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <memory>
#include <optional>

#include "core/check.h"
#include "core/hash.h"
#include "core/make.h"
#include "models/distribution.h"
#include "real-harness/channels/http_attempts.h"
#include "real-harness/instances/modelled_instance.h"
#include "real-harness/network/network.h"
#include "real-harness/network/relay.h"
#include "scenarios/draws.h"

namespace steelyard::live {
namespace {

// What the callers of a connection hear when nobody listens, so that they know it from other
// failures.
std::string refusal() {
  return fmt::format(
      "HTTP/1.1 502 Bad Gateway\r\n{}: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      kOutcomeHeader, to_text(Outcome::connection_refused));
}

// Requests to modelled instances begin with a head that tells it.
std::uint64_t draw_key_of(std::string_view first_bytes) {
  constexpr std::size_t kLookedAt = 512;
  const std::string_view head = first_bytes.substr(0, kLookedAt);
  const std::size_t at = head.find(kDrawHeader);
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = head.substr(at + kDrawHeader.size()).substr(2, 16);
  std::uint64_t key = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), key, 16);
  return key;
}

// What the faults that are on do to the messages of one instance.
struct InstanceWire {
  std::vector<std::size_t> delays;  // which faults, ascending
  std::vector<std::size_t> slow_closes;
  std::vector<std::size_t> resets;
  std::array<SharedLink, 2> links;  // to the instance, from it
  bool silent = false;
  bool refuses = false;
};

class NetworkProcess;

class LinkWire final : public Wire {
 public:
  LinkWire(NetworkProcess& network, NetworkParty caller, NetworkParty server)
      : network_(network), caller_(caller), server_(server) {}
  Passage begin_message(std::uint64_t key, bool to_caller) override;
  Duration wait_for_links(bool to_caller, std::size_t bytes, Instant now) override;
  bool silent() const override;
  Duration close_delay(std::uint64_t key) const override;

 private:
  NetworkProcess& network_;
  NetworkParty caller_;
  NetworkParty server_;
};

class NetworkProcess final : Reactor::TimerHandler, Reactor::Watcher {
 public:
  NetworkProcess(Reactor& reactor, const Scenario& scenario, std::uint64_t replication,
                 std::vector<NetworkLink> links, Descriptor control)
      : reactor_(reactor),
        scenario_(scenario),
        network_random_(network_stream(replication_stream(scenario.run.seed, replication))),
        fault_random_(fault_stream(replication_stream(scenario.run.seed, replication))),
        zones_(std::max<std::size_t>(1, scenario.network.zones.size())),
        zone_links_(zones_ * zones_),
        on_(scenario.faults.size()),
        control_(std::move(control)) {
    build_network();
    for (const ServiceSpec& service : scenario.services) {
      first_.push_back(instances_.size());
      instances_.resize(instances_.size() + service.instances.size());
    }
    for (NetworkLink& link : links) {
      LinkWire& wire = wires_.emplace_back(*this, link.caller, link.server);
      relays_.emplace_back(reactor, std::move(link.listener), link.server_address, wire,
                           RelayOptions{.refusal = refusal(),
                                        .draw_key_of = draw_key_of,
                                        .seed = mix64(wires_.size(), replication)});
    }
    schedule_faults();
    reactor_.watch(control_.get(), *this);
  }
  NetworkProcess(const NetworkProcess&) = delete;
  NetworkProcess& operator=(const NetworkProcess&) = delete;
  ~NetworkProcess() { reactor_.unwatch(control_.get(), *this); }

  Wire::Passage travel(std::uint64_t key, const NetworkParty& caller, const NetworkParty& server,
                       bool to_caller) const;
  Duration close_delay(std::uint64_t key, const NetworkParty& caller,
                       const NetworkParty& server) const {
    return std::min(fault_delays(server, &InstanceWire::slow_closes, key) +
                        fault_delays(caller, &InstanceWire::slow_closes, mix64(key)),
                    kDelayMax);
  }
  Duration wait(const NetworkParty& from, const NetworkParty& to, std::size_t bytes, Instant now);
  bool silent(const NetworkParty& party) const {
    return party.instance != NetworkParty::kNoInstance && instances_[party.instance].silent;
  }

 private:
  static constexpr std::uint64_t kEnds = std::uint64_t{1} << 32;

  void build_network();
  void schedule_faults();
  void on_timer(std::uint64_t data) override;
  void apply_faults(const FaultSpec::Target& target);
  using FaultList = std::vector<std::size_t> InstanceWire::*;
  Duration fault_delays(const NetworkParty& party, FaultList faults, std::uint64_t key) const;
  bool is_reset(const NetworkParty& server, std::uint64_t key) const;
  // Nothing is ever said here: the end of it is the sign to end.
  void on_ready(std::uint32_t) override {
    char byte = 0;
    if (recv(control_.get(), &byte, 1, MSG_DONTWAIT) == 0) reactor_.stop();
  }

  Reactor& reactor_;
  const Scenario& scenario_;
  RandomStream network_random_;
  RandomStream fault_random_;
  std::unique_ptr<Distribution> within_;  // null: no latency
  std::unique_ptr<Distribution> between_;
  std::size_t zones_;
  std::vector<SharedLink> zone_links_;                    // by (from, to)
  std::vector<std::unique_ptr<Distribution>> latencies_;  // by fault
  std::vector<bool> on_;                                  // by fault
  std::vector<std::size_t> first_;                        // by service
  std::vector<InstanceWire> instances_;
  std::deque<LinkWire> wires_;
  std::deque<Relay> relays_;
  Descriptor control_;
};

Wire::Passage LinkWire::begin_message(std::uint64_t key, bool to_caller) {
  return network_.travel(key, caller_, server_, to_caller);
}

Duration LinkWire::wait_for_links(bool to_caller, std::size_t bytes, Instant now) {
  return to_caller ? network_.wait(server_, caller_, bytes, now)
                   : network_.wait(caller_, server_, bytes, now);
}

bool LinkWire::silent() const { return network_.silent(caller_) || network_.silent(server_); }

Duration LinkWire::close_delay(std::uint64_t key) const {
  return network_.close_delay(key, caller_, server_);
}

void NetworkProcess::build_network() {
  const NetworkSpec& network = scenario_.network;
  if (network.latency_within) within_ = make_checked<Distribution>(*network.latency_within);
  if (network.latency_between) between_ = make_checked<Distribution>(*network.latency_between);
  for (std::size_t from = 0; from < zones_; ++from)
    for (std::size_t to = 0; to < zones_; ++to)
      zone_links_[from * zones_ + to].bytes_per_second =
          from == to ? network.bandwidth_within : network.bandwidth_between;
  for (const FaultSpec& fault : scenario_.faults)
    latencies_.push_back(fault.latency ? make_checked<Distribution>(*fault.latency) : nullptr);
}

// How long a message travels, drawn as the simulation draws it.
Wire::Passage NetworkProcess::travel(std::uint64_t key, const NetworkParty& caller,
                                     const NetworkParty& server, bool to_caller) const {
  RandomStream random = network_random_.stream(key);
  const std::optional<Duration> again =
      draw_retransmissions(random, scenario_.network.loss, scenario_.network.retransmit);
  if (!again) return {.fate = Wire::Fate::lost};
  if (!to_caller && server.instance != NetworkParty::kNoInstance) {
    if (instances_[server.instance].refuses) return {.fate = Wire::Fate::refused};
    if (is_reset(server, key)) return {.fate = Wire::Fate::reset};
  }
  Duration travel = *again;
  const Distribution* const latency = caller.zone == server.zone ? within_.get() : between_.get();
  if (latency != nullptr) travel += sample_duration(*latency, random);
  travel += fault_delays(server, &InstanceWire::delays, key) +
            fault_delays(caller, &InstanceWire::delays, mix64(key));
  return {.travel = std::min(travel, kDelayMax)};
}

Duration NetworkProcess::fault_delays(const NetworkParty& party, FaultList faults,
                                      std::uint64_t key) const {
  Duration sum{};
  if (party.instance == NetworkParty::kNoInstance) return sum;
  for (const std::size_t fault : instances_[party.instance].*faults) {
    RandomStream random = fault_draws(fault_random_, key, fault);
    sum += sample_duration(*latencies_[fault], random);
  }
  return sum;
}

bool NetworkProcess::is_reset(const NetworkParty& server, std::uint64_t key) const {
  const std::vector<std::size_t>& resets = instances_[server.instance].resets;
  return std::any_of(resets.begin(), resets.end(), [&](std::size_t fault) {
    return fault_draws(fault_random_, key, fault).chance(scenario_.faults[fault].probability);
  });
}

// The links of a zone, or between two, and besides, of the instances that a fault has given one.
Duration NetworkProcess::wait(const NetworkParty& from, const NetworkParty& to, std::size_t bytes,
                              Instant now) {
  const Duration zones = zone_links_[from.zone * zones_ + to.zone].pass(bytes, now) - now;
  Instant at = now;
  if (from.instance != NetworkParty::kNoInstance)
    at = instances_[from.instance].links[1].pass(bytes, at);
  if (to.instance != NetworkParty::kNoInstance)
    at = instances_[to.instance].links[0].pass(bytes, at);
  return zones + (at - now);
}

void NetworkProcess::schedule_faults() {
  for (std::size_t f = 0; f < scenario_.faults.size(); ++f) {
    const FaultSpec& fault = scenario_.faults[f];
    if (fault.at >= scenario_.run.duration) continue;
    reactor_.at(kStart + fault.at, *this, f);
    if (fault.at + fault.length < scenario_.run.duration)
      reactor_.at(kStart + fault.at + fault.length, *this, kEnds | f);
  }
}

void NetworkProcess::on_timer(std::uint64_t data) {
  const std::size_t fault = data & (kEnds - 1);
  on_[fault] = (data & kEnds) == 0;
  for (const FaultSpec::Target& target : scenario_.faults[fault].targets) apply_faults(target);
}

// The state of an instance follows from all faults that are on: latencies are added, the least rate
// counts.
void NetworkProcess::apply_faults(const FaultSpec::Target& target) {
  InstanceWire& wire = instances_[first_[target.service] + target.instance];
  const bool is_modelled = scenario_.services[target.service].targets.empty();
  wire.delays.clear();
  wire.slow_closes.clear();
  wire.resets.clear();
  wire.silent = wire.refuses = false;
  double narrowest = 0;
  for (std::size_t f = 0; f < scenario_.faults.size(); ++f) {
    const FaultSpec& fault = scenario_.faults[f];
    const bool hits =
        on_[f] && std::any_of(fault.targets.begin(), fault.targets.end(), [&](const auto& t) {
          return t.service == target.service && t.instance == target.instance;
        });
    if (!hits) continue;
    if (fault.kind == FaultKind::network_delay) wire.delays.push_back(f);
    if (fault.kind == FaultKind::slow_close) wire.slow_closes.push_back(f);
    if (fault.kind == FaultKind::blackhole) wire.silent = true;
    if (fault.kind == FaultKind::bandwidth)
      narrowest = narrowest > 0 ? std::min(narrowest, fault.rate) : fault.rate;
    // Modelled instances do these by themselves.
    if (fault.kind == FaultKind::reset && !is_modelled) wire.resets.push_back(f);
    const bool refuses = fault.kind == FaultKind::refuse || fault.kind == FaultKind::absent;
    if (refuses && !is_modelled) wire.refuses = true;
  }
  for (SharedLink& link : wire.links) {
    // A link goes with its fault: one that comes later starts with nothing on it.
    if (narrowest == 0) link.free_at = kStart;
    link.bytes_per_second = narrowest;
  }
}

// Each relayed connection takes two.
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void run_network(const Scenario& scenario, std::uint64_t replication, std::int64_t epoch_ns,
                 std::vector<NetworkLink> links, Descriptor control) {
  allow_many_descriptors();
  Reactor reactor(epoch_ns);
  NetworkProcess network(reactor, scenario, replication, std::move(links), std::move(control));
  reactor.run();
}

}  // namespace steelyard::live
