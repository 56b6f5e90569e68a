// What an instance's process tells the others about itself, in memory that they share.
#pragma once

#include <atomic>
#include <cstdint>

namespace steelyard::live {

// Written by one process, and by the one that follows it when it is killed; read by others. All
// zero at first.
struct alignas(64) InstanceStats {
  std::atomic<std::uint64_t> attempts{0};     // received
  std::atomic<std::uint64_t> failed{0};       // of those, not answered with ok
  std::atomic<std::uint64_t> connections{0};  // that it opened
  std::atomic<std::uint32_t> outstanding{0};  // here now, queued and in service
  std::atomic<std::uint32_t> in_service{0};
  // The integral of in_service over time up to `busy_until_ns`, an Instant of the run.
  std::atomic<std::int64_t> busy_ns{0};
  std::atomic<std::int64_t> busy_until_ns{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace steelyard::live
