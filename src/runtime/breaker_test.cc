#include "runtime/breaker.h"

#include <gtest/gtest.h>

namespace souk::runtime {
namespace {

TEST(Breaker, OpensAfterFailuresInARowOnly) {
  Breaker breaker(3);
  EXPECT_FALSE(breaker.failed());
  EXPECT_FALSE(breaker.failed());
  breaker.succeeded();
  EXPECT_FALSE(breaker.failed());
  EXPECT_FALSE(breaker.failed());
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.failed());
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.failed()) << "it opens once";
}

TEST(Breaker, IsClosedByAProbeOnly) {
  Breaker breaker(1);
  breaker.failed();
  breaker.succeeded();
  EXPECT_TRUE(breaker.open());
  breaker.close();
  EXPECT_FALSE(breaker.open());
}

}  // namespace
}  // namespace souk::runtime
