#include "base/client_network.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

ClientNetwork network(std::string_view address) {
  return ClientNetwork(IpAddress::parse(address).value());
}

AddressBlocks blocks(std::vector<std::string> items) { return AddressBlocks::parse(items).value(); }

bool contains(const AddressBlocks& blocks, std::string_view address) {
  return blocks.contains(IpAddress::parse(address).value());
}

TEST(ClientNetwork, IsAnIpv4AddressOrTheSlash64OfAnIpv6Address) {
  EXPECT_EQ(network("203.0.113.7").text(), "203.0.113.7");
  EXPECT_NE(network("203.0.113.7"), network("203.0.113.8"));
  EXPECT_EQ(network("2001:db8:1:2:3:4:5:6").text(), "2001:db8:1:2::/64");
  EXPECT_EQ(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::"));
  EXPECT_NE(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
}

TEST(ClientNetwork, OfAnIpv4MappedAddressIsThatOfTheIpv4Address) {
  EXPECT_EQ(network("::ffff:203.0.113.7"), network("203.0.113.7"));
  EXPECT_NE(network("::ffff:203.0.113.7"), network("::ffff:203.0.113.8"));
  EXPECT_FALSE(network("::ffff:127.0.0.1").counts());
}

TEST(ClientNetwork, LoopbackAndNobodyCountAsNone) {
  for (const auto* address : {"127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_FALSE(network(address).counts()) << address;
  }
  EXPECT_FALSE(ClientNetwork().counts());
  EXPECT_EQ(ClientNetwork().text(), "none");
  EXPECT_TRUE(network("128.0.0.1").counts());
  EXPECT_TRUE(network("fe80::1").counts());
}

TEST(IpAddress, IsParsedWholeOrNotAtAll) {
  for (const auto* text :
       {"", "1.2.3", "1.2.3.4:5", "[::1]", "::1%lo", "1.2.3.4 ", "::1::", "host", "01.2.3.4.5",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(AddressBlocks, HoldAddressesAndBlocksOfBothFamilies) {
  const auto set = blocks({"192.0.2.1", "10.0.0.0/8", "172.16.0.0/12", "2001:db8::/33", "fd00::1"});
  for (const auto* address : {"192.0.2.1", "::ffff:192.0.2.1", "10.255.0.1", "172.31.0.1",
                              "2001:db8:7fff::1", "fd00::1"}) {
    EXPECT_TRUE(contains(set, address)) << address;
  }
  for (const auto* address :
       {"192.0.2.2", "11.0.0.1", "172.32.0.1", "2001:db8:8000::1", "fd00::2", "::a00:1"}) {
    EXPECT_FALSE(contains(set, address)) << address;
  }
  EXPECT_FALSE(contains(AddressBlocks(), "192.0.2.1"));
}

TEST(AddressBlocks, AnIpv4BlockHoldsNoIpv6AddressAndTheOtherWayRound) {
  EXPECT_TRUE(contains(blocks({"0.0.0.0/0"}), "203.0.113.7"));
  EXPECT_FALSE(contains(blocks({"0.0.0.0/0"}), "2001:db8::1"));
  EXPECT_TRUE(contains(blocks({"::/0"}), "2001:db8::1"));
  EXPECT_FALSE(contains(blocks({"::/0"}), "203.0.113.7"));
  EXPECT_TRUE(contains(blocks({"::ffff:10.0.0.0/104"}), "10.1.2.3"));
}

TEST(AddressBlocks, WhatIsNeitherAddressNorBlockIsNamed) {
  for (const auto* item :
       {"", "proxy", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "2001:db8::/129", "10.0.0.0/8/8"}) {
    const std::vector<std::string> items = {"192.0.2.1", item};
    const auto set = AddressBlocks::parse(items);
    ASSERT_FALSE(set) << item;
    EXPECT_TRUE(set.error().detail.starts_with('"' + std::string(item) + "\" is neither"))
        << set.error().detail;
  }
}

}  // namespace
}  // namespace souk
