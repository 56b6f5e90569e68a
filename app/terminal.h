// What the program knows about the terminal it talks to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace steelyard::app {

// Columns of standard output, or of standard error; 80 where there is no terminal.
std::size_t columns();

// Colours are wanted on standard output: it is a terminal, and NO_COLOR is not set.
bool colour_wanted();

// Standard error is a terminal, so progress can be drawn there.
bool progress_wanted();

// Breaks text into lines of at most `width` columns, each after `indent` spaces and ended by a
// newline. Newlines in the text stay.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace steelyard::app
