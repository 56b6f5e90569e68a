// The simulated world: the state of one run, and what happens at each event.
//
// Laid out by theme: world.cc builds it and runs the loop, requests.cc moves requests between
// callers and instances, proxy.cc puts a proxy between,
// instances.cc queues and serves them, load.cc has them tell of their load, faults.cc breaks
// things.
//
// Ids: a *job* is one attempt at an instance, from the moment it is sent until its answer has
// reached the caller. Jobs, instances and channels are named by their index.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "channel/channel.h"
#include "core/idle_desk.h"
#include "core/load_meter.h"
#include "core/recorder.h"
#include "models/arrivals.h"
#include "models/distribution.h"
#include "models/popularity.h"
#include "scenarios/call_sites.h"
#include "scenarios/scenario.h"
#include "scenarios/views.h"
#include "sim/event_queue.h"
#include "sim/network.h"
#include "sim/simulation.h"

namespace steelyard::sim {

inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

enum class JobState : std::uint8_t { free, travelling, queued, serving, calling, answering };

struct Job {
  AttemptId attempt = 0;
  std::uint64_t draw_key = 0;  // every random draw about this job is a function of it
  std::uint64_t key_hash = 0;
  Instant deadline;
  // While serving: when the own work will be done. While the instance is paused: the work left, in
  // nanoseconds at speed 1.
  Instant done_at;
  std::uint32_t channel = 0;
  std::uint32_t instance = 0;
  std::uint32_t next = kNone;    // in the instance's queue, or of the free jobs
  std::uint32_t generation = 0;  // grows when events and calls under way become void
  std::uint16_t pending = 0;     // calls not yet answered
  std::uint8_t stage = 0;        // of ServiceSpec::calls
  JobState state = JobState::free;
  Outcome outcome = Outcome::ok;
  bool has_key = false;
  bool closes = false;  // what the caller waits for is the end of its connection
};
static_assert(sizeof(Job) == 64);

// What processor sharing needs beyond a queue: all jobs are served at once, each at the same rate,
// so they finish in the order of the work they bring. `virtual_work` is the work done so far for a
// job that has been there forever; a job is done when it has grown by the job's own work.
struct SharedProcessor {
  struct Entry {
    double done_at_work = 0;
    std::uint64_t order = 0;
    std::uint32_t job = 0;
  };
  double virtual_work = 0;  // nanoseconds at speed 1
  Instant updated;
  std::uint64_t order = 0;
  std::vector<Entry> heap;  // least done_at_work first
};

// What faults do to an instance just now, besides changing its speed.
enum Condition : std::uint8_t {
  kDown = 1,
  kRefuses = 2,
  kStrikes = 4,  // resets connections, or answers with errors
  kTruncates = 8,
  kDelays = 16,
  kNarrow = 32,  // has a Link
  kSilent = 64,  // a blackhole
  kSlowCloses = 128,
};
inline constexpr std::uint8_t kAtTheDoor = kDown | kRefuses | kStrikes;
inline constexpr std::uint8_t kOnTheWire = kDelays | kNarrow | kSilent | kSlowCloses;

// What a bandwidth fault puts before an instance: messages pass one after the other, each way.
struct Link {
  std::uint32_t instance = 0;
  double bytes_per_second = 0;                     // of the narrowest fault that is on
  std::array<Instant, 2> free_at{kStart, kStart};  // inbound, outbound
};

struct Instance {
  double base_speed = 1;
  double speed = 1;  // now: 0 while paused
  std::uint32_t service = 0;
  std::uint32_t queue_head = kNone;
  std::uint32_t queue_tail = kNone;
  std::uint32_t queued = 0;
  std::uint32_t in_service = 0;     // places of `concurrency` taken
  std::uint32_t outstanding = 0;    // attempts here, whatever they do
  std::uint32_t epoch = 0;          // grows when a pending shared completion becomes void
  std::uint32_t first_channel = 0;  // its own channels, one for each service it calls
  std::uint32_t shared = kNone;     // its SharedProcessor
  std::uint32_t metered = kNone;    // its LoadDesk, if any caller reads load
  std::uint16_t zone = 0;
  std::uint8_t conditions = 0;  // bits of Condition
  Instant busy_since;
  double busy_ns = 0;  // integral of in_service since the warm-up
  std::uint64_t attempts = 0;
  std::uint64_t failed = 0;
};

// What an instance tells of its load, and to whom.
struct LoadDesk {
  struct Waiting {  // has asked to hear when the instance becomes idle
    std::uint32_t channel = 0;
    ProbeId id = 0;
  };
  explicit LoadDesk(RandomStream random) : idle(random) {}
  LoadMeter meter;
  IdleDesk<Waiting> idle;
};

// What is known of a job at such an instance.
struct MeteredJob {
  Instant arrived;
  Instant started;
  std::uint32_t met = 0;  // requests there when it arrived
  bool reports = false;   // its answer carries the report
  LoadReport report;
};

// A question on its way to an instance, or its answer back.
struct ProbeMessage {
  ProbeId id = 0;
  std::uint32_t channel = 0;
  std::uint32_t instance = 0;
  std::uint32_t next = kNone;  // of the free ones
  Probe::Kind kind = Probe::Kind::load;
  bool answered = false;  // with `report`; else it was refused
  LoadReport report;
};

struct Service {
  const ServiceSpec* spec = nullptr;
  std::unique_ptr<Distribution> service_time;
  RandomStream random{0};  // service times
  RandomStream calls_random{0};
  std::uint32_t first_instance = 0;
  std::uint32_t instances = 0;
  std::uint32_t concurrency = 1;
  std::uint64_t queue_limit = 0;
  CallPlan calls;
  // Of an instance's channels, the first to each callee, one for each worker; the last: how many.
  std::vector<std::uint32_t> call_channels{0};
  EndpointSet endpoints;
};

struct Client {
  const ClientSpec* spec = nullptr;
  std::unique_ptr<Arrivals> arrivals;        // open loop
  std::unique_ptr<Distribution> think_time;  // closed loop; null: none
  std::optional<Popularity> popularity;
  RandomStream requests{0};         // draws about a request
  std::uint64_t draw_base = 0;      // draws about its attempts
  std::uint32_t first_channel = 0;  // of those that carry its requests: its own, or a proxy's
  std::uint32_t views = 1;          // so many of them
  std::uint64_t issued = 0;
  std::vector<std::uint64_t> issued_by_user;  // closed loop
};

// A request that a client has put through a proxy, until the client has its answer.
struct Proxied {
  Request request;  // with the client's own token
  std::uint32_t client = 0;
  std::uint32_t channel = 0;   // of the proxy
  std::uint32_t next = kNone;  // of the free ones
  Outcome outcome = Outcome::ok;
  std::uint8_t attempts = 0;
};

enum class CallerKind : std::uint8_t { client, instance, proxy };

// Who owns a channel, and where its messages go to.
struct ChannelSide {
  CallerKind caller = CallerKind::client;
  std::uint32_t owner = 0;  // client or instance; of a proxy, the first client that it serves
  std::uint32_t service = 0;
  std::uint64_t draw_base = 0;    // of a client's requests
  std::uint64_t probe_draws = 0;  // its probes' draw keys come from here
  std::uint16_t zone = 0;
  // For deadlines, of requests and of attempts.
  EventQueue::LaneId timeout_lane = 0;
  EventQueue::LaneId attempt_lane = 0;
  bool has_timeout_lane = false;
  bool has_attempt_lane = false;
};

class World {
 public:
  World(const Scenario& scenario, std::uint64_t replication);
  std::optional<RunRecord> run(const Progress& progress);

 private:
  // Building (world.cc).
  void build_services();
  void build_clients();
  void build_channels();
  void add_client_channels(std::uint32_t client);
  void add_instance_channels(std::uint32_t instance);
  void add_channels(const ChannelSide& side, const std::string& process,
                    const steelyard::Caller& caller);
  void add_channel(const ChannelSide& side, const std::string& view,
                   const steelyard::Caller& caller);
  const std::vector<Membership>& memberships(std::uint32_t service, const RandomStream& channel);
  std::uint32_t channel_of(const Client& client, std::uint64_t token) const {
    return client.first_channel + static_cast<std::uint32_t>(view_of_request(
                                      *client.spec, client.requests, token, client.views));
  }
  std::unique_ptr<Balancer> make_balancer(const ServiceSpec& service) const;
  void schedule_the_plan();

  // The loop (world.cc).
  void handle(const Event& event);
  void sample_outstanding(std::size_t bucket);
  void end_warmup();
  RunRecord collect();

  // Requests between callers and instances (requests.cc).
  void arrival(std::uint32_t client);
  void issue(std::uint32_t client, std::uint64_t user, std::uint64_t number);
  void think_or_issue(std::uint32_t client, std::uint64_t user, Duration at_least);
  void carry_out_actions();
  void send(const Action& action);
  void wake(const Action& action);
  void finish(const Action& action);
  void request_finished(std::uint32_t client, std::uint64_t token, Instant planned, Outcome outcome,
                        std::uint8_t attempts);
  void call_finished(const Action& action);
  static std::uint32_t channel_of_call(const Instance& instance, const Service& service,
                                       std::uint64_t draw_key, const CallSite& site);
  void travel(std::uint32_t job, bool answer) {
    if (!direct_) return travel_network(job, answer);
    return answer ? deliver_answer(job) : request_arrives(job);
  }
  void travel_network(std::uint32_t job, bool answer);
  std::uint8_t conditions_between(const Job& job) const;
  std::optional<Duration> message_delay(const Job& job, bool is_answer, std::int64_t bytes);
  void deliver_answer(std::uint32_t job);
  std::uint32_t allocate_job();
  void free_job(std::uint32_t job);

  // Clients behind a proxy (proxy.cc).
  std::uint32_t proxy_of(std::uint32_t service) const;
  void send_to_proxy(std::uint32_t client, const Request& request);
  void hop(std::uint32_t proxied, bool is_answer);
  void proxy_receives(std::uint32_t proxied);
  void proxy_finished(const Action& action);
  void proxy_answered(std::uint32_t proxied);

  // Queues and service (instances.cc).
  void request_arrives(std::uint32_t job);
  void start_service(std::uint32_t job);
  void start_next(Instance& instance);
  void take_place(Instance& instance, std::int32_t change);
  void completion(std::uint32_t job);
  void own_work_done(std::uint32_t job);
  void call_stage(std::uint32_t job);
  void stage_done(std::uint32_t job);
  void job_done(std::uint32_t job, Outcome outcome);
  void answer(std::uint32_t job, Outcome outcome);
  double draw_work_seconds(const Service& service, const Job& job) const;

  // What instances tell of their load (load.cc).
  void meter(std::uint32_t service);
  void meter_arrival(std::uint32_t job);
  void meter_answer(std::uint32_t job);
  void meter_places(const Instance& instance);
  LoadReport report_of(std::uint32_t instance);
  void send_probe(const Action& action);
  void probe_travels(std::uint32_t probe, bool is_answer);
  void probe_arrives(std::uint32_t probe);
  void probe_answered(std::uint32_t probe);
  void answer_probe(std::uint32_t instance, std::uint32_t channel, ProbeId id, bool answered);
  void wait_for_idle(const ProbeMessage& probe);
  void tell_of_idleness(std::uint32_t instance);
  std::uint32_t allocate_probe();

  // Processor sharing (shared_processor.cc).
  void shared_start(std::uint32_t job);
  void shared_completion(std::uint32_t instance);
  void shared_advance(Instance& instance);
  void shared_reschedule(Instance& instance);
  double shared_rate(const Instance& instance) const;

  // Faults (faults.cc).
  void fault_changes(std::uint32_t fault, bool begins);
  void apply_faults(std::uint32_t instance);
  void set_speed(std::uint32_t instance, double speed);
  void crash(std::uint32_t instance);
  void notice_answers(std::uint32_t instance);
  Outcome met_at_the_door(std::uint32_t job);
  bool breaks_off(const Job& job);
  Duration held_up(const Job& job, bool is_answer, std::int64_t bytes);
  Duration fault_delay(std::uint32_t instance, std::uint64_t message_key, bool closes);
  Instant through_link(std::uint32_t instance, bool outbound, std::int64_t bytes, Instant at);
  Link& link_of(std::uint32_t instance);

  std::uint32_t index_of(const Instance& instance) const {
    return static_cast<std::uint32_t>(&instance - instances_.data());
  }

  const Scenario& scenario_;
  RandomStream root_;
  RandomStream fault_random_;
  Network network_;
  bool direct_;  // no message is ever under way: no network, and no fault that makes one
  EventQueue queue_;
  Recorder recorder_;
  Instant now_ = kStart;
  std::vector<Job> jobs_;
  std::uint32_t first_free_job_ = kNone;
  std::vector<Instance> instances_;
  std::vector<SharedProcessor> shared_;
  std::vector<LoadDesk> desks_;
  std::vector<MeteredJob> metered_jobs_;  // by job; empty if no instance is metered
  std::vector<ProbeMessage> probes_;
  std::uint32_t first_free_probe_ = kNone;
  std::vector<Service> services_;
  std::vector<Client> clients_;
  std::vector<Channel> channels_;
  std::vector<ChannelSide> sides_;
  std::uint32_t client_channels_ = 0;  // the first so many carry clients' requests
  std::vector<Proxied> proxied_;
  std::uint32_t first_free_proxied_ = kNone;
  std::uint64_t proxied_open_ = 0;
  std::vector<ServiceRecord> samples_;
  std::vector<Membership> learnt_;               // of the events to come
  std::vector<std::vector<Membership>> common_;  // by service: of views that do not differ
  std::vector<Membership> own_;                  // of the view that is just being built

  struct FaultState {
    std::unique_ptr<Distribution> latency;
    std::vector<std::uint32_t> instances;  // hit by it, ascending
    bool on = false;
    bool hits(std::uint32_t instance) const {
      return std::binary_search(instances.begin(), instances.end(), instance);
    }
  };
  std::vector<FaultState> faults_;
  std::vector<Link> links_;  // of the instances that a bandwidth fault ever hits, ascending

  struct JobHit {
    std::uint32_t instance = 0;
    std::uint32_t job = 0;
    auto operator<=>(const JobHit&) const = default;
  };
  std::span<const JobHit> jobs_at(std::uint32_t instance) const;
  std::vector<JobHit> jobs_hit_;  // by the fault that is just changing, ascending

  Actions actions_;
  std::size_t next_action_ = 0;
};

}  // namespace steelyard::sim
