// What the process of a modelled instance does until it is told to end.
#pragma once

#include <cstdint>
#include <string>

#include "real-harness/instances/fault_state.h"
#include "real-harness/instances/modelled_instance.h"
#include "real-harness/os/descriptor.h"

namespace steelyard::live {

// Serves at `listener`, in the state that comes as FaultState packets through `control`; returns
// soon after its other end is closed. `epoch_ns`: of the reactor's time. `record_folder`: where its
// channels' log goes; empty: none is kept. Throws std::runtime_error if the log cannot be written.
void run_instance(const InstancePlace& place, std::int64_t epoch_ns, Descriptor listener,
                  Descriptor control, const FaultState& faults,
                  const std::string& record_folder = "");

}  // namespace steelyard::live
