// The `steelyard` command.
#pragma once

namespace steelyard::app {

// Returns the exit code: 0 fine, 1 failed while running, 2 usage, 3 invalid scenario, 99 an
// `expect:` was not met.
int main(int argc, const char* const* argv);

}  // namespace steelyard::app
