// Which Steelyard this is. Results carry it.
#pragma once

namespace steelyard::app {

extern const char* const kVersion;  // "0.1.0"
extern const char* const kCommit;   // of the source tree, or "unknown"

}  // namespace steelyard::app
