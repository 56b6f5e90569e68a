// How much processor time another process has used.
#pragma once

#include <sys/types.h>

namespace steelyard::live {

// Seconds, of all threads and child processes it has at the moment; what has ended no longer
// counts. From /proc/<pid>/task/<thread>/schedstat, which counts nanoseconds where the times of
// /proc/<pid>/stat count ticks of 10 ms, too coarse for a few microseconds a request [proc(5)].
// 0 if there is no such process, or no /proc. Not for a hot path: some ten microseconds a thread.
double processor_seconds(pid_t process);

}  // namespace steelyard::live
