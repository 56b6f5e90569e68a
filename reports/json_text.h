// Numbers and layout of results.json. Pure functions, thread-safe.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace steelyard {

using Json = nlohmann::ordered_json;  // keys stay in the order they were set

// A number rounded to nine significant digits; null if it is NaN or infinite.
//
// Why rounded: the statistics use the C library's logarithms and long double, whose last bits
// differ between processors, compilers and sanitizer builds, and results.json must not. Nine digits
// are far beyond any measurement here and far short of a double's seventeen.
Json number(double value, int significant_digits = 9);
Json numbers(std::span<const double> values, int significant_digits = 9);

// Indented by two spaces, with everything that fits into one line of 100 columns, and every list of
// numbers however long, on one line: readable in a diff, and not a line per number. Ends with a
// newline. Invalid UTF-8 is replaced by U+FFFD.
void write_json(std::ostream& out, const Json& json);

// In one line.
std::string compact(const Json& json);

}  // namespace steelyard
