// What the program knows about the terminal it talks to.
#pragma once

#include <cstddef>

namespace steelyard::app {

// Columns of standard output, or of standard error; 80 where there is no terminal.
std::size_t columns();

// Colours are wanted on standard output: it is a terminal, and NO_COLOR is not set.
bool colour_wanted();

// Standard error is a terminal, so progress can be drawn there.
bool progress_wanted();

}  // namespace steelyard::app
