// Scenarios as networks of queues that have an exact solution (models/jackson.h, closed_network.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "app/traffic.h"
#include "models/closed_network.h"
#include "models/jackson.h"

namespace steelyard::app {

// The traffic equations take the cube of the services, a closed loop the square of its users;
// beyond these nothing is solved.
inline constexpr std::size_t kServicesMax = 200;
inline constexpr std::int64_t kClosedUsersMax = 2000;

// Stations are the services, in their order. Nothing if there are too many.
std::optional<queueing::JacksonSolution> jackson_network_of(const Traffic& traffic);

// Of the only client, whose users go round. Nothing if there are others, it has none, or too many;
// or if nothing takes any time.
std::optional<queueing::ClosedSolution> closed_network_of(const Traffic& traffic);

}  // namespace steelyard::app
