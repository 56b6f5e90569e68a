// Which assumptions of queueing theory a scenario does not keep, in words: what the theory of it
// leaves out. Each is a phrase for a list: "orders: a deadline of 1 s".
#pragma once

#include <string>
#include <vector>

#include "app/traffic.h"

namespace steelyard::app {

// Of what happens between services: faults, and a network that takes time.
std::vector<std::string> left_out_between(const Scenario& scenario);
// Of clients: arrivals that are no Poisson streams of a constant rate.
std::vector<std::string> left_out_of_arrivals(const Traffic& traffic);
// Of any service: deadlines, retries, and service times that nobody knows.
std::vector<std::string> left_out_at(const ServiceTraffic& service);
// Of a service that calls others: places that are kept meanwhile, calls made at once.
std::vector<std::string> left_out_of_calls(const ServiceTraffic& service);
// Of a station of a Jackson network: how it serves, and how its instances are chosen.
std::vector<std::string> left_out_of_station(const ServiceTraffic& service);

// All of these for a network of services with Poisson arrivals: empty, and it is a Jackson network.
std::vector<std::string> left_out_of_jackson(const Scenario& scenario, const Traffic& traffic);
// The same for a single client's closed loop instead of Poisson arrivals.
std::vector<std::string> left_out_of_closed_network(const Scenario& scenario,
                                                    const Traffic& traffic);

}  // namespace steelyard::app
