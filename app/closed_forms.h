// What queueing theory has for one service of a scenario: the closed forms that hold for it, exact
// or in a limit, if its requests arrive as a Poisson stream.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "app/traffic.h"
#include "models/queueing.h"

namespace steelyard::app {

// Not more exact than theory is: both ends are the same where it is a number.
struct Range {
  double low = std::numeric_limits<double>::quiet_NaN();  // NaN: theory does not say
  double high = low;

  Range() = default;
  Range(double value) : low(value), high(value) {}  // NOLINT: a number is a range
  Range(double least, double most) : low(least), high(most) {}
  bool known() const { return low == low; }
};

// Seconds, of requests that are served, from arrival at an instance to the end of the own service.
struct ClosedForm {
  std::string model;  // "M/M/4"
  Range mean;
  Range p50;
  Range p90;
  Range p99;
  double block_probability = 0;  // refused, as the queue was full
  double tolerance = 0.01;       // how far the model itself is from the service, as a share
};

// What is asked for: percentiles cost some milliseconds each, where service is not exponential.
enum class Detail { means, percentiles };

// The most exact first. Empty where there are none, or where the service is offered more than it
// can do. Deadlines, faults and what happens between services are not looked at. The service is
// taken to give its places back while its own calls are under way.
std::vector<ClosedForm> closed_forms(const ServiceTraffic& service,
                                     Detail detail = Detail::percentiles);

// Whether queues grow for ever: it is offered more than it can do, or, where requests are split at
// random, one of its instances is.
bool is_overloaded(const ServiceTraffic& service);
// All is infinitely long. REQUIRES: it is overloaded, or would be if requests were split at random.
ClosedForm overloaded_form(const ServiceTraffic& service);

// Whether each instance sees a Poisson stream of its own if the service does: there is only one, or
// each request goes to one drawn at random.
bool splits_at_random(const ServiceTraffic& service);

// What each instance is, if that is M/M/c, first come first served.
std::optional<queueing::MMc> queue_of_each(const ServiceTraffic& service);

// For services without a closed form: from one queue in front of all places to a queue for each
// instance and requests that go to any. With a queue limit service is taken as exponential.
ClosedForm between_best_and_random(const ServiceTraffic& service,
                                   Detail detail = Detail::percentiles);

}  // namespace steelyard::app
