#include "real-harness/channels/http_attempts.h"

#include <algorithm>
#include <utility>

#include "real-harness/channels/load_header.h"

namespace steelyard::live {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

}  // namespace

Outcome outcome_of(const http::ResponseHead& head) {
  if (head.status < 400) return Outcome::ok;
  const std::string_view name = head.find(kOutcomeHeader);
  const auto known = std::find(kOutcomeNames.begin(), kOutcomeNames.end(), name);
  const auto outcome = static_cast<Outcome>(known - kOutcomeNames.begin());
  // That its caller left is not for a service to say: it would be spared what failures cost.
  const bool is_failure =
      known != kOutcomeNames.end() && outcome != Outcome::ok && outcome != Outcome::cancelled;
  return is_failure ? outcome : Outcome::error_status;
}

int status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return 200;
    case Outcome::deadline_exceeded:
      return 504;
    case Outcome::queue_full:
    case Outcome::no_endpoint:
      return 503;
    case Outcome::connection_refused:
    case Outcome::connection_reset:
    case Outcome::error_status:
    case Outcome::bad_response:
      return 502;
    case Outcome::cancelled:
      return 499;  // as nginx has it: nobody is there to be told
  }
  return 500;
}

HttpAttempts::~HttpAttempts() {
  for (const Attempt& attempt : attempts_)
    if (attempt.exchange != nullptr) attempt.exchange->abandon();
}

std::uint32_t& HttpAttempts::index_of(std::uint32_t channel, AttemptId id) {
  const std::uint32_t slot = Channel::slot_of(id);
  if (of_request_.size() <= channel) of_request_.resize(channel + 1);
  std::vector<std::uint32_t>& indices = of_request_[channel];
  if (indices.size() <= slot) indices.resize(std::max<std::size_t>(slot + 1, 2 * slot), kNone);
  return indices[slot];
}

void HttpAttempts::send(const Action& action, HttpClient& client, std::string_view bytes,
                        bool to_head) {
  ClientExchange* const exchange = client.start(*this, to_head);
  if (exchange == nullptr) {
    // No connection to be had on this side: the caller's own doing, and no server's.
    driver_.reply(action.channel, action.id, Outcome::connection_refused);
    return;
  }
  std::uint32_t index = first_free_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(attempts_.size());
    attempts_.emplace_back();
  } else {
    first_free_ = attempts_[index].next_free;
  }
  attempts_[index] = {.exchange = exchange, .id = action.id, .channel = action.channel};
  exchange->token = index;
  index_of(action.channel, action.id) = index;
  ++under_way_;
  exchange->write(bytes);
  exchange->end_request();
}

void HttpAttempts::cancel(const Action& action) {
  const std::uint32_t index = index_of(action.channel, action.id);
  if (index == kNone || attempts_[index].exchange == nullptr || attempts_[index].id != action.id)
    return;
  attempts_[index].exchange->abandon();
  attempts_[index].exchange = nullptr;
  attempts_[index].next_free = std::exchange(first_free_, index);
  --under_way_;
}

void HttpAttempts::on_response(ClientExchange& exchange, const http::ResponseHead& head) {
  Attempt& attempt = attempts_[exchange.token];
  attempt.outcome = outcome_of(head);
  if (driver_.reads_load(attempt.channel)) attempt.report = load_of(head);
}

void HttpAttempts::on_response_body(ClientExchange& exchange, std::string_view, bool last) {
  if (last) {
    const auto index = static_cast<std::uint32_t>(exchange.token);
    end(index, attempts_[index].outcome);
  }
}

void HttpAttempts::on_request_failed(ClientExchange& exchange, Outcome outcome) {
  end(static_cast<std::uint32_t>(exchange.token), outcome);
}

void HttpAttempts::end(std::uint32_t index, Outcome outcome) {
  Attempt& attempt = attempts_[index];
  attempt.exchange = nullptr;
  attempt.next_free = std::exchange(first_free_, index);
  --under_way_;
  const std::optional<LoadReport> report = attempt.report;
  driver_.reply(attempt.channel, attempt.id, outcome, report ? &*report : nullptr);
}

}  // namespace steelyard::live
