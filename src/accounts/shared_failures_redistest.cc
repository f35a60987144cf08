#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "accounts/shared_failures.h"
#include "accounts/sign_in_guard.h"
#include "redis/test_client.h"
#include "redis/test_redis_server.h"

namespace souk::accounts {
namespace {

using namespace std::chrono_literals;

constexpr SignInLimits kLimits{.free_of_account = 3, .free_of_network = 6};

// A node, as far as it judges sign-ins.
struct TestNode {
  explicit TestNode(const redis::ClientConfig& config) : redis(config) {
    EXPECT_TRUE(redis.start());
  }

  // As Accounts does it, with a wrong password. How long the try has to wait.
  std::chrono::seconds guess(const SignInGuard::Try& tried) {
    const auto counted = redis.run(failures.add(guard.names(tried)));
    const auto now = std::chrono::steady_clock::now();
    if (counted) guard.learn(tried, *counted, now);
    const auto wait = guard.admit(tried, now);
    if (wait == 0s) {
      guard.failed(tried, "unknown");
    } else if (counted) {
      redis.run(failures.take_back(guard.names(tried)));
    }
    return wait;
  }

  redis::TestClient redis;
  SignInGuard guard{kLimits, redis.registry, redis.log};
  SharedFailures failures{&redis.client, redis.registry};
};

class SharedFailuresTest : public ::testing::Test {
 protected:
  redis::ClientConfig config() const {
    redis::ClientConfig config;
    config.url = server_.url();
    return config;
  }
  static SignInGuard::Try from(std::string_view address, std::string_view email) {
    return {.email = email,
            .network = ClientNetwork(*IpAddress::parse(address)),
            .known_network = false};
  }

  redis::TestRedisServer server_;
};

TEST_F(SharedFailuresTest, WrongPasswordsOnTwoNodesDelayTheNextOnBoth) {
  TestNode one(config());
  TestNode other(config());
  EXPECT_EQ(one.guess(from("203.0.113.1", "ada@example.com")), 0s);
  EXPECT_EQ(other.guess(from("203.0.113.2", "ada@example.com")), 0s);
  EXPECT_EQ(one.guess(from("203.0.113.3", "ada@example.com")), 0s);
  EXPECT_GT(other.guess(from("203.0.113.4", "ada@example.com")), 0s);
  EXPECT_GT(one.guess(from("203.0.113.5", "ada@example.com")), 0s);
  EXPECT_EQ(one.guess(from("203.0.113.6", "bob@example.com")), 0s);
}

TEST_F(SharedFailuresTest, ADelayedTryIsNotCounted) {
  TestNode one(config());
  TestNode other(config());
  while (one.guess(from("203.0.113.1", "ada@example.com")) == 0s) {
  }
  const auto names = one.guard.names(from("203.0.113.1", "ada@example.com"));
  for (int i = 0; i < 5; ++i) one.guess(from("203.0.113.1", "ada@example.com"));
  const auto counted = other.redis.run(other.failures.add(names));
  ASSERT_TRUE(counted);
  EXPECT_NEAR(counted->front().count, 3, 0.1);
}

TEST_F(SharedFailuresTest, NoAddressIsInRedis) {
  TestNode node(config());
  node.guess(from("203.0.113.1", "ada@example.com"));
  const auto keys = node.redis.command("KEYS", "*");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2U);
  for (std::size_t i = 0; i < keys->size(); ++i) {
    EXPECT_THAT(std::string((*keys)[i].text().value_or("")),
                ::testing::MatchesRegex("souk:failures:[an][0-9a-f]{32}"));
  }
}

TEST_F(SharedFailuresTest, ANodeCountsAloneWhileRedisIsAway) {
  TestNode node(config());
  server_.kill();
  int guesses = 0;
  while (node.guess(from("203.0.113.1", "ada@example.com")) == 0s) ++guesses;
  EXPECT_EQ(guesses, 3);
  EXPECT_GT(node.redis.metric(R"(souk_accounts_shared_failures_total{how="local"})"), 0);
}

}  // namespace
}  // namespace souk::accounts
