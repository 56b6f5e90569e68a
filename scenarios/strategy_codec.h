// Strategies in scenario files: `p2c`, `{p2c: {choices: 3}}`, `{p2c: 3}`.
//
// Everything comes from the catalogue: which names there are, which parameters they take, of which
// type, range and default. `{name: value}` sets the first declared parameter. Where the kind has a
// strategy called `constant`, a plain value means that one: `5ms` for a distribution, `2000/s` for
// a rate schedule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/registry.h"
#include "scenarios/codec.h"

namespace steelyard {

// Reads a strategy of this kind, with every declared parameter filled in, and makes one to hear
// what it has to say about the combination.
Codec<Named> strategy(std::string kind);

// What was meant by a name that none of the choices has: `suggestion`, which also knows what others
// call them.
std::string strategy_suggestion(std::string_view unknown,
                                const std::vector<const StrategyInfo*>& choices);

// For the schema's "definitions": one entry for every kind in the catalogue.
Json strategy_definitions();

}  // namespace steelyard
