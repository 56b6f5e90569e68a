#include "real-harness/channels/driver.h"

#include <utility>

#include "core/check.h"

namespace steelyard::live {
namespace {

constexpr std::uint32_t kNoWake = ~std::uint32_t{0};

}  // namespace

ChannelDriver::ChannelDriver(Reactor& reactor, Executor& executor, ChannelLog* log)
    : reactor_(reactor), executor_(executor), log_(log) {}

ChannelDriver::~ChannelDriver() {
  for (const Wake& wake : wakes_) reactor_.cancel(wake.reactor_timer);
}

std::uint32_t ChannelDriver::add(ChannelOptions options, const Stack& balancer) {
  options.id = static_cast<std::uint32_t>(channels_.size());
  channels_.emplace_back(options, make_balancer_checked(balancer));
  if (log_ != nullptr) log_->channel_added(options, balancer, channels_.back());
  return options.id;
}

// Every input is logged, then told, and what that caused is logged and carried out.
template <class Log, class Tell>
void ChannelDriver::input(std::uint32_t channel, Log log, Tell tell) {
  const std::size_t before = actions_.size();
  const Instant now = reactor_.now();
  if (log_ != nullptr) log(*log_, now);
  const std::uint64_t connections_before = channels_[channel].connections();
  tell(channels_[channel], now);
  connections_ += channels_[channel].connections() - connections_before;
  if (log_ != nullptr) log_->actions(std::span(actions_).subspan(before), channels_[channel]);
  carry_out_actions();
}

void ChannelDriver::set_endpoints(std::uint32_t channel, EndpointSet endpoints) {
  input(
      channel, [&](ChannelLog& log, Instant now) { log.endpoints(channel, *endpoints, now); },
      [&](Channel& to, Instant now) { to.on_endpoints(endpoints, now, actions_); });
}

void ChannelDriver::request(std::uint32_t channel, const Request& request) {
  input(
      channel, [&](ChannelLog& log, Instant now) { log.request(channel, request, now); },
      [&](Channel& to, Instant now) { to.on_request(request, now, actions_); });
}

void ChannelDriver::reply(std::uint32_t channel, AttemptId attempt, Outcome outcome,
                          const LoadReport* report) {
  if (!channels_[channel].reads_load()) report = nullptr;
  input(
      channel,
      [&](ChannelLog& log, Instant now) { log.reply(channel, attempt, outcome, report, now); },
      [&](Channel& to, Instant now) { to.on_reply(attempt, outcome, now, actions_, report); });
}

void ChannelDriver::probe_reply(std::uint32_t channel, ProbeId probe, const LoadReport* report) {
  input(
      channel, [&](ChannelLog& log, Instant now) { log.probe_reply(channel, probe, report, now); },
      [&](Channel& to, Instant now) { to.on_probe_reply(probe, report, now, actions_); });
}

void ChannelDriver::on_timer(std::uint64_t data) {
  const auto index = static_cast<std::uint32_t>(data);
  const Wake wake = wakes_[index];
  wakes_[index].reactor_timer = 0;
  wakes_[index].next_free = std::exchange(first_free_wake_, index);
  if (!channels_[wake.channel].wants(wake.timer)) return;
  input(
      wake.channel, [&](ChannelLog& log, Instant now) { log.timer(wake.channel, wake.timer, now); },
      [&](Channel& to, Instant now) { to.on_timer(wake.timer, now, actions_); });
}

// Carrying out one action may append others; they are done in order, by the outermost call.
void ChannelDriver::carry_out_actions() {
  if (carrying_out_) return;
  carrying_out_ = true;
  while (next_action_ < actions_.size()) {
    const Action action = actions_[next_action_++];
    switch (action.kind) {
      case Action::Kind::send:
        executor_.send(action);
        break;
      case Action::Kind::cancel:
        executor_.cancel(action);
        break;
      case Action::Kind::finish:
        executor_.finish(action);
        break;
      case Action::Kind::probe_load:
      case Action::Kind::probe_idle:
        executor_.probe(action);
        break;
      case Action::Kind::wake:
        wake(action);
        break;
    }
  }
  actions_.clear();
  next_action_ = 0;
  carrying_out_ = false;
}

void ChannelDriver::wake(const Action& action) {
  std::uint32_t index = first_free_wake_;
  if (index == kNoWake) {
    index = static_cast<std::uint32_t>(wakes_.size());
    wakes_.emplace_back();
  } else {
    first_free_wake_ = wakes_[index].next_free;
  }
  wakes_[index].channel = action.channel;
  wakes_[index].timer = action.id;
  wakes_[index].reactor_timer = reactor_.at(action.at, *this, index);
}

}  // namespace steelyard::live
