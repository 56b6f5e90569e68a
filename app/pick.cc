// `steelyard pick`: what a balancer does, at a glance, one endpoint name a line; and why.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <optional>
#include <utility>

#include "app/pick_plan.h"
#include "app/terminal.h"
#include "core/idle_desk.h"
#include "reports/layout.h"

namespace steelyard::app {
namespace {

// "192.168.1.7" -> 0xc0a80107.
std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    std::uint8_t byte = 0;
    const auto parsed = std::from_chars(at, end, byte);
    if (parsed.ec != std::errc{}) return std::nullopt;
    address = address << 8 | byte;
    at = parsed.ptr;
    if (i == 3) break;
    if (at == end || *at++ != '.') return std::nullopt;
  }
  return at == end ? std::optional(address) : std::nullopt;
}

// The balancer with the time and the endpoints it lives with.
class Play {
 public:
  Play(PickPlan& plan, std::uint64_t seed)
      : balancer_(*plan.balancer), random_(RandomStream(seed).stream("pick")) {
    for (std::size_t i = 0; i < plan.endpoints.size(); ++i)
      servers_.push_back(server(plan.endpoints[i], plan.in_flight[i]));
    endpoints_changed();
  }

  void happen(const PickEvent& event) {
    if (event.kind == PickEvent::Kind::wait) return advance_to(now_ + event.duration);
    if (event.kind == PickEvent::Kind::join) {
      servers_.push_back(server(event.endpoint, 0));
      return endpoints_changed();
    }
    const auto who = std::find_if(servers_.begin(), servers_.end(), [&](const Server& server) {
      return server.endpoint.id == event.id;
    });
    if (event.kind == PickEvent::Kind::load) who->report = event.report;
    if (event.kind == PickEvent::Kind::answer)
      if (const auto position = position_of(event.id))
        feed_back(*position, event.duration, event.outcome);
    if (event.kind == PickEvent::Kind::leave) servers_.erase(who);
    if (event.kind == PickEvent::Kind::sick) who->endpoint.healthy = false;
    if (event.kind == PickEvent::Kind::well) who->endpoint.healthy = true;
    if (event.kind >= PickEvent::Kind::leave) endpoints_changed();
  }

  // A position, or kNobody. A request that is told to wait does.
  std::size_t pick(const PickKey* key, bool remember_why) {
    if (set_.empty()) return Balancer::kNobody;
    for (;;) {
      if (remember_why) why_ = {balancer_.insight(choice(key)), in_flight_};
      const std::size_t position = balancer_.pick(choice(key));
      carry_out_asked();
      if (position != Balancer::kWait) return position;
      if (balancer_.wait_until() == kNever) return Balancer::kNobody;
      advance_to(balancer_.wait_until());
    }
  }

  void send(std::size_t position) {
    ++in_flight_[position];
    ++server_at(position).in_flight;
    server_at(position).idle.request_came();
  }
  void answer(std::size_t position, Duration latency) {
    advance_to(now_ + latency);
    --in_flight_[position];
    Server& server = server_at(position);
    --server.in_flight;
    feed_back(position, latency, Outcome::ok);
    tell_if_idle(server);
  }
  void advance_to(Instant time) {
    while (balancer_.asked().wake <= time) {
      now_ = std::max(now_, balancer_.asked().wake);
      balancer_.on_wake(std::exchange(balancer_.asked().wake, kNever));
      carry_out_asked();
    }
    now_ = time;
  }

  Instant now() const { return now_; }
  const std::string& name(std::size_t position) const { return set_[position].name; }
  // What the last pick went by. REQUIRES: it was told to remember.
  std::string why(std::size_t picked, std::size_t width) const;

 private:
  struct Question {
    std::uint32_t endpoint = 0;
    std::uint32_t tag = 0;
  };
  struct Server {
    Endpoint endpoint;
    std::uint32_t in_flight = 0;
    std::optional<LoadReport> report;
    IdleDesk<Question> idle;
  };

  Server server(const Endpoint& endpoint, std::uint32_t in_flight) const {
    return {endpoint, in_flight, std::nullopt,
            IdleDesk<Question>(random_.stream("idle/" + endpoint.name))};
  }
  Server& server_at(std::size_t position) { return servers_[server_of_[position]]; }
  std::optional<std::size_t> position_of(std::uint32_t id) const {
    for (std::size_t i = 0; i < set_.size(); ++i)
      if (set_[i].id == id) return i;
    return std::nullopt;
  }

  void endpoints_changed() {
    set_.clear();
    in_flight_.clear();
    server_of_.clear();
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const Server& server = servers_[i];
      if (!server.endpoint.healthy && !balancer_.wants_unhealthy()) continue;
      set_.push_back(server.endpoint);
      in_flight_.push_back(server.in_flight);
      server_of_.push_back(i);
    }
    balancer_.on_endpoints(set_, now_, random_);
    carry_out_asked();
  }

  Choice choice(const PickKey* key) {
    Choice choice{.now = now_, .endpoints = set_, .in_flight = in_flight_, .random = random_};
    if (key == nullptr) return choice;
    choice.has_key = true;
    choice.key_hash = key->hash;
    choice.source_ipv4 =
        parse_ipv4(key->text).value_or(static_cast<std::uint32_t>(choice.key_hash >> 32));
    return choice;
  }

  void feed_back(std::size_t position, Duration latency, Outcome outcome) {
    if (!balancer_.wants_feedback()) return;
    const Server& server = server_at(position);
    const bool reports = server.report.has_value() && balancer_.wants_reports();
    balancer_.on_feedback({.position = position,
                           .now = now_,
                           .latency = latency,
                           .outcome = outcome,
                           .report = reports ? &*server.report : nullptr});
    carry_out_asked();
  }

  // Probes take no time. A server of which nothing is said reports what it has in flight.
  void carry_out_asked() {
    while (!balancer_.asked().probes.empty()) {
      for (const Probe& probe : std::exchange(balancer_.asked().probes, {})) {
        Server& server = server_at(probe.position);
        const Question question{server.endpoint.id, probe.tag};
        if (probe.kind == Probe::Kind::load) {
          reply(server, question, Probe::Kind::load);
        } else {
          server.idle.ask(question);
          tell_if_idle(server);
        }
      }
    }
  }
  void tell_if_idle(Server& server) {
    if (server.in_flight > 0) return;
    const auto question = server.idle.tell();
    if (!question) return;
    reply(server, *question, Probe::Kind::idle);
    carry_out_asked();
  }
  void reply(const Server& server, const Question& question, Probe::Kind kind) {
    const auto position = position_of(question.endpoint);
    if (!position) return;
    const LoadReport report = server.report.value_or(LoadReport{.in_flight = server.in_flight});
    balancer_.on_probe(
        {.position = *position, .kind = kind, .tag = question.tag, .now = now_, .report = &report});
  }

  Balancer& balancer_;
  RandomStream random_;
  Instant now_ = kStart;
  std::vector<Server> servers_;
  std::vector<Endpoint> set_;             // what the balancer knows
  std::vector<std::uint32_t> in_flight_;  // by position
  std::vector<std::size_t> server_of_;    // by position
  struct {
    Insight insight;
    std::vector<std::uint32_t> in_flight;
  } why_;
};

std::string figure(double value) { return std::isnan(value) ? "–" : fmt::format("{:.6g}", value); }

std::string Play::why(std::size_t picked, std::size_t width) const {
  using Align = TextTable::Align;
  std::vector<TextTable::Column> columns{
      {" ", Align::left}, {"endpoint", Align::left}, {"in_flight", Align::right}};
  for (const Insight::Column& column : why_.insight.columns)
    columns.push_back({column.name, Align::point});
  TextTable table(columns);
  for (std::size_t i = 0; i < set_.size(); ++i) {
    std::vector<std::string> cells{i == picked ? ">" : " ", set_[i].name,
                                   std::to_string(why_.in_flight[i])};
    for (const Insight::Column& column : why_.insight.columns)
      cells.push_back(figure(column.values[i]));
    table.add_row(std::move(cells));
  }
  std::string text = table.text(width);
  for (const Insight::Figure& each : why_.insight.figures)
    text += fmt::format("  {} {}\n", each.name, figure(each.value));
  return text;
}

}  // namespace

int pick(const PickArguments& arguments) {
  Result<PickPlan> planned = pick_plan(arguments);
  if (!planned) {
    fmt::print(stderr, "{}\n", planned.error());
    return kUsage;
  }
  PickPlan& plan = planned.value();
  Play play(plan, arguments.seed);
  for (const PickEvent& event : plan.history) play.happen(event);
  // One pick a millisecond, answered within that time unless it is held; later, if it has to wait.
  for (std::uint64_t i = 0; i < plan.count; ++i) {
    const PickKey* key = plan.keys.empty() ? nullptr : &plan.keys[i % plan.keys.size()];
    const std::size_t position = play.pick(key, arguments.why);
    const Instant picked_at = play.now();
    std::cout << (position == Balancer::kNobody ? "-" : play.name(position)) << '\n';
    if (arguments.why) std::cout << play.why(position, columns()) << '\n';
    if (position != Balancer::kNobody) play.send(position);
    if (position != Balancer::kNobody && !arguments.hold) play.answer(position, 500us);
    play.advance_to(picked_at + 1ms);
  }
  return kOk;
}

}  // namespace steelyard::app
