#include "scenarios/target_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "scenarios/problem.h"

namespace steelyard {
namespace {

constexpr std::size_t kUrlMax = 2000;  // characters

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// A decimal number without leading zeros.
std::optional<unsigned> number(std::string_view text, unsigned max) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0'))
    return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= max ? std::optional(value) : std::nullopt;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  for (;; ++parts) {
    const std::size_t dot = text.find('.');
    if (!number(text.substr(0, dot), 255)) return false;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  return parts == 3;
}

// The number of 16-bit groups that `text` stands for; nullopt if it is none. The last two may be
// written as an IPv4 address.
std::optional<int> ipv6_groups(std::string_view text, bool may_end_in_ipv4) {
  int groups = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && may_end_in_ipv4 && is_ipv4(group)) return groups + 2;
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex))
      return std::nullopt;
    ++groups;
    if (last) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return groups;
}

// [RFC 4291, 2.2]
bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return ipv6_groups(text, true) == 8;
  const auto before = ipv6_groups(text.substr(0, gap), false);
  const auto after = ipv6_groups(text.substr(gap + 2), true);
  return before && after && *before + *after <= 7;
}

// Labels of letters, digits, '-' and '_', with dots between them. One that ends in a number would
// be taken for an address by resolvers.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::string_view label;
  for (;;) {
    const std::size_t dot = text.find('.');
    label = text.substr(0, dot);
    const bool good = !label.empty() && label.size() <= 63 && label.front() != '-' &&
                      label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
                        return is_digit(c) || is_letter(c) || c == '-' || c == '_';
                      });
    if (!good) return false;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  return !std::all_of(label.begin(), label.end(), is_digit);
}

Error wrong(std::string_view url, std::string_view why) {
  return Error{fmt::format("got {}, expected a URL such as http://127.0.0.1:8080/api{}{}",
                           in_quotes(url), why.empty() ? "" : ": ", why)};
}

}  // namespace

bool is_http_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_letter(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_request_path(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '#';
         });
}

Result<TargetSpec> parse_target_url(std::string_view url) {
  static constexpr std::string_view kScheme = "http://";
  if (url.size() > kUrlMax) return wrong(url, "it is too long");
  if (url.starts_with("https://"))
    return wrong(url, "targets are spoken to without TLS; put a proxy that does TLS before it");
  if (!url.starts_with(kScheme)) return wrong(url, "it begins with http://");
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view host = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (host.find('@') != std::string_view::npos)
    return wrong(url, "without a user; put credentials into the client's request.headers");
  TargetSpec target;
  target.url = url;
  static constexpr const char* kHosts =
      "its host is a name, an IPv4 address, or an IPv6 address in brackets";
  if (host.find('[') == std::string_view::npos ? std::count(host.begin(), host.end(), ':') > 1
                                               : host.find(']') == std::string_view::npos)
    return wrong(url, kHosts);
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto port = number(host.substr(colon + 1), 65535);
    if (!port || *port == 0) return wrong(url, "its port is 1 to 65535");
    target.port = static_cast<std::uint16_t>(*port);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[')) {
    const bool closed = host.ends_with(']');
    host = host.substr(1, host.size() - (closed ? 2 : 1));
    if (!closed || !is_ipv6(host)) return wrong(url, "in brackets stands an IPv6 address");
  } else if (!is_ipv4(host) && !is_host_name(host)) {
    return wrong(url, kHosts);
  }
  target.host = host;
  if (!path.empty() && (!is_request_path(path) || path.find('?') != std::string_view::npos))
    return wrong(url, "its path begins with '/' and has no query, no fragment and no spaces");
  while (path.ends_with('/')) path.remove_suffix(1);
  target.path = path;
  return target;
}

}  // namespace steelyard
