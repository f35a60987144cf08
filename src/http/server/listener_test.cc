#include "http/server/listener.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

TEST(Listeners, ShareThePortTheKernelChose) {
  const auto listeners = open_listeners({.port = 0}, 3);
  ASSERT_TRUE(listeners);
  EXPECT_NE(listeners->front().port(), 0);
  for (const auto& listener : *listeners) EXPECT_EQ(listener.port(), listeners->front().port());
}

TEST(Listeners, APortInUseIsSaidToBe) {
  const auto first = open_listeners({.port = 0}, 1);
  ASSERT_TRUE(first);
  const auto second = open_listeners({.port = first->front().port()}, 1);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().detail.contains("in use")) << second.error().detail;
}

TEST(Listeners, APortIsFreeAgainAtOnce) {
  std::uint16_t port = 0;
  {
    const auto first = open_listeners({.port = 0}, 1);
    port = first->front().port();
  }
  EXPECT_TRUE(open_listeners({.port = port}, 2));
}

TEST(Listeners, AnAddressThatIsNoneOrNotOursIsAnError) {
  EXPECT_FALSE(open_listeners({.address = "localhost"}, 1));
  EXPECT_FALSE(open_listeners({.address = "192.0.2.1", .port = 0}, 1));
}

}  // namespace
}  // namespace souk::http
