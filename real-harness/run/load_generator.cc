#include "real-harness/run/load_generator.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/make.h"
#include "real-harness/channels/channels.h"
#include "real-harness/instances/modelled_instance.h"
#include "real-harness/run/target_request.h"
#include "scenarios/draws.h"

namespace steelyard::live {
namespace {

// Timer data: the client (20 bits), the user who has thought (20 bits), and whether it is one.
constexpr std::uint64_t kThinking = std::uint64_t{1} << 63;
constexpr std::uint64_t timer_data(std::uint64_t client, std::uint64_t user) {
  return kThinking | client << 20 | user;
}

}  // namespace

LoadGenerator::LoadGenerator(Reactor& reactor, const Scenario& scenario, std::uint64_t replication,
                             const std::vector<std::vector<Address>>& addresses, bool proxied,
                             ChannelLog* log)
    : reactor_(reactor),
      scenario_(scenario),
      recorder_(scenario.clients.size(), scenario.run.duration, scenario.run.warmup),
      driver_(reactor, *this, log),
      views_(reactor, driver_, scenario),
      attempts_(driver_),
      probes_(driver_) {
  const RandomStream root = replication_stream(scenario.run.seed, replication);
  for (const ClientSpec& spec : scenario.clients) add_client(spec, root);
  for (Client& client : clients_) add_channels(client, root, proxied);
  first_sent_.resize(driver_.size());
  for (std::size_t i = 0; i < clients_.size(); ++i)
    for (std::size_t view = 0; view < clients_[i].views; ++view)
      for (const Address& address : addresses[i])
        clients_[i].connections.push_back(std::make_unique<HttpClient>(reactor_, address));
  for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i].endpoints = addresses[i].size();
  views_.start();
}

LoadGenerator::~LoadGenerator() = default;

void LoadGenerator::add_client(const ClientSpec& spec, const RandomStream& root) {
  Client& client = clients_.emplace_back();
  client.spec = &spec;
  client.requests = requests_stream(root, spec.name);
  client.draw_base = client_draw_base(spec.name);
  if (spec.arrivals) {
    client.arrivals = make_checked<Arrivals>(*spec.arrivals);
    client.arrivals->start(arrivals_stream(root, spec.name));
  }
  if (spec.closed) {
    if (spec.closed->think_time)
      client.think_time = make_checked<Distribution>(*spec.closed->think_time);
    client.issued_by_user.resize(static_cast<std::size_t>(spec.closed->users));
  }
  if (spec.keys) client.popularity.emplace(spec.keys->count, spec.keys->zipf_exponent);
  const bool of_users_own = !scenario_.services[spec.calls].targets.empty();
  client.to_head = of_users_own && spec.request.method == "HEAD";
}

void LoadGenerator::add_channels(Client& client, const RandomStream& root, bool proxied) {
  const ClientSpec& spec = *client.spec;
  const auto index = static_cast<std::size_t>(&client - clients_.data());
  const ServiceSpec& service = scenario_.services[spec.calls];
  client.first_channel = static_cast<std::uint32_t>(driver_.size());
  if (proxied) {
    // The proxy picks. Steelyard's own also tries again, and this side only waits for it as long as
    // the deadline says; others do not, so that trying again stays what the scenario says.
    ChannelOptions options = channel_options(service, root, spec.name, {});
    if (scenario_.via == Via::steelyard) options.policy.retry = {};
    const std::uint32_t channel = driver_.add(options, defaults(Balancer::kKind, "round_robin"));
    driver_.set_endpoints(channel, std::make_shared<const std::vector<Endpoint>>(
                                       std::vector<Endpoint>{{.name = service.name, .id = 0}}));
  } else {
    for (std::size_t process = 0; process < static_cast<std::size_t>(spec.instances); ++process)
      views_.add(spec.calls, root, client_process_name(spec, process),
                 caller_of_client(scenario_, index, process));
  }
  client.views = driver_.size() - client.first_channel;
  client_of_channel_.resize(driver_.size(), index);
}

// Each view has connections of its own.
HttpClient& LoadGenerator::connection_of(const Action& action) {
  const Client& client = clients_[client_of_channel_[action.channel]];
  const std::size_t view = action.channel - client.first_channel;
  return *client.connections[view * client.endpoints + action.endpoint];
}

void LoadGenerator::start() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    if (client.arrivals) {
      client.next = client.arrivals->next();
      if (client.next != kNever) reactor_.at(client.next, *this, i);
    }
    for (std::uint64_t user = 0; user < client.issued_by_user.size(); ++user)
      think(client, user, 0s);
  }
}

void LoadGenerator::on_timer(std::uint64_t data) {
  if (ended_) return;
  if ((data & kThinking) != 0) {
    Client& client = clients_[(data & ~kThinking) >> 20];
    const std::uint64_t user = data & 0xfffff;
    issue(client, user, client.issued_by_user[user]++, reactor_.now());
    return;
  }
  Client& client = clients_[data];
  const Instant planned = client.next;
  client.next = client.arrivals->next();
  if (client.next != kNever) reactor_.at(client.next, *this, data);
  issue(client, 0, client.issued++, planned);
}

void LoadGenerator::issue(Client& client, std::uint64_t user, std::uint64_t number,
                          Instant planned) {
  // The plan ends with the run, even if this is late.
  if (planned >= kStart + scenario_.run.duration) return;
  recorder_.offered(planned);
  const std::uint64_t token = client_token(user, number);
  const RequestKey key =
      draw_request_key(client.requests, token, client.popularity ? &*client.popularity : nullptr);
  const std::size_t view = view_of_request(*client.spec, client.requests, token, client.views);
  driver_.request(client.first_channel + static_cast<std::uint32_t>(view),
                  {.token = token,
                   .planned = planned,
                   .key_hash = key.key_hash,
                   .source_ipv4 = key.source_ipv4,
                   .has_key = key.has_key});
}

void LoadGenerator::think(Client& client, std::uint64_t user, Duration at_least) {
  const std::uint64_t token = client_token(user, client.issued_by_user[user]);
  const Duration pause = draw_pause(client.think_time.get(), client.requests, token, at_least);
  const auto index = static_cast<std::uint64_t>(&client - clients_.data());
  reactor_.at(std::max(reactor_.now(), kStart) + pause, *this, timer_data(index, user));
}

void LoadGenerator::probe(const Action& action) {
  const Client& client = clients_[client_of_channel_[action.channel]];
  probes_.ask(action, connection_of(action), scenario_.services[client.spec->calls].name);
}

void LoadGenerator::send(const Action& action) {
  Client& client = clients_[client_of_channel_[action.channel]];
  bytes_.clear();
  if (scenario_.services[client.spec->calls].targets.empty()) {
    const ServiceSpec& service = scenario_.services[client.spec->calls];
    append_request(
        bytes_, service.name, attempt_draw_key(client.draw_base, action.token, action.attempts),
        action.has_key, action.key_hash,
        action.at == kNever ? kDelayMax : action.at - reactor_.now(), service.request_bytes);
  } else {
    append_target_request(client, action);
  }
  if (action.attempts == 1) {
    std::vector<Instant>& sent = first_sent_[action.channel];
    const std::uint32_t slot = Channel::slot_of(action.id);
    if (sent.size() <= slot) sent.resize(std::max<std::size_t>(slot + 1, 2 * slot));
    sent[slot] = reactor_.refresh();
  }
  attempts_.send(action, connection_of(action), bytes_, client.to_head);
}

void LoadGenerator::append_target_request(const Client& client, const Action& action) {
  const HttpRequestSpec& request = client.spec->request;
  const std::vector<TargetSpec>& targets = scenario_.services[client.spec->calls].targets;
  const TargetSpec& target = targets[std::min<std::size_t>(action.endpoint, targets.size() - 1)];
  std::string path = request.path;
  constexpr std::string_view kPlace = "{key}";
  if (const std::size_t at = path.find(kPlace); at != std::string::npos) {
    const RequestKey key = draw_request_key(client.requests, action.token,
                                            client.popularity ? &*client.popularity : nullptr);
    path.replace(at, kPlace.size(), std::to_string(key.key));
  }
  live::append_target_request(bytes_, target, request, path);
}

void LoadGenerator::finish(const Action& action) {
  if (ended_) return;
  Client& client = clients_[client_of_channel_[action.channel]];
  const Instant now = std::max(reactor_.now(), action.at);
  recorder_.finished(static_cast<std::uint32_t>(client_of_channel_[action.channel]), action.at, now,
                     action.outcome, action.attempts);
  const std::vector<Instant>& sent = first_sent_[action.channel];
  const std::uint32_t slot = Channel::slot_of(action.id);
  if (now >= recorder_.warmup_end() && slot < sent.size() && sent[slot] >= action.at) {
    const auto delay_ns = static_cast<std::uint64_t>((sent[slot] - action.at).count());
    live_.send_delay_ns.record(delay_ns);
    ++live_.sends;
    if (sent[slot] - action.at <= kTimely) ++live_.timely;
    if (action.outcome == Outcome::ok)
      live_.service_time_ns.record(static_cast<std::uint64_t>((now - sent[slot]).count()));
  }
  if (!client.issued_by_user.empty())
    think(client, user_of(action.token), action.at == now ? kLeastCycle : 0s);
}

LoadGenerator::Taken LoadGenerator::take() {
  ended_ = true;
  std::uint64_t unfinished = 0;
  for (std::uint32_t i = 0; i < driver_.size(); ++i) unfinished += driver_.in_progress(i);
  Taken taken{recorder_.take(unfinished), std::move(live_)};
  taken.record.connections = driver_.connections();
  return taken;
}

}  // namespace steelyard::live
