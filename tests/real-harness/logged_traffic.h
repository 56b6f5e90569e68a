// Channels under random traffic, with a log: what a driver does, without the sockets.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "balancers/balancer.h"
#include "channel/channel.h"
#include "real-harness/channels/log.h"

namespace steelyard::live {

// What a log is told instead of the truth.
struct Lies {
  std::uint64_t wrong_reply = ~std::uint64_t{0};  // the first reply after this input: its outcome
  bool wrong_seed = false;
  const Named* wrong_balancer = nullptr;
};

class LoggedTraffic {
 public:
  LoggedTraffic(const Named& balancer, const std::string& file, std::uint64_t seed,
                std::uint32_t channels = 2, const Lies& lies = {},
                const RetryPolicy& retry = {.attempts_max = 4,
                                            .backoff_base = 5ms,
                                            .backoff_max = 20ms})
      : random_(seed), lies_(lies), retry_(retry), log(file) {
    for (std::uint32_t id = 0; id < channels; ++id) add_channel(balancer, seed);
    for (std::uint32_t id = 0; id < channels; ++id) change_endpoints(id);
  }

  void steps(int count) {
    for (int i = 0; i < count; ++i) step();
  }
  void step() {
    now_ += Duration(static_cast<std::int64_t>(random_.below(2'000'000)));
    while (!timers_.empty() && timers_.begin()->first <= now_) fire();
    const auto channel = static_cast<std::uint32_t>(random_.below(channels_.size()));
    const std::uint64_t dice = random_.below(1000);
    if (dice < 450)
      request(channel);
    else if (dice < 940)
      reply(sent_, false);
    else if (dice < 990)
      reply(answered_, true);
    else
      change_endpoints(channel);
  }
  void only_endpoint(std::uint32_t channel) { set_endpoints(channel, {{.name = "only"}}); }
  void request(std::uint32_t channel) {
    Request request{.token = random_.below(50) == 0 ? random_.next() : next_token_++,
                    .planned = now_ - Duration(static_cast<std::int64_t>(random_.below(90'000)))};
    if (random_.below(4) == 0)
      request.deadline = now_ + Duration(static_cast<std::int64_t>(random_.below(60'000'000)));
    if (random_.below(2) == 0) {
      request.has_key = true;
      request.key_hash = random_.next();
      request.source_ipv4 = static_cast<std::uint32_t>(random_.next());
    }
    log.request(channel, request, now_);
    Actions actions;
    channels_[channel].on_request(request, now_, actions);
    carry_out(channel, actions);
  }

 private:
  struct Attempt {
    std::uint32_t channel;
    AttemptId id;
  };
  struct Timer {
    std::uint32_t channel;
    TimerId id;
  };

  void add_channel(const Named& named, std::uint64_t seed) {
    ChannelOptions options{
        .id = static_cast<std::uint32_t>(channels_.size()),
        .policy = {.timeout = 40ms,
                   .retry = retry_,
                   .reconnect = ReconnectPolicy{.backoff_base = 10ms, .backoff_max = 50ms}},
        .random = RandomStream(seed).stream(channels_.size())};
    auto made = Registration<Balancer>::make(named);
    channels_.emplace_back(options, std::move(made.value()));
    if (lies_.wrong_seed) options.random = RandomStream(seed + 1);
    log.channel_added(options, lies_.wrong_balancer != nullptr ? *lies_.wrong_balancer : named,
                      channels_.back());
  }
  void fire() {
    now_ = std::max(last_, timers_.begin()->first);
    const Timer timer = timers_.begin()->second;
    timers_.erase(timers_.begin());
    if (!channels_[timer.channel].wants(timer.id)) return;
    log.timer(timer.channel, timer.id, now_);
    Actions actions;
    channels_[timer.channel].on_timer(timer.id, now_, actions);
    carry_out(timer.channel, actions);
  }
  void reply(std::vector<Attempt>& attempts, bool late) {
    if (attempts.empty()) return;
    std::swap(attempts[random_.below(attempts.size())], attempts.back());
    const Attempt attempt = attempts.back();
    if (!late) {
      attempts.pop_back();
      answered_.push_back(attempt);
    }
    const auto outcome =
        random_.below(8) != 0 ? Outcome::ok : static_cast<Outcome>(random_.below(kOutcomes));
    const bool lie = !late && log.inputs() >= lies_.wrong_reply && lied_at == 0;
    const Outcome other = outcome == Outcome::ok ? Outcome::queue_full : Outcome::ok;
    log.reply(attempt.channel, attempt.id, lie ? other : outcome, nullptr, now_);
    if (lie) lied_at = log.inputs();
    Actions actions;
    channels_[attempt.channel].on_reply(attempt.id, outcome, now_, actions);
    carry_out(attempt.channel, actions);
  }
  void change_endpoints(std::uint32_t channel) {
    std::vector<Endpoint> endpoints;
    for (std::uint32_t id = 0; id < 8; ++id)
      if (random_.below(3) != 0)
        endpoints.push_back({.name = "10.0.0." + std::to_string(id) + ":80",
                             .id = id,
                             .weight = static_cast<std::uint32_t>(random_.below(5)),
                             .zone = static_cast<std::uint16_t>(random_.below(3))});
    set_endpoints(channel, std::move(endpoints));
  }
  void set_endpoints(std::uint32_t channel, std::vector<Endpoint> endpoints) {
    auto set = std::make_shared<const std::vector<Endpoint>>(std::move(endpoints));
    log.endpoints(channel, *set, now_);
    Actions actions;
    channels_[channel].on_endpoints(set, now_, actions);
    carry_out(channel, actions);
  }
  void carry_out(std::uint32_t channel, const Actions& actions) {
    log.actions(actions, channels_[channel]);
    last_ = now_;
    actions_ += actions.size();
    for (const Action& action : actions) {
      if (action.kind == Action::Kind::send)
        sent_.push_back({channel, action.id});
      else if (action.kind == Action::Kind::wake)
        timers_.emplace(action.at, Timer{channel, action.id});
      else if (action.kind == Action::Kind::cancel)
        std::erase_if(sent_, [&](const Attempt& attempt) {
          return attempt.channel == channel && attempt.id == action.id;
        });
    }
  }

  RandomStream random_;
  Lies lies_;
  RetryPolicy retry_;
  std::deque<Channel> channels_;
  Instant now_ = kStart + 1s;
  Instant last_ = kStart;
  std::vector<Attempt> sent_;
  std::vector<Attempt> answered_;
  std::multimap<Instant, Timer> timers_;
  std::uint64_t next_token_ = 1;
  std::uint64_t actions_ = 0;

 public:
  ChannelLog log;
  std::uint64_t lied_at = 0;  // the input whose outcome is wrong in the log
  std::uint64_t actions() const { return actions_; }
};

}  // namespace steelyard::live
