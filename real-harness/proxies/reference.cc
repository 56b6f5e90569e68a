#include "real-harness/proxies/reference.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace steelyard::live {

const ReferenceProxy* reference_proxy(Via via) {
  switch (via) {
    case Via::channel:
    case Via::steelyard:
      return nullptr;
    case Via::nginx:
      return &kNginx;
    case Via::haproxy:
      return &kHaproxy;
    case Via::envoy:
      return &kEnvoy;
  }
  return nullptr;
}

std::string find_program(std::string_view name) {
  const char* const path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  folders += ":/usr/local/sbin:/usr/sbin:/sbin";
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string file = fmt::format("{}/{}", folders.substr(begin, end - begin), name);
    struct stat status {};
    // An empty entry of PATH would mean the present folder, from which nothing is run here.
    if (end > begin && stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        access(file.c_str(), X_OK) == 0)
      return file;
    begin = end + 1;
  }
  return "";
}

bool equally_weighted(const ProxiedService& service) {
  return std::all_of(service.backends.begin(), service.backends.end(), [&](const auto& backend) {
    return backend.weight == service.backends.front().weight;
  });
}

std::vector<std::uint64_t> reduced_weights(const ProxiedService& service, bool weighted) {
  std::vector<std::uint64_t> weights(service.backends.size(), 1);
  if (!weighted || equally_weighted(service)) return weights;
  std::uint64_t divisor = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = service.backends[i].weight;
    divisor = std::gcd(divisor, weights[i]);
  }
  for (std::uint64_t& weight : weights) weight /= divisor;
  return weights;
}

bool goes_by_reports(const Named& balancer) {
  return balancer.settings.has("load") && balancer.settings.text("load") == "reported";
}

Error no_equivalent(std::string_view program, const Named& balancer, std::string_view why) {
  return {fmt::format("{} has no equivalent of {}: {}", program, balancer.name, why)};
}

}  // namespace steelyard::live
