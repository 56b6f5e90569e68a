// Asks one server in a closed loop: a number of users, each with one request at a time and no pause
// between them, on connections that are kept.
//
// Blocks the caller's thread. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/outcome.h"
#include "core/records.h"
#include "core/result.h"
#include "core/time.h"
#include "real-harness/http/client.h"
#include "real-harness/os/address.h"
#include "real-harness/os/reactor.h"

namespace steelyard::live {

// How long it took to connect, `count` times, one after the other: about one round trip of the
// network, since the other side's kernel answers. Seconds. Error: what stood in the way of the
// first.
Result<std::vector<double>> connect_times(const Address& address, int count, Duration patience);

struct ProbeStep {
  int users = 1;
  Duration length = 1s;  // nothing is asked after it
  std::uint64_t requests_max = 1000;
  Duration patience = 5s;  // an answer that takes longer is a failure: deadline_exceeded
};

struct ProbeResult {
  // Of good answers (a status below 400) asked for after the first tenth of the step (of its time
  // or of its requests, whichever is over first), and on a connection that had to be made only if
  // the server keeps none. Seconds, in the order of the answers.
  std::vector<double> latencies;
  double throughput = 0;     // good answers a second, over the same part; 0 if it had no length
  OutcomeCounts finished{};  // of all requests
  std::map<int, std::uint64_t> statuses;  // of those that were answered with an error
  std::uint64_t connections = 0;          // made in this step
  std::uint64_t asked = 0;
  bool stopped = false;  // by `wanted`
};

class Probe final : ClientExchange::Handler, Reactor::TimerHandler {
 public:
  // Every request has these bytes; `to_head`: its method is HEAD. `wanted` is asked about ten times
  // a second; false ends a step.
  Probe(const Address& address, std::string request, bool to_head, std::function<bool()> wanted);
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe();

  // Returns when all answers have come, or have been given up.
  ProbeResult run(const ProbeStep& step);

 private:
  struct User {
    ClientExchange* exchange = nullptr;
    Instant asked;
    int status = 0;
    Reactor::TimerId patience = 0;
    bool connected = false;  // it has had a good answer in this step
  };

  void on_response(ClientExchange& exchange, const http::ResponseHead& head) override;
  void on_response_body(ClientExchange& exchange, std::string_view data, bool last) override;
  void on_request_failed(ClientExchange& exchange, Outcome outcome) override;
  void on_timer(std::uint64_t data) override;

  bool may_ask();
  void ask(std::size_t user);
  void answered(std::size_t user, Outcome outcome);
  double throughput_until(Instant end) const;
  void give_up();

  Reactor reactor_;
  HttpClient client_;
  std::string request_;
  bool to_head_;
  std::function<bool()> wanted_;
  ProbeStep step_;
  ProbeResult result_;
  std::vector<User> users_;
  std::uint64_t under_way_ = 0;
  std::uint64_t waiting_ = 0;     // users who rest after a failure
  std::vector<Instant> answers_;  // when good ones came
  Reactor::TimerId look_ = 0;
  Instant ends_;
  Instant counts_from_;
  bool ended_ = false;
};

// Does `work` on a thread of its own that need not wait for its turn, as live runs do: what is
// measured here is held against what they measure. Rethrows what it throws.
void with_precedence(const std::function<void()>& work);

}  // namespace steelyard::live
