#include "real-harness/gateway/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "real-harness/gateway/text.h"
#include "real-harness/http/http1.h"

namespace steelyard::live::gateway {
namespace {

using Failure = PartAnswer::Failure;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// application/json, application/problem+json
bool is_json_type(std::string_view content_type) {
  const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
  constexpr std::string_view kSuffix = "+json";
  return http::same_name(type, "application/json") ||
         (type.size() > kSuffix.size() &&
          http::same_name(type.substr(type.size() - kSuffix.size()), kSuffix));
}

void append_error(std::string& out, int status, std::string_view reason) {
  fmt::format_to(std::back_inserter(out), "{{\"error\":{{\"status\":{},\"reason\":", status);
  append_json_string(out, reason);
  out += "}}";
}

void append_body(std::string& out, std::string_view body) {
  if (body.empty()) {
    out += "null";
  } else if (is_utf8(body)) {
    append_json_string(out, body);
  } else {
    out += "{\"base64\":\"";
    append_base64(out, body);
    out += "\"}";
  }
}

// Appends the part's value; returns the status that its failure gives the whole, or 200.
int append_part(std::string& out, const PartAnswer& part) {
  switch (part.failure) {
    case Failure::timeout:
      append_error(out, 504, "timeout");
      return 504;
    case Failure::unavailable:
      append_error(out, 502, "unavailable");
      return 502;
    case Failure::too_large:
      append_error(out, 502, "too large");
      return 502;
    case Failure::none:
      break;
  }
  if (part.status < 200 || part.status >= 300) {
    append_error(out, part.status, http::reason_of(part.status));
    return part.status == 504 ? 504 : 502;
  }
  if (!is_json_type(part.content_type)) {
    append_body(out, part.body);
    return 200;
  }
  std::string_view json = trimmed(part.body);
  if (json.starts_with("\xEF\xBB\xBF")) json = trimmed(json.substr(3));
  if (json.empty() && part.body.empty()) {
    out += "null";
    return 200;
  }
  if (json.starts_with("\xEF\xBB\xBF") || !nlohmann::json::accept(json)) {
    append_error(out, 502, "not JSON");
    return 502;
  }
  out += json;
  return 200;
}

}  // namespace

Joined join(std::span<const PartAnswer> parts) {
  Joined joined;
  joined.body = "{";
  for (const PartAnswer& part : parts) {
    if (joined.body.size() > 1) joined.body += ',';
    append_json_string(joined.body, part.name);
    joined.body += ':';
    const int status = append_part(joined.body, part);
    if (!part.optional) joined.status = std::max(joined.status, status);
  }
  joined.body += "}\n";
  return joined;
}

}  // namespace steelyard::live::gateway
