// One relayed connection: a caller, a server, and what is under way between them. Part of relay.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "real-harness/network/relay.h"
#include "real-harness/network/relay_line.h"
#include "real-harness/os/reactor.h"
#include "real-harness/os/stream.h"

namespace steelyard::live {

class RelayConnection final : Reactor::TimerHandler {
 public:
  RelayConnection(Relay& relay, Descriptor caller);
  RelayConnection(const RelayConnection&) = delete;
  RelayConnection& operator=(const RelayConnection&) = delete;
  ~RelayConnection();

  // Makes both parties see a reset when the connection is destroyed, which is up to the caller.
  void reset_both();
  // Over before it began.
  bool closed() const { return closed_; }

  std::size_t position = 0;  // in Relay::connections_

 private:
  enum Party : std::size_t { kCaller = 0, kServer = 1 };
  static constexpr Party other(Party party) { return party == kCaller ? kServer : kCaller; }

  class End final : public Stream::Owner {
   public:
    End(RelayConnection& connection, Party party) : connection_(connection), party_(party) {}
    std::unique_ptr<Stream> stream;  // null: it is gone

   private:
    void on_connected() override { connection_.has_room(party_); }
    void on_input() override { connection_.has_input(party_); }
    void on_drained() override { connection_.has_room(party_); }
    void on_failed(int) override { connection_.has_failed(party_); }
    RelayConnection& connection_;
    Party party_;
  };

  // The way to one party.
  struct Way {
    RelayLine line;
    Wire::Passage passage;  // of the message that was the last to begin
    std::uint64_t key = 0;  // its name
    Instant last_sent;
    bool in_message = false;  // nothing has come the other way since it began
    bool swallows = false;    // nothing gets through any more
    bool sender_done = false;
    bool ended = false;  // the party knows that nothing more comes, or is gone
    bool held = false;   // the sender is not read from: too much is under way
    Reactor::TimerId timer = 0;
  };

  // Everything that happens comes in through these.
  void has_input(Party from);
  void has_room(Party to);
  void has_failed(Party party);
  void on_timer(std::uint64_t to) override;
  void end_of_event();

  void take(Party to);
  void send(Party to, RelayLine::Kind kind, std::string_view bytes);
  void begin_message(Party to, RelayLine::Kind kind, std::string_view bytes);
  void deliver(Party to);
  void deliver_one(Party to);
  void read_on(Party to);
  void nobody_listens();
  void refuse();
  void close_if_over();
  std::size_t under_way(Party to) const;
  bool has_unsent(Party to) const;

  Relay& relay_;
  std::array<End, 2> ends_;
  std::array<Way, 2> ways_;
  std::uint64_t draw_key_ = 0;  // of the last request, as one may call it
  std::uint64_t answers_ = 0;   // messages back since then
  bool nobody_ = false;         // listens at the server's address
  bool refused_ = false;
  bool closed_ = false;
  std::uint32_t depth_ = 0;  // of events within events
};

}  // namespace steelyard::live
