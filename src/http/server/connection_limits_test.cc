#include "http/server/connection_limits.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

using Verdict = ConnectionLimits::Verdict;

TEST(ConnectionLimits, HoldTheTotalAndGiveBackWhatLeaves) {
  ConnectionLimits limits({.max_connections = 2});
  EXPECT_EQ(limits.enter("127.0.0.1"), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter("192.0.2.1"), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter("192.0.2.2"), Verdict::kTooMany);
  limits.leave("192.0.2.1");
  EXPECT_EQ(limits.enter("192.0.2.2"), Verdict::kAdmitted);
}

TEST(ConnectionLimits, HoldEachAddressOnItsOwn) {
  ConnectionLimits limits({.max_connections_per_address = 1});
  EXPECT_EQ(limits.enter("192.0.2.1"), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter("192.0.2.1"), Verdict::kTooManyOfAddress);
  EXPECT_EQ(limits.enter("2001:db8::1"), Verdict::kAdmitted);
  limits.leave("192.0.2.1");
  EXPECT_EQ(limits.enter("192.0.2.1"), Verdict::kAdmitted);
}

TEST(ConnectionLimits, LoopbackAndTrustedAddressesAreHeldToTheTotalOnly) {
  ConnectionLimits limits(
      {.max_connections = 5, .max_connections_per_address = 1, .trusted_addresses = {"192.0.2.9"}});
  for (const auto* address : {"127.0.0.1", "127.0.0.1", "::1", "192.0.2.9", "192.0.2.9"}) {
    EXPECT_EQ(limits.enter(address), Verdict::kAdmitted) << address;
  }
  EXPECT_EQ(limits.enter("127.0.0.1"), Verdict::kTooMany);
}

}  // namespace
}  // namespace souk::http
