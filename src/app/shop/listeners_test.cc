#include "app/shop/listeners.h"

#include <gtest/gtest.h>

namespace souk::app {
namespace {

TEST(FreePort, IsThePreferredOneUnlessThatIsTaken) {
  const auto taken = http::open_listeners({.address = "127.0.0.1", .port = 0}, 1);
  ASSERT_TRUE(taken);
  const auto port = taken->front().port();
  const auto other = free_port(port);
  EXPECT_NE(other, port);
  EXPECT_NE(other, 0);
  EXPECT_EQ(free_port(other), other);
}

}  // namespace
}  // namespace souk::app
