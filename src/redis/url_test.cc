#include "redis/url.h"

#include <gtest/gtest.h>

namespace souk::redis {
namespace {

Url parsed(std::string_view text) {
  auto url = parse_url(text);
  EXPECT_TRUE(url.has_value()) << text << ": " << (url ? "" : url.error().detail);
  return url.value_or(Url());
}

std::string refusal(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_FALSE(url.has_value()) << text;
  return url ? "" : url.error().detail;
}

TEST(Url, AHostAloneMeansTheDefaultPortAndDatabase) {
  const auto url = parsed("redis://cache.internal");
  EXPECT_EQ(url.host, "cache.internal");
  EXPECT_EQ(url.port, 6379);
  EXPECT_EQ(url.database, 0);
  EXPECT_TRUE(url.password.empty());
}

TEST(Url, EveryPartIsRead) {
  const auto url = parsed("redis://shop:s%40cret%2F@127.0.0.1:7000/12");
  EXPECT_EQ(url.user, "shop");
  EXPECT_EQ(url.password, "s@cret/");
  EXPECT_EQ(url.host, "127.0.0.1");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.database, 12);
}

TEST(Url, APasswordNeedsNoUser) {
  const auto url = parsed("redis://:secret@localhost/");
  EXPECT_TRUE(url.user.empty());
  EXPECT_EQ(url.password, "secret");
}

TEST(Url, AnIpv6AddressStandsInBrackets) {
  const auto url = parsed("redis://[::1]:6380/1");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 6380);
  EXPECT_EQ(url.place(), "[::1]:6380/1");
}

TEST(Url, AUnixSocketTakesTheRestFromTheQuery) {
  for (const std::string scheme : {"unix", "redis+unix"}) {
    const auto url = parsed(scheme + ":///run/my%20redis.sock?db=3&password=a%26b");
    EXPECT_EQ(url.path, "/run/my redis.sock");
    EXPECT_EQ(url.database, 3);
    EXPECT_EQ(url.password, "a&b");
    EXPECT_EQ(url.place(), "/run/my redis.sock/3");
  }
}

TEST(Url, WhatCannotBeMeantIsRefused) {
  for (const auto* text : {"",
                           "localhost:6379",
                           "http://localhost",
                           "redis://",
                           "redis://:6379",
                           "redis://h:0",
                           "redis://h:65536",
                           "redis://h:port",
                           "redis://h/x",
                           "redis://h/-1",
                           "redis://h/1/2",
                           "redis://[::1",
                           "redis://[::1]6379",
                           "redis://h?timeout=1",
                           "redis://:%zz@h",
                           "redis://:%0@h",
                           "redis://:a%00b@h",
                           "redis://user@h",
                           "redis://:a@h?password=b",
                           "unix://",
                           "unix:///",
                           "unix://relative/path",
                           "unix:///a?db="}) {
    refusal(text);
  }
  refusal("unix:///" + std::string(kMaxSocketPathBytes, 'p'));
}

TEST(Url, TlsIsAskedForByTheScheme) {
  const auto url = parsed("rediss://user:secret@cache.example:6380/2");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.place(), "cache.example:6380/2");
  EXPECT_FALSE(parsed("redis://cache.example").tls);
}

TEST(Url, NoErrorAndNoPlaceTellsASecret) {
  for (const auto* text :
       {"redis://hunter2:hunter2@h:port", "redis://:hunter2%zz@h", "redis://:hunter2@h/x",
        "rediss://:hunter2@h:0", "hunter2://x", "unix:///p?password=hunter2&db=x",
        "unix:///p?hunter2", "redis://hunter2@h"}) {
    EXPECT_EQ(refusal(text).find("hunter2"), std::string::npos) << text;
  }
  EXPECT_EQ(parsed("redis://hunter2:hunter2@h/1").place(), "h:6379/1");
}

}  // namespace
}  // namespace souk::redis
