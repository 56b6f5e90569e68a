#include "real-harness/gateway/routes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "core/hash.h"

namespace steelyard::live::gateway {
namespace {

std::size_t segments_in(std::string_view path) {
  return path == "/" ? 0 : static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

bool fits_headers(const RouteMatch& match, const http::RequestHead& head) {
  for (const RouteMatch::Header& wanted : match.headers) {
    bool found = false;
    for (const http::Header& header : head.headers) {
      if (!http::same_name(header.name, wanted.name)) continue;
      // All of several: the service may look at another one than we do.
      if (header.value != wanted.value) return false;
      found = true;
    }
    if (!found) return false;
  }
  return true;
}

bool fits_method(const RouteMatch& match, std::string_view method) {
  if (match.methods.empty()) return true;
  const auto has = [&](std::string_view name) {
    return std::find(match.methods.begin(), match.methods.end(), name) != match.methods.end();
  };
  return has(method) || (method == "HEAD" && has("GET"));
}

// What follows the first `segments` segments.
std::string_view after_segments(std::string_view path, std::size_t segments) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < segments && at < path.size(); ++i)
    at = std::min(path.find('/', at + 1), path.size());
  return path.substr(at);
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Router::Router(const std::vector<RouteSpec>& routes) {
  // At most half full.
  slots_.resize(std::bit_ceil(2 * routes.size() + 2));
  for (const RouteSpec& route : routes) {
    const RouteMatch& match = route.match;
    const std::uint32_t host = host_id(match.host);
    Slot& slot = slots_[place_of(match.path, host, match.is_prefix)];
    slot.path = match.path;
    slot.host = host;
    slot.is_prefix = match.is_prefix;
    slot.routes.push_back(static_cast<std::uint32_t>(routes_.size()));
    if (match.is_prefix)
      prefix_segments_max_ = std::max(prefix_segments_max_, segments_in(match.path));
    routes_.push_back(match);
  }
}

std::uint32_t Router::host_id(const std::string& host) {
  if (host.empty()) return kAnyHost;
  has_patterns_ |= host.starts_with("*.");
  return hosts_.emplace(host, static_cast<std::uint32_t>(hosts_.size() + 1)).first->second;
}

// Where this is, or would be.
std::size_t Router::place_of(std::string_view path, std::uint32_t host, bool is_prefix) const {
  const std::uint64_t hash = mix64(xxh64(path), std::uint64_t{host} << 1 | is_prefix);
  for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.routes.empty() ||
        (slot.host == host && slot.is_prefix == is_prefix && slot.path == path))
      return at;
  }
}

template <class Visit>
void Router::visit_paths(std::uint32_t host, std::string_view path, const Visit& visit) const {
  const auto look = [&](std::string_view part, bool is_prefix) {
    const Slot& slot = slots_[place_of(part, host, is_prefix)];
    if (!slot.routes.empty()) visit(slot);
  };
  look(path, false);
  look("/", true);
  std::size_t end = 0;
  for (std::size_t i = 0; i < prefix_segments_max_ && end < path.size(); ++i) {
    end = std::min(path.find('/', end + 1), path.size());
    if (end > 1) look(path.substr(0, end), true);
  }
}

template <class Visit>
void Router::visit_slots(std::string_view host, std::string_view path, const Visit& visit) const {
  visit_paths(kAnyHost, path, visit);
  if (hosts_.empty() || host.empty()) return;
  const auto exact = hosts_.find(host);
  if (exact != hosts_.end()) visit_paths(exact->second, path, visit);
  if (!has_patterns_) return;
  std::array<char, kHostBytesMax + 1> pattern{'*'};
  for (std::size_t dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1)) {
    const std::size_t length = host.copy(pattern.data() + 1, kHostBytesMax, dot);
    const auto found = hosts_.find(std::string_view(pattern.data(), length + 1));
    if (found != hosts_.end()) visit_paths(found->second, path, visit);
  }
}

RouteFound Router::match(const http::RequestHead& head, NormalPath& path) const {
  if (!path.assign(head.path)) return {.status = 400, .why = path.why()};
  std::array<char, kHostBytesMax> buffer;
  std::string_view host;
  if (!normal_host(head.host, buffer.data(), buffer.size(), host))
    return {.status = 400, .why = "a host that is none"};
  constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t best = kNone;
  bool is_method_wrong = false;
  visit_slots(host, path.decoded(), [&](const Slot& slot) {
    for (const std::uint32_t index : slot.routes) {
      if (index >= best) return;
      if (!fits_headers(routes_[index], head)) continue;
      if (!fits_method(routes_[index], head.method)) {
        is_method_wrong = true;
        continue;
      }
      best = index;
    }
  });
  if (best == kNone)
    return is_method_wrong ? RouteFound{.status = 405, .why = "no route for this method"}
                           : RouteFound{.status = 404, .why = "no route"};
  const RouteMatch& found = routes_[best];
  return {.route = best,
          .rest = found.is_prefix ? after_segments(path.encoded(), segments_in(found.path))
                                  : std::string_view()};
}

std::string Router::allowed_methods(const http::RequestHead& head, const NormalPath& path) const {
  std::array<char, kHostBytesMax> buffer;
  std::string_view host;
  std::vector<std::string_view> methods;
  if (!normal_host(head.host, buffer.data(), buffer.size(), host)) return "";
  visit_slots(host, path.decoded(), [&](const Slot& slot) {
    for (const std::uint32_t index : slot.routes)
      if (fits_headers(routes_[index], head))
        for (const std::string& method : routes_[index].methods) {
          methods.push_back(method);
          if (method == "GET") methods.push_back("HEAD");
        }
  });
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  std::string text;
  for (const std::string_view method : methods)
    text.append(text.empty() ? "" : ", ").append(method);
  return text;
}

void append_target(std::string& out, const ForwardSpec& to, const RouteFound& found,
                   const NormalPath& path, std::string_view query) {
  if (!to.rewrite) {
    out += path.encoded();
  } else {
    std::string_view replacement = *to.rewrite;
    if (!found.rest.empty() && replacement.ends_with('/')) replacement.remove_suffix(1);
    append_encoded_path(out, replacement);
    out += found.rest;
  }
  if (!query.empty()) {
    out += '?';
    out += query;
  }
}

bool normal_host(std::string_view host, char* buffer, std::size_t capacity,
                 std::string_view& normal) {
  std::string_view name = host;
  const bool bracketed = host.starts_with('[');
  if (bracketed) {
    name = host.substr(0, host.find(']') + 1);  // empty without ']'
    if (name.size() < 3) return false;
  } else {
    name = host.substr(0, host.find(':'));
  }
  if (name.size() < host.size() &&
      (host[name.size()] != ':' || !is_port(host.substr(name.size() + 1))))
    return false;
  if (name.size() > capacity || (name.empty() && !host.empty())) return false;
  char before = '.';
  for (std::size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    const bool mark = bracketed ? c == ':' || c == '.' || (c == '[' && i == 0) ||
                                      (c == ']' && i + 1 == name.size())
                                : c == '.' && before != '.';
    if (!word && !mark) return false;
    buffer[i] = before = c;
  }
  normal = std::string_view(buffer, name.size());
  if (normal.ends_with('.')) normal.remove_suffix(1);
  return true;
}

}  // namespace steelyard::live::gateway
