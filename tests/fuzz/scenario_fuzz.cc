// Whatever the bytes, the loader answers: a comparison or problems with a place, and the same again
// the second time. Bytes behind a line "#set" are overrides, one a line.
//
//   cmake --preset fuzz && ninja -C build/fuzz scenario_fuzz
//   mkdir -p out/corpus && build/fuzz/tests/scenario_fuzz -dict=tests/fuzz/scenario.dict \
//       -max_total_time=600 -rss_limit_mb=2048 out/corpus scenarios tests/scenarios/malformed
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/scenario_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  steelyard::LoadOptions options;
  const std::size_t split = text.find("\n#set\n");
  if (split != std::string::npos) {
    std::string rest = text.substr(split + 6);
    text.resize(split + 1);
    while (!rest.empty() && options.overrides.size() < 8) {
      const std::size_t end = rest.find('\n');
      options.overrides.push_back(rest.substr(0, end));
      rest.erase(0, end == std::string::npos ? rest.size() : end + 1);
    }
  }
  steelyard::check_load(text, options);
  return 0;
}
