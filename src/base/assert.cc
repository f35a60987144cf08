#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace souk::base {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "souk: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace souk::base
