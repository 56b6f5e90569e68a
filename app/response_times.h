// How long a scenario's requests take, by closed forms: of each service, and of each client from
// end to end. Exact where theory is; elsewhere an estimate, with what it leaves out in words.
#pragma once

#include <string>
#include <vector>

#include "app/closed_forms.h"
#include "app/traffic.h"
#include "models/service_graph.h"

namespace steelyard::app {

// The slowest answer to calls that a service makes at once, to others that call nobody.
struct SlowestCall {
  std::size_t calls = 0;
  Range mean;
  Range p99;
};

struct ServiceTimes {
  double rate = 0;         // requests that arrive per second; whom others refused never calls
  bool at_least = false;   // the rate of a client is not known: neither, then, is all that follows
  double held = 0;         // seconds for which a request takes a place, on average
  double busy = 0;         // places that are taken on average, by those let in
  double utilisation = 0;  // their share of all
  ClosedForm own;          // from arrival at an instance to the end of the own service
  Range with_calls;        // mean, until the answer
  std::vector<SlowestCall> at_once;
  bool calls_at_least = false;  // of some calls made at once only the slowest mean is known
};

struct ClientTimes {
  double rate = 0;  // requests per second; 0: not known
  Range mean;       // from the request to the answer
  // Of some calls made at once only the slowest of their means is known, and the mean of the
  // slowest is longer.
  bool at_least = false;
  graph::CriticalPath path;
};

struct ResponseTimes {
  std::vector<ServiceTimes> services;
  std::vector<ClientTimes> clients;
  std::vector<std::string> left_out;  // empty: all of it is exact, or as exact as the models say
};

ResponseTimes response_times(const Scenario& scenario, const Traffic& traffic);

}  // namespace steelyard::app
