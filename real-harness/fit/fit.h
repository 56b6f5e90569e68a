// Measures a live service at low and at rising load, and says what it is made of: how long the
// network takes, how long a request is in service and how that is distributed, how many are served
// at once, in which order.
//
// One request at a time gives the response time without any queue. Ever more users in a closed loop
// give the throughput at which the places are all taken (models/fit_capacity.h); what of a response
// time does not hold a place is delay: at least the round trip that a TCP connect takes. The
// response times less that delay are the service times (models/fit_distribution.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/settings.h"
#include "models/fit_capacity.h"
#include "models/fit_distribution.h"
#include "real-harness/fit/target.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

struct FitOptions {
  std::vector<std::string> urls;  // of the instances of one service
  HttpRequestSpec request;        // its path is ignored: it is the URLs'
  double seconds = 20;            // of measuring, about; it may take less
  // All requests together, and at once at most; 0: as below.
  std::uint64_t requests_max = 0;
  int users_max = 0;
  std::function<void(const std::string&)> say;  // what is being done, a line each
  std::function<bool()> wanted;                 // about ten times a second; false stops
};
// What this machine can be asked to bear, and what anybody else's may be without leave.
inline constexpr std::uint64_t kFitRequestsHere = 50'000;
inline constexpr std::uint64_t kFitRequestsElsewhere = 5'000;
inline constexpr int kFitUsersHere = 128;
inline constexpr int kFitUsersElsewhere = 16;

// One URL, one request at a time.
struct FittedInstance {
  std::string url;
  std::vector<double> responses;  // seconds
  double connect = 0;             // median, seconds
  double service = 0;             // mean, seconds, delay taken off
  double speed = 1;               // of its group, relative to the first URL
};

// Ever more users, at the first URL.
struct FittedStep {
  LoadStep load;
  double model = 0;      // throughput of the fitted queue
  double p50 = 0;        // response time, seconds
  double variation = 0;  // of response times: standard deviation / mean
  double error_ratio = 0;
};

struct Fit {
  FitTargets targets;
  HttpRequestSpec request;
  std::vector<FittedInstance> instances;  // as the URLs were given
  std::vector<FittedStep> steps;
  double connect = 0;            // of the first URL
  std::optional<Named> network;  // one way; absent: it takes no time
  double network_seconds = 0;    // one way, mean
  DistributionFit service;
  double service_seconds = 0;  // mean, at speed 1
  double service_doubt = 0;    // half of its 95% interval, as a share of it
  std::size_t answers = 0;     // that the service time was fitted to
  CapacityFit capacity;        // of the first instance
  Discipline discipline = Discipline::fifo;
  bool discipline_known = false;
  double capacity_rps = 0;         // of all instances
  std::vector<std::string> notes;  // what to know before trusting it, a sentence each
  std::uint64_t requests = 0;
  double seconds = 0;
};

// nullopt if it was stopped; an error if a URL cannot be reached, is no HTTP, or has no good
// answer.
Result<std::optional<Fit>> fit(const FitOptions& options);

// The fit as a commented scenario, in which the instances of like speed stand together; the load is
// half of the capacity.
std::string fitted_scenario(const Fit& fit);

}  // namespace steelyard::live
