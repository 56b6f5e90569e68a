#include "app/options.h"

namespace steelyard::app {

void add_overrides(CLI::App& command, std::vector<std::string>& overrides) {
  command
      .add_option("--set", overrides,
                  "Replace or add a value of the file, by its path: run.duration=10s, "
                  "services.orders.instances=8, 'compare.balancer=[p2c, random]'. The value is "
                  "YAML. May be given several times.")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->allow_extra_args(false);
}

}  // namespace steelyard::app
