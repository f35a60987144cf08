#include "api/client_share.h"

#include <gtest/gtest.h>

namespace souk::api {
namespace {

ClientNetwork network(std::string_view address) {
  return ClientNetwork(IpAddress::parse(address).value());
}

TEST(ClientShare, OneClientHasItsShareAndTheOthersHaveTheirs) {
  ClientShare share(2);
  auto first = share.enter(network("10.0.0.1"));
  const auto second = share.enter(network("10.0.0.1"));
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(share.enter(network("10.0.0.1")));
  EXPECT_TRUE(share.enter(network("10.0.0.2")));

  first.reset();
  EXPECT_TRUE(share.enter(network("10.0.0.1")));
}

TEST(ClientShare, ClientsWithoutANetworkAreNotHeld) {
  ClientShare share(1);
  const auto first = share.enter(network("127.0.0.1"));
  EXPECT_TRUE(first && share.enter(network("::1")) && share.enter(ClientNetwork()));
}

}  // namespace
}  // namespace souk::api
