#include "real-harness/os/precedence.h"

#include <pthread.h>
#include <time.h>

namespace steelyard::live {

void ask_for_precedence() {
  const sched_param least{.sched_priority = 1};
  pthread_setschedparam(pthread_self(), SCHED_RR, &least);
}

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace steelyard::live
