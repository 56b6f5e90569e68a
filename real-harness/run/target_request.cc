#include "real-harness/run/target_request.h"

#include <fmt/format.h>

#include <iterator>

namespace steelyard::live {

void append_target_request(std::string& out, const TargetSpec& target,
                           const HttpRequestSpec& request, std::string_view path) {
  const auto to = std::back_inserter(out);
  // An IPv6 address is in brackets here, too. [RFC 9110, 7.2]
  const bool bare = target.host.find(':') != std::string::npos;
  fmt::format_to(to, "{} {}{} HTTP/1.1\r\nHost: {}{}{}:{}\r\nUser-Agent: steelyard\r\n",
                 request.method, target.path, path, bare ? "[" : "", target.host, bare ? "]" : "",
                 target.port);
  for (const auto& [name, value] : request.headers) fmt::format_to(to, "{}: {}\r\n", name, value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH")
    fmt::format_to(to, "Content-Length: {}\r\n", request.body.size());
  out += "\r\n";
  out += request.body;
}

}  // namespace steelyard::live
