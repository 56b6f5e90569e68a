// Numbers and lists as people read them. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/metrics.h"

namespace steelyard {

// Digits after the point for a value known to ± half_width: the uncertainty to one digit (two if
// it begins with a 1), the value as far as that, but at most five digits. Without an interval
// (NaN) three digits.
int decimals_for(double value, double half_width);

// 1234567.8 -> "1,234,568"; NaN -> "–", infinity -> "∞".
std::string grouped(double value, int decimals);

// "12.3 ms ± 0.4", "0.10%", "1,480/s", "1.24"; milliseconds become µs below 1, ns below 0.001, s
// from 10,000. half_width NaN: no "± …". A value that is not known is "–".
std::string quantity(const MetricInfo& info, double value, double half_width);

// How numbers of one column are scaled: value * factor, followed by the suffix.
struct Scale {
  double factor = 1;
  std::string_view suffix;  // " ms", "%", "/s", ""
};
Scale scale_for(std::string_view unit, double magnitude);

// 1234567 -> "1.23 million", 45678 -> "45,678".
std::string large_count(double count);

// "1 variant", "2 variants", "1,000 variants".
std::string counted(std::size_t count, std::string_view singular);

// "38% below" or "a factor of 12 below" for a smaller value, "above" for a larger one.
std::string gap(double value, double reference);

// "a", "a and b", "a, b and c"; beyond `at_most` names: "a, b and 5 others".
std::string listing(const std::vector<std::string>& names, std::size_t at_most = 4);

}  // namespace steelyard
