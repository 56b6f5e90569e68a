// What follows from who calls whom: what a request waits for, and what it cannot do without.
//
// Services are 0..n-1. A request to a service is first worked on there, then makes its calls:
// stages one after the other, the calls of a stage at once, each with its own probability, drawn
// for itself. All of a request's calls must succeed. REQUIRES: no service calls itself by any way.
#pragma once

#include <cstddef>
#include <vector>

#include "models/graph.h"

namespace steelyard::graph {

struct ServiceCall {
  std::size_t to = 0;
  double probability = 1;
};
using Stages = std::vector<std::vector<ServiceCall>>;  // of a service's request
using ServiceCalls = std::vector<Stages>;              // of each service

// Every service before those it calls.
std::vector<std::size_t> callers_first(const ServiceCalls& calls);

// Every call by itself, callers in ascending order; and as edges, as many as calls.
struct OneCall {
  std::size_t from = 0;
  std::size_t to = 0;
  double probability = 1;
};
std::vector<OneCall> calls_one_by_one(const ServiceCalls& calls);
Edges edges_of(const ServiceCalls& calls);

// For each service, the chance that a request to it needs `lost`: 1 for itself.
std::vector<double> chance_to_need(const ServiceCalls& calls, std::size_t lost);

// The chance that a request to `from` fails, as a service that it calls is down: each is with its
// own chance, independently, for the whole request, so that calls to the same one fail together.
// Exact where at most 16 services that may be down are called by more than one way, for all whose
// states are gone through. Else high is as if each way found a state of its own [calls fail
// together more often than that: Harris 1960], and low what fails with a single service. REQUIRES:
// 0 <= down <= 1 for each.
struct FailureChance {
  double low = 0;
  double high = 0;
};
FailureChance chance_to_fail(const ServiceCalls& calls, const std::vector<double>& down,
                             std::size_t from);

// The chain of work a request waits for, where of the calls made at once the one that takes longest
// on average counts. Calls count with their probabilities, so `total` is never above the mean time
// to the answer; without calls at once it is the mean, if `times` are.
struct CriticalPath {
  struct Step {
    std::size_t service = 0;
    double visits = 0;  // on the path, for each request
    double time = 0;    // of all of them
  };
  std::vector<Step> steps;  // in the order in which a request first comes to them
  double total = 0;
};
// `times`: mean time of a request at each service, its calls left out.
CriticalPath critical_path(const ServiceCalls& calls, const std::vector<double>& times,
                           std::size_t from);

}  // namespace steelyard::graph
