#include "http/client_rules.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

constexpr std::string_view kProxy = "10.0.0.1";

std::string of_request(const ServerConfig& config, std::string_view peer, const Headers& headers) {
  const ClientRules rules(config);
  return rules.of_request(rules.peer(IpAddress::parse(peer).value()), headers).text();
}

// What the limits see of a request from `peer` with the values of one header.
std::string client(const ServerConfig& config, std::string_view peer,
                   std::vector<std::string_view> values) {
  Headers headers;
  headers.add("Host", "shop.example");
  const bool standard = config.proxy_header == ProxyHeader::kForwarded;
  for (const auto value : values) {
    headers.add(standard ? "FORWARDED" : "X-Forwarded-for", value);
    headers.add("X-Other", "198.51.100.99");
  }
  return of_request(config, peer, headers);
}

const ServerConfig kXForwardedFor{.trusted_addresses = {"192.0.2.9"},
                                  .trusted_proxies = {"10.0.0.0/8", "fd00::/8"}};
const ServerConfig kForwarded{.trusted_proxies = {"10.0.0.0/8", "fd00::/8"},
                              .proxy_header = ProxyHeader::kForwarded};

std::string by_x_forwarded_for(std::vector<std::string_view> values) {
  return client(kXForwardedFor, kProxy, std::move(values));
}

std::string by_forwarded(std::vector<std::string_view> values) {
  return client(kForwarded, kProxy, std::move(values));
}

TEST(ClientRules, WithoutTrustedProxiesTheHeaderIsNotRead) {
  EXPECT_EQ(client({}, "203.0.113.7", {"198.51.100.1"}), "203.0.113.7");
  EXPECT_EQ(client({}, "127.0.0.1", {"198.51.100.1"}), "none");
  EXPECT_EQ(client(kXForwardedFor, "203.0.113.7", {"198.51.100.1"}), "203.0.113.7");
  EXPECT_EQ(client(kXForwardedFor, "192.0.2.9", {"198.51.100.1"}), "none");
}

TEST(ClientRules, LoopbackIsBelievedWhereItIsATrustedProxy) {
  const ServerConfig config{.trusted_proxies = {"127.0.0.1"}};
  EXPECT_EQ(client(config, "127.0.0.1", {"198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(client(config, "127.0.0.2", {"198.51.100.1"}), "none");
}

TEST(ClientRules, TheLastHopThatIsNoTrustedProxyIsTheClient) {
  EXPECT_EQ(by_x_forwarded_for({"198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(by_x_forwarded_for({"198.51.100.1, 203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(by_x_forwarded_for({"198.51.100.1,203.0.113.7 ,10.0.0.2,\tfd00::5"}), "203.0.113.7");
  EXPECT_EQ(by_x_forwarded_for({"198.51.100.1, 127.0.0.1"}), "none");
  EXPECT_EQ(by_x_forwarded_for({"198.51.100.1, 192.0.2.9"}), "none");
}

TEST(ClientRules, SeveralFieldsAreOneList) {
  EXPECT_EQ(by_x_forwarded_for({"198.51.100.1", "203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(by_x_forwarded_for({"198.51.100.1, 203.0.113.7", "10.0.0.2", "10.0.0.3"}),
            "203.0.113.7");
  EXPECT_EQ(by_x_forwarded_for({"203.0.113.7", "", ", ,"}), "203.0.113.7");
}

TEST(ClientRules, AProxyThatNamesNobodyLeavesNoNetwork) {
  EXPECT_EQ(by_x_forwarded_for({}), "none");
  EXPECT_EQ(by_x_forwarded_for({""}), "none");
  EXPECT_EQ(by_x_forwarded_for({"10.0.0.7, 10.0.0.2"}), "none");
  for (const auto* hop : {"unknown", "_hidden", "garbage", "1.2.3", "1.2.3.4.5", "\"", "1.2.3.4:x",
                          "1.2.3.4:", "1.2.3.4:123456", "[::1", "[1.2.3.4]", "[2001:db8::1]x",
                          "2001:db8::1%eth0", "unix:"}) {
    EXPECT_EQ(by_x_forwarded_for({"198.51.100.1", hop}), "none") << hop;
  }
}

TEST(ClientRules, XForwardedForMayHavePortsAndBrackets) {
  EXPECT_EQ(by_x_forwarded_for({"203.0.113.7:4711"}), "203.0.113.7");
  EXPECT_EQ(by_x_forwarded_for({"203.0.113.7:_port"}), "203.0.113.7");
  EXPECT_EQ(by_x_forwarded_for({"2001:db8:1:2:3::4"}), "2001:db8:1:2::/64");
  EXPECT_EQ(by_x_forwarded_for({"[2001:db8:1:2:3::4]"}), "2001:db8:1:2::/64");
  EXPECT_EQ(by_x_forwarded_for({"[2001:db8:1:2:3::4]:443"}), "2001:db8:1:2::/64");
  EXPECT_EQ(by_x_forwarded_for({"::ffff:203.0.113.7"}), "203.0.113.7");
}

// The examples of RFC 7239, among others.
TEST(ClientRules, ForwardedIsReadAsTheStandardSays) {
  EXPECT_EQ(by_forwarded({"for=192.0.2.60;proto=http;by=203.0.113.43"}), "192.0.2.60");
  EXPECT_EQ(by_forwarded({"For=\"[2001:db8:cafe::17]:4711\""}), "2001:db8:cafe::/64");
  EXPECT_EQ(by_forwarded({"for=192.0.2.43, for=198.51.100.17"}), "198.51.100.17");
  EXPECT_EQ(by_forwarded({"for=192.0.2.43, FOR=\"198.51.100.17:_x\"; proto=\"a;b,c\""}),
            "198.51.100.17");
  EXPECT_EQ(by_forwarded({"for=\"192.0\\.2.43\""}), "192.0.2.43");
  EXPECT_EQ(by_forwarded({"for=192.0.2.43;secret=\"a \\\", for=198.51.100.17\""}), "192.0.2.43");
  EXPECT_EQ(by_forwarded({"for=192.0.2.43", "for=10.0.0.2, for=\"[fd00::1]\""}), "192.0.2.43");
  for (const auto* hop : {"for=unknown", "for=_hidden", "for=\"_SEVKISEK\"", "proto=http", "for",
                          "for=", "for=\"1.2.3.4", "for=1.2.3.4\"", "for=1.2.3.4;for=1.2.3.5",
                          "1.2.3.4", "for=\"\\\"", "for=\"[::1\\]\""}) {
    EXPECT_EQ(by_forwarded({"for=192.0.2.43", hop}), "none") << hop;
  }
}

TEST(ClientRules, WhatTheClientSendsBeforeTheProxyCannotHideIt) {
  EXPECT_EQ(by_forwarded({"for=\"open, for=203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(by_forwarded({"for=\"open\\", "for=203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(by_forwarded({"for=\"a\\\", for=203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(by_x_forwarded_for({"\", 203.0.113.7"}), "203.0.113.7");
}

// A proxy that writes the one hands on the other as it came.
TEST(ClientRules, OnlyTheConfiguredHeaderIsRead) {
  Headers headers;
  headers.add("X-Forwarded-For", "203.0.113.7");
  headers.add("Forwarded", "for=198.51.100.1");
  EXPECT_EQ(of_request(kXForwardedFor, kProxy, headers), "203.0.113.7");
  EXPECT_EQ(of_request(kForwarded, kProxy, headers), "198.51.100.1");
}

TEST(ClientRules, MoreHopsThanAnybodyHasNameNobody) {
  std::string list = "203.0.113.7";
  for (std::size_t i = 0; i < ClientRules::kMaxHops; ++i) list += ",10.0.0.2";
  EXPECT_EQ(by_x_forwarded_for({list}), "none");
  list.erase(list.rfind(','));
  EXPECT_EQ(by_x_forwarded_for({list}), "203.0.113.7");
}

TEST(ClientRules, ListsThatHoldSomethingElseAreRefused) {
  EXPECT_TRUE(ClientRules::check(kXForwardedFor));
  EXPECT_FALSE(ClientRules::check({.trusted_proxies = {"proxy.example"}}));
  EXPECT_FALSE(ClientRules::check({.trusted_addresses = {"10.0.0.0/33"}}));
}

}  // namespace
}  // namespace souk::http
