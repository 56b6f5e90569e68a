// Well-formed UTF-8. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace steelyard {

// Bytes of the character at `at` if it is well-formed: no overlong forms, no surrogates, at most
// U+10FFFF; else 0, as at the end of the text. [RFC 3629, section 4]
std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace steelyard
