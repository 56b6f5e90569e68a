#include "core/load_meter.h"

#include <algorithm>

#include "core/math.h"

namespace steelyard {
namespace {

// What is left after this time of what an average knew before.
double kept_after(Duration time) {
  if (time <= Duration::zero()) return 1;
  return math::exp(-to_seconds(time) / to_seconds(LoadMeter::kTimeConstant));
}

// The weight of the newest service time, as C3's servers have it. [Suresh et al., NSDI 2015]
constexpr double kServiceTimeWeight = 0.1;

}  // namespace

double LoadMeter::Average::at(Instant now) const {
  const double kept = kept_after(now - updated);
  return value * kept + level * (1 - kept);
}

void LoadMeter::Average::set(double next, Instant now) {
  value = at(now);
  level = next;
  updated = now;
}

double LoadMeter::Rate::at(Instant now) const { return value * kept_after(now - updated); }

void LoadMeter::Rate::count(Instant now) {
  value = at(now) + 1 / to_seconds(kTimeConstant);
  updated = now;
}

void LoadMeter::places_taken(double share, double speed, Instant now) {
  taken_.set(share, now);
  worked_.set(share * speed, now);
}

void LoadMeter::answered(const Answer& answer, Instant now) {
  answers_.count(now);
  if (!answer.ok) {
    errors_.count(now);
    return;  // a failure's time says nothing about what a success takes
  }
  const auto service_time_ns = static_cast<double>(answer.service_time.count());
  service_time_ns_ = count_ == 0 ? service_time_ns
                                 : service_time_ns_ * (1 - kServiceTimeWeight) +
                                       service_time_ns * kServiceTimeWeight;
  remembered_[next_] = {.at = now, .latency = answer.latency, .met = answer.met};
  next_ = (next_ + 1) % kRemembered;
  count_ = std::min(count_ + 1, kRemembered);
}

LoadReport LoadMeter::report(std::uint32_t in_flight, std::uint32_t queued, Instant now,
                             Duration interval) {
  if (made_ != kNever && now - made_ < interval) return last_;
  made_ = now;
  last_ = {.in_flight = in_flight,
           .queued = queued,
           .utilisation = taken_.at(now),
           .cpu_utilisation = worked_.at(now),
           .requests_per_second = answers_.at(now),
           .errors_per_second = errors_.at(now),
           .latency = expected_latency(in_flight, now),
           .service_time = Duration(static_cast<std::int64_t>(service_time_ns_))};
  return last_;
}

Duration LoadMeter::expected_latency(std::uint32_t in_flight, Instant now) const {
  struct Candidate {
    std::uint32_t unlike = 0;
    std::size_t age = 0;
    Duration latency{};
  };
  const Duration recent =
      std::max<Duration>(kTimeConstant, Duration(static_cast<std::int64_t>(10 * service_time_ns_)));
  std::array<Candidate, kRemembered> candidates;
  std::size_t count = 0;
  for (std::size_t age = 0; age < count_; ++age, ++count) {
    const Remembered& each = remembered_[(next_ + kRemembered - 1 - age) % kRemembered];
    if (now - each.at > recent) break;  // and so are all before it
    const std::uint32_t unlike = each.met > in_flight ? each.met - in_flight : in_flight - each.met;
    candidates[age] = {unlike, age, each.latency};
  }
  const std::size_t compared = std::min(count, kCompared);
  if (compared == 0) return Duration::zero();
  const auto begin = candidates.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(compared);
  std::partial_sort(begin, end, begin + static_cast<std::ptrdiff_t>(count),
                    [](const Candidate& a, const Candidate& b) {
                      return a.unlike != b.unlike ? a.unlike < b.unlike : a.age < b.age;
                    });
  const auto middle = begin + static_cast<std::ptrdiff_t>(compared / 2);
  std::nth_element(begin, middle, end,
                   [](const Candidate& a, const Candidate& b) { return a.latency < b.latency; });
  return middle->latency;
}

}  // namespace steelyard
