#include "webhooks/url.h"

#include <gtest/gtest.h>

#include "webhooks/types.h"

namespace souk::webhooks {
namespace {

bool is_public(const char* address) {
  return webhooks::is_public(boost::asio::ip::make_address(address));
}

TEST(WebhookUrl, IsReadIntoWhatIsConnectedToAndAskedFor) {
  const auto url = parse_url("https://hooks.example:8443/souk?shop=1").value();
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "hooks.example");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.authority, "hooks.example:8443");
  EXPECT_EQ(url.target, "/souk?shop=1");
}

TEST(WebhookUrl, HasThePortOfItsSchemeAndAPath) {
  EXPECT_EQ(parse_url("http://example.com")->port, 80);
  EXPECT_EQ(parse_url("https://example.com")->port, 443);
  EXPECT_EQ(parse_url("http://example.com")->target, "/");
  EXPECT_EQ(parse_url("http://example.com?a=b")->target, "/?a=b");
}

TEST(WebhookUrl, TakesAddressesOfBothFamilies) {
  EXPECT_EQ(parse_url("http://192.0.2.1:81/")->host, "192.0.2.1");
  const auto v6 = parse_url("https://[2001:db8::1]:81/").value();
  EXPECT_EQ(v6.host, "2001:db8::1");
  EXPECT_EQ(v6.authority, "[2001:db8::1]:81");
  EXPECT_EQ(v6.port, 81);
}

TEST(WebhookUrl, RefusesWhatCouldMeanSomethingElse) {
  for (const std::string text :
       {"", "ftp://example.com", "example.com", "http://", "http:///path", "http://:80/",
        "http://user@example.com/", "http://example.com/#part", "http://example.com:0/",
        "http://example.com:65536/", "http://example.com:x/", "http://exa mple.com/",
        "http://example.com/\r\nHost: other", "http://exämple.com/", "http://[::1/",
        "http://[fe80::1%eth0]/", "http://[127.0.0.1]/", "http://a%2fb/", "http://a,b/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
  EXPECT_FALSE(parse_url("http://example.com/" + std::string(kMaxUrlBytes, 'a')));
}

TEST(PublicAddress, IsOneThatTheInternetRoutes) {
  for (const auto* address : {"8.8.8.8", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.128.0.1",
                              "2606:2800:220:1::1", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(is_public(address)) << address;
  }
}

TEST(PublicAddress, IsNoneOfOurOwnNetworks) {
  for (const auto* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.168.1.1",
                              "198.19.0.1",
                              "203.0.113.9",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:10.0.0.1",
                              "::ffff:127.0.0.1",
                              "::127.0.0.1",
                              "64:ff9b::a00:1",
                              "fc00::1",
                              "fd12::1",
                              "fe80::1",
                              "ff02::1",
                              "2001:0:a00:1::1",
                              "2001:db8::1",
                              "2002:a00:1::1",
                              "3fff::1"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

}  // namespace
}  // namespace souk::webhooks
