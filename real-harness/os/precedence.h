// The calling thread's share of the machine: precedence over others, and what it has used.
#pragma once

namespace steelyard::live {

// Asks the kernel to let this thread run as soon as it can (SCHED_RR at the lowest real-time
// priority), so that a plan is kept to the microsecond on a busy machine. Refused without the right
// to it, silently: what came of that shows in the verdict on the load generator.
void ask_for_precedence();

// Processor time of this thread.
double thread_cpu_seconds();

}  // namespace steelyard::live
