// Refuses texts that no YAML parser should be handed: binary data, other encodings, endless files.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace steelyard {

inline constexpr std::size_t kScenarioBytesMax = 1u << 20;

struct BadText {
  int line = 1;
  int column = 1;
  std::string message;
};

// The first thing that keeps `text` from being plain UTF-8 with lines indented by spaces.
std::optional<BadText> find_bad_text(std::string_view text);

// Without the byte order mark that some editors put in front.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace steelyard
