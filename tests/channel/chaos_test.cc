// A channel under anything that may happen, in any order: its books are kept twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "channel/channel.h"
#include "tests/channel/transcript.h"

namespace steelyard {
namespace {

// Refuses every third retry, and keeps what it was told for the books.
class Auditor final : public RetryBudget {
 public:
  bool withdraw(const RetryLoad& load, Instant) override {
    told.push_back(load);
    return ++asked_ % 3 != 0;
  }
  static inline std::vector<RetryLoad> told{};

 private:
  std::uint64_t asked_ = 0;
};

const Registration<RetryBudget> kRegistration{{
    .name = "auditor",
    .summary = "Refuses every third retry.",
    .make = [](const Settings&) -> Result<std::unique_ptr<RetryBudget>> {
      return std::make_unique<Auditor>();
    },
}};

// Drives a channel with random inputs and keeps its own books.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed)
      : random_(seed),
        budgeted_(seed > 1),
        channel_({.id = 3,
                  .policy = {.timeout = 40ms, .retry = retry(seed), .reconnect = reconnect(seed)},
                  .random = RandomStream(seed + 1)},
                 balancer()) {
    change_endpoints();
  }

  void step() {
    const Instant next = now_ + Duration(static_cast<std::int64_t>(random_.below(2'000'000)));
    while (!timers_.empty() && timers_.begin()->first <= next) {
      now_ = timers_.begin()->first;
      fire(timers_.begin());
    }
    now_ = next;
    const std::uint64_t dice = random_.below(1000);
    if (dice < 400)
      request();
    else if (dice < 900 && !sent_.empty())
      reply(random_.below(8) == 0);
    else if (dice < 990 && !given_up_.empty())
      late_reply();
    else if (dice < 998)
      change_endpoints();
    else if (dice < 999)
      restart();
    check();
  }

  // Lets every timer fire, so that every request ends by its deadline at the latest.
  void drain() {
    while (!timers_.empty()) {
      now_ = std::max(now_, timers_.begin()->first);
      fire(timers_.begin());
    }
    check();
    EXPECT_EQ(channel_.in_progress(), 0u);
    EXPECT_EQ(open_.size(), 0u);
    EXPECT_GT(finished_, 10'000u);
    EXPECT_TRUE(!budgeted_ || audits_ > 1'000u);
  }

 private:
  struct Attempt {
    std::uint64_t token;
    std::uint32_t endpoint;
    bool retry;
  };
  using Timers = std::multimap<Instant, TimerId>;

  // With every other seed.
  static std::optional<ReconnectPolicy> reconnect(std::uint64_t seed) {
    if (seed % 2 == 0) return std::nullopt;
    return ReconnectPolicy{.backoff_base = 10ms, .backoff_max = 50ms};
  }
  // With all but the first.
  static RetryPolicy retry(std::uint64_t seed) {
    RetryPolicy retry{.attempts_max = 4, .backoff_base = 5ms, .backoff_max = 20ms};
    if (seed > 1)
      retry.budget = std::make_shared<const Named>(defaults(RetryBudget::kKind, "auditor"));
    if (seed > 2) retry.attempt_timeout = 12ms;
    return retry;
  }
  // Feedback is counted against the attempts that ended at an endpoint in the set.
  std::unique_ptr<Balancer> balancer() { return std::make_unique<test::Notebook>(feedback_); }

  void fire(Timers::iterator timer) {
    const TimerId id = timer->second;
    const Instant at = timer->first;
    timers_.erase(timer);
    Actions actions;
    if (channel_.wants(id) || random_.below(2) == 0) channel_.on_timer(id, at, actions);
    carry_out(actions);
  }
  void request() {
    Actions actions;
    Request request{.token = next_token_++, .planned = now_};
    if (random_.below(4) == 0)
      request.deadline = now_ + Duration(static_cast<std::int64_t>(random_.below(60'000'000)));
    open_.insert(request.token);
    channel_.on_request(request, now_, actions);
    carry_out(actions);
  }
  void reply(bool ok) {
    auto attempt = sent_.begin();
    std::advance(attempt, static_cast<std::ptrdiff_t>(random_.below(sent_.size())));
    const AttemptId id = attempt->first;
    static constexpr Outcome kFailures[] = {Outcome::queue_full, Outcome::connection_reset,
                                            Outcome::connection_refused, Outcome::deadline_exceeded,
                                            Outcome::cancelled};
    const Outcome outcome = ok ? Outcome::ok : kFailures[random_.below(5)];
    if (outcome == Outcome::connection_reset || outcome == Outcome::connection_refused)
      connected_.erase(attempt->second.endpoint);
    end(attempt);
    given_up_.push_back(id);
    Actions actions;
    channel_.on_reply(id, outcome, now_, actions);
    carry_out(actions);
  }
  void late_reply() {
    Actions actions;
    channel_.on_reply(given_up_[random_.below(given_up_.size())], Outcome::ok, now_, actions);
    ASSERT_TRUE(actions.empty()) << "a late answer must do nothing";
  }
  void change_endpoints() {
    std::vector<Endpoint> endpoints;
    for (std::uint32_t id = 0; id < 8; ++id)
      if (random_.below(3) != 0) endpoints.push_back({.name = std::to_string(id), .id = id});
    for (std::size_t i = endpoints.size(); i > 1; --i)
      std::swap(endpoints[i - 1], endpoints[random_.below(i)]);
    endpoints_ = std::make_shared<const std::vector<Endpoint>>(std::move(endpoints));
    Actions actions;
    channel_.on_endpoints(endpoints_, now_, actions);
    carry_out(actions);
  }
  void restart() {
    Actions actions;
    channel_.on_restart(balancer(), {}, now_, actions);
    open_.clear();
    for (const auto& [id, attempt] : sent_) given_up_.push_back(id);
    sent_.clear();
    connected_.clear();
    carry_out(actions);
  }
  bool there(std::uint32_t endpoint) const {
    return std::any_of(endpoints_->begin(), endpoints_->end(),
                       [&](const Endpoint& e) { return e.id == endpoint; });
  }
  bool is_ready(std::uint32_t endpoint) const {
    const std::vector<Endpoint>& ready = channel_.ready();
    return std::any_of(ready.begin(), ready.end(),
                       [&](const Endpoint& e) { return e.id == endpoint; });
  }
  void end(std::map<AttemptId, Attempt>::iterator attempt) {
    if (is_ready(attempt->second.endpoint)) ++feedback_due_;
    sent_.erase(attempt);
  }
  // What the budget was told as an attempt had failed, which is no longer sent, and whose request
  // neither backs off yet nor has ended.
  void audit() {
    for (const RetryLoad& load : std::exchange(Auditor::told, {})) {
      ++audits_;
      ASSERT_EQ(load.active, sent_.size());
      ASSERT_EQ(load.backing_off, open_.size() - sent_.size() - 1);
      ASSERT_EQ(load.retries, std::count_if(sent_.begin(), sent_.end(),
                                            [](const auto& sent) { return sent.second.retry; }));
    }
  }
  void carry_out(const Actions& actions) {
    std::erase_if(connected_, [&](std::uint32_t id) { return !is_ready(id); });
    for (const Action& action : actions) {
      ASSERT_EQ(action.channel, 3u);
      if (action.kind != Action::Kind::cancel) audit();
      if (action.kind == Action::Kind::send) {
        ASSERT_TRUE(there(action.endpoint));
        ASSERT_TRUE(open_.contains(action.token));
        ASSERT_TRUE(ids_.insert(action.id).second) << "an attempt's id must be new";
        sent_[action.id] = {action.token, action.endpoint, action.attempts > 1};
        connections_ += connected_.insert(action.endpoint).second ? 1 : 0;
      } else if (action.kind == Action::Kind::cancel) {
        const auto attempt = sent_.find(action.id);
        ASSERT_NE(attempt, sent_.end()) << "only what is outstanding can be cancelled";
        ASSERT_EQ(attempt->second.endpoint, action.endpoint);
        ASSERT_EQ(attempt->second.token, action.token);
        end(attempt);
        given_up_.push_back(action.id);
      } else if (action.kind == Action::Kind::wake) {
        ASSERT_GE(action.at, now_);
        timers_.emplace(action.at, action.id);
      } else {
        ASSERT_EQ(open_.erase(action.token), 1u) << "a request finishes exactly once";
        ++finished_;
      }
    }
  }
  void check() {
    ASSERT_EQ(channel_.in_progress(), open_.size());
    const std::vector<Endpoint>& ready = channel_.ready();
    ASSERT_EQ(channel_.in_flight().size(), ready.size());
    ASSERT_EQ(ready.empty(), endpoints_->empty()) << "never without an endpoint while there is one";
    std::map<std::uint32_t, std::uint32_t> loads;
    for (const auto& [id, attempt] : sent_) ++loads[attempt.endpoint];
    for (std::size_t i = 0; i < ready.size(); ++i)
      ASSERT_EQ(channel_.in_flight()[i], loads[ready[i].id]);
    ASSERT_EQ(feedback_.size(), feedback_due_) << "once per attempt that ends in the set";
    ASSERT_EQ(channel_.connections(), connections_);
  }

  RandomStream random_;
  bool budgeted_;
  std::vector<std::string> feedback_;
  std::uint64_t feedback_due_ = 0;
  Channel channel_;
  Instant now_ = kStart;
  EndpointSet endpoints_;
  std::set<std::uint64_t> open_;
  std::map<AttemptId, Attempt> sent_;
  std::set<std::uint32_t> connected_;  // endpoints
  std::uint64_t connections_ = 0;
  std::set<AttemptId> ids_;
  std::vector<AttemptId> given_up_;
  Timers timers_;
  std::uint64_t next_token_ = 1;
  std::uint64_t finished_ = 0;
  std::uint64_t audits_ = 0;
};

class ChannelChaos : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ChannelChaos, KeepsItsBooksWhateverHappens) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Chaos chaos(GetParam());
  for (int i = 0; i < 100'000; ++i) {
    chaos.step();
    if (HasFatalFailure()) {
      ADD_FAILURE() << "at step " << i;
      return;
    }
  }
  chaos.drain();
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChannelChaos, testing::Values(1, 2, 3));

}  // namespace
}  // namespace steelyard
