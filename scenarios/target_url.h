// URLs of live services: http://127.0.0.1:5001/api, http://[::1]:8080, http://users.internal.
#pragma once

#include <string_view>

#include "core/result.h"
#include "scenarios/scenario.h"

namespace steelyard {

// The parts of a URL that requests can be sent to, or what is wrong with it ("got …, expected …").
// Without a port it is 80. Names are not looked up. Thread-safe. [RFC 3986, 3; RFC 9110, 4.2.1]
Result<TargetSpec> parse_target_url(std::string_view url);

// Whether `text` can be a method, or the name of a header. [RFC 9110, 5.6.2: token]
bool is_http_token(std::string_view text);

// Whether `text` can be the path, with its query, of a request: '/', then printable ASCII without
// spaces and '#'.
bool is_request_path(std::string_view text);

}  // namespace steelyard
