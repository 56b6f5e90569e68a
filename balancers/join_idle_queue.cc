// join_idle_queue: endpoints that fall idle announce themselves and are taken in that order.
#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"
#include "balancers/two_choices.h"

namespace steelyard {
namespace {

class JoinIdleQueue final : public Balancer {
 public:
  JoinIdleQueue(bool two_choices, Duration renew) : two_choices_(two_choices), renew_(renew) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream&) override {
    const std::vector<std::size_t> before = known_.update(endpoints);
    follow(KnownEndpoints::now_at(before, servers_.size()), endpoints.size());
    KnownEndpoints::carry_over(before, servers_);
    asked().probes.reserve(endpoints.size());
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] == KnownEndpoints::kNew) subscribe(i, now);
    if (!endpoints.empty() && !renews_) {
      renews_ = true;
      ask_wake(now + renew_);
    }
  }

  std::size_t pick(const Choice& choice) override {
    if (idle_count_ > 0) return take_idle();
    const std::size_t count = choice.endpoints.size();
    if (!two_choices_ || count == 1) return choice.random.below(count);
    const auto [a, b] = draw_two_distinct(choice.random, count);
    return choice.in_flight[b] < choice.in_flight[a] ? b : a;
  }

  bool asks() const override { return true; }

  Insight insight(const Choice& choice) const override {
    std::vector<double> places(choice.endpoints.size(), Insight::kUnknown);
    for (std::size_t i = 0; i < idle_count_; ++i)
      places[idle_[(first_idle_ + i) % idle_.size()]] = static_cast<double>(i + 1);
    Insight insight;
    insight.add("idle", static_cast<double>(idle_count_));
    insight.add_each("place_in_queue", std::move(places));
    return insight;
  }

  // Subscribed anew at once, so that all dispatchers are as likely to hear of the next time. Not if
  // no answer can come: whoever is not there is asked again at the next renewal.
  void on_probe(const ProbeReply& reply) override {
    Server& server = servers_[reply.position];
    const bool is_current = reply.tag == server.subscription;
    if (reply.report != nullptr && !server.is_queued) append_idle(reply.position);
    if (reply.report != nullptr && is_current) subscribe(reply.position, reply.now);
  }

  void on_wake(Instant now) override {
    renews_ = !servers_.empty();
    if (!renews_) return;
    for (std::size_t i = 0; i < servers_.size(); ++i)
      if (now - servers_[i].subscribed_at >= renew_) subscribe(i, now);
    ask_wake(now + renew_);
  }

 private:
  struct Server {
    bool is_queued = false;
    // Counts up, so that the answer to a question that was thought lost asks no second one beside
    // the one that took its place.
    std::uint32_t subscription = 0;
    Instant subscribed_at;
  };

  void subscribe(std::size_t position, Instant now) {
    Server& server = servers_[position];
    ++server.subscription;
    server.subscribed_at = now;
    ask_probe({.position = position, .kind = Probe::Kind::idle, .tag = server.subscription});
  }

  void append_idle(std::size_t position) {
    std::size_t place = first_idle_ + idle_count_;
    if (place >= idle_.size()) place -= idle_.size();
    idle_[place] = static_cast<std::uint32_t>(position);
    ++idle_count_;
    servers_[position].is_queued = true;
  }
  std::size_t take_idle() {
    const std::size_t position = idle_[first_idle_];
    first_idle_ = first_idle_ + 1 == idle_.size() ? 0 : first_idle_ + 1;
    --idle_count_;
    servers_[position].is_queued = false;
    return position;
  }

  // The queue in the new set, without those that left.
  void follow(const std::vector<std::size_t>& now_at, std::size_t count) {
    std::vector<std::uint32_t> idle;
    for (std::size_t i = 0; i < idle_count_; ++i) {
      const std::size_t position = now_at[idle_[(first_idle_ + i) % idle_.size()]];
      if (position != KnownEndpoints::kGone) idle.push_back(static_cast<std::uint32_t>(position));
    }
    first_idle_ = 0;
    idle_count_ = idle.size();
    idle.resize(count);
    idle_ = std::move(idle);
  }

  bool two_choices_;
  Duration renew_;
  bool renews_ = false;  // a wake is under way
  std::vector<Server> servers_;
  std::vector<std::uint32_t> idle_;  // a ring with a place for everybody, each in it at most once
  std::size_t first_idle_ = 0;
  std::size_t idle_count_ = 0;
  KnownEndpoints known_;
};

const Registration<Balancer> kRegistration{{
    .name = "join_idle_queue",
    .summary = "Endpoints that fall idle announce themselves and are taken in that order.",
    .doc =
        "An endpoint that has nothing left to do tells one of its callers, drawn at random, and "
        "that caller's next request goes there; a caller that knows of no idle endpoint takes a "
        "random one. The search for an idle endpoint is so taken off the request's way: with as "
        "many endpoints as requests need, and many to each caller, hardly any request waits, at a "
        "message a request. Use it in large systems with many dispatchers, up to high load, where "
        "p2c would compare two busy ones. With few endpoints to a caller, or near full load, the "
        "queue is mostly empty and it is no better than what it falls back to; `otherwise: p2c` "
        "helps then. Idle means without any request, so endpoints that work on many at once "
        "announce themselves late, and a slow one as readily as a quick one. Weights play no part. "
        "As in the paper, an endpoint stays in the queue though others may have sent it something "
        "since. Announcements may be lost, so each endpoint that kept silent for `renew` is asked "
        "anew to announce itself. No proxy of note has it; it is the literature's rule for many "
        "dispatchers, where HAProxy or nginx would count connections.",
    .formula = "the first of the idle queue; if it is empty, random or the less loaded of two",
    .cost = "O(1)",
    .source = "Lu, Xie, Kliot, Geller, Larus, Greenberg: Join-Idle-Queue, Performance 2011",
    .also_known_as = {{"jiq", "the paper's name for it, abridged"}},
    .parameters = {parameter::choice("otherwise", "random", {"random", "p2c"},
                                     "Who gets a request while no endpoint has announced itself: "
                                     "a random one, or the one of two with fewer of this client's "
                                     "requests in flight.",
                                     "Lu 2011"),
                   interval(
                       "renew", 10s,
                       "An endpoint that was silent for so long is asked anew for announcements.",
                       "none: the paper's network loses nothing")},
    .traits = {"probes"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<JoinIdleQueue>(settings.text("otherwise") == "p2c",
                                             settings.duration("renew"));
    },
}};

}  // namespace
}  // namespace steelyard
