// Ctrl-C: the first one ends the work in an orderly way, the second one at once; but never in the
// middle of writing results, which takes an instant.
#pragma once

#include <atomic>

namespace steelyard::app {

// Becomes true at the first SIGINT or SIGTERM after listen_for_interrupts().
const std::atomic<bool>& interrupted();
// The exit code of an interrupted command, as shells report it: 130, or 143 after a SIGTERM.
int interrupted_code();
void listen_for_interrupts();

// While one lives, no interrupt ends the process.
class WritingResults {
 public:
  WritingResults();
  WritingResults(const WritingResults&) = delete;
  WritingResults& operator=(const WritingResults&) = delete;
  ~WritingResults();
};

}  // namespace steelyard::app
