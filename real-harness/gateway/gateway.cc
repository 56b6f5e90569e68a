#include "real-harness/gateway/gateway.h"

#include <time.h>

#include <algorithm>
#include <random>
#include <utility>

#include "real-harness/gateway/log.h"

namespace steelyard::live::gateway {
namespace {

// Idle requests and former configurations are looked for this often.
constexpr Duration kSweepInterval = 100ms;

ServerOptions server_options(const GatewaySpec::Limits& limits) {
  ServerOptions options;
  options.limits.head_bytes_max = static_cast<std::size_t>(limits.header_bytes);
  options.limits.start_line_bytes_max =
      std::min(options.limits.start_line_bytes_max, options.limits.head_bytes_max);
  options.body_bytes_max = static_cast<std::uint64_t>(limits.body_bytes);
  options.header_timeout = limits.header_timeout;
  options.body_timeout = options.send_timeout = options.idle_timeout = limits.idle_timeout;
  return options;
}

std::uint64_t chosen_seed(std::uint64_t seed) {
  if (seed != 0) return seed;
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

Duration unix_time() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return Duration(std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec);
}

}  // namespace

Gateway::Gateway(Reactor& reactor, std::unique_ptr<Rules> rules, Descriptor listener,
                 Options options)
    : reactor_(reactor),
      random_(chosen_seed(options.seed)),
      shop_{.reactor = reactor,
            .random = random_.stream("names"),
            .tls = options.tls != nullptr,
            .log = options.log},
      current_(generation_of(std::move(rules))),
      server_(reactor, std::move(listener), *this, server_options(this->rules().spec().limits)) {
  server_.set_tls(std::move(options.tls));
  shop_.unix_offset = unix_time() - reactor_.refresh().time_since_epoch();
  name_routes();
  timer_ = reactor_.at(reactor_.now() + kSweepInterval, *this, 0);
}

Gateway::~Gateway() { reactor_.cancel(timer_); }

std::unique_ptr<Generation> Gateway::generation_of(std::unique_ptr<Rules> rules) {
  return std::make_unique<Generation>(reactor_, std::move(rules),
                                      random_.stream("generation").stream(++generations_made_),
                                      shop_.upstream_counts);
}

// The counters of a route go on under its name; those of a route that is gone are added to the
// requests without one.
void Gateway::name_routes() {
  std::vector<Counters::Route> before = std::move(shop_.counters.routes);
  shop_.counters.routes.clear();
  for (const RouteSpec& route : rules().spec().routes)
    shop_.counters.routes.push_back({.name = route.name});
  shop_.counters.routes.push_back({.name = ""});
  for (const Counters::Route& old : before) {
    const auto same =
        std::find_if(shop_.counters.routes.begin(), shop_.counters.routes.end() - 1,
                     [&](const Counters::Route& route) { return route.name == old.name; });
    for (std::size_t i = 0; i < old.by_class.size(); ++i) same->by_class[i] += old.by_class[i];
  }
}

void Gateway::replace(std::unique_ptr<Rules> rules) {
  former_.push_back(std::exchange(current_, generation_of(std::move(rules))));
  server_.set_options(server_options(this->rules().spec().limits));
  name_routes();
  for (const std::unique_ptr<Call>& call : calls_)
    if (call->serving()) call->renumber(shop_.counters.routes);
  ++shop_.counters.reloads;
}

// ---- The server's events -----------------------------------------------------------------------

// One that has just ended may be held by its channel until that is carried out.
Call& Gateway::take_call() {
  if (shop_.ended.empty() || !shop_.ended.back()->is_free())
    return *calls_.emplace_back(std::make_unique<Call>(shop_));
  Call* const call = shop_.ended.back();
  shop_.ended.pop_back();
  call->release();
  return *call;
}

void Gateway::on_request(Exchange& exchange) {
  Call& call = take_call();
  exchange.context = &call;
  call.begin(exchange, *current_);
}

void Gateway::on_body(Exchange& exchange, std::string_view data, bool last) {
  if (exchange.context != nullptr) static_cast<Call*>(exchange.context)->take_body(data, last);
}

void Gateway::on_abandoned(Exchange& exchange) {
  if (exchange.context != nullptr)
    static_cast<Call*>(exchange.context)->client_gone(exchange.refusal());
}

void Gateway::on_writable(Exchange& exchange) {
  if (exchange.context != nullptr) static_cast<Call*>(exchange.context)->client_writable();
}

void Gateway::on_refused(Exchange& exchange, int status) {
  shop_.counters.count(shop_.counters.routes.size() - 1, status, Duration{});
  if (shop_.log == nullptr) return;
  append_access_line(shop_.log->buffer(),
                     {.unix_time = reactor_.now().time_since_epoch() + shop_.unix_offset,
                      .client = exchange.client_name(),
                      .status = status,
                      .outcome = "not a valid request"});
  shop_.log->written();
}

void Gateway::on_timer(std::uint64_t) {
  timer_ = reactor_.at(reactor_.now() + kSweepInterval, *this, 0);
  shop_.unix_offset = unix_time() - reactor_.refresh().time_since_epoch();
  const Instant limit = reactor_.now() - rules().spec().limits.idle_timeout;
  for (std::size_t c = 0; c < calls_.size(); ++c) calls_[c]->end_if_idle_since(limit);
  for (Call* const call : shop_.ended)
    if (call->is_free()) call->release();
  std::erase_if(former_, [](const auto& generation) { return generation->calls == 0; });
}

std::string Gateway::metrics() const {
  Gauges gauges{.connections = server_.connections(),
                .upstream_connections = current_->upstreams.connections(),
                .attempts = shop_.upstream_counts.attempts,
                .failed_attempts = shop_.upstream_counts.failed_attempts,
                .bad_requests = server_.bad_requests()};
  if (shop_.log != nullptr) gauges.log_bytes_lost = shop_.log->lost_bytes();
  for (const auto& call : calls_) gauges.requests += call->serving() ? 1 : 0;
  for (const auto& generation : former_)
    gauges.upstream_connections += generation->upstreams.connections();
  return metrics_page(shop_.counters, gauges);
}

}  // namespace steelyard::live::gateway
