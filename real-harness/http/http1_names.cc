// Names of headers, lists of tokens, and what statuses are called.
#include <algorithm>
#include <array>

#include "real-harness/http/http1.h"
#include "real-harness/http/http1_characters.h"

namespace steelyard::live::http {
namespace {

// By connection, not by message. [RFC 9110 7.6.1; Proxy-Connection: RFC 9112 C.2.2]
bool is_always_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 2:
      return same_name(name, "te");
    case 7:
      return same_name(name, "trailer") || same_name(name, "upgrade");
    case 10:
      return same_name(name, "connection") || same_name(name, "keep-alive");
    case 16:
      return same_name(name, "proxy-connection");
    case 17:
      return same_name(name, "transfer-encoding");
    default:
      return false;
  }
}

// Where the message goes and where it ends is not the client's to hide from the next hop.
bool is_nameable(std::string_view name) {
  return !same_name(name, "host") && !same_name(name, "content-length");
}

struct Status {
  int status;
  std::string_view reason;
};

// The IANA registry of status codes; 413 and 422 as RFC 9110 calls them.
constexpr auto kStatuses = std::to_array<Status>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
});

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::string_view Head::find(std::string_view name) const {
  for (const Header& header : headers)
    if (same_name(header.name, name)) return header.value;
  return {};
}

bool has_token(std::string_view value, std::string_view token) {
  return any_token(value, [&](std::string_view element) { return same_name(element, token); });
}

bool is_hop_by_hop(std::string_view name, std::string_view connection) {
  return is_always_hop_by_hop(name) || (has_token(connection, name) && is_nameable(name));
}

bool is_hop_by_hop(std::string_view name, const Head& head) {
  if (is_always_hop_by_hop(name)) return true;
  if (!head.names_hop_by_hop || !is_nameable(name)) return false;
  return std::any_of(head.headers.begin(), head.headers.end(), [&](const Header& header) {
    return same_name(header.name, "connection") && has_token(header.value, name);
  });
}

std::string_view reason_of(int status) {
  const auto found =
      std::lower_bound(kStatuses.begin(), kStatuses.end(), status,
                       [](const Status& s, int wanted) { return s.status < wanted; });
  return found != kStatuses.end() && found->status == status ? found->reason : std::string_view();
}

}  // namespace steelyard::live::http
