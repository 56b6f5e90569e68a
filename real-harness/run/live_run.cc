#include "real-harness/run/live_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "real-harness/instances/fault_state.h"
#include "real-harness/instances/fleet.h"
#include "real-harness/instances/instance_process.h"
#include "real-harness/instances/supervisor.h"
#include "real-harness/network/network.h"
#include "real-harness/os/hiccups.h"
#include "real-harness/os/precedence.h"
#include "real-harness/os/shared_array.h"
#include "real-harness/proxies/proxies.h"
#include "real-harness/run/load_generator.h"

namespace steelyard::live {
namespace {

constexpr std::uint32_t kLoopback = 0x7f000001;

class LiveRun final : Reactor::TimerHandler {
 public:
  LiveRun(const Scenario& scenario, const LiveOptions& options)
      : scenario_(scenario),
        options_(options),
        proxies_(scenario),
        network_(scenario),
        epoch_ns_(1),
        on_(scenario.faults.size()) {
    for (const ServiceSpec& service : scenario.services) {
      first_.push_back(instances_);
      instances_ += service.instances.size();
    }
    stats_ = std::make_unique<SharedArray<InstanceStats>>(instances_);
  }

  Result<std::optional<RunRecord>> run() {
    Result<Supervisor> supervisor = start_processes();
    if (!supervisor.ok()) return Error{supervisor.error()};
    if (!error_.empty()) return Error{error_};
    supervisor_.emplace(std::move(supervisor.value()));
    network_.take_links();
    fail(proxies_.wait_until_ready(*supervisor_));
    if (!error_.empty()) return Error{error_};
    // The run begins when everybody has had time to start.
    epoch_ns_[0] = monotonic_ns() + 250'000'000 + 3'000'000 * static_cast<std::int64_t>(instances_);
    reactor_.emplace(epoch_ns_[0]);
    HiccupMeter hiccups;
    std::thread loop([this] { drive(); });
    const bool complete = wait_until_done();
    loop.join();
    Histogram late = hiccups.take();
    for (const std::string& accident : supervisor_->stop()) fail(accident);
    if (!error_.empty()) return Error{error_};
    if (!log_error_.empty()) return Error{log_error_};
    if (!complete) return std::optional<RunRecord>();
    RunRecord record = std::move(taken_->record);
    record.live = std::move(taken_->live);
    record.live->hiccup_ns = std::move(late);
    if (!proxies_.none())
      record.live->proxy = {.cpu_seconds = proxy_seconds_, .requests = record.answered};
    if (options_.keep)
      for (const VariantRecord::Attachment& attachment : proxies_.attachments())
        options_.keep(attachment);
    return std::optional<RunRecord>(std::move(record));
  }

 private:
  static constexpr std::uint64_t kEnd = ~std::uint64_t{0};
  static constexpr std::uint64_t kWarmupEnds = kEnd - 1;
  static constexpr std::uint64_t kSample = kEnd - 2;
  static constexpr std::uint64_t kFaultEnds = std::uint64_t{1} << 32;

  // ---- Processes ----

  Result<Supervisor> start_processes() {
    std::vector<ChildTask> tasks;
    for (std::size_t s = 0; s < scenario_.services.size(); ++s) {
      const ServiceSpec& service = scenario_.services[s];
      for (std::size_t i = 0; i < service.instances.size(); ++i) {
        task_of_.emplace_back(tasks.size());
        if (!service.targets.empty()) continue;
        place_of_task_.emplace_back(s, i);
        // Addresses of their own: no outgoing connection of this machine takes such a port while
        // its instance is down.
        const auto host = kLoopback + (static_cast<std::uint32_t>(s + 1) << 16) +
                          (static_cast<std::uint32_t>(i / 250) << 8) +
                          static_cast<std::uint32_t>(i % 250);
        tasks.push_back(
            {fmt::format("{}/{}", service.name, i), ipv4(host, 0),
             [this, s, i](Descriptor listener, Descriptor control, const FaultState& faults) {
               be_instance(s, i, std::move(listener), std::move(control), faults);
             }});
      }
    }
    const std::size_t instances = tasks.size();
    std::vector<ChildTask> proxies = proxies_.tasks();
    const std::size_t proxied = proxies.size();
    std::ranges::move(proxies, std::back_inserter(tasks));
    if (network_.needed())
      tasks.push_back(
          {"network", Address{}, [this](Descriptor, Descriptor control, const FaultState&) {
             be_network(std::move(control));
           }});
    const auto prepare = [&](const std::vector<Address>& found) {
      fail(find_addresses({found.data(), instances}));
      if (error_.empty()) fail(network_.connect(addresses_));
      if (error_.empty())
        fail(proxies_.prepare({found.data() + instances, proxied}, seen_by_proxies()));
      if (error_.empty()) fail(find_addresses_of_clients());
    };
    return Supervisor::start(std::move(tasks), prepare, [this] { proxies_.clear_up(); });
  }

  // Runs in the network's own process.
  void be_network(Descriptor control) {
    while (epoch_ns_[0] == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ask_for_precedence();
    run_network(scenario_, options_.replication, epoch_ns_[0], network_.take_links(),
                std::move(control));
  }

  // Runs in the instance's own process.
  void be_instance(std::size_t service, std::size_t instance, Descriptor listener,
                   Descriptor control, const FaultState& faults) {
    network_.take_links();
    // What comes meanwhile waits in the kernel.
    while (epoch_ns_[0] == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    run_instance(
        {scenario_, options_.replication, service, instance,
         network_.seen_by_instance(service, instance), (*stats_)[first_[service] + instance]},
        epoch_ns_[0], std::move(listener), std::move(control), faults, options_.record_folder);
  }

  // `found`: of the tasks that are instances.
  std::string find_addresses(std::span<const Address> found) {
    Result<std::vector<std::vector<Address>>> targets = target_addresses(scenario_);
    if (!targets.ok()) return targets.error();
    addresses_ = std::move(targets.value());
    for (std::size_t t = 0; t < found.size(); ++t)
      addresses_[place_of_task_[t].first].push_back(found[t]);
    return "";
  }

  // A proxy is in the zone of the first client that it serves, as in the simulation.
  std::uint16_t zone_of_proxy(std::size_t service) const {
    const auto first =
        std::find_if(scenario_.clients.begin(), scenario_.clients.end(),
                     [&](const ClientSpec& client) { return client.calls == service; });
    return first == scenario_.clients.end() ? std::uint16_t{0} : first->zone;
  }

  std::vector<std::vector<Address>> seen_by_proxies() {
    std::vector<std::vector<Address>> seen = addresses_;
    if (proxies_.none()) return seen;
    for (const ClientSpec& client : scenario_.clients) {
      auto found = network_.seen_from_zone(zone_of_proxy(client.calls), client.calls);
      if (found.ok())
        seen[client.calls] = std::move(found.value());
      else
        fail(found.error());
    }
    return seen;
  }

  // What the clients call: the instances, or the proxy in front of them.
  std::string find_addresses_of_clients() {
    for (std::size_t c = 0; c < scenario_.clients.size(); ++c) {
      const ClientSpec& client = scenario_.clients[c];
      if (proxies_.none()) {
        addresses_of_clients_.push_back(network_.seen_by_client(c)[client.calls]);
        continue;
      }
      const Result<Address> proxy =
          network_.between({.zone = client.zone}, {.zone = zone_of_proxy(client.calls)},
                           proxies_.addresses()[client.calls].front());
      if (!proxy.ok()) return proxy.error();
      addresses_of_clients_.push_back({proxy.value()});
    }
    return "";
  }

  // ---- The loop's thread ----

  void drive() {
    try {
      drive_clients();
    } catch (const std::exception& error) {
      log_error_ = error.what();  // a log that cannot be written, too many requests under way
    }
    done_ = true;
  }

  void drive_clients() {
    ask_for_precedence();
    const double cpu_before = thread_cpu_seconds();
    Reactor& reactor = *reactor_;
    reactor.spin_before_timers();
    std::unique_ptr<ChannelLog> log;
    if (!options_.record_folder.empty())
      log = std::make_unique<ChannelLog>(
          fmt::format("{}/clients{}", options_.record_folder, kChannelLogExtension));
    LoadGenerator generator(reactor, scenario_, options_.replication, addresses_of_clients_,
                            !proxies_.none(), log.get());
    generator.start();
    schedule_the_plan(reactor);
    reactor.run();
    LoadGenerator::Taken taken = generator.take();
    add_services(taken.record);
    add_connections(taken.record);
    taken.live.generator_cpu_seconds = thread_cpu_seconds() - cpu_before;
    taken.live.generator_wall_seconds = to_seconds(reactor.refresh() - kStart);
    taken.record.cpu_seconds = taken.live.generator_cpu_seconds;
    taken.record.wall_seconds = taken.live.generator_wall_seconds;
    taken.record.events = taken.record.offered;
    if (log != nullptr) log_error_ = log->close();
    taken_.emplace(std::move(taken));
  }

  void schedule_the_plan(Reactor& reactor) {
    buckets_ = kSeriesBuckets;
    bucket_length_ = (scenario_.run.duration + Duration(kSeriesBuckets - 1)) / kSeriesBuckets;
    for (std::size_t f = 0; f < scenario_.faults.size(); ++f) {
      const FaultSpec& fault = scenario_.faults[f];
      reactor.at(kStart + fault.at, *this, f);
      if (fault.at + fault.length < scenario_.run.duration)
        reactor.at(kStart + fault.at + fault.length, *this, kFaultEnds | f);
    }
    reactor.at(kStart + scenario_.run.duration, *this, kEnd);
    reactor.at(kStart + scenario_.run.warmup, *this, kWarmupEnds);
    reactor.at(kStart + bucket_length_ / 2, *this, kSample);
    for (const ServiceSpec& service : scenario_.services) {
      ServiceRecord& record = services_.emplace_back();
      if (!service.targets.empty()) continue;  // they do not tell
      const std::size_t rows = std::min(kSampledInstances, service.instances.size());
      for (std::size_t row = 0; row < rows; ++row)
        record.sampled.push_back(static_cast<std::uint32_t>(row * service.instances.size() / rows));
      record.outstanding.resize(rows * buckets_);
    }
    at_warmup_.resize(instances_);
  }

  void on_timer(std::uint64_t data) override {
    if (data == kEnd) {
      proxy_seconds_ = proxies_.processor_seconds() - proxy_seconds_;
      return reactor_->stop();
    }
    if (data == kWarmupEnds) {
      proxy_seconds_ = proxies_.processor_seconds();
      for (std::size_t i = 0; i < instances_; ++i) at_warmup_[i] = totals_of(i);
      return;
    }
    if (data == kSample) return sample();
    const std::size_t fault = data & (kFaultEnds - 1);
    on_[fault] = (data & kFaultEnds) == 0;
    for (const FaultSpec::Target& target : scenario_.faults[fault].targets)
      if (scenario_.services[target.service].targets.empty())
        supervisor_->set_faults(task_of_[first_[target.service] + target.instance],
                                combined(scenario_, on_, target.service, target.instance));
  }

  void sample() {
    for (std::size_t s = 0; s < services_.size(); ++s) {
      ServiceRecord& record = services_[s];
      for (std::size_t row = 0; row < record.sampled.size(); ++row)
        record.outstanding[row * buckets_ + sampled_] =
            (*stats_)[first_[s] + record.sampled[row]].outstanding.load();
    }
    if (++sampled_ < buckets_)
      reactor_->at(kStart + bucket_length_ / 2 + bucket_length_ * static_cast<int>(sampled_), *this,
                   kSample);
  }

  struct Totals {
    std::uint64_t attempts = 0;
    std::uint64_t failed = 0;
    double busy_ns = 0;
  };
  Totals totals_of(std::size_t instance) {
    const InstanceStats& stats = (*stats_)[instance];
    const auto since_ns =
        static_cast<double>(reactor_->now().time_since_epoch().count() - stats.busy_until_ns);
    return {stats.attempts, stats.failed,
            static_cast<double>(stats.busy_ns) + since_ns * stats.in_service};
  }

  void add_services(RunRecord& record) {
    for (std::size_t s = 0; s < services_.size(); ++s) {
      ServiceRecord& out = record.services.emplace_back(std::move(services_[s]));
      const ServiceSpec& service = scenario_.services[s];
      for (std::size_t i = 0; i < service.instances.size(); ++i) {
        const Totals end = totals_of(first_[s] + i);
        const Totals& begin = at_warmup_[first_[s] + i];
        out.instances.push_back({.attempts = end.attempts - begin.attempts,
                                 .failed = end.failed - begin.failed,
                                 .busy_seconds = (end.busy_ns - begin.busy_ns) * 1e-9 /
                                                 static_cast<double>(service.concurrency)});
      }
    }
  }

  // To the clients' own. A proxy does not tell of its.
  void add_connections(RunRecord& record) {
    for (std::size_t i = 0; i < instances_; ++i) *record.connections += (*stats_)[i].connections;
    if (!proxies_.none()) record.connections.reset();
  }

  // ---- The caller's thread ----

  // False if it was stopped.
  bool wait_until_done() {
    bool complete = true;
    while (!done_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const double seconds = static_cast<double>(monotonic_ns() - epoch_ns_[0]) * 1e-9;
      const double share = seconds / to_seconds(scenario_.run.duration);
      for (const std::string& accident : supervisor_->accidents())
        fail(accident + proxies_.last_words());
      const bool wanted = !options_.progress || options_.progress(std::clamp(share, 0.0, 1.0));
      if (complete && (!wanted || !error_.empty())) {
        complete = false;
        reactor_->stop();
      }
    }
    return complete;
  }

  void fail(const std::string& what) {
    if (error_.empty()) error_ = what;
  }

  const Scenario& scenario_;
  const LiveOptions& options_;
  Proxies proxies_;
  NetworkPlan network_;
  SharedArray<std::atomic<std::int64_t>> epoch_ns_;  // one element; 0: not known yet
  std::size_t instances_ = 0;
  std::vector<std::size_t> first_;    // by service: its first instance
  std::vector<std::size_t> task_of_;  // by instance
  std::vector<std::pair<std::size_t, std::size_t>> place_of_task_;
  std::vector<std::vector<Address>> addresses_;             // by service: where it really is
  std::vector<std::vector<Address>> addresses_of_clients_;  // by client: whom it calls
  std::unique_ptr<SharedArray<InstanceStats>> stats_;
  std::optional<Supervisor> supervisor_;
  std::vector<bool> on_;
  std::vector<ServiceRecord> services_;
  std::vector<Totals> at_warmup_;
  double proxy_seconds_ = 0;  // at the end of the warm-up; in the end: since then
  std::size_t buckets_ = 0;
  std::size_t sampled_ = 0;
  Duration bucket_length_{};
  std::optional<Reactor> reactor_;  // of the loop's thread
  std::atomic<bool> done_{false};
  std::optional<LoadGenerator::Taken> taken_;
  std::string error_;
  std::string log_error_;
};

}  // namespace

Result<std::optional<RunRecord>> run_live(const Scenario& scenario, const LiveOptions& options) {
  return LiveRun(scenario, options).run();
}

}  // namespace steelyard::live
