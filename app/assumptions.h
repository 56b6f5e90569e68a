// Which assumptions of queueing theory a scenario does not keep, in words: what the theory of it
// leaves out.
#pragma once

#include <string>
#include <vector>

#include "app/traffic.h"

namespace steelyard::app {

struct LeftOut {
  std::string what;  // "a deadline of 1s"
  std::string who;   // a service or a client; empty: all
};

// Of what happens between services: faults, and a network that takes time.
std::vector<LeftOut> left_out_between(const Scenario& scenario);
// Of clients: arrivals that are no Poisson streams of a constant rate.
std::vector<LeftOut> left_out_of_arrivals(const Traffic& traffic);
// Of any service: deadlines, retries, and service times that nobody knows.
std::vector<LeftOut> left_out_at(const ServiceTraffic& service);
// Of a service that calls others: places that are kept meanwhile, calls made at once.
std::vector<LeftOut> left_out_of_calls(const ServiceTraffic& service);
// Of a station of a Jackson network: how it serves, and how its instances are chosen.
std::vector<LeftOut> left_out_of_station(const ServiceTraffic& service);

// All of these for a network of services with Poisson arrivals: empty, and it is a Jackson network.
std::vector<LeftOut> left_out_of_jackson(const Scenario& scenario, const Traffic& traffic);
// The same for a single client's closed loop instead of Poisson arrivals.
std::vector<LeftOut> left_out_of_closed_network(const Scenario& scenario, const Traffic& traffic);

// A line for each that is left out, with all that do it: "a deadline of 1s: users, orders".
std::vector<std::string> to_lines(const std::vector<LeftOut>& all);

}  // namespace steelyard::app
