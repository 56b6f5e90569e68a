// Values of strategies' parameters, as core/settings.h declares them.
#pragma once

#include "core/settings.h"
#include "scenarios/codec.h"

namespace steelyard {

// What a file may write for this parameter. Kept apart from reading, which happens for every
// parameter of every strategy of a file and needs no schema.
Json parameter_schema(const Parameter& parameter);
bool read_parameter(const Parameter& parameter, const Node& node, Reader& reader, Value& value);

}  // namespace steelyard
