// Sends a scenario's requests by its plan, through the clients' channels, and records what came of
// them.
//
// Open loop: the next request is due when the plan says, whatever became of those before, and
// latency counts from that moment; a generator that falls behind catches up and says so. One
// reactor, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/recorder.h"
#include "models/arrivals.h"
#include "models/distribution.h"
#include "models/popularity.h"
#include "real-harness/channels/channels.h"
#include "real-harness/channels/driver.h"
#include "real-harness/channels/http_attempts.h"
#include "real-harness/channels/http_probes.h"
#include "real-harness/http/client.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

class LoadGenerator final : Reactor::TimerHandler, ChannelDriver::Executor {
 public:
  // `addresses`: where each client finds the instances of the service that it calls,
  // addresses[client][instance]; or the one proxy in front of it, `proxied`: then the client's
  // channel has that one endpoint. The run begins at Instant 0 of the reactor's time. All arguments
  // outlive the generator.
  LoadGenerator(Reactor& reactor, const Scenario& scenario, std::uint64_t replication,
                const std::vector<std::vector<Address>>& addresses, bool proxied,
                ChannelLog* log = nullptr);
  LoadGenerator(const LoadGenerator&) = delete;
  LoadGenerator& operator=(const LoadGenerator&) = delete;
  ~LoadGenerator();

  // Plans the first requests. Call before the reactor runs.
  void start();
  // Sends nothing more. What is under way is counted as unfinished.
  struct Taken {
    RunRecord record;  // without services
    LiveRecord live;   // without hiccups and processor times
  };
  Taken take();

 private:
  struct Client {
    const ClientSpec* spec = nullptr;
    std::uint32_t first_channel = 0;  // of its views
    std::size_t views = 1;
    RandomStream requests{0};
    std::uint64_t draw_base = 0;
    std::unique_ptr<Arrivals> arrivals;
    std::unique_ptr<Distribution> think_time;
    std::optional<Popularity> popularity;
    std::uint64_t issued = 0;
    std::vector<std::uint64_t> issued_by_user;  // closed loop
    Instant next;
    std::size_t endpoints = 0;
    std::vector<std::unique_ptr<HttpClient>> connections;  // by view and endpoint
    std::string fixed_head;  // of requests to the user's own services; empty: modelled ones
    bool to_head = false;
  };

  void on_timer(std::uint64_t data) override;
  void send(const Action& action) override;
  void cancel(const Action& action) override { attempts_.cancel(action); }
  void finish(const Action& action) override;
  void probe(const Action& action) override;

  void add_client(const ClientSpec& spec, const RandomStream& root);
  void add_channels(Client& client, const RandomStream& root, bool proxied);
  HttpClient& connection_of(const Action& action);
  void issue(Client& client, std::uint64_t user, std::uint64_t number, Instant planned);
  void think(Client& client, std::uint64_t user, Duration at_least);
  void append_target_request(const Client& client, const Action& action);

  Reactor& reactor_;
  const Scenario& scenario_;
  Recorder recorder_;
  LiveRecord live_;
  std::vector<Client> clients_;
  std::vector<std::size_t> client_of_channel_;
  ChannelDriver driver_;
  Views views_;
  HttpAttempts attempts_;
  HttpProbes probes_;
  std::string bytes_;
  bool ended_ = false;
  // By channel and slot of the request: when it was first sent.
  std::vector<std::vector<Instant>> first_sent_;
};

}  // namespace steelyard::live
