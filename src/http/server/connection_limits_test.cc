#include "http/server/connection_limits.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

using Verdict = ConnectionLimits::Verdict;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(ConnectionLimits, HoldTheTotalAndGiveBackWhatLeaves) {
  ConnectionLimits limits({.max_connections = 2});
  EXPECT_EQ(limits.enter(address("127.0.0.1")), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter(address("192.0.2.2")), Verdict::kTooMany);
  limits.leave(address("192.0.2.1"));
  EXPECT_EQ(limits.enter(address("192.0.2.2")), Verdict::kAdmitted);
}

TEST(ConnectionLimits, HoldEachAddressOnItsOwn) {
  ConnectionLimits limits({.max_connections_per_address = 1});
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Verdict::kTooManyOfClient);
  EXPECT_EQ(limits.enter(address("2001:db8::1")), Verdict::kAdmitted);
  limits.leave(address("192.0.2.1"));
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Verdict::kAdmitted);
}

TEST(ConnectionLimits, LoopbackAndTrustedAddressesAreHeldToTheTotalOnly) {
  ConnectionLimits limits(
      {.max_connections = 5, .max_connections_per_address = 1, .trusted_addresses = {"192.0.2.9"}});
  for (const auto* text : {"127.0.0.1", "127.0.0.1", "::1", "192.0.2.9", "192.0.2.9"}) {
    EXPECT_EQ(limits.enter(address(text)), Verdict::kAdmitted) << text;
  }
  EXPECT_EQ(limits.enter(address("127.0.0.1")), Verdict::kTooMany);
}

// All clients of a proxy connect from its address.
TEST(ConnectionLimits, TrustedProxiesAreHeldToTheTotalOnly) {
  ConnectionLimits limits(
      {.max_connections_per_address = 1, .trusted_proxies = {"10.0.0.0/8", "fd00::/8"}});
  for (const auto* text : {"10.0.0.1", "10.0.0.1", "fd00::1", "fd00::1"}) {
    EXPECT_EQ(limits.enter(address(text)), Verdict::kAdmitted) << text;
  }
}

}  // namespace
}  // namespace souk::http
