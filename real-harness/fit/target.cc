#include "real-harness/fit/target.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "scenarios/problem.h"
#include "scenarios/target_url.h"

namespace steelyard::live {
namespace {

struct Parts {
  std::string base;   // http://host:port
  std::string path;   // begins with '/'
  std::string query;  // with its '?'; or empty
};

Parts parts_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t query = std::min(url.find('?', begin), url.size());
  const std::size_t path = std::min(url.find('/', begin), query);
  const std::string between = url.substr(path, query - path);
  return {.base = url.substr(0, path),
          .path = between.empty() ? "/" : between,
          .query = url.substr(query)};
}

// The longest end that both have in common and that begins with '/'; empty if there is none.
std::string common_end(const std::string& a, const std::string& b) {
  const auto [end, ignored] = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  (void)ignored;
  const std::string tail = a.substr(a.size() - static_cast<std::size_t>(end - a.rbegin()));
  return tail.substr(std::min(tail.find('/'), tail.size()));
}

}  // namespace

Result<FitTargets> fit_targets(const std::vector<std::string>& urls) {
  std::vector<Parts> all;
  for (const std::string& url : urls) all.push_back(parts_of(url));
  std::string path = all.empty() ? "" : all.front().path;
  for (const Parts& parts : all) path = common_end(path, parts.path);
  FitTargets result{.targets = {}, .path = path};
  for (std::size_t i = 0; i < urls.size(); ++i) {
    Result<TargetSpec> base = parse_target_url(all[i].base);
    if (!base.ok()) return Error{base.error()};
    const std::string asked = all[i].path + all[i].query;
    if (!is_request_path(asked) || asked.find_first_of("{}") != std::string::npos)
      return Error{
          fmt::format("got {}, expected a path that writes spaces and other odd characters "
                      "as %20",
                      in_quotes(asked))};
    if (path.empty() || all[i].query != all.front().query)
      return Error{
          fmt::format("got {} and {}, expected URLs of instances of one service, which "
                      "end in the same path",
                      in_quotes(urls.front()), in_quotes(urls[i]))};
    const std::string prefix = all[i].path.substr(0, all[i].path.size() - path.size());
    Result<TargetSpec> target = parse_target_url(all[i].base + prefix);
    if (!target.ok()) return Error{target.error()};
    result.targets.push_back(std::move(target.value()));
  }
  if (!all.empty()) result.path += all.front().query;
  return result;
}

bool is_loopback(const Address& address) {
  if (address.storage.ss_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(
        &reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr);
  const auto* const in = reinterpret_cast<const sockaddr_in*>(&address.storage);
  return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
}

}  // namespace steelyard::live
