#include "real-harness/channels/http_probes.h"

#include <fmt/format.h>

#include <iterator>

#include "real-harness/channels/load_header.h"

namespace steelyard::live {

HttpProbes::~HttpProbes() {
  for (const Question& question : questions_)
    if (question.exchange != nullptr) question.exchange->abandon();
}

void HttpProbes::ask(const Action& action, HttpClient& client, std::string_view host) {
  const bool idle = action.kind == Action::Kind::probe_idle;
  // Its connection says to the endpoint that nobody waits for the earlier one.
  for (std::size_t i = 0; idle && i < questions_.size(); ++i) {
    Question& before = questions_[i];
    if (before.exchange == nullptr || !before.idle || before.channel != action.channel ||
        before.client != &client)
      continue;
    before.exchange->abandon();
    before.exchange = nullptr;
    free_.push_back(i);
  }
  ClientExchange* const exchange = client.start(*this);
  if (exchange == nullptr) return driver_.probe_reply(action.channel, action.id, nullptr);
  if (free_.empty()) {
    free_.push_back(questions_.size());
    questions_.emplace_back();
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  questions_[index] = {.exchange = exchange,
                       .client = &client,
                       .id = action.id,
                       .channel = action.channel,
                       .idle = idle};
  exchange->token = index;
  bytes_.clear();
  fmt::format_to(std::back_inserter(bytes_), "GET {}{}{} HTTP/1.1\r\nHost: {}\r\n\r\n", kLoadPath,
                 idle ? "?" : "", idle ? kWhenIdle : "", host);
  exchange->write(bytes_);
  exchange->end_request();
}

void HttpProbes::on_response(ClientExchange& exchange, const http::ResponseHead& head) {
  Question& question = questions_[exchange.token];
  const std::optional<LoadReport> report = load_of(head);
  question.answered = head.status == 200 && report.has_value();
  if (report) question.report = *report;
}

void HttpProbes::on_response_body(ClientExchange& exchange, std::string_view, bool last) {
  if (last) end(exchange.token);
}

void HttpProbes::on_request_failed(ClientExchange& exchange, Outcome) {
  questions_[exchange.token].answered = false;
  end(exchange.token);
}

void HttpProbes::end(std::size_t index) {
  const Question question = questions_[index];
  questions_[index].exchange = nullptr;
  free_.push_back(index);
  driver_.probe_reply(question.channel, question.id,
                      question.answered ? &question.report : nullptr);
}

}  // namespace steelyard::live
