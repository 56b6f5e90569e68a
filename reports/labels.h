// Short names of variants: what tells them apart, and nothing else.
#pragma once

#include <string>
#include <vector>

#include "core/records.h"

namespace steelyard {

struct Axis {
  std::string name;                 // path of the setting
  std::vector<std::string> values;  // in order of first appearance
};

// The settings in which the variants differ, in order of first appearance.
std::vector<Axis> axes_of(const std::vector<VariantRecord>& variants);

// One label per variant. A name that spells out settings
// ("balancer=p2c,services.orders.instances=4") is shortened to "p2c, instances=4"; names chosen by
// hand stay as they are, and so does every name if the short ones were not unique.
std::vector<std::string> short_labels(const std::vector<VariantRecord>& variants);

}  // namespace steelyard
