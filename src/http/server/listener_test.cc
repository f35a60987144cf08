#include "http/server/listener.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

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
  EXPECT_FALSE(open_listeners({.address = "none.invalid"}, 1));
  EXPECT_FALSE(open_listeners({.address = "192.0.2.1", .port = 0}, 1));
}

std::vector<int> families(const Listener& listener) {
  std::vector<int> all;
  for (const int fd : listener.descriptors()) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    all.push_back(address.ss_family);
    EXPECT_EQ(ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port), listener.port());
  }
  std::ranges::sort(all);
  return all;
}

TEST(Listeners, HaveASocketForEachAddressOfBothFamilies) {
  const std::vector<int> both = {AF_INET, AF_INET6};
  const auto streams = open_listeners({.address = "::", .port = 0}, 2);
  ASSERT_TRUE(streams) << streams.error().detail;
  for (const auto& listener : *streams) EXPECT_EQ(families(listener), both);
  const auto datagrams = bind_datagrams("::", 0, 2);
  ASSERT_TRUE(datagrams) << datagrams.error().detail;
  for (const auto& listener : *datagrams) EXPECT_EQ(families(listener), both);
  EXPECT_TRUE(open_listeners({.address = "localhost", .port = 0}, 1));
  EXPECT_EQ(families(open_listeners({.address = "::1", .port = 0}, 1)->front()),
            std::vector<int>{AF_INET6});
}

}  // namespace
}  // namespace souk::http
