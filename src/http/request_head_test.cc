#include "http/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace souk::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields get(std::string path, Fields more = {}) {
  Fields fields = {{":method", "GET"}, {":scheme", "https"}, {":path", std::move(path)}};
  if (more.empty() || more.front().first != "host") fields.emplace_back(":authority", "shop");
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

struct Bound {
  RequestHead head;
  Request request;
  Refusal refusal;

  explicit Bound(const Fields& fields, const ServerConfig& config = {}) {
    for (const auto& [name, value] : fields) EXPECT_TRUE(head.take(config, name, value));
    refusal = head.bind(request);
  }
};

int status_of(const Fields& fields, const ServerConfig& config = {}) {
  return Bound(fields, config).refusal.status;
}

TEST(RequestHead, MakesARequestOfItsFields) {
  const Bound bound({{":method", "POST"},
                     {":scheme", "https"},
                     {":authority", "shop:8443"},
                     {":path", "/a/b?c=d"},
                     {"content-length", "12"},
                     {"expect", "100-Continue"},
                     {"host", "shop:8443"},
                     {"accept", "text/html"}});
  EXPECT_FALSE(bound.refusal);
  EXPECT_EQ(bound.request.method, Method::kPost);
  EXPECT_EQ(bound.request.target, "/a/b?c=d");
  EXPECT_EQ(bound.request.path, "/a/b");
  EXPECT_EQ(bound.request.query, "c=d");
  EXPECT_EQ(bound.request.authority, "shop:8443");
  EXPECT_EQ(bound.request.headers.find("accept"), "text/html");
  EXPECT_EQ(bound.request.headers.size(), 4U);
  EXPECT_EQ(bound.head.content_length(), 12U);
  EXPECT_TRUE(bound.head.expects_continue());
}

TEST(RequestHead, HasOneAuthority) {
  EXPECT_EQ(Bound(get("/", {{"host", "shop"}})).request.authority, "shop");
  EXPECT_EQ(status_of({{":method", "GET"}, {":path", "/"}}), 400);
  EXPECT_EQ(status_of(get("/", {{"accept", "*/*"}, {"host", "other"}})), 400);
  EXPECT_EQ(status_of(get("/", {{"host", "shop"}, {"host", "other"}})), 400);
  EXPECT_EQ(status_of(get("/", {{"host", "sh op"}})), 400);
}

TEST(RequestHead, WhatIsNoTargetNoMethodOrUnknownIsRefused) {
  EXPECT_EQ(status_of(get("no-slash")), 400);
  EXPECT_EQ(status_of(get("/#fragment")), 400);
  EXPECT_EQ(status_of(get("*")), 400);
  EXPECT_EQ(status_of({{":method", "OPTIONS"}, {":path", "*"}, {":authority", "shop"}}), 0);
  EXPECT_EQ(status_of({{":method", "G T"}, {":path", "/"}, {":authority", "shop"}}), 400);
  EXPECT_EQ(status_of({{":method", "CONNECT"}, {":authority", "shop:80"}}), 501);
  EXPECT_EQ(status_of(get("/", {{"accept", "*/*"}, {"expect", "tea"}})), 417);
}

TEST(RequestHead, EachLimitHasItsStatus) {
  const ServerConfig config{.max_request_line = 100, .max_header_bytes = 1'000, .max_headers = 3};
  EXPECT_EQ(status_of(get("/" + std::string(99, 'x')), config), 0);
  EXPECT_EQ(status_of(get("/" + std::string(100, 'x')), config), 414);
  const auto list_of = [](std::size_t count, std::size_t size) {
    return get("/", Fields(count, {"a", std::string(size, 'x')}));
  };
  EXPECT_EQ(status_of(list_of(3, 1), config), 0);
  EXPECT_EQ(status_of(list_of(4, 1), config), 431);
  // The pseudo-fields: 42, 44, 38 and 46; of "a": 33 and the value.
  EXPECT_EQ(status_of(list_of(1, 1'000 - 42 - 44 - 38 - 46 - 33), config), 0);
  EXPECT_EQ(status_of(list_of(1, 1'000 - 42 - 44 - 38 - 46 - 32), config), 431);
}

TEST(RequestHead, AListFarBeyondTheLimitIsAnAttackWhereverItsFieldsAre) {
  const ServerConfig config{.max_header_bytes = 1'000};
  RequestHead head;
  const std::string large(1'000 - 33, 'x');
  for (std::size_t i = 0; i < RequestHead::kMaxExcess; ++i) {
    EXPECT_TRUE(head.take(config, "a", large));
  }
  EXPECT_FALSE(head.take_trailer(config, "a", ""));
  head.clear();
  EXPECT_TRUE(head.take(config, "a", large)) << "for another request";
}

}  // namespace
}  // namespace souk::http
