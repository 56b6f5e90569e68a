// One instance of a service as the scenario models it, as a real HTTP server: it queues, serves,
// calls downstream through channels of its own, and answers.
//
// Told the draw key of an attempt (header x-steelyard-draw), it draws the very service time and
// calls that the simulation draws for that attempt; without one it draws its own. Belongs to its
// reactor's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/idle_desk.h"
#include "core/load_meter.h"
#include "models/distribution.h"
#include "real-harness/channels/channels.h"
#include "real-harness/channels/driver.h"
#include "real-harness/channels/http_attempts.h"
#include "real-harness/channels/http_probes.h"
#include "real-harness/channels/load_header.h"
#include "real-harness/http/server.h"
#include "real-harness/instances/fault_state.h"
#include "real-harness/instances/instance_stats.h"
#include "real-harness/instances/worker.h"
#include "scenarios/call_sites.h"
#include "scenarios/draws.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

// What one Steelyard process tells another about a request, beside HTTP's own headers.
inline constexpr std::string_view kDrawHeader = "x-steelyard-draw";        // 16 hexadecimal digits
inline constexpr std::string_view kKeyHeader = "x-steelyard-key";          // of the hash, the same
inline constexpr std::string_view kTimeoutHeader = "x-steelyard-timeout";  // nanoseconds left

// Appends a request of `bytes` in all, as far as head and body can be made so long.
void append_request(std::string& out, std::string_view host, std::uint64_t draw_key, bool has_key,
                    std::uint64_t key_hash, Duration left, std::int64_t bytes);

struct InstancePlace {
  const Scenario& scenario;
  std::uint64_t replication = 0;
  std::size_t service = 0;
  std::size_t instance = 0;
  // Where this instance finds the others: addresses[service][instance].
  const std::vector<std::vector<Address>>& addresses;
  InstanceStats& stats;
};

class ModelledInstance final : HttpServer::Handler, ChannelDriver::Executor {
 public:
  // Everything outlives it. `listener` listens already. `log` may be null.
  ModelledInstance(Reactor& reactor, const InstancePlace& place, Descriptor listener,
                   ChannelLog* log = nullptr);
  ModelledInstance(const ModelledInstance&) = delete;
  ModelledInstance& operator=(const ModelledInstance&) = delete;
  ~ModelledInstance();

  // Pausing stands still from here on; who stops the process does so afterwards.
  void set_faults(const FaultState& faults);

 private:
  enum class State : std::uint8_t { free, queued, serving, calling };
  struct Job {
    Exchange* exchange =
        nullptr;  // null: the caller has gone; the work goes on, as in a simulation
    std::uint64_t draw_key = 0;
    std::uint64_t key_hash = 0;
    Instant deadline;
    Instant arrived;
    Instant started;
    std::uint32_t met = 0;  // requests here when it arrived
    std::uint32_t generation = 0;
    std::uint16_t pending = 0;
    std::uint8_t stage = 0;
    bool has_key = false;
    bool truncated = false;
    State state = State::free;
    Outcome outcome = Outcome::ok;
  };

  // HttpServer::Handler
  void on_request(Exchange& exchange) override;
  void on_body(Exchange& exchange, std::string_view data, bool last) override;
  void on_abandoned(Exchange& exchange) override;
  // ChannelDriver::Executor
  void send(const Action& action) override;
  void cancel(const Action& action) override { attempts_.cancel(action); }
  void finish(const Action& action) override;
  void probe(const Action& action) override;

  void build_channels(const InstancePlace& place);
  bool serve_own_page(Exchange& exchange);
  void serve_load(Exchange& exchange);
  void tell_of_idleness();
  void tell_load(Exchange& exchange);
  LoadReport load();
  std::uint32_t take_job(Exchange& exchange);
  void arrive(std::uint32_t job);
  bool hit_by_fault(std::uint32_t job);
  void start_service(std::uint32_t job);
  void start_next();
  void take_place(std::int32_t change);
  void own_work_done(std::uint32_t job);
  void call_stage(std::uint32_t job);
  void job_done(std::uint32_t job, Outcome outcome);
  void refuse(std::uint32_t job, Outcome outcome);
  void answer(std::uint32_t job, Outcome outcome, int status);
  void free_job(std::uint32_t job);
  std::string metrics_page() const;

  Reactor& reactor_;
  const Scenario& scenario_;
  const ServiceSpec& service_;
  std::size_t instance_;
  InstanceStats& stats_;
  RandomStream root_;
  RandomStream times_;
  RandomStream calls_random_;
  RandomStream faults_random_;
  std::unique_ptr<Distribution> service_time_;
  CallPlan plan_;
  std::string name_;
  std::string response_body_;
  FaultState faults_;
  bool shared_;
  std::unique_ptr<Worker> worker_;
  std::vector<Job> jobs_;
  std::vector<std::uint32_t> free_jobs_;
  std::deque<std::uint32_t> queue_;
  std::uint32_t in_service_ = 0;
  std::uint32_t outstanding_ = 0;
  bool metered_;  // a caller reads its load
  LoadMeter meter_;
  IdleDesk<Exchange*> idle_;
  std::uint64_t own_draws_ = 0;
  ChannelDriver driver_;
  std::uint64_t connections_before_;  // opened by the processes that were this instance
  Views views_;
  // By channel: the service that it leads to, and a client for each of its instances.
  struct Callee {
    std::size_t service = 0;
    std::vector<std::unique_ptr<HttpClient>> clients;
  };
  std::vector<Callee> callees_;
  std::vector<std::uint32_t> first_channel_;  // by the call plan's callee
  HttpProbes probes_;
  HttpAttempts attempts_;  // after the clients: what is under way at the end is taken from them
  std::string bytes_;
  std::string headers_;
  HttpServer server_;
};

}  // namespace steelyard::live
