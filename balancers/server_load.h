// What servers have to do, whoever sent it: what the last report said, brought up to now by what
// this channel has sent and heard since. A server whose report is too old counts as one that never
// reported: as what this channel has there. Otherwise it could be shunned for a load it had once,
// and never be asked again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/known_endpoints.h"
#include "balancers/parameters.h"
#include "balancers/weights.h"

namespace steelyard {

class ServerLoad {
 public:
  // For balancers that go by requests in flight, their own or the server's.
  static Parameter load_parameter() {
    return parameter::choice(
        "load", "own", {"own", "reported"},
        "Whose requests in flight count: this client's, or all that the endpoint reported, plus "
        "what this client has sent there since.",
        "everybody's default; reports as in ORCA are rare");
  }
  static Parameter age_parameter() {
    return positive(parameter::duration(
        "report_age_max", 1s, "A report older than this counts as none, and own requests count.",
        "Prequal keeps a probe's answer for as long"));
  }

  explicit ServerLoad(Duration report_age_max) : report_age_max_(report_age_max) {}

  // `before` as KnownEndpoints::update() returns it.
  void on_endpoints(const std::vector<std::size_t>& before) {
    std::vector<Server> servers(before.size() + 1);
    std::vector<std::size_t> reported;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] == KnownEndpoints::kNew) continue;
      servers[i] = servers_[before[i]];
      if (servers[i].reported) reported.push_back(i);
    }
    std::sort(reported.begin(), reported.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(servers[a].heard_at, a) < std::pair(servers[b].heard_at, b);
    });
    servers_ = std::move(servers);
    servers_.back().older = servers_.back().newer = end();
    for (const std::size_t position : reported) append(position);
  }

  void on_feedback(const Feedback& feedback) {
    if (feedback.report == nullptr || feedback.outcome == Outcome::cancelled) return;
    Server& server = servers_[feedback.position];
    server.heard = feedback.report->in_flight;
    server.heard_at = feedback.now;
    server.requests_per_second = feedback.report->requests_per_second;
    if (server.reported) unlink(feedback.position);
    server.reported = true;
    append(feedback.position);
  }

  // Forgets the reports that are too old by now, and calls forgot(position) for each.
  template <class Forgot>
  void forget_old(Instant now, Forgot forgot) {
    while (true) {
      const std::size_t oldest = servers_.back().newer;
      if (oldest == end() || now - servers_[oldest].heard_at <= report_age_max_) return;
      unlink(oldest);
      servers_[oldest] = {};
      forgot(oldest);
    }
  }

  // Requests at the server. REQUIRES: between a feedback and the next request sent there, it was
  // asked once, since a feedback does not say what this channel had in flight then.
  std::uint32_t in_flight(std::size_t position, std::uint32_t own_in_flight) {
    Server& server = servers_[position];
    if (server.heard.has_value()) {
      server.others_in_flight = std::int64_t{*server.heard} - own_in_flight;
      server.heard.reset();
    }
    return sum(server, own_in_flight);
  }

  // The same, without noting that it was asked.
  std::uint32_t in_flight_now(std::size_t position, std::uint32_t own_in_flight) const {
    Server server = servers_[position];
    if (server.heard.has_value())
      server.others_in_flight = std::int64_t{*server.heard} - own_in_flight;
    return sum(server, own_in_flight);
  }

  // Of balancers that compare requests in flight for their weight. `reported` is null for one that
  // goes by its own; weight_of(position) is the endpoint's weight.
  template <class WeightOf>
  static void explain(const Choice& choice, const ServerLoad* reported, const WeightOf& weight_of,
                      Insight& insight) {
    const auto load = [&](std::size_t i) {
      const std::uint32_t own = choice.in_flight[i];
      return reported != nullptr ? reported->in_flight_now(i, own) : own;
    };
    const std::size_t count = choice.endpoints.size();
    if (reported != nullptr) insight.add_each("load", count, load);
    insight.add_each("load_per_weight", count,
                     [&](auto i) { return per_weight(load(i), weight_of(i)); });
  }

  // What it last said it answers; nothing: there is no report.
  std::optional<double> requests_per_second(std::size_t position) const {
    if (!servers_[position].reported) return std::nullopt;
    return servers_[position].requests_per_second;
  }

 private:
  static constexpr std::int64_t kMax = std::numeric_limits<std::uint32_t>::max();
  struct Server {
    bool reported = false;
    std::optional<std::uint32_t>
        heard;  // requests there, in a report that came since the last look
    // What it has besides this channel's requests. Below 0 while some of these are on their way.
    std::int64_t others_in_flight = 0;
    double requests_per_second = 0;
    Instant heard_at;
    // Those with a report stand in a ring by its age, oldest first; it begins and ends at end().
    std::size_t older = 0;
    std::size_t newer = 0;
  };

  static std::uint32_t sum(const Server& server, std::uint32_t own_in_flight) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(server.others_in_flight + own_in_flight, 0, kMax));
  }

  std::size_t end() const { return servers_.size() - 1; }
  void append(std::size_t position) {
    Server& last = servers_.back();
    servers_[position].older = last.older;
    servers_[position].newer = end();
    servers_[last.older].newer = position;
    last.older = position;
  }
  void unlink(std::size_t position) {
    servers_[servers_[position].older].newer = servers_[position].newer;
    servers_[servers_[position].newer].older = servers_[position].older;
  }

  Duration report_age_max_;
  std::vector<Server> servers_{1};  // and one more, the ring's end
};

}  // namespace steelyard
