// Ways to declare a parameter that several balancers share.
#pragma once

#include "core/settings.h"

namespace steelyard {

// Above 0, where 0 itself would mean nothing.
inline Parameter positive(Parameter parameter) {
  parameter.min = 0;
  parameter.min_excluded = true;
  return parameter;
}

}  // namespace steelyard
