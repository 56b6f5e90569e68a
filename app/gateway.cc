// `steelyard gateway` and `steelyard serve`: a scenario's proxy, and its modelled services, for
// others to call.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "app/commands.h"
#include "app/files.h"
#include "app/interrupt.h"
#include "real-harness/gateway/process.h"
#include "real-harness/instances/fleet.h"
#include "scenarios/loader.h"

namespace steelyard::app {
namespace {

Result<Scenario> load(const std::string& file, const std::vector<std::string>& overrides) {
  LoadResult loaded = load_scenario(file, {.overrides = overrides, .read_file = read_file});
  if (!loaded.comparison) {
    std::string all;
    for (const Problem& problem : loaded.problems) all += to_text(problem);
    return Error{all};
  }
  return loaded.comparison->variants.front().scenario;
}

int invalid(const std::string& why) {
  fmt::print(stderr, "{}{}", why, why.ends_with('\n') ? "" : "\n");
  return kInvalidScenario;
}

int failed(const std::string& why) {
  fmt::print(stderr, "steelyard: {}\n", why);
  return kFailed;
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

// "127.0.0.1:8080", "[::1]:8080", ":8080", "8080"
Result<live::Address> address_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string host =
      colon == std::string::npos || colon == 0 ? "127.0.0.1" : text.substr(0, colon);
  const std::string digits = colon == std::string::npos ? text : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    return Error{fmt::format("got '{}', expected ADDRESS:PORT as in 127.0.0.1:8080", text)};
  return live::resolve(host, port);
}

Result<live::Descriptor> listener_at(const std::string& text) {
  Result<live::Address> address = address_of(text);
  if (!address.ok()) return Error{address.error()};
  return live::listen_at(address.value());
}

// The addresses of the scenario's instances: those of its targets, and of the fleet for the rest.
// The scenario may have been loaded after the fleet was started from `first`.
Result<std::vector<std::vector<live::Address>>> addresses_for(const Scenario& scenario,
                                                              const Scenario& first,
                                                              const live::Fleet* fleet) {
  auto addresses = live::target_addresses(scenario);
  if (!addresses.ok()) return addresses;
  for (std::size_t s = 0; s < scenario.services.size(); ++s) {
    const ServiceSpec& service = scenario.services[s];
    if (!service.targets.empty()) continue;
    if (fleet == nullptr)
      return Error{
          fmt::format("services.{} has no `targets`, and nobody else starts its "
                      "instances; with --serve the gateway does",
                      service.name)};
    const auto same =
        std::find_if(first.services.begin(), first.services.end(), [&](const ServiceSpec& old) {
          return old.name == service.name && old.targets.empty() &&
                 old.instances.size() == service.instances.size();
        });
    if (same == first.services.end())
      return Error{
          fmt::format("services.{}: its instances are not those that were started; "
                      "restart the gateway for that",
                      service.name)};
    addresses.value()[s] =
        fleet->addresses()[static_cast<std::size_t>(same - first.services.begin())];
  }
  return addresses;
}

std::string all_of(const std::vector<std::string>& accidents) {
  return fmt::format("{}", fmt::join(accidents, "; "));
}

}  // namespace

int gateway(const GatewayArguments& arguments) {
  Result<Scenario> loaded = load(arguments.scenario, arguments.overrides);
  if (!loaded.ok()) return invalid(loaded.error());
  const Scenario first = std::move(loaded.value());
  if (!first.gateway)
    return invalid(fmt::format("{}: there is no `gateway:` in it; docs/GATEWAY.md describes one",
                               arguments.scenario));
  std::unique_ptr<live::Fleet> fleet;
  if (arguments.serve) {
    auto started = live::Fleet::start(first);
    if (!started.ok()) return failed(started.error());
    fleet = std::move(started.value());
  }
  live::GatewayProcess process;
  if (arguments.listen.empty()) {
    Result<live::Address> address = live::listen_address(*first.gateway);
    if (!address.ok()) return failed(address.error());
    Result<live::Descriptor> listener = live::listen_at(address.value());
    if (!listener.ok()) return failed(listener.error());
    process.listener = std::move(listener.value());
  } else {
    Result<live::Descriptor> listener = listener_at(arguments.listen);
    if (!listener.ok()) return failed("--listen: " + listener.error());
    process.listener = std::move(listener.value());
  }
  if (!arguments.admin.empty()) {
    Result<live::Descriptor> listener = listener_at(arguments.admin);
    if (!listener.ok()) return failed("--admin: " + listener.error());
    process.admin_listener = std::move(listener.value());
    fmt::print(stderr, "steelyard gateway: admin at http://{}\n",
               live::to_text(live::address_of(process.admin_listener.get())));
  }
  process.drain_timeout = from_seconds(arguments.drain_seconds);
  process.load = [&]() -> Result<live::GatewayProcess::Setup> {
    Result<Scenario> again = load(arguments.scenario, arguments.overrides);
    if (!again.ok()) return Error{again.error()};
    if (!again.value().gateway) return Error{"there is no `gateway:` in it any more"};
    auto addresses = addresses_for(again.value(), first, fleet.get());
    if (!addresses.ok()) return Error{addresses.error()};
    return live::GatewayProcess::Setup{.scenario = std::move(again.value()),
                                       .addresses = std::move(addresses.value()),
                                       .folder = folder_of(arguments.scenario)};
  };
  // The access log may be on standard output; then this is not.
  const bool log_on_output = first.gateway->access_log == "-";
  process.say = [&](const std::string& line) {
    fmt::print(log_on_output ? stderr : stdout, "steelyard gateway: {}\n", line);
    std::fflush(log_on_output ? stderr : stdout);
  };
  if (fleet != nullptr) process.trouble = [&] { return all_of(fleet->accidents()); };
  const std::string error = live::run_gateway(std::move(process));
  return error.empty() ? kOk : failed(error);
}

int serve(const ServeArguments& arguments) {
  Result<Scenario> loaded = load(arguments.scenario, arguments.overrides);
  if (!loaded.ok()) return invalid(loaded.error());
  const Scenario& scenario = loaded.value();
  listen_for_interrupts();
  auto fleet = live::Fleet::start(scenario);
  if (!fleet.ok()) return failed(fleet.error());
  fmt::print("{:<24}{:<24}{}\n", "instance", "address", "kind");
  for (std::size_t s = 0; s < scenario.services.size(); ++s)
    for (std::size_t i = 0; i < fleet.value()->addresses()[s].size(); ++i)
      fmt::print("{:<24}{:<24}{}\n", fmt::format("{}/{}", scenario.services[s].name, i),
                 live::to_text(fleet.value()->addresses()[s][i]),
                 scenario.services[s].targets.empty() ? "modelled" : "yours");
  std::fflush(stdout);
  while (!interrupted()) {
    poll(nullptr, 0, 100);
    if (const std::string trouble = all_of(fleet.value()->accidents()); !trouble.empty())
      return failed(trouble);
  }
  return kOk;
}

}  // namespace steelyard::app
