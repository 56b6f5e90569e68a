#include "real-harness/network/relay.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/hash.h"
#include "models/distribution.h"
#include "real-harness/network/relay_connection.h"
#include "scenarios/draws.h"

namespace steelyard::live {
namespace {

// Who has been silent for so long begins a new message, though nobody has answered the last one.
constexpr Duration kPause = 5ms;

}  // namespace

Instant SharedLink::pass(std::size_t bytes, Instant at) {
  if (bytes_per_second == 0) return at;
  // Beyond every end, one late time is as good as another.
  free_at =
      std::min(std::max(at, free_at) + to_delay(static_cast<double>(bytes) / bytes_per_second),
               at + kDelayMax);
  return free_at;
}

// ---- RelayConnection: from a party -------------------------------------------------------------

RelayConnection::RelayConnection(Relay& relay, Descriptor caller)
    : relay_(relay), ends_{End(*this, kCaller), End(*this, kServer)} {
  ends_[kCaller].stream =
      std::make_unique<Stream>(relay_.reactor_, std::move(caller), ends_[kCaller]);
  if (relay_.wire_.silent()) {
    // The wish to connect gets lost, too.
    ways_[kCaller].swallows = ways_[kServer].swallows = true;
    return;
  }
  ends_[kServer].stream = Stream::connect(relay_.reactor_, relay_.server_, ends_[kServer]);
  if (ends_[kServer].stream == nullptr) nobody_listens();
}

RelayConnection::~RelayConnection() {
  for (const Way& way : ways_) relay_.reactor_.cancel(way.timer);
}

void RelayConnection::reset_both() {
  for (End& end : ends_)
    if (end.stream != nullptr) end.stream->reset();
  closed_ = true;
}

void RelayConnection::has_input(Party from) {
  ++depth_;
  take(other(from));
  end_of_event();
}

void RelayConnection::has_room(Party to) {
  ++depth_;
  read_on(to);
  close_if_over();
  end_of_event();
}

void RelayConnection::on_timer(std::uint64_t to) {
  ++depth_;
  ways_[to].timer = 0;
  deliver(static_cast<Party>(to));
  end_of_event();
}

// What has been closed is destroyed at the end, since events happen within events.
void RelayConnection::end_of_event() {
  if (--depth_ == 0 && closed_) relay_.remove(*this);
}

std::size_t RelayConnection::under_way(Party to) const {
  const Stream* const stream = ends_[to].stream.get();
  return ways_[to].line.bytes() + (stream == nullptr ? 0 : stream->unsent());
}

bool RelayConnection::has_unsent(Party to) const {
  return ends_[to].stream != nullptr && ends_[to].stream->unsent() > 0;
}

// Puts what the other party has sent on its way.
void RelayConnection::take(Party to) {
  Way& way = ways_[to];
  const std::unique_ptr<Stream>& source = ends_[other(to)].stream;
  while (!closed_ && source != nullptr && !source->input().empty()) {
    if (under_way(to) >= relay_.options_.under_way_max) {
      way.held = true;
      return;
    }
    const std::size_t bytes = source->input().size();
    send(to, RelayLine::Kind::data, source->input());
    if (source != nullptr) source->consume(bytes);
  }
  if (closed_ || source == nullptr || !source->ended() || way.sender_done) return;
  way.sender_done = true;
  send(to, RelayLine::Kind::end, {});
}

void RelayConnection::send(Party to, RelayLine::Kind kind, std::string_view bytes) {
  Way& way = ways_[to];
  const bool to_caller = to == kCaller;
  const Instant now = relay_.reactor_.now();
  if (relay_.wire_.silent()) way.swallows = true;
  const bool pause = way.line.empty() && now - way.last_sent > kPause;
  if (!way.swallows && (!way.in_message || pause)) begin_message(to, kind, bytes);
  way.in_message = true;
  way.last_sent = now;
  ways_[other(to)].in_message = false;
  if (closed_) return;
  if (way.swallows) return close_if_over();

  Instant due =
      now + relay_.wire_.wait_for_links(to_caller, bytes.size(), now) + way.passage.travel;
  if (kind == RelayLine::Kind::end) due += relay_.wire_.close_delay(way.key);
  if (kind == RelayLine::Kind::data && due <= now && way.line.empty() &&
      ends_[to].stream != nullptr) {
    ends_[to].stream->write(bytes);
    return;
  }
  if (kind == RelayLine::Kind::data)
    way.line.push(bytes, due);
  else
    way.line.push(kind, due);
  deliver(to);
}

// Messages have the names that they have in a simulation, as far as they tell them.
void RelayConnection::begin_message(Party to, RelayLine::Kind kind, std::string_view bytes) {
  Way& way = ways_[to];
  std::uint64_t& key = way.key;
  if (to == kServer && kind != RelayLine::Kind::data) {
    key = relay_.number_message();
  } else if (to == kServer) {
    const std::uint64_t told =
        relay_.options_.draw_key_of == nullptr ? 0 : relay_.options_.draw_key_of(bytes);
    const bool goes_on = told == 0 && way.in_message;
    const std::uint64_t draw_key = told != 0 ? told : relay_.number_message();
    if (!goes_on) draw_key_ = draw_key;
    answers_ = 0;
    key = message_key(draw_key, false);
  } else {
    // Also an end without an answer: it is what the caller hears in its place.
    if (draw_key_ == 0) draw_key_ = relay_.number_message();
    key = message_key(draw_key_, true);
    if (answers_ > 0) key = mix64(key, answers_);
    ++answers_;
  }
  way.passage = relay_.wire_.begin_message(key, to == kCaller);
  switch (way.passage.fate) {
    case Wire::Fate::arrives:
      break;
    case Wire::Fate::lost:
      way.swallows = true;
      break;
    case Wire::Fate::reset:
      reset_both();
      break;
    case Wire::Fate::refused:
      if (ends_[kServer].stream != nullptr) ends_[kServer].stream->reset();
      ends_[kServer].stream.reset();
      nobody_listens();
      break;
  }
}

// ---- RelayConnection: to the other party -------------------------------------------------------

// Hands over what is due.
void RelayConnection::deliver(Party to) {
  Way& way = ways_[to];
  while (!closed_ && !way.line.empty() && way.line.front().due <= relay_.reactor_.now())
    deliver_one(to);
  if (closed_) return;
  if (!way.line.empty() && way.timer == 0)
    way.timer = relay_.reactor_.at(way.line.front().due, *this, to);
  close_if_over();
  read_on(to);
}

void RelayConnection::deliver_one(Party to) {
  Way& way = ways_[to];
  Stream* const stream = ends_[to].stream.get();
  const RelayLine::Kind kind = way.line.front().kind;
  if (kind == RelayLine::Kind::data && stream != nullptr) stream->write(way.line.front_bytes());
  way.line.pop();
  if (kind == RelayLine::Kind::reset) {
    if (stream != nullptr) stream->reset();
    closed_ = true;
    return;
  }
  if (kind == RelayLine::Kind::end) {
    way.ended = true;
    if (stream != nullptr) stream->end_sending();
  }
  if (to == kServer && nobody_) refuse();
}

// There is room again for what the sender has to say.
void RelayConnection::read_on(Party to) {
  Way& way = ways_[to];
  if (closed_ || !way.held || under_way(to) >= relay_.options_.under_way_max) return;
  way.held = false;
  take(to);
  if (!closed_ && !way.held && ends_[other(to)].stream != nullptr)
    ends_[other(to)].stream->resume();
}

// ---- RelayConnection: its end ------------------------------------------------------------------

void RelayConnection::has_failed(Party party) {
  ++depth_;
  const std::unique_ptr<Stream> stream = std::move(ends_[party].stream);
  if (party == kServer && !stream->connected()) {
    nobody_listens();
    // What was to be said to it as soon as it is connected has come to where nobody is.
    if (stream->unsent() > 0 && !closed_) refuse();
    return end_of_event();
  }
  // Who had said the last word, and heard it, has not failed.
  const bool is_over = stream->ended() && ways_[party].ended;
  ways_[party].line.clear();
  ways_[party].ended = true;
  const bool told = std::exchange(ways_[other(party)].sender_done, true);
  if (!is_over) {
    send(other(party), RelayLine::Kind::reset, {});
  } else if (!told) {
    // It was held back: its last bytes have not been taken yet.
    if (!stream->input().empty()) send(other(party), RelayLine::Kind::data, stream->input());
    if (!closed_) send(other(party), RelayLine::Kind::end, {});
  }
  if (!closed_) close_if_over();
  end_of_event();
}

void RelayConnection::nobody_listens() {
  nobody_ = true;
  if (relay_.options_.refusal.empty()) send(kCaller, RelayLine::Kind::reset, {});
}

// A message has come to where nobody listens; the answer goes its way as if somebody did.
void RelayConnection::refuse() {
  if (std::exchange(refused_, true)) return;
  send(kCaller, RelayLine::Kind::data, relay_.options_.refusal);
  if (!closed_) send(kCaller, RelayLine::Kind::end, {});
}

// A connection ends when both parties know it, or when the caller has gone and nothing that either
// says would arrive any more. A server that a blackhole hides is not missed before.
void RelayConnection::close_if_over() {
  const Way& to_server = ways_[kServer];
  const Way& to_caller = ways_[kCaller];
  const bool both_know = to_server.ended && to_caller.ended;
  const bool in_vain =
      to_server.sender_done && (to_server.swallows || (to_caller.swallows && to_server.ended));
  if (in_vain || (both_know && !has_unsent(kCaller) && !has_unsent(kServer))) closed_ = true;
}

// ---- Relay -------------------------------------------------------------------------------------

Relay::Relay(Reactor& reactor, Descriptor listener, const Address& server, Wire& wire,
             RelayOptions options)
    : reactor_(reactor),
      listener_(std::move(listener)),
      server_(server),
      wire_(wire),
      options_(std::move(options)) {
  reactor_.watch(listener_.get(), *this);
}

Relay::~Relay() { reactor_.unwatch(listener_.get(), *this); }

void Relay::on_ready(std::uint32_t) {
  for (;;) {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // No descriptors left: look again when a connection has ended.
      starved_ = errno != EAGAIN;
      return;
    }
    auto connection = std::make_unique<RelayConnection>(*this, std::move(socket));
    if (connection->closed()) continue;
    connection->position = connections_.size();
    connections_.push_back(std::move(connection));
  }
}

void Relay::remove(RelayConnection& connection) {
  const std::size_t position = connection.position;
  std::swap(connections_[position], connections_.back());
  connections_[position]->position = position;
  connections_.pop_back();
  if (std::exchange(starved_, false)) on_ready(0);
}

void Relay::reset() {
  for (const auto& connection : connections_) connection->reset_both();
  connections_.clear();
}

std::uint64_t Relay::number_message() { return mix64(options_.seed, ++messages_); }

}  // namespace steelyard::live
