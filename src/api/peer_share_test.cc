#include "api/peer_share.h"

#include <gtest/gtest.h>

namespace souk::api {
namespace {

TEST(PeerShareTest, OnePeerHasItsShareAndTheOthersHaveTheirs) {
  PeerShare share(2);
  auto first = share.enter("10.0.0.1");
  const auto second = share.enter("10.0.0.1");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(share.enter("10.0.0.1"));
  EXPECT_TRUE(share.enter("10.0.0.2"));

  first.reset();
  EXPECT_TRUE(share.enter("10.0.0.1"));
}

}  // namespace
}  // namespace souk::api
