#include "real-harness/os/processor_time.h"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace steelyard::live {

double processor_seconds(pid_t process) {
  double seconds = 0;
  std::error_code gone;  // whatever ends while it is looked at counts nothing
  std::filesystem::directory_iterator threads(fmt::format("/proc/{}/task", process), gone);
  for (; !gone && threads != std::filesystem::directory_iterator(); threads.increment(gone)) {
    const std::string thread = threads->path().string();
    std::uint64_t on_cpu_ns = 0;
    if (std::ifstream(thread + "/schedstat") >> on_cpu_ns)
      seconds += static_cast<double>(on_cpu_ns) * 1e-9;
    std::ifstream children(thread + "/children");
    for (pid_t child = 0; children >> child;) seconds += processor_seconds(child);
  }
  return seconds;
}

}  // namespace steelyard::live
