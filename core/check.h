// Invariants that stay on in release builds: a simulator that is wrong is worse than none.
#pragma once

namespace steelyard {

// Prints what was broken and where, then aborts.
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace steelyard

#define STEELYARD_CHECK(condition, why)                               \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::steelyard::check_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)
