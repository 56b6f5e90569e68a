#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace steelyard {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "steelyard: broken invariant: %s (%s) at %s:%d\n", why, condition, file,
               line);
  std::abort();
}

}  // namespace steelyard
