#include "base/url.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

TEST(ParseUrl, TakesEveryPartApart) {
  const auto url =
      parse_url("HTTPS://shop:s%40cret@hooks.example:8443/a%20b/?x=1%262&y#part").value();
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.authority, "hooks.example:8443");
  EXPECT_EQ(url.user, "shop");
  EXPECT_EQ(url.password, "s@cret");
  EXPECT_EQ(url.host, "hooks.example");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/a b/");
  EXPECT_EQ(url.target, "/a%20b/?x=1%262&y");
  const std::vector<std::pair<std::string, std::string>> query = {{"x", "1&2"}, {"y", ""}};
  EXPECT_EQ(url.query, query);
  EXPECT_TRUE(url.has_credentials);
  EXPECT_TRUE(url.has_fragment);
}

TEST(ParseUrl, WhatIsNotThereIsEmpty) {
  const auto url = parse_url("http://[2001:db8::1]").value();
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.authority, "[2001:db8::1]");
  EXPECT_FALSE(url.port);
  EXPECT_EQ(url.target, "");
  EXPECT_FALSE(url.has_credentials);
  EXPECT_FALSE(url.has_fragment);
}

TEST(ParseUrl, APlusIsAPlus) {
  EXPECT_EQ(parse_url("unix:///p?password=a+b")->query.front().second, "a+b");
}

TEST(ParseUrl, RefusesWhatIsNoUrlAndWhatNobodyCanMean) {
  for (const auto* text : {"",
                           "host",
                           "host:80",
                           "mailto:a@b",
                           "/path",
                           "http:/path",
                           "http://h:0",
                           "http://h:65536",
                           "http://h:",
                           "http://h:x",
                           "http://[::1",
                           "http://[::1]80",
                           "http://[fe80::1%eth0]/",
                           "http://[127.0.0.1]/",
                           "http://exa mple/",
                           "http://h/\r\nx",
                           "http://exämple/",
                           "http://h/%zz",
                           "http://a%00b@h",
                           "http://h/%00",
                           "http://h/?a=%00"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

}  // namespace
}  // namespace souk
