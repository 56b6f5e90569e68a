// Whatever the bytes, the HTTP/1.x codec gives one verdict, however they are cut. The first two
// bytes choose: requests or responses, small limits, where to cut.
//
//   cmake --preset fuzz && ninja -C build/fuzz http1_fuzz
//   mkdir -p out/corpus-http1 && build/fuzz/tests/http1_fuzz -dict=tests/fuzz/http1.dict \
//       -max_total_time=600 out/corpus-http1 tests/fuzz/http1
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/http1_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  steelyard::live::http::check_connection(input, data[0] | data[1] << 8u);
  return 0;
}
