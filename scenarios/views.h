// Who decides on which view of a service: every caller's processes, the workers inside each, and
// what each of these views knows of the service's instances at what time. The same in every world.
//
// Pure functions; no errors: the loader has checked the scenario.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "balancers/balancer.h"
#include "core/random.h"
#include "scenarios/scenario.h"

namespace steelyard {

// Names a process of a client, and one of the workers of a caller's process, for random streams:
// "shoppers" or, of several, "shoppers/3"; "orders/0" or, of several, "orders/0.2".
std::string client_process_name(const ClientSpec& client, std::size_t process);
std::string view_name(const std::string& process, std::size_t worker, std::int64_t workers);

// What a process is to the others of its like. All clients of one service are alike, in the order
// of the file: they are the cluster that its traffic comes from.
Caller caller_of_client(const Scenario& scenario, std::size_t client, std::size_t process);
Caller caller_of_instance(const Scenario& scenario, std::size_t service, std::size_t instance);

// Which of `views` carries the request `token` of a client (requests: requests_stream). The users
// of a closed loop each keep to one, as a connection does; requests of an open one are dealt at
// random.
std::size_t view_of_request(const ClientSpec& client, const RandomStream& requests,
                            std::uint64_t token, std::size_t views);
// Which of its caller's workers carries the call `site` of the attempt.
std::size_t view_of_call(std::uint64_t draw_key, std::uint8_t site, std::size_t workers);

// All instances of a service, named "orders/0" and so on; an endpoint's id is its instance.
EndpointSet endpoints_of(const ServiceSpec& service);

// From `at` on, these are the endpoints that the view knows.
struct Membership {
  Instant at;
  EndpointSet endpoints;
};
// What a view knows of a service, beginning with kStart. `all`: endpoints_of the service; `view`:
// view_stream of its channel. Views differ only if `differ_in_membership`.
std::vector<Membership> memberships_of(const Scenario& scenario, std::size_t service,
                                       const EndpointSet& all, const RandomStream& view);
bool differ_in_membership(const ServiceSpec& service);

}  // namespace steelyard
