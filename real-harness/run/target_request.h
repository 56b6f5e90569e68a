// Requests to the user's own services, as they stand on the wire.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/scenario.h"

namespace steelyard::live {

// Appends one request. `path` is the request's with its key filled in.
void append_target_request(std::string& out, const TargetSpec& target,
                           const HttpRequestSpec& request, std::string_view path);

}  // namespace steelyard::live
