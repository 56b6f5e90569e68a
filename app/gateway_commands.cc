#include "app/gateway_commands.h"

namespace steelyard::app {
namespace {

constexpr const char* kGatewayFooter =
    "Standard output gets the address it listens at, once it does; the access log may go there,\n"
    "too (`access_log: \"-\"`), and then that line goes to standard error.\n"
    "\n"
    "Signals\n"
    "  TERM, INT  takes no more connections, finishes what is under way, ends; again: at once\n"
    "  HUP        loads the scenario, secrets and certificates anew, without losing a request; a\n"
    "             file that is wrong is reported, and nothing changes\n"
    "  USR1       opens the access log anew, after it was renamed\n"
    "Where it listens, and whether with TLS, changes with a restart only.\n"
    "\n"
    "Examples\n"
    "  steelyard gateway shop.yaml --serve --listen 127.0.0.1:8080\n"
    "  steelyard gateway shop.yaml --admin 127.0.0.1:9901 & curl 127.0.0.1:9901/.steelyard/metrics";

constexpr const char* kServeFooter =
    "Instances answer any request; /health and /metrics tell about themselves. They call each\n"
    "other as the scenario says. Ctrl-C stops them all; nothing is left listening.\n"
    "\n"
    "Example\n"
    "  steelyard serve shop.yaml";

void add_scenario(CLI::App& command, std::string& scenario, std::vector<std::string>& overrides) {
  command.add_option("SCENARIO", scenario, "A scenario file.")->type_name("")->required();
  command
      .add_option("--set", overrides,
                  "Replace or add a value of the file, by its path: gateway.listen=127.0.0.1:8080. "
                  "May be given several times.")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->allow_extra_args(false);
}

}  // namespace

void GatewayCommands::add(CLI::App& app, const Choose& choose) {
  CLI::App* gateway_command = app.add_subcommand(
      "gateway",
      "Run the reverse proxy that a scenario's `gateway:` describes.\n"
      "It routes, authenticates, limits and forwards requests to the scenario's services, with "
      "their balancers, timeouts and retries. Services with `targets` are yours; with --serve the "
      "others are started as modelled instances. Of a scenario that compares, the first variant "
      "counts.");
  gateway_command->footer(kGatewayFooter);
  add_scenario(*gateway_command, gateway_.scenario, gateway_.overrides);
  gateway_command
      ->add_option("--listen", gateway_.listen,
                   "Where, instead of what the scenario says; port 0: a free one.")
      ->type_name("ADDRESS:PORT");
  gateway_command
      ->add_option("--admin", gateway_.admin,
                   "Where /.steelyard/health and /.steelyard/metrics (Prometheus) are to be had. "
                   "Default: nowhere.")
      ->type_name("ADDRESS:PORT");
  gateway_command->add_flag("--serve", gateway_.serve,
                            "Start the modelled instances of services without targets.");
  gateway_command
      ->add_option("--drain-timeout", gateway_.drain_seconds,
                   "How many seconds requests under way are waited for at the end. Default: 30.")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0).description(""));
  gateway_command->callback([this, choose] { choose([this] { return gateway(gateway_); }); });

  CLI::App* serve_command = app.add_subcommand(
      "serve",
      "Start the instances that a scenario models, and print where they are.\n"
      "Each is a real HTTP server in a process of its own on loopback, for as long as this runs.");
  serve_command->footer(kServeFooter);
  add_scenario(*serve_command, serve_.scenario, serve_.overrides);
  serve_command->callback([this, choose] { choose([this] { return serve(serve_); }); });
}

}  // namespace steelyard::app
