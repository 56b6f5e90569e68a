// The services behind a gateway: their channels, and connections to their instances.
//
// One Forward is one request to a service, with all its attempts. Its bytes are kept as long as it
// may have to be sent again: until its body is longer than kReplayBytesMax, or an answer is passed
// on. A connection that was idle and turns out to be closed does not count as an attempt: the
// request goes out once more, if it is idempotent. [RFC 9110, 9.2.2; RFC 9112, 9.3.1]
// Not thread-safe: belongs to its reactor's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "real-harness/channels/channels.h"
#include "real-harness/channels/driver.h"
#include "real-harness/channels/http_probes.h"
#include "real-harness/http/client.h"
#include "scenarios/scenario.h"

namespace steelyard::live::gateway {

inline constexpr std::size_t kReplayBytesMax = 64 * 1024;
// More waiting bytes than this on one side, and the other side is no longer read.
inline constexpr std::size_t kUnsentMax = 64 * 1024;

struct Forward {
  // Who asked. Any of these may be called from within start(), write() and end(); none follows
  // on_failed(), the last on_answer_body(), or Upstreams::give_up().
  class Sink {
   public:
    // The answer that is to be passed on, once; its views hold until this returns.
    virtual void on_answer(Forward& forward, const http::ResponseHead& head) = 0;
    virtual void on_answer_body(Forward& forward, std::string_view data, bool last) = 0;
    // Nothing more of the answer is there for the moment.
    virtual void on_answer_pause(Forward& forward) { (void)forward; }
    // No answer, or (after on_answer()) not the whole of it.
    virtual void on_failed(Forward& forward, Outcome outcome) = 0;
    // The service has taken what was written.
    virtual void on_request_drained(Forward& forward) { (void)forward; }

   protected:
    ~Sink() = default;
  };

  // To be filled in by who asks; `bytes` with the head, and as much of the body as there is.
  Sink* sink = nullptr;
  std::string bytes;
  bool complete = false;    // nothing follows `bytes`
  bool idempotent = false;  // its method is
  bool to_head = false;

  // For the log.
  std::uint32_t endpoint = 0;  // of the last attempt; valid if attempts > 0
  std::uint8_t attempts = 0;
  Outcome outcome = Outcome::ok;  // of the last answer or attempt

  // The rest is Upstreams' own.
  enum class State : std::uint8_t {
    over,      // or not begun
    waiting,   // for an attempt: its channel has not said where to yet, or backs off
    asking,    // an attempt is under way
    answering  // its answer is being passed on
  };
  State state = State::over;
  bool in_channel = false;  // its channel has not finished with it
  bool deciding = false;    // its channel is being told how an attempt ended
  bool replayable = true;
  std::uint32_t channel = 0;
  AttemptId attempt = 0;
  std::optional<LoadReport> report;  // that came with the answer
  ClientExchange* upstream = nullptr;

  bool under_way() const { return state != State::over; }
  // May be used for another request: nobody holds it any more.
  bool free() const { return state == State::over && !in_channel; }
  std::size_t unsent() const { return upstream != nullptr ? upstream->unsent() : bytes.size(); }
};

class Upstreams final : ChannelDriver::Executor, ClientExchange::Handler {
 public:
  struct Counts {
    std::uint64_t attempts = 0;
    std::uint64_t failed_attempts = 0;
  };
  // `addresses[service][instance]`. The scenario outlives this. `random`: of the balancers.
  Upstreams(Reactor& reactor, const Scenario& scenario,
            const std::vector<std::vector<Address>>& addresses, const RandomStream& random,
            Counts& counts);
  Upstreams(const Upstreams&) = delete;
  Upstreams& operator=(const Upstreams&) = delete;
  ~Upstreams();

  struct To {
    std::size_t service = 0;
    Instant deadline = kNever;
    std::uint64_t key_hash = 0;
    std::uint32_t source_ipv4 = 0;
    bool has_key = false;
  };
  // REQUIRES: forward.free(). It stays where it is until it is free again.
  void start(Forward& forward, const To& to);
  // More of the request; `complete`: nothing follows. REQUIRES: not complete yet.
  void write(Forward& forward, std::string_view bytes, bool complete);
  // Nobody waits for it any more. `why`: what the attempt under way ended with; cancelled, unless
  // the instance is to blame.
  void give_up(Forward& forward, Outcome why);
  static void pause_answer(Forward& forward);
  static void resume_answer(Forward& forward);

  // "127.0.0.1:5001"
  const std::string& name_of(std::size_t service, std::uint32_t endpoint) const {
    return services_[service].names[endpoint];
  }
  std::size_t connections() const;

 private:
  struct Service {
    std::uint32_t first_channel = 0;  // of one for each worker
    std::size_t workers = 1;
    std::vector<std::unique_ptr<HttpClient>> clients;  // by endpoint
    std::vector<std::string> names;
  };

  void send(const Action& action) override;
  void cancel(const Action& action) override;
  void finish(const Action& action) override;
  void probe(const Action& action) override;
  void on_response(ClientExchange& exchange, const http::ResponseHead& head) override;
  void on_response_body(ClientExchange& exchange, std::string_view data, bool last) override;
  void on_request_failed(ClientExchange& exchange, Outcome outcome) override;
  void on_request_drained(ClientExchange& exchange) override;
  void on_response_pause(ClientExchange& exchange) override;

  Service& service_of(std::uint32_t channel) { return services_[service_of_channel_[channel]]; }
  bool connect(Forward& forward);
  void tell_channel(Forward& forward, Outcome outcome);
  void tell_channel_at_last(Forward& forward, Outcome outcome);
  void fail(Forward& forward, Outcome outcome);

  Reactor& reactor_;
  ChannelDriver driver_;
  Views views_;
  std::vector<Service> services_;
  std::vector<std::size_t> service_of_channel_;
  HttpProbes probes_;  // after the clients, from which it takes what is under way
  Counts& counts_;
  RandomStream worker_random_;
};

}  // namespace steelyard::live::gateway
