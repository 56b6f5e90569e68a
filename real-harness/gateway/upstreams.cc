#include "real-harness/gateway/upstreams.h"

#include <utility>

#include "real-harness/channels/channels.h"
#include "real-harness/channels/http_attempts.h"
#include "real-harness/channels/load_header.h"

namespace steelyard::live::gateway {
namespace {

Forward& forward_of(const Action& action) {
  return *reinterpret_cast<Forward*>(static_cast<std::uintptr_t>(action.token));
}
Forward* forward_of(const ClientExchange& exchange) {
  return static_cast<Forward*>(exchange.context);
}

// What an answer says about the instance. Unlike a load generator's request, one that a caller got
// wrong (4xx) was served well; but modelled instances say themselves what a status stands for.
Outcome outcome_for_channel(const http::ResponseHead& head) {
  if (head.status < 400) return Outcome::ok;
  if (head.find(kOutcomeHeader).data() != nullptr) return outcome_of(head);
  return head.status >= 500 ? Outcome::error_status : Outcome::ok;
}

}  // namespace

Upstreams::Upstreams(Reactor& reactor, const Scenario& scenario,
                     const std::vector<std::vector<Address>>& addresses, const RandomStream& random,
                     Counts& counts)
    : reactor_(reactor),
      driver_(reactor, *this),
      views_(reactor, driver_, scenario),
      probes_(driver_),
      counts_(counts),
      worker_random_(random.stream("workers")) {
  for (std::size_t s = 0; s < scenario.services.size(); ++s) {
    Service& service = services_.emplace_back();
    service.first_channel = views_.add(s, random, "gateway", {});
    service.workers = views_.workers(s);
    service_of_channel_.resize(driver_.size(), s);
    for (const Address& address : addresses[s]) {
      service.clients.push_back(std::make_unique<HttpClient>(reactor, address));
      service.names.push_back(to_text(address));
    }
  }
  views_.start();
}

Upstreams::~Upstreams() = default;

void Upstreams::probe(const Action& action) {
  Service& service = service_of(action.channel);
  probes_.ask(action, *service.clients[action.endpoint], service.names[action.endpoint]);
}

std::size_t Upstreams::connections() const {
  std::size_t count = 0;
  for (const Service& service : services_)
    for (const auto& client : service.clients) count += client->connections();
  return count;
}

void Upstreams::start(Forward& forward, const To& to) {
  forward.state = Forward::State::waiting;
  forward.in_channel = true;
  forward.deciding = false;
  forward.replayable = true;
  const Service& service = services_[to.service];
  forward.channel = service.first_channel;
  if (service.workers > 1)
    forward.channel += static_cast<std::uint32_t>(worker_random_.below(service.workers));
  forward.attempt = 0;
  forward.attempts = 0;
  forward.outcome = Outcome::ok;
  forward.upstream = nullptr;
  driver_.request(forward.channel, {.token = reinterpret_cast<std::uintptr_t>(&forward),
                                    .planned = reactor_.now(),
                                    .deadline = to.deadline,
                                    .key_hash = to.key_hash,
                                    .source_ipv4 = to.source_ipv4,
                                    .has_key = to.has_key});
}

void Upstreams::write(Forward& forward, std::string_view bytes, bool complete) {
  forward.complete = complete;
  ClientExchange* const upstream = forward.upstream;
  if (forward.replayable || upstream == nullptr) forward.bytes.append(bytes);
  if (upstream == nullptr) return;
  upstream->write(bytes);
  if (complete) upstream->end_request();
  if (forward.replayable && forward.bytes.size() > kReplayBytesMax) {
    forward.replayable = false;
    forward.bytes = std::string();
  }
}

void Upstreams::pause_answer(Forward& forward) {
  if (forward.upstream != nullptr) forward.upstream->pause_body();
}
void Upstreams::resume_answer(Forward& forward) {
  if (forward.upstream != nullptr) forward.upstream->resume_body();
}

void Upstreams::give_up(Forward& forward, Outcome why) {
  if (!forward.under_way()) return;
  forward.state = Forward::State::over;
  forward.outcome = why;
  if (ClientExchange* const upstream = std::exchange(forward.upstream, nullptr)) {
    upstream->context = nullptr;
    upstream->abandon();
  }
  if (forward.in_channel) tell_channel_at_last(forward, why);
}

void Upstreams::tell_channel(Forward& forward, Outcome outcome) {
  forward.deciding = true;
  const std::optional<LoadReport> report = std::exchange(forward.report, std::nullopt);
  driver_.reply(forward.channel, forward.attempt, outcome, report ? &*report : nullptr);
  forward.deciding = false;
}

// The same where no other attempt is possible: one that its channel would wait for is cancelled.
void Upstreams::tell_channel_at_last(Forward& forward, Outcome outcome) {
  tell_channel(forward, outcome);
  if (forward.in_channel) tell_channel(forward, Outcome::cancelled);
}

void Upstreams::fail(Forward& forward, Outcome outcome) {
  forward.state = Forward::State::over;
  forward.outcome = outcome;
  forward.sink->on_failed(forward, outcome);
}

// ---- What the channel asks for -----------------------------------------------------------------

bool Upstreams::connect(Forward& forward) {
  ClientExchange* const upstream =
      service_of(forward.channel).clients[forward.endpoint]->start(*this, forward.to_head);
  forward.upstream = upstream;
  if (upstream == nullptr) return false;
  upstream->context = &forward;
  upstream->write(forward.bytes);
  if (forward.complete) upstream->end_request();
  return true;
}

void Upstreams::send(const Action& action) {
  Forward& forward = forward_of(action);
  forward.attempt = action.id;
  if (!forward.under_way()) {
    driver_.reply(action.channel, action.id, Outcome::cancelled);
    return;
  }
  forward.endpoint = action.endpoint;
  forward.attempts = action.attempts;
  forward.state = Forward::State::asking;
  ++counts_.attempts;
  if (!connect(forward)) {
    // No connection to be had on this side.
    ++counts_.failed_attempts;
    driver_.reply(action.channel, action.id, Outcome::connection_refused);
    return;
  }
  if (forward.bytes.size() > kReplayBytesMax) {
    forward.replayable = false;
    forward.bytes = std::string();
  }
  if (!forward.complete && forward.upstream->unsent() <= kUnsentMax)
    forward.sink->on_request_drained(forward);
}

void Upstreams::cancel(const Action& action) {
  Forward& forward = forward_of(action);
  ClientExchange* const upstream = std::exchange(forward.upstream, nullptr);
  if (upstream == nullptr) return;
  ++counts_.failed_attempts;
  upstream->context = nullptr;
  upstream->abandon();
  // Its time is up, or its request's. What was passed on cannot be taken back, so that there will
  // be no other attempt, whatever the channel means to do.
  if (forward.replayable && forward.state == Forward::State::asking) {
    forward.state = Forward::State::waiting;
    return;
  }
  tell_channel(forward, Outcome::cancelled);
  fail(forward, Outcome::deadline_exceeded);
}

void Upstreams::finish(const Action& action) {
  Forward& forward = forward_of(action);
  forward.in_channel = false;
  // Who tells the channel how an attempt ended goes on by itself.
  if (forward.deciding || !forward.under_way()) return;
  fail(forward, action.outcome);
}

// ---- What the instance answers -----------------------------------------------------------------

void Upstreams::on_response(ClientExchange& exchange, const http::ResponseHead& head) {
  Forward* const forward = forward_of(exchange);
  if (forward == nullptr) return;
  forward->outcome = outcome_for_channel(head);
  if (driver_.reads_load(forward->channel)) forward->report = load_of(head);
  if (forward->outcome != Outcome::ok) {
    ++counts_.failed_attempts;
    if (forward->replayable && forward->in_channel) {
      forward->state = Forward::State::waiting;
      forward->upstream = nullptr;
      exchange.context = nullptr;
      tell_channel(*forward, forward->outcome);
      if (forward->in_channel) {
        // It tries again. The connection is of use still if what is left of the answer is little.
        const bool is_little =
            head.framing == http::Framing::none ||
            (head.framing == http::Framing::length && head.content_length <= kReplayBytesMax);
        if (!is_little || !forward->complete) exchange.abandon();
        return;
      }
      forward->upstream = &exchange;
      exchange.context = forward;
    }
  }
  forward->state = Forward::State::answering;
  forward->sink->on_answer(*forward, head);
}

void Upstreams::on_response_body(ClientExchange& exchange, std::string_view data, bool last) {
  Forward* const forward = forward_of(exchange);
  if (forward == nullptr) return;
  if (last) {
    forward->upstream = nullptr;
    exchange.context = nullptr;
    if (forward->in_channel) tell_channel_at_last(*forward, forward->outcome);
    forward->state = Forward::State::over;
  }
  forward->sink->on_answer_body(*forward, data, last);
}

void Upstreams::on_request_failed(ClientExchange& exchange, Outcome outcome) {
  Forward* const forward = forward_of(exchange);
  if (forward == nullptr) return;
  forward->upstream = nullptr;
  exchange.context = nullptr;
  const bool is_stale = outcome == Outcome::connection_reset && exchange.reused() &&
                        !exchange.answer_begun() && forward->idempotent && forward->replayable &&
                        forward->state == Forward::State::asking;
  if (is_stale && connect(*forward)) return;
  ++counts_.failed_attempts;
  forward->outcome = outcome;
  const bool may_try_again =
      forward->replayable && forward->state == Forward::State::asking && forward->in_channel;
  if (may_try_again) {
    forward->state = Forward::State::waiting;
    tell_channel(*forward, outcome);
    if (forward->in_channel) return;
  } else if (forward->in_channel) {
    tell_channel_at_last(*forward, outcome);
  }
  fail(*forward, outcome);
}

void Upstreams::on_request_drained(ClientExchange& exchange) {
  if (Forward* const forward = forward_of(exchange)) forward->sink->on_request_drained(*forward);
}

void Upstreams::on_response_pause(ClientExchange& exchange) {
  if (Forward* const forward = forward_of(exchange)) forward->sink->on_answer_pause(*forward);
}

}  // namespace steelyard::live::gateway
