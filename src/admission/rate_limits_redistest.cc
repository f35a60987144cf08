#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission/rate_limits.h"
#include "redis/test_client.h"
#include "redis/test_redis_server.h"

namespace souk::admission {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const RateLimitsConfig kConfig{.reads = {50, 20}, .sign_in = {30, 0}};

http::Request request_of(std::string_view address) {
  http::Request request;
  request.client = ClientNetwork(*IpAddress::parse(address));
  return request;
}

http::Request request_of(std::string_view address, Uuid account) {
  auto request = request_of(address);
  request.principal = http::Principal{.id = account};
  return request;
}

http::Route route(http::Quota quota) { return {.path = "/", .quota = quota}; }

// A node with one worker.
struct TestNode {
  explicit TestNode(const redis::ClientConfig& config,
                    std::optional<redis::Secret> of_shop = redis::Secret{1, 2, 3})
      : redis(config) {
    secret.set(of_shop);
  }
  ~TestNode() { redis.run(limits.close()); }

  // Requests until one is refused, `most` at most.
  int asks(const http::Request& request, http::Quota quota, int most = 1'000) {
    int asked = 0;
    while (asked < most && !limits.take_of_network(request, route(quota), now())) ++asked;
    return asked;
  }
  static TokenBuckets::Time now() { return TokenBuckets::Clock::now(); }
  double shared() const {
    return redis.metric(R"(souk_admission_shared_takes_total{how="shared"})");
  }
  double local() const { return redis.metric(R"(souk_admission_shared_takes_total{how="local"})"); }

  redis::TestClient redis;
  TokenBuckets buckets;
  redis::SharedSecret secret;
  RateLimits limits{redis.loop, &redis.client, secret, buckets, kConfig, redis.registry};
};

class RateLimitsTest : public ::testing::Test {
 protected:
  redis::ClientConfig config() const {
    redis::ClientConfig config;
    config.url = server_.url();
    return config;
  }

  redis::TestRedisServer server_;
};

TEST_F(RateLimitsTest, WhatWasTakenOnOneNodeIsMissingOnTheOther) {
  TestNode one(config());
  TestNode other(config());
  ASSERT_TRUE(one.redis.start());
  ASSERT_TRUE(other.redis.start());
  const auto client = request_of("203.0.113.7");
  EXPECT_EQ(one.asks(client, http::Quota::kSignIn), 30);
  ASSERT_TRUE(one.redis.eventually([&] { return one.shared() == 1; }));
  // The other learns it when it has told its own first.
  EXPECT_EQ(other.asks(client, http::Quota::kSignIn, 1), 1);
  ASSERT_TRUE(other.redis.eventually([&] { return other.shared() == 1; }));
  EXPECT_LE(other.asks(client, http::Quota::kSignIn), 1);
  EXPECT_EQ(other.asks(request_of("203.0.113.8"), http::Quota::kSignIn), 30);
}

TEST_F(RateLimitsTest, WhatTwoNodesTookAtOnceIsWaitedFor) {
  TestNode one(config());
  TestNode other(config());
  ASSERT_TRUE(one.redis.start());
  ASSERT_TRUE(other.redis.start());
  const auto client = request_of("203.0.113.7");
  const auto later = [&](std::chrono::seconds delay) {
    return other.limits.take_of_network(client, route(http::Quota::kSignIn),
                                        TestNode::now() + delay);
  };
  EXPECT_EQ(one.asks(client, http::Quota::kSignIn), 30);
  EXPECT_EQ(other.asks(client, http::Quota::kSignIn), 30);
  ASSERT_TRUE(one.redis.eventually([&] { return one.shared() == 1; }));
  ASSERT_TRUE(other.redis.eventually([&] { return other.shared() == 1; }));
  EXPECT_TRUE(later(50s)) << "30 are missing, and 30 more were taken";
  EXPECT_FALSE(later(60s));
}

// The names were addresses and ids of accounts, the same for every shop.
TEST_F(RateLimitsTest, ShopsOnOneRedisShareNothingAndRedisSeesNoAddress) {
  TestNode one(config());
  TestNode other(config(), redis::Secret{4, 5, 6});
  ASSERT_TRUE(one.redis.start());
  ASSERT_TRUE(other.redis.start());
  const auto client = request_of("203.0.113.7");
  EXPECT_EQ(one.asks(client, http::Quota::kSignIn), 30);
  ASSERT_TRUE(one.redis.eventually([&] { return one.shared() == 1; }));
  EXPECT_EQ(other.asks(client, http::Quota::kSignIn, 1), 1);
  ASSERT_TRUE(other.redis.eventually([&] { return other.shared() == 1; }));
  EXPECT_EQ(other.asks(client, http::Quota::kSignIn), 29);
  const auto keys = one.redis.command("KEYS", "souk:rate:*");
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  for (std::size_t i = 0; i < keys->size(); ++i) {
    EXPECT_THAT(std::string((*keys)[i].text().value_or("")),
                ::testing::Not(HasSubstr("cb007107")));  // 203.0.113.7
  }
}

TEST_F(RateLimitsTest, ANodeThatDoesNotKnowTheSecretCountsAlone) {
  TestNode node(config(), std::nullopt);
  ASSERT_TRUE(node.redis.start());
  EXPECT_EQ(node.asks(request_of("203.0.113.7"), http::Quota::kSignIn), 30);
  ASSERT_TRUE(node.redis.eventually([&] { return node.local() == 1; }));
}

TEST_F(RateLimitsTest, ANodeCountsAloneWhileRedisIsAway) {
  TestNode node(config());
  ASSERT_TRUE(node.redis.start());
  server_.kill();
  EXPECT_EQ(node.asks(request_of("203.0.113.7"), http::Quota::kSignIn), 30);
  ASSERT_TRUE(node.redis.eventually([&] { return node.local() == 1; }));
}

TEST_F(RateLimitsTest, AWrongValueInRedisHoldsAClientForAWindowAtMost) {
  for (const auto* const value :
       {"9999999999999999 1", "9223372036854775807 1", "9999999999999999", "1e300 1", "nan"}) {
    TestNode node(config());
    ASSERT_TRUE(node.redis.start());
    const auto client = request_of("203.0.113.7");
    const auto key = [&] {
      const auto keys = node.redis.command("KEYS", "souk:rate:*");
      return keys && keys->size() == 1 ? std::string((*keys)[0].text().value_or("")) : "";
    };
    EXPECT_EQ(node.asks(client, http::Quota::kSignIn, 1), 1);
    ASSERT_TRUE(node.redis.eventually([&] { return node.shared() == 1; }));
    node.redis.perform("SET", key(), value);
    EXPECT_EQ(node.asks(client, http::Quota::kSignIn, 1), 1);
    ASSERT_TRUE(node.redis.eventually([&] { return node.shared() == 2; })) << value;
    EXPECT_FALSE(
        node.limits.take_of_network(client, route(http::Quota::kSignIn), TestNode::now() + 60s))
        << value;
    const auto lives = node.redis.command("PTTL", key());
    ASSERT_TRUE(lives);
    EXPECT_GT(lives->integer(), 0) << value;
    EXPECT_LE(lives->integer(), 120'000) << value;
    node.redis.perform("DEL", key());
  }
}

// Each client that was active in the minute before was refused for a minute.
TEST_F(RateLimitsTest, ARedisWhoseClockIsSetBackRemembersWhatIsMissing) {
  TestNode node(config());
  ASSERT_TRUE(node.redis.start());
  const auto client = request_of("203.0.113.7");
  EXPECT_EQ(node.asks(client, http::Quota::kSignIn, 1), 1);
  ASSERT_TRUE(node.redis.eventually([&] { return node.shared() == 1; }));
  // As if ten tokens, of two seconds each, had been taken when the clock was ahead by 90 s.
  constexpr std::string_view kAhead = R"(
local key, time = redis.call('KEYS', 'souk:rate:*')[1], redis.call('TIME')
local entered = time[1] * 1000000 + time[2] + 90000000
return redis.call('SET', key, string.format('%.0f %.0f', entered + 20000000, entered)))";
  node.redis.perform("EVAL", kAhead, "0");
  EXPECT_EQ(node.asks(client, http::Quota::kSignIn, 1), 1);
  ASSERT_TRUE(node.redis.eventually([&] { return node.shared() == 2; }));
  const int left = node.asks(client, http::Quota::kSignIn);
  EXPECT_GE(left, 19);
  EXPECT_LT(left, 28);
}

TEST_F(RateLimitsTest, ARefusalSaysWhichPolicyAndWhenToComeAgain) {
  TestNode node(config());
  const auto client = request_of("2001:db8::1");
  node.asks(client, http::Quota::kSignIn);
  const auto refused =
      node.limits.take_of_network(client, route(http::Quota::kSignIn), TestNode::now());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_THAT(std::string(refused->body.bytes()), HasSubstr(R"("code":"too_many_requests")"));
  EXPECT_EQ(refused->headers.find("RateLimit-Policy"), R"("sign_in-of-network";q=30;w=60)");
  EXPECT_EQ(refused->headers.find("RateLimit"), R"("sign_in-of-network";r=0;t=60)");
  EXPECT_EQ(refused->headers.find("Retry-After"), "2");
  EXPECT_EQ(node.redis.metric(R"(souk_admission_rate_limited_total{quota="sign_in",of="network"})"),
            2);
}

TEST_F(RateLimitsTest, AnAccountHasItsOwnLimitWhateverNetworkItComesFrom) {
  TestNode node(config());
  const Uuid account{.bytes = {1}};
  int asked = 0;
  while (!node.limits.take_of_account(request_of(fmt::format("203.0.113.{}", asked), account),
                                      route(http::Quota::kReads), TestNode::now())) {
    ++asked;
  }
  EXPECT_EQ(asked, 20);
}

TEST_F(RateLimitsTest, LoopbackAndAccountsWithoutLimitsAreExempt) {
  TestNode node(config());
  EXPECT_EQ(node.asks(request_of("127.0.0.1"), http::Quota::kSignIn, 100), 100);
  auto tester = request_of("203.0.113.7", {.bytes = {1}});
  tester.principal->is_limited = false;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(node.limits.take_of_account(tester, route(http::Quota::kReads), TestNode::now()));
  }
}

TEST_F(RateLimitsTest, AServedClientIsToldWhatIsLeftButNotInPublicAnswers) {
  TestNode node(config());
  const auto client = request_of("203.0.113.7");
  node.asks(client, http::Quota::kSignIn, 3);
  http::Response response;
  node.limits.inform(client, route(http::Quota::kSignIn), response);
  EXPECT_THAT(std::string(*response.headers.find("RateLimit")), HasSubstr(";r=27;"));
  http::Response list;
  node.limits.inform(client, route(http::Quota::kReads), list);
  EXPECT_TRUE(list.headers.empty());
}

TEST_F(RateLimitsTest, AClientIsToldOfTheBucketWithTheFewestTokensLeft) {
  TestNode node(config());
  const auto buyer = request_of("203.0.113.7", {.bytes = {1}});
  const auto told = [&] {
    http::Response response;
    node.limits.inform(buyer, route(http::Quota::kReads), response);
    return std::string(response.headers.find("RateLimit").value_or(""));
  };
  EXPECT_THAT(told(), HasSubstr(R"("reads-of-account";r=20;)"));
  node.asks(request_of("203.0.113.7"), http::Quota::kReads, 45);  // others of its office
  EXPECT_THAT(told(), HasSubstr(R"("reads-of-network";r=5;)"));
}

TEST_F(RateLimitsTest, WhatRedisAnsweredMeanwhileTakesNothingFromWhatIsTold) {
  TestNode node(config());
  ASSERT_TRUE(node.redis.start());
  const auto client = request_of("203.0.113.7");
  EXPECT_EQ(node.asks(client, http::Quota::kSignIn, 1), 1);
  ASSERT_TRUE(node.redis.eventually([&] { return node.shared() == 1; }));
  http::Response response;
  node.limits.inform(client, route(http::Quota::kSignIn), response);
  EXPECT_THAT(std::string(*response.headers.find("RateLimit")), HasSubstr(";r=29;"));
}

}  // namespace
}  // namespace souk::admission
