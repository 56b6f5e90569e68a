// Drives channels in real time: tells them what happened and has their actions carried out, in the
// order in which they were asked for, exactly as the simulation does.
//
// One driver a thread, no locks. Channels are named by the number that add() returned.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "balancers/stack.h"
#include "channel/channel.h"
#include "real-harness/channels/log.h"
#include "real-harness/os/reactor.h"

namespace steelyard::live {

class ChannelDriver final : Reactor::TimerHandler {
 public:
  // Carries out what channels ask for. May call the driver from within.
  class Executor {
   public:
    virtual void send(
        const Action& action) = 0;  // start the attempt; reply() follows, now or later
    virtual void cancel(const Action& action) = 0;  // nobody waits for it any more
    virtual void finish(const Action& action) = 0;  // the request has ended
    // Ask the endpoint, as action.kind says; probe_reply() follows, now or later, or never.
    virtual void probe(const Action& action) = 0;

   protected:
    ~Executor() = default;
  };

  // `log`: keeps every input, for replay; may be null. All of them outlive the driver.
  ChannelDriver(Reactor& reactor, Executor& executor, ChannelLog* log = nullptr);
  ChannelDriver(const ChannelDriver&) = delete;
  ChannelDriver& operator=(const ChannelDriver&) = delete;
  ~ChannelDriver();

  // `options.id` is set by the driver.
  std::uint32_t add(ChannelOptions options, const Stack& balancer);

  void set_endpoints(std::uint32_t channel, EndpointSet endpoints);
  void request(std::uint32_t channel, const Request& request);
  // Harmless if nobody waits for that attempt any more.
  void reply(std::uint32_t channel, AttemptId attempt, Outcome outcome,
             const LoadReport* report = nullptr);
  void probe_reply(std::uint32_t channel, ProbeId probe, const LoadReport* report);
  bool reads_load(std::uint32_t channel) const { return channels_[channel].reads_load(); }

  std::uint64_t in_progress(std::uint32_t channel) const {
    return channels_[channel].in_progress();
  }
  std::uint64_t connections() const { return connections_; }  // of all channels
  std::size_t size() const { return channels_.size(); }

 private:
  struct Wake {
    std::uint32_t channel = 0;
    std::uint32_t next_free = 0;
    TimerId timer = 0;
    Reactor::TimerId reactor_timer = 0;
  };

  void on_timer(std::uint64_t data) override;
  template <class Log, class Tell>
  void input(std::uint32_t channel, Log log, Tell tell);
  void carry_out_actions();
  void wake(const Action& action);

  Reactor& reactor_;
  Executor& executor_;
  ChannelLog* log_;
  std::deque<Channel> channels_;
  std::uint64_t connections_ = 0;
  std::vector<Wake> wakes_;
  std::uint32_t first_free_wake_ = ~std::uint32_t{0};
  Actions actions_;
  std::size_t next_action_ = 0;
  bool carrying_out_ = false;
};

}  // namespace steelyard::live
