#include "real-harness/instances/modelled_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/check.h"
#include "core/make.h"

namespace steelyard::live {
namespace {

constexpr std::size_t kBurningThreadsMax = 256;

std::uint64_t number_of(std::string_view text, int base, std::uint64_t otherwise) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? value
                                                                                   : otherwise;
}

// A job's token for one of its calls: the generation tells a late answer from an answer to the job
// that now has the same slot.
constexpr std::uint64_t call_token(std::uint32_t job, std::uint32_t generation, std::uint8_t site) {
  return std::uint64_t{job} << 36 | (std::uint64_t{generation} & 0xfffffff) << 8 | site;
}

std::unique_ptr<Worker> make_worker(Reactor& reactor, const Scenario& scenario,
                                    const ServiceSpec& service, Worker::Done done) {
  const bool shared = service.discipline == Discipline::processor_sharing;
  const auto places =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(service.concurrency, 1, 1'000'000'000));
  if (scenario.work == Work::processor)
    return make_burning_worker(
        reactor,
        static_cast<std::uint32_t>(shared ? kBurningThreadsMax
                                          : std::min<std::size_t>(places, kBurningThreadsMax)),
        std::move(done));
  if (shared) return make_shared_worker(reactor, places, std::move(done));
  return make_timer_worker(reactor, std::move(done));
}

}  // namespace

void append_request(std::string& out, std::string_view host, std::uint64_t draw_key, bool has_key,
                    std::uint64_t key_hash, Duration left, std::int64_t bytes) {
  const std::size_t begin = out.size();
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "POST / HTTP/1.1\r\nHost: {}\r\n{}: {:016x}\r\n", host, kDrawHeader, draw_key);
  if (has_key) fmt::format_to(to, "{}: {:016x}\r\n", kKeyHeader, key_hash);
  if (left < kDelayMax) fmt::format_to(to, "{}: {}\r\n", kTimeoutHeader, left.count());
  constexpr std::string_view kLength = "Content-Length: 00000\r\n\r\n";
  const auto head = static_cast<std::int64_t>(out.size() - begin + kLength.size());
  const std::int64_t body = std::max<std::int64_t>(0, bytes - head);
  fmt::format_to(to, "Content-Length: {}\r\n\r\n", body);
  out.append(static_cast<std::size_t>(body), 'x');
}

ModelledInstance::ModelledInstance(Reactor& reactor, const InstancePlace& place,
                                   Descriptor listener, ChannelLog* log)
    : reactor_(reactor),
      scenario_(place.scenario),
      service_(scenario_.services[place.service]),
      instance_(place.instance),
      stats_(place.stats),
      root_(replication_stream(scenario_.run.seed, place.replication)),
      times_(service_time_stream(root_, service_.name)),
      calls_random_(calls_stream(root_, service_.name)),
      faults_random_(fault_stream(root_)),
      plan_(call_plan(service_)),
      name_(fmt::format("{}/{}", service_.name, place.instance)),
      shared_(service_.discipline == Discipline::processor_sharing),
      worker_(make_worker(reactor, scenario_, service_,
                          [this](std::uint32_t job) { own_work_done(job); })),
      metered_(reads_load(service_)),
      idle_(idle_stream(root_, name_)),
      driver_(reactor, *this, log),
      connections_before_(stats_.connections.load(std::memory_order_relaxed)),
      views_(reactor, driver_, scenario_),
      probes_(driver_),
      attempts_(driver_),
      server_(reactor, std::move(listener), *this,
              {.header_timeout = 3600s, .body_timeout = 3600s, .idle_timeout = 3600s}) {
  service_time_ = make_checked<Distribution>(service_.service_time);
  constexpr std::int64_t kHeadBytes = 160;  // about what the answer's head takes
  response_body_.assign(
      static_cast<std::size_t>(std::max<std::int64_t>(0, service_.response_bytes - kHeadBytes)),
      'y');
  worker_->set_speed(service_.instances[instance_].speed);
  build_channels(place);
}

ModelledInstance::~ModelledInstance() = default;

void ModelledInstance::build_channels(const InstancePlace& place) {
  const Caller caller = caller_of_instance(scenario_, place.service, place.instance);
  for (const std::uint32_t callee : plan_.callees) {
    first_channel_.push_back(views_.add(callee, root_, name_, caller));
    for (std::size_t worker = 0; worker < views_.workers(callee); ++worker) {
      callees_.push_back({.service = callee});
      for (const Address& address : place.addresses[callee])
        callees_.back().clients.push_back(std::make_unique<HttpClient>(reactor_, address));
    }
  }
  views_.start();
}

void ModelledInstance::set_faults(const FaultState& faults) {
  faults_ = faults;
  worker_->set_speed(faults.paused ? 0 : service_.instances[instance_].speed / faults.slow);
  take_place(0);
}

// ---- Requests come -----------------------------------------------------------------------------

void ModelledInstance::on_request(Exchange& exchange) {
  const http::RequestHead& head = exchange.request();
  if (head.path.size() > 1 && serve_own_page(exchange)) return;
  if (head.expects_continue) exchange.continue_request();
  const std::uint32_t index = take_job(exchange);
  Job& job = jobs_[index];
  job.draw_key = number_of(head.find(kDrawHeader), 16, 0);
  if (job.draw_key == 0) job.draw_key = mix64(++own_draws_);
  const std::string_view key = head.find(kKeyHeader);
  job.has_key = !key.empty();
  job.key_hash = number_of(key, 16, 0);
  const std::uint64_t left = number_of(head.find(kTimeoutHeader), 10, 0);
  job.deadline = left == 0 ? kNever
                           : reactor_.now() + std::min(Duration(static_cast<std::int64_t>(
                                                           std::min(left, std::uint64_t{1} << 62))),
                                                       kDelayMax);
}

// Jobs arrive when the whole request has come.
void ModelledInstance::on_body(Exchange& exchange, std::string_view, bool last) {
  if (!last || exchange.context == nullptr || exchange.context == this) return;
  arrive(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(exchange.context)) - 1);
}

void ModelledInstance::on_abandoned(Exchange& exchange) {
  if (exchange.context == nullptr) return;
  if (exchange.context == this) {
    idle_.forget([&](const Exchange* waiting) { return waiting == &exchange; });
    return;
  }
  const auto index =
      static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(exchange.context)) - 1;
  jobs_[index].exchange = nullptr;
  if (jobs_[index].state == State::free) free_job(index);  // its request never came to an end
}

std::uint32_t ModelledInstance::take_job(Exchange& exchange) {
  if (free_jobs_.empty()) {
    free_jobs_.push_back(static_cast<std::uint32_t>(jobs_.size()));
    jobs_.emplace_back();
  }
  const std::uint32_t index = free_jobs_.back();
  free_jobs_.pop_back();
  const std::uint32_t generation = jobs_[index].generation;
  jobs_[index] = {.exchange = &exchange, .generation = generation};
  exchange.context = reinterpret_cast<void*>(std::uintptr_t{index} + 1);  // never null
  return index;
}

void ModelledInstance::free_job(std::uint32_t index) {
  ++jobs_[index].generation;
  jobs_[index].state = State::free;
  free_jobs_.push_back(index);
}

void ModelledInstance::arrive(std::uint32_t index) {
  stats_.attempts.fetch_add(1, std::memory_order_relaxed);
  jobs_[index].arrived = jobs_[index].started = reactor_.now();
  jobs_[index].met = outstanding_;
  idle_.request_came();
  if (hit_by_fault(index)) return;
  const std::uint64_t limit =
      service_.queue_limit ? static_cast<std::uint64_t>(*service_.queue_limit) : ~std::uint64_t{0};
  const auto places = static_cast<std::uint64_t>(service_.concurrency);
  if (shared_) {
    if (limit < ~std::uint64_t{0} - places && outstanding_ >= limit + places)
      return refuse(index, Outcome::queue_full);
  } else if (in_service_ >= places) {
    if (queue_.size() >= limit) return refuse(index, Outcome::queue_full);
    stats_.outstanding.store(++outstanding_, std::memory_order_relaxed);
    jobs_[index].state = State::queued;
    if (service_.discipline == Discipline::lifo)
      queue_.push_front(index);
    else
      queue_.push_back(index);
    return;
  }
  stats_.outstanding.store(++outstanding_, std::memory_order_relaxed);
  start_service(index);
}

bool ModelledInstance::hit_by_fault(std::uint32_t index) {
  if (faults_ == FaultState{}) return false;
  Job& job = jobs_[index];
  if (faults_.refuses) {
    refuse(index, Outcome::connection_refused);
    return true;
  }
  // One draw for each kind, so that kinds do not shift each other.
  const auto hit = [&](double probability, std::uint64_t kind) {
    return probability > 0 && fault_draws(faults_random_, job.draw_key, kind).chance(probability);
  };
  if (hit(faults_.reset_probability, 0)) {
    stats_.failed.fetch_add(1, std::memory_order_relaxed);
    if (Exchange* const exchange = std::exchange(job.exchange, nullptr)) exchange->reset();
    free_job(index);
    return true;
  }
  if (hit(faults_.error_probability, 1)) {
    stats_.failed.fetch_add(1, std::memory_order_relaxed);
    answer(index, Outcome::error_status, faults_.error_status);
    return true;
  }
  job.truncated = hit(faults_.truncate_probability, 2);
  return false;
}

void ModelledInstance::refuse(std::uint32_t index, Outcome outcome) {
  stats_.failed.fetch_add(1, std::memory_order_relaxed);
  answer(index, outcome, status_of(outcome));
}

// ---- And are served ----------------------------------------------------------------------------

// Changes the number of places taken, keeping the integral of it over time.
void ModelledInstance::take_place(std::int32_t change) {
  const std::int64_t now_ns = reactor_.now().time_since_epoch().count();
  const std::int64_t since_ns = stats_.busy_until_ns.load(std::memory_order_relaxed);
  const auto busy = static_cast<std::int64_t>(
      std::min<std::uint64_t>(in_service_, static_cast<std::uint64_t>(service_.concurrency)));
  stats_.busy_ns.fetch_add((now_ns - since_ns) * busy, std::memory_order_relaxed);
  stats_.busy_until_ns.store(now_ns, std::memory_order_relaxed);
  in_service_ += static_cast<std::uint32_t>(change);
  stats_.in_service.store(in_service_, std::memory_order_relaxed);
  if (!metered_) return;
  const double taken = static_cast<double>(std::min<std::uint64_t>(
                           in_service_, static_cast<std::uint64_t>(service_.concurrency))) /
                       static_cast<double>(service_.concurrency);
  meter_.places_taken(taken, faults_.paused ? 0 : 1 / faults_.slow, reactor_.now());
}

void ModelledInstance::start_service(std::uint32_t index) {
  take_place(1);
  Job& job = jobs_[index];
  job.state = State::serving;
  job.started = reactor_.now();
  worker_->start(index, draw_service_time(*service_time_, times_, job.draw_key), job.arrived);
}

void ModelledInstance::start_next() {
  if (queue_.empty() || in_service_ >= static_cast<std::uint64_t>(service_.concurrency)) return;
  const std::uint32_t index = queue_.front();
  queue_.pop_front();
  start_service(index);
}

void ModelledInstance::own_work_done(std::uint32_t index) {
  if (shared_) take_place(-1);  // whatever it waits for from now on is not work
  if (plan_.stages.empty()) return job_done(index, Outcome::ok);
  if (!service_.holds_slot_during_calls && !shared_) {
    take_place(-1);
    start_next();
  }
  call_stage(index);
}

// Makes the calls of the job's stage; a stage without any (none, or all left to chance) is passed.
void ModelledInstance::call_stage(std::uint32_t index) {
  for (;;) {
    if (jobs_[index].stage == plan_.stages.size()) return job_done(index, Outcome::ok);
    jobs_[index].state = State::calling;
    // Held open while the calls are made: an answer that comes at once must not end the stage.
    jobs_[index].pending = 1;
    const Job job = jobs_[index];
    for (const CallSite& site : plan_.stages[job.stage]) {
      if (!draw_call(calls_random_, job.draw_key, site.number, site.probability)) continue;
      ++jobs_[index].pending;
      const auto worker = static_cast<std::uint32_t>(view_of_call(
          job.draw_key, site.number, views_.workers(plan_.callees[site.channel_offset])));
      driver_.request(first_channel_[site.channel_offset] + worker,
                      {.token = call_token(index, job.generation, site.number),
                       .planned = reactor_.now(),
                       .deadline = job.deadline,
                       .key_hash = job.key_hash,
                       .source_ipv4 = source_of_key(job.key_hash),
                       .has_key = job.has_key});
    }
    if (--jobs_[index].pending > 0) return;
    if (jobs_[index].outcome != Outcome::ok) return job_done(index, jobs_[index].outcome);
    ++jobs_[index].stage;
  }
}

void ModelledInstance::send(const Action& action) {
  stats_.connections.store(connections_before_ + driver_.connections(), std::memory_order_relaxed);
  const auto job = static_cast<std::uint32_t>(action.token >> 36);
  const std::uint64_t draw_key =
      attempt_draw_key(jobs_[job].draw_key, action.token & 0xff, action.attempts);
  const Callee& callee = callees_[action.channel];
  const ServiceSpec& called = scenario_.services[callee.service];
  HttpClient& client = *callee.clients[action.endpoint];
  bytes_.clear();
  append_request(bytes_, called.name, draw_key, action.has_key, action.key_hash,
                 action.at == kNever ? kDelayMax : action.at - reactor_.now(),
                 called.request_bytes);
  attempts_.send(action, client, bytes_);
}

void ModelledInstance::probe(const Action& action) {
  const Callee& callee = callees_[action.channel];
  probes_.ask(action, *callee.clients[action.endpoint], scenario_.services[callee.service].name);
}

void ModelledInstance::finish(const Action& action) {
  const auto index = static_cast<std::uint32_t>(action.token >> 36);
  Job& job = jobs_[index];
  if (job.state != State::calling ||
      (job.generation & 0xfffffff) != ((action.token >> 8) & 0xfffffff))
    return;
  if (action.outcome != Outcome::ok && job.outcome == Outcome::ok) job.outcome = action.outcome;
  if (--job.pending > 0) return;
  if (job.outcome != Outcome::ok) return job_done(index, job.outcome);
  ++job.stage;
  call_stage(index);
}

// ---- And answered ------------------------------------------------------------------------------

void ModelledInstance::job_done(std::uint32_t index, Outcome outcome) {
  stats_.outstanding.store(--outstanding_, std::memory_order_relaxed);
  if (outcome != Outcome::ok || jobs_[index].truncated)
    stats_.failed.fetch_add(1, std::memory_order_relaxed);
  const bool holds = plan_.stages.empty() || service_.holds_slot_during_calls;
  if (!shared_ && holds) {
    take_place(-1);
    start_next();
  }
  answer(index, outcome, status_of(outcome));
  if (outstanding_ == 0) tell_of_idleness();
}

void ModelledInstance::answer(std::uint32_t index, Outcome outcome, int status) {
  Exchange* const exchange = std::exchange(jobs_[index].exchange, nullptr);
  const bool reports = metered_ && outcome != Outcome::connection_refused;
  if (reports)
    meter_.answered({.latency = reactor_.now() - jobs_[index].arrived,
                     .service_time = reactor_.now() - jobs_[index].started,
                     .met = jobs_[index].met,
                     .ok = outcome == Outcome::ok},
                    reactor_.now());
  const bool truncated = jobs_[index].truncated;
  free_job(index);
  if (exchange == nullptr) return;
  exchange->context = nullptr;
  headers_.clear();
  if (reports)
    append_load_header(headers_, load());
  else
    fmt::format_to(std::back_inserter(headers_), "{}: outstanding={} in_service={}\r\n",
                   kLoadHeader, outstanding_, in_service_);
  if (truncated) {
    exchange->begin_answer(200, "OK", headers_,
                           static_cast<std::int64_t>(response_body_.size()) + 1);
    exchange->answer_body(response_body_);
    exchange->flush();
    exchange->break_off();
  } else if (outcome == Outcome::ok) {
    exchange->answer(200, headers_, response_body_);
  } else {
    fmt::format_to(std::back_inserter(headers_), "{}: {}\r\n", kOutcomeHeader, to_text(outcome));
    exchange->answer(status, headers_, "");
  }
}

bool ModelledInstance::serve_own_page(Exchange& exchange) {
  const std::string_view path = exchange.request().path;
  if (path == "/health") {
    exchange.answer(200, "Content-Type: text/plain\r\n", "ok\n");
    return true;
  }
  if (path == kLoadPath) {
    serve_load(exchange);
    return true;
  }
  if (path != "/metrics") return false;
  exchange.answer(200, "Content-Type: text/plain; version=0.0.4\r\n", metrics_page());
  return true;
}

LoadReport ModelledInstance::load() {
  const auto queued = shared_ ? outstanding_ - std::min(outstanding_, in_service_)
                              : static_cast<std::uint32_t>(queue_.size());
  return meter_.report(outstanding_, queued, reactor_.now(),
                       service_.strategies.view.report_interval);
}

void ModelledInstance::serve_load(Exchange& exchange) {
  if (faults_.refuses) return exchange.answer(status_of(Outcome::connection_refused), "", "");
  if (exchange.request().query == kWhenIdle) {
    exchange.context = this;
    idle_.ask(&exchange);
    if (outstanding_ == 0) tell_of_idleness();
    return;
  }
  tell_load(exchange);
}

void ModelledInstance::tell_of_idleness() {
  const std::optional<Exchange*> waiting = idle_.tell();
  if (!waiting) return;
  (*waiting)->context = nullptr;
  tell_load(**waiting);
}

void ModelledInstance::tell_load(Exchange& exchange) {
  headers_.clear();
  append_load_header(headers_, load());
  exchange.answer(200, headers_, "");
}

// Prometheus' text format.
std::string ModelledInstance::metrics_page() const {
  const std::string labels =
      fmt::format("{{service=\"{}\",instance=\"{}\"}}", service_.name, name_);
  std::string page;
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                       const auto& value) {
    page += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0}{3} {4}\n", name, help, type, labels,
                        value);
  };
  add("steelyard_attempts_total", "counter", "Requests received.", stats_.attempts.load());
  add("steelyard_failed_total", "counter", "Requests not answered with success.",
      stats_.failed.load());
  add("steelyard_outstanding", "gauge", "Requests here, queued and in service.", outstanding_);
  add("steelyard_in_service", "gauge", "Requests in service.", in_service_);
  add("steelyard_concurrency", "gauge", "Requests that may be in service at once.",
      service_.concurrency);
  add("steelyard_busy_seconds_total", "counter", "Integral of the requests in service over time.",
      static_cast<double>(stats_.busy_ns.load()) / 1e9);
  return page;
}

}  // namespace steelyard::live
