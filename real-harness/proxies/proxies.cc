#include "real-harness/proxies/proxies.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "real-harness/gateway/process.h"
#include "real-harness/gateway/rules.h"
#include "real-harness/instances/modelled_instance.h"
#include "real-harness/os/processor_time.h"

namespace steelyard::live {
namespace {

constexpr const char* kOutput = "/output.txt";
// A busy machine may take its time; one that answers is not waited for any longer.
constexpr auto kPatience = std::chrono::seconds(20);

// Services that clients call. Instances call each other without a proxy.
std::vector<std::size_t> called_services(const Scenario& scenario) {
  std::vector<std::size_t> services;
  for (const ClientSpec& client : scenario.clients) services.push_back(client.calls);
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  return services;
}

// As many connections as this process's limit of descriptors allows a child, at two each.
std::uint64_t connections_max() {
  constexpr std::uint64_t kEnough = 16'384;
  constexpr std::uint64_t kOthers = 256;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max == RLIM_INFINITY) return kEnough;
  const std::uint64_t left = limit.rlim_max > kOthers ? limit.rlim_max - kOthers : 0;
  return std::clamp<std::uint64_t>(left / 2, 64, kEnough);
}

ProxiedService proxied(const Scenario& scenario, std::size_t index) {
  const ServiceSpec& service = scenario.services[index];
  ProxiedService out{.name = service.name,
                     .listen = ipv4(0, 0),
                     .backends = {},
                     .balancer = service.strategies.balancer,
                     .key_header = {},
                     .connections_max = connections_max()};
  for (const InstanceSpec& instance : service.instances)
    out.backends.push_back({.address = ipv4(0, 0), .weight = instance.weight});
  const bool keyed = std::all_of(
      scenario.clients.begin(), scenario.clients.end(),
      [&](const ClientSpec& client) { return client.calls != index || client.keys.has_value(); });
  // The user's own services are not told the key; it is in the path, if at all.
  if (keyed && service.targets.empty()) out.key_header = kKeyHeader;
  return out;
}

// A proxy sends the same path to all.
bool paths_differ(const ServiceSpec& service) {
  return std::any_of(service.targets.begin(), service.targets.end(), [&](const TargetSpec& target) {
    return target.path != service.targets.front().path;
  });
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  constexpr rlim_t kEnough = 65'536;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, kEnough));
  setrlimit(RLIMIT_NOFILE, &limit);
}

// An interrupt from the terminal is for the one who started the run, and says when to end.
void leave_the_terminal() {
  setpgid(0, 0);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) signal(number, SIG_DFL);
}

// Turns this process into that program.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const std::string& folder) {
  leave_the_terminal();
  const int nothing = open("/dev/null", O_RDONLY);
  const int output = open((folder + kOutput).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(program.c_str(), words.data());
  throw std::runtime_error(fmt::format("cannot run {}: {}", program, std::strerror(errno)));
}

// Steelyard's own, for everything that comes.
Proxy gateway_proxy(const Scenario& scenario, std::size_t index, const ProxiedService& service) {
  GatewayProcess::Setup setup{.scenario = scenario, .addresses = {}, .folder = {}};
  setup.scenario.gateway = gateway::plain_gateway(index);
  setup.addresses.resize(scenario.services.size());
  for (const ProxiedService::Backend& backend : service.backends)
    setup.addresses[index].push_back(backend.address);
  return {.run =
              [setup = std::move(setup)](Descriptor listener) {
                leave_the_terminal();
                GatewayProcess process;
                process.load = [&] { return setup; };
                process.listener = std::move(listener);
                process.drain_timeout = 0s;
                process.say = [](const std::string&) {};
                if (const std::string error = run_gateway(std::move(process)); !error.empty())
                  throw std::runtime_error(error);
              },
          .config_name = {},
          .config = {}};
}

// Whether an HTTP server says that it does not understand this; no proxy would pass it on.
bool answers(const Address& address) {
  const Descriptor socket(::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 0, .tv_usec = 250'000};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(socket.get(), address.raw(), address.length) != 0) return false;
  constexpr std::string_view kNonsense = "? / HTTP/1.1\r\n\r\n";
  if (send(socket.get(), kNonsense.data(), kNonsense.size(), MSG_NOSIGNAL) < 0) return false;
  std::array<char, 5> begin{};
  return recv(socket.get(), begin.data(), begin.size(), MSG_WAITALL) ==
             static_cast<ssize_t>(begin.size()) &&
         std::string_view(begin.data(), begin.size()) == "HTTP/";
}

}  // namespace

std::optional<std::string> why_no_proxy(const Scenario& scenario) {
  if (scenario.via == Via::channel) return std::nullopt;
  const ReferenceProxy* const reference = reference_proxy(scenario.via);
  if (reference == nullptr) return std::nullopt;  // Steelyard's gateway is always there
  for (const std::size_t index : called_services(scenario)) {
    const ServiceSpec& service = scenario.services[index];
    if (!service.strategies.layers.empty())
      return fmt::format("{} is given no layers, and {} has {} in front of its balancer",
                         reference->name, service.name, service.strategies.layers.front().name);
    const Result<std::string> config = reference->config(proxied(scenario, index));
    if (!config.ok()) return config.error();
    if (paths_differ(service))
      return fmt::format("the targets of {} differ in their paths, and {} is given one for all",
                         service.name, reference->name);
  }
  if (find_program(reference->name).empty())
    return fmt::format("{} is not installed ({})", reference->name, reference->where_from);
  return std::nullopt;
}

Result<Proxy> make_proxy(const Scenario& scenario, std::size_t index, const ProxiedService& service,
                         const std::string& folder) {
  const ReferenceProxy* const reference = reference_proxy(scenario.via);
  if (reference == nullptr) return gateway_proxy(scenario, index, service);
  Result<std::string> config = reference->config(service);
  if (!config.ok()) return Error{config.error()};
  const std::string file = fmt::format("{}/{}", folder, reference->config_name);
  if (!(std::ofstream(file) << config.value()).flush())
    return Error{fmt::format("cannot write {}: {}", file, std::strerror(errno))};
  return Proxy{.run =
                   [program = find_program(reference->name),
                    arguments = reference->arguments(folder), folder](Descriptor listener) {
                     listener.reset();  // the program binds the address itself
                     become(program, arguments, folder);
                   },
               .config_name = std::string(reference->config_name),
               .config = std::move(config.value())};
}

Proxies::Proxies(const Scenario& scenario)
    : scenario_(scenario),
      services_(scenario.via == Via::channel ? std::vector<std::size_t>()
                                             : called_services(scenario)),
      pids_(services_.size()) {}

void Proxies::clear_up() const {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string Proxies::folder_of(std::size_t proxy) const {
  return fmt::format("{}/{}", folder_, scenario_.services[services_[proxy]].name);
}

std::vector<ChildTask> Proxies::tasks() {
  std::vector<ChildTask> tasks;
  for (std::size_t p = 0; p < services_.size(); ++p) {
    // Beside the service's instances, out of their range.
    const auto host = 0x7f000000 + (static_cast<std::uint32_t>(services_[p] + 1) << 16) + 0xfffe;
    tasks.push_back({.name = fmt::format("{} in front of {}", to_text(scenario_.via),
                                         scenario_.services[services_[p]].name),
                     .address = ipv4(host, 0),
                     .run =
                         [this, p](Descriptor listener, Descriptor, const FaultState&) {
                           pids_[p] = getpid();
                           raise_descriptor_limit();
                           proxies_[p].run(std::move(listener));
                         },
                     .becomes_program = true});
  }
  return tasks;
}

std::string Proxies::prepare(std::span<const Address> own,
                             const std::vector<std::vector<Address>>& instances) {
  if (none()) return "";
  std::error_code error;
  std::string pattern = (std::filesystem::temp_directory_path(error) / "steelyard-XXXXXX").string();
  if (error || mkdtemp(pattern.data()) == nullptr)
    return fmt::format("cannot make a temporary folder: {}", std::strerror(errno));
  folder_ = pattern;
  addresses_.assign(scenario_.services.size(), {});
  for (std::size_t p = 0; p < services_.size(); ++p) {
    std::filesystem::create_directory(folder_of(p), error);
    ProxiedService service = proxied(scenario_, services_[p]);
    service.listen = own[p];
    for (std::size_t i = 0; i < service.backends.size(); ++i)
      service.backends[i].address = instances[services_[p]][i];
    Result<Proxy> proxy = make_proxy(scenario_, services_[p], service, folder_of(p));
    if (!proxy.ok()) return proxy.error();
    if (!proxy.value().config_name.empty())
      attachments_.push_back({services_.size() == 1
                                  ? proxy.value().config_name
                                  : fmt::format("{}/{}", service.name, proxy.value().config_name),
                              proxy.value().config});
    addresses_[services_[p]].push_back(own[p]);
    proxies_.push_back(std::move(proxy.value()));
  }
  return "";
}

std::string Proxies::wait_until_ready(Supervisor& supervisor) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (const std::size_t service : services_) {
    while (!answers(addresses_[service].front())) {
      const std::vector<std::string> accidents = supervisor.accidents();
      if (!accidents.empty()) return accidents.front() + last_words();
      if (std::chrono::steady_clock::now() > end)
        return fmt::format("{} in front of {} did not begin to answer in {} s{}",
                           to_text(scenario_.via), scenario_.services[service].name,
                           kPatience.count(), last_words());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return "";
}

std::string Proxies::last_words() const {
  constexpr std::size_t kEnough = 1000;
  for (std::size_t p = 0; p < services_.size(); ++p) {
    std::ifstream file(folder_of(p) + kOutput);
    std::string text(std::istreambuf_iterator<char>(file), {});
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.size() > kEnough) text.erase(0, text.size() - kEnough);
    if (!text.empty()) return ": " + text;
  }
  return "";
}

double Proxies::processor_seconds() const {
  double seconds = 0;
  for (std::size_t p = 0; p < services_.size(); ++p)
    if (pids_[p] > 0) seconds += live::processor_seconds(pids_[p]);
  return seconds;
}

}  // namespace steelyard::live
