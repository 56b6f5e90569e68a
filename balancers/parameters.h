// Ways to declare a parameter that several balancers share.
#pragma once

#include <string>
#include <utility>

#include "core/settings.h"

namespace steelyard {

// Above 0, where 0 itself would mean nothing.
inline Parameter positive(Parameter parameter) {
  parameter.min_excluded = true;
  return parameter;
}

// So that it can be added to any time of a run.
inline Parameter at_most_a_day(Parameter parameter) {
  parameter.max = to_seconds(24h);
  return parameter;
}

// How long until something is done again: a millisecond at least, or a run would do nothing else.
inline Parameter interval(std::string name, Duration fallback, std::string doc,
                          std::string source) {
  Parameter parameter =
      parameter::duration(std::move(name), fallback, std::move(doc), std::move(source));
  parameter.min = to_seconds(1ms);
  return at_most_a_day(std::move(parameter));
}

}  // namespace steelyard
