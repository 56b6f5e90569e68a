// Text that may be hostile: UTF-8, JSON strings, base64. Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace steelyard::live::gateway {

bool is_utf8(std::string_view text);

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD, one for
// each, so that the result is valid JSON whatever came in. [RFC 8259, section 7]
void append_json_string(std::string& out, std::string_view text);

// With padding. [RFC 4648, section 4]
void append_base64(std::string& out, std::string_view bytes);

// The bytes of base64url without padding, as tokens use it; strict: no other character, no bits
// left over that are not zero, so that every text has one form only. [RFC 4648, section 5]
std::optional<std::string> base64url_decoded(std::string_view text);

}  // namespace steelyard::live::gateway
