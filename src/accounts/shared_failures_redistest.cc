#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "accounts/shared_failures.h"
#include "accounts/sign_in_guard.h"
#include "redis/test_client.h"
#include "redis/test_redis_server.h"
#include "runtime/scope.h"

namespace souk::accounts {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kPatience{20};
constexpr redis::Secret kSecret{1, 2, 3};
constexpr redis::Secret kOtherSecret{4, 5, 6};
constexpr SignInLimits kLimits{.free_of_account = 3, .free_of_network = 6};

// A node, as far as it judges sign-ins.
struct TestNode {
  explicit TestNode(const redis::ClientConfig& config,
                    std::optional<redis::Secret> of_shop = kSecret)
      : redis(config) {
    secret.set(of_shop);
    EXPECT_TRUE(redis.start());
  }

  // As Accounts does it.
  runtime::Task<std::chrono::seconds> admit(SignInGuard::Try tried) {
    const auto shared = co_await failures.admit(context, guard.names(tried), tried.known_network);
    co_return guard.admit(tried, std::chrono::steady_clock::now(), shared);
  }
  // A wrong password. How long the try has to wait.
  std::chrono::seconds guess(const SignInGuard::Try& tried) {
    const auto wait = redis.run(admit(tried));
    if (wait == 0s) guard.failed(tried, std::nullopt);
    return wait;
  }
  runtime::Task<void> count_if_admitted(SignInGuard::Try tried, int& admitted) {
    if (co_await admit(tried) == 0s) ++admitted;
  }
  // So many at once; how many of them were admitted.
  int guess_at_once(const SignInGuard::Try& tried, int times) {
    int admitted = 0;
    runtime::Scope scope(redis.loop);
    for (int i = 0; i < times; ++i) scope.spawn(count_if_admitted(tried, admitted));
    redis.run(scope.join());
    return admitted;
  }

  // Guesses, which changes nothing while it is refused, until it is admitted.
  bool is_admitted_in_time(const SignInGuard::Try& tried) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (guess(tried) > 0s) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(10ms);
    }
    return true;
  }

  // What is stored, by its key.
  std::map<std::string, std::string> values() {
    std::map<std::string, std::string> all;
    const auto keys = redis.command("KEYS", "*");
    for (std::size_t i = 0; keys && i < keys->size(); ++i) {
      const auto key = (*keys)[i].text().value_or("");
      const auto value = redis.command("GET", key);
      all.emplace(key, value ? value->text().value_or("") : "");
    }
    return all;
  }

  runtime::Context context;
  redis::TestClient redis;
  SignInGuard guard{kLimits, redis.registry, redis.log};
  redis::SharedSecret secret;
  SharedFailures failures{&redis.client, secret, redis.registry};
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

TEST_F(SharedFailuresTest, ADelayedTryChangesNothing) {
  TestNode one(config());
  TestNode other(config());
  const auto tried = from("203.0.113.1", "ada@example.com");
  while (one.guess(tried) == 0s) {
  }
  const auto before = other.values();
  for (int i = 0; i < 5; ++i) EXPECT_GT(one.guess(tried), 0s);
  EXPECT_EQ(other.values(), before);
}

TEST_F(SharedFailuresTest, WhatWasNoFailureIsTakenBack) {
  TestNode node(config());
  const auto tried = from("203.0.113.1", "ada@example.com");
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(node.redis.run(node.admit(tried)), 0s) << i;
    node.guard.succeeded(tried);
    node.redis.run(node.failures.take_back(node.context, node.guard.names(tried)));
  }
  EXPECT_TRUE(node.values().empty());
}

TEST_F(SharedFailuresTest, WhatRedisIsAskedIsSeenInTheTrace) {
  TestNode node(config());
  Spans spans;
  node.context.spans = &spans;
  const auto tried = from("203.0.113.1", "ada@example.com");
  const auto seen = [&spans] {
    std::vector<std::pair<std::string, bool>> names;
    for (const auto& span : spans.take(std::chrono::steady_clock::now())) {
      EXPECT_EQ(span.kind, SpanKind::kRedis);
      names.emplace_back(span.name, span.failed);
    }
    return names;
  };
  spans.start({}, true, false);
  ASSERT_EQ(node.redis.run(node.admit(tried)), 0s);
  node.redis.run(node.failures.take_back(node.context, node.guard.names(tried)));
  EXPECT_THAT(seen(), testing::ElementsAre(testing::Pair("accounts.admit", false),
                                           testing::Pair("accounts.take_back", false)));
  server_.kill();
  spans.start({}, true, false);
  ASSERT_EQ(node.redis.run(node.admit(tried)), 0s);
  EXPECT_THAT(seen(), testing::ElementsAre(testing::Pair("accounts.admit", true)));
}

TEST_F(SharedFailuresTest, FreeTriesFromAKnownNetworkDoNotWaitForTheNetworksCount) {
  TestNode node(config());
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(node.guess(from("203.0.113.1", fmt::format("user{}@example.com", i))), 0s);
  }
  auto home = from("203.0.113.1", "ada@example.com");
  EXPECT_GT(node.guess(home), 0s);
  home.known_network = true;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(node.guess(home), 0s);
  EXPECT_GT(node.guess(home), 1s) << "the network's, of nine";
}

TEST_F(SharedFailuresTest, WrongValuesInRedisDelayNoLongerThanFailuresDo) {
  TestNode node(config());
  const auto tried = from("203.0.113.1", "ada@example.com");
  const auto name =
      redis::secret_name(kSecret, "souk:failures:", node.guard.names(tried).front().name);
  for (const auto* const value :
       {"nan nan", "inf 1", "-1.0 5", "", "4.0", "1e9 0", "99999999.000 0"}) {
    node.redis.perform("SET", name, value);
    EXPECT_EQ(node.guess(tried), 0s) << value;
    node.redis.perform("FLUSHALL");
  }
  // Many, and at a time ahead: the longest delay begins now, and it ends.
  const std::string digits(400, '9');
  node.redis.perform("SET", name, digits + ".0 " + digits);
  EXPECT_EQ(node.guess(tried), kLimits.max_delay);
  const auto lives = node.redis.command("PTTL", name);
  ASSERT_TRUE(lives);
  EXPECT_GT(lives->integer(), 0);
  node.redis.perform("SET", name, "3.0 " + digits);
  EXPECT_EQ(node.guess(tried), 1s);
  EXPECT_TRUE(node.is_admitted_in_time(tried));
}

TEST_F(SharedFailuresTest, RefusedTriesAtOnceDoNotLengthenTheDelay) {
  auto patient = config();
  patient.command_timeout = 10s;
  TestNode one(patient);
  TestNode other(patient);
  const auto tried = from("203.0.113.1", "ada@example.com");
  int of_other = 0;
  std::thread thread([&] { of_other = other.guess_at_once(tried, 64); });
  const int of_one = one.guess_at_once(tried, 64);
  thread.join();
  EXPECT_EQ(of_one + of_other, 3) << "the free ones";
  EXPECT_LE(one.guess(tried), 1s) << "the delay after three";
  EXPECT_LE(other.guess(tried), 1s);
  EXPECT_TRUE(one.is_admitted_in_time(tried));
  EXPECT_GT(other.guess(tried), 1s) << "the delay after four";
}

// The names were hashes without a key: two shops shared their counts, and whoever could read Redis
// could check who had failed to sign in.
TEST_F(SharedFailuresTest, ShopsOnOneRedisShareNothing) {
  TestNode one(config());
  TestNode other(config(), kOtherSecret);
  const auto tried = from("203.0.113.1", "ada@example.com");
  while (one.guess(tried) == 0s) {
  }
  const auto of_one = one.values();
  EXPECT_EQ(other.guess(tried), 0s);
  EXPECT_EQ(other.values().size(), 2 * of_one.size());
}

TEST_F(SharedFailuresTest, ANodeThatDoesNotKnowTheSecretCountsAlone) {
  TestNode node(config(), std::nullopt);
  const auto tried = from("203.0.113.1", "ada@example.com");
  int guesses = 0;
  while (node.guess(tried) == 0s) ++guesses;
  EXPECT_EQ(guesses, 3);
  EXPECT_TRUE(node.values().empty());
}

TEST_F(SharedFailuresTest, NoAddressIsInRedis) {
  TestNode node(config());
  node.guess(from("203.0.113.1", "ada@example.com"));
  const auto keys = node.redis.command("KEYS", "*");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2U);
  for (std::size_t i = 0; i < keys->size(); ++i) {
    EXPECT_THAT(std::string((*keys)[i].text().value_or("")),
                ::testing::MatchesRegex("souk:failures:[0-9a-f]{32}"));
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
