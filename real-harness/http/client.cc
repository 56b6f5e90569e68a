#include "real-harness/http/client.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace steelyard::live {

void ClientExchange::write(std::string_view bytes) { stream_->write(bytes); }

void ClientExchange::on_input() {
  if (handler_ == nullptr) {
    // Nothing was asked: the server closes an idle connection, or talks out of turn.
    client_.remove(*this);
    return;
  }
  take_input();
}

// False if the exchange is gone.
bool ClientExchange::take_input() {
  taking_ = true;
  while (handler_ != nullptr && !dead_) {
    if (!head_done_) {
      if (!take_head()) break;
      continue;
    }
    if (paused_) break;
    const http::BodyReader::Piece piece = body_.next(stream_->input());
    if (piece.bad) {
      fail(Outcome::bad_response);
      break;
    }
    const bool at_end = stream_->ended() && head_.framing == http::Framing::until_close &&
                        piece.consumed == stream_->input().size();
    const bool last = body_.done() || at_end;
    if (!last && piece.consumed == 0) {
      if (stream_->ended())
        fail(Outcome::bad_response);  // broken off in the middle
      else
        handler_->on_response_pause(*this);
      break;
    }
    stream_->consume(piece.consumed);
    Handler& handler = *handler_;
    if (last) {
      finish();
      handler.on_response_body(*this, piece.data, true);
    } else {
      handler.on_response_body(*this, piece.data, false);
    }
  }
  taking_ = false;
  if (!dead_) return true;
  client_.remove(*this);
  return false;
}

bool ClientExchange::take_head() {
  const std::string_view input = stream_->input();
  if (!input.empty()) answer_begun_ = true;
  const http::Parsed parsed =
      http::parse_response(input, to_head_, head_, scanner_, client_.options_.limits);
  if (parsed.state == http::Parsed::State::more) {
    if (stream_->ended()) fail(answer_begun_ ? Outcome::bad_response : Outcome::connection_reset);
    return false;
  }
  scanner_.reset();
  if (parsed.state == http::Parsed::State::bad) {
    fail(Outcome::bad_response);
    return false;
  }
  stream_->consume(head_.bytes);
  if (head_.status < 200 && head_.status != 101) return true;  // an interim answer
  head_done_ = true;
  body_ = http::BodyReader(head_);
  handler_->on_response(*this, head_);
  return true;
}

// The answer is complete: the connection is idle, or of no more use. Called before the handler
// hears of it, so that its next request can go out on this very connection.
void ClientExchange::finish() {
  const bool reusable = head_.keep_alive && request_ended_ && stream_->unsent() == 0 &&
                        !stream_->ended() && stream_->input().empty() &&
                        head_.framing != http::Framing::until_close &&
                        client_.idle_.size() < client_.options_.idle_max;
  handler_ = nullptr;
  if (!reusable) {
    dead_ = true;
    return;
  }
  client_.idle_.push_back(this);
}

void ClientExchange::fail(Outcome outcome) {
  Handler* const handler = std::exchange(handler_, nullptr);
  dead_ = true;
  if (handler != nullptr) handler->on_request_failed(*this, outcome);
}

void ClientExchange::on_failed(int error) {
  if (handler_ != nullptr) {
    const bool refused = !stream_->connected();
    (void)error;
    fail(refused         ? Outcome::connection_refused
         : answer_begun_ ? Outcome::bad_response
                         : Outcome::connection_reset);
  }
  dead_ = true;
  if (!taking_) client_.remove(*this);
}

void ClientExchange::on_drained() {
  if (handler_ != nullptr) handler_->on_request_drained(*this);
}

void ClientExchange::abandon() {
  handler_ = nullptr;
  dead_ = true;
  if (!taking_) client_.remove(*this);
}

void ClientExchange::resume_body() {
  if (!std::exchange(paused_, false) || taking_) return;
  if (take_input()) stream_->resume();
}

HttpClient::HttpClient(Reactor& reactor, const Address& address, const Options& options)
    : reactor_(reactor), address_(address), options_(options) {}

ClientExchange* HttpClient::start(ClientExchange::Handler& handler, bool to_head) {
  ClientExchange* exchange = nullptr;
  if (!idle_.empty()) {
    exchange = idle_.back();
    idle_.pop_back();
  } else {
    if (exchanges_.size() >= options_.connections_max) return nullptr;
    std::unique_ptr<ClientExchange> made(new ClientExchange(*this));
    made->stream_ = Stream::connect(reactor_, address_, *made);
    if (made->stream_ == nullptr) return nullptr;
    ++connections_made_;
    made->position_ = exchanges_.size();
    exchange = made.get();
    exchanges_.push_back(std::move(made));
  }
  exchange->handler_ = &handler;
  exchange->to_head_ = to_head;
  exchange->request_ended_ = exchange->head_done_ = exchange->answer_begun_ = false;
  exchange->paused_ = false;
  exchange->context = nullptr;
  ++exchange->requests_;
  return exchange;
}

void HttpClient::remove(ClientExchange& exchange) {
  std::erase(idle_, &exchange);
  const std::size_t position = exchange.position_;
  std::swap(exchanges_[position], exchanges_.back());
  exchanges_[position]->position_ = position;
  exchanges_.pop_back();
}

void HttpClient::close_idle() {
  while (!idle_.empty()) remove(*idle_.back());
}

}  // namespace steelyard::live
