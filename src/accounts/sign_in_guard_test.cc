#include "accounts/sign_in_guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

namespace souk::accounts {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

ClientNetwork network(std::string_view address) {
  return ClientNetwork(IpAddress::parse(address).value());
}

class SignInGuardTest : public ::testing::Test {
 protected:
  SignInGuardTest() {
    EXPECT_EQ(::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK), 0);
    log_.emplace(telemetry::LogLevel::kWarning, pipe_[1], clock_, registry_);
    guard_.emplace(SignInLimits{.free_of_account = 3,
                                .free_of_network = 6,
                                .free_registrations_of_network = 2,
                                .max_delay = 8s},
                   registry_, *log_);
  }
  ~SignInGuardTest() override {
    log_.reset();
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }

  static SignInGuard::Try from(std::string_view address, std::string_view email = kEmail,
                               bool known = false) {
    return {.email = email, .network = network(address), .known_network = known};
  }
  // How long the try had to wait; a wrong password where it did not.
  std::chrono::seconds guess(const SignInGuard::Try& tried) {
    const auto wait = guard_->admit(tried, now_);
    if (wait == 0s) guard_->failed(tried, std::nullopt);
    return wait;
  }
  void guess_wrong(const SignInGuard::Try& tried, int times) {
    for (int i = 0; i < times; ++i) EXPECT_EQ(guess(tried), 0s) << i;
  }
  static constexpr std::string_view kEmail = "ada@example.com";

  std::array<int, 2> pipe_{};
  const SystemClock clock_;
  telemetry::Registry registry_;
  std::optional<telemetry::Log> log_;
  std::optional<SignInGuard> guard_;
  SignInGuard::Time now_ = SignInGuard::Time() + 1h;
};

TEST_F(SignInGuardTest, EachWrongPasswordDoublesTheDelayUpToTheLongest) {
  guess_wrong(from("192.0.2.1"), 3);
  for (const auto delay : {1s, 2s, 4s, 8s, 8s}) {
    // From another network each time: it is the account that is counted.
    const auto other = from(fmt::format("198.51.100.{}", delay.count()));
    EXPECT_EQ(guess(other), delay);
    now_ += delay - 1ms;
    EXPECT_EQ(guess(other), 1s);
    now_ += 1ms;
    EXPECT_EQ(guess(other), 0s);
  }
}

TEST_F(SignInGuardTest, WrongPasswordsAreForgottenWithTime) {
  guess_wrong(from("192.0.2.1"), 3);
  EXPECT_EQ(guess(from("192.0.2.1")), 1s);
  now_ += 2 * SignInGuard::kAccountForgets;
  guess_wrong(from("192.0.2.1"), 2);
  EXPECT_EQ(guess(from("192.0.2.1")), 1s);
}

TEST_F(SignInGuardTest, TriesAtOnceAreNotAllLetThrough) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(guard_->admit(from("192.0.2.1"), now_), 0s);
  EXPECT_EQ(guard_->admit(from("192.0.2.2"), now_), 1s);
}

TEST_F(SignInGuardTest, WhatSucceedsOrIsNotCheckedIsNotCounted) {
  for (int i = 0; i < 20; ++i) {
    const auto tried = from("192.0.2.1");
    EXPECT_EQ(guard_->admit(tried, now_), 0s);
    i % 2 == 0 ? guard_->succeeded(tried) : guard_->given_up(tried);
  }
}

// Success with an account of one's own must not make the network's count start again.
TEST_F(SignInGuardTest, ANetworkIsCountedOverAllAccounts) {
  for (int i = 0; i < 6; ++i) {
    guess_wrong(from("192.0.2.1", fmt::format("user{}@example.com", i)), 1);
    const auto own = from("192.0.2.1", "mallory@example.com");
    if (guard_->admit(own, now_) == 0s) guard_->succeeded(own);
  }
  EXPECT_EQ(guess(from("192.0.2.1", "next@example.com")), 1s);
  EXPECT_EQ(guess(from("192.0.2.2", "next@example.com")), 0s);
}

// A client with a /48 of IPv6 can guess from 65,536 networks.
TEST_F(SignInGuardTest, TheNetworksOfAnIpv6BlockAreCountedTogetherToo) {
  const auto guess_from = [this](int block, unsigned network) {
    return guess(from(fmt::format("2001:db8:{:x}:{:x}::1", block, network),
                      fmt::format("user{}-{}@example.com", block, network)));
  };
  const auto free = 6 * SignInGuard::kNetworksOfBlock;
  for (unsigned n = 0; n < free; ++n) ASSERT_EQ(guess_from(1, n), 0s) << n;
  EXPECT_EQ(guess_from(1, free), 1s);
  EXPECT_EQ(guess_from(2, 0), 0s);
  for (unsigned n = 0; n <= free; ++n) {
    const auto email = fmt::format("v4-{}@example.com", n);
    ASSERT_EQ(guess(from(fmt::format("192.0.{}.{}", n / 256, n % 256), email)), 0s) << n;
  }
}

TEST_F(SignInGuardTest, RegistrationsOfANetworkAreDelayedAfterTheFreeOnesAndOfNobodyElse) {
  const auto registered = [this](std::string_view address) {
    return guard_->admit_registration(network(address), now_);
  };
  EXPECT_EQ(registered("192.0.2.1"), 0s);
  EXPECT_EQ(registered("192.0.2.1"), 0s);
  EXPECT_EQ(registered("192.0.2.1"), 1s);
  EXPECT_EQ(registered("192.0.2.2"), 0s);
  EXPECT_EQ(guess(from("192.0.2.1")), 0s) << "passwords have counts of their own";
  guard_->registration_given_up(network("192.0.2.1"));
  EXPECT_EQ(registered("192.0.2.1"), 0s);
  now_ += 1s;
  EXPECT_EQ(registered("192.0.2.1"), 0s);
  EXPECT_EQ(registered("192.0.2.1"), 2s);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(registered("127.0.0.1"), 0s);
}

TEST_F(SignInGuardTest, ClientsWithoutANetworkAreHeldByTheAccountOnly) {
  for (int i = 0; i < 20; ++i) {
    guess_wrong(from("127.0.0.1", fmt::format("user{}@example.com", i)), 3);
    EXPECT_EQ(guess(from("127.0.0.1", fmt::format("user{}@example.com", i))), 1s);
  }
}

TEST_F(SignInGuardTest, AKnownNetworkHasACountOfItsOwn) {
  guess_wrong(from("192.0.2.1"), 3);
  EXPECT_EQ(guess(from("192.0.2.1")), 1s);
  for (int i = 0; i < 6; ++i) guess(from("203.0.113.7", fmt::format("user{}@example.com", i)));
  EXPECT_EQ(guess(from("203.0.113.7", "next@example.com")), 1s);
  const auto home = from("203.0.113.7", kEmail, true);
  guess_wrong(home, 3);
  now_ += 2s;
  EXPECT_EQ(guess(home), 6s) << "8s for nine wrong passwords of its network";
  now_ += 2 * SignInGuard::kAccountForgets;
  for (int i = 0; i < 9; ++i) guess(from("203.0.113.7", fmt::format("user{}@example.com", i)));
  EXPECT_EQ(guess(home), 0s) << "what was long ago does not count";
}

// As in an office: every account there has free attempts of its own, but they are counted for the
// network.
TEST_F(SignInGuardTest, TriesFromAKnownNetworkCountForTheNetwork) {
  for (int i = 0; i < 6; ++i) {
    const auto email = fmt::format("user{}@example.com", i);
    guess_wrong(from("192.0.2.1", email, true), 1);
  }
  EXPECT_EQ(guess(from("192.0.2.1", "next@example.com")), 1s);
  EXPECT_EQ(guess(from("192.0.2.1", kEmail, true)), 0s);
  const auto colleague = from("192.0.2.2", "user1@example.com", true);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(guard_->admit(colleague, now_), 0s);
    guard_->succeeded(colleague);
  }
  EXPECT_EQ(guess(from("192.0.2.2", "next@example.com")), 0s) << "what succeeds is taken back";
}

TEST_F(SignInGuardTest, AWrongPasswordIsALineOfTheLogWithoutTheAddress) {
  guess_wrong(from("2001:db8::1"), 2);
  log_->flush();
  std::array<char, 4096> bytes{};
  const auto n = ::read(pipe_[0], bytes.data(), bytes.size());
  const std::string log(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  EXPECT_THAT(log, HasSubstr(R"("event":"sign_in_failed")"));
  EXPECT_THAT(log, HasSubstr(R"("network":"2001:db8::/64")"));
  EXPECT_THAT(log, HasSubstr(R"("failuresOfAccount":2)"));
  EXPECT_THAT(log, Not(HasSubstr("ada")));
}

// Filling the table with other accounts does not evict a higher count.
TEST(FailureCounts, AHigherCountOutlivesAnyNumberOfLowerOnes) {
  FailureCounts counts;
  const FailureCounts::Policy policy{.free = 3, .delay = 1s, .max_delay = 1h, .forget = 24h};
  const auto now = FailureCounts::Time() + 1h;
  const auto victim = counts.key('a', "ada@example.com");
  for (int i = 0; i < 3; ++i) counts.add(victim, policy, now);
  for (std::size_t i = 0; i < 3 * FailureCounts::kBuckets * FailureCounts::kBucketSize; ++i) {
    counts.add(counts.key('a', std::to_string(i)), policy, now);
  }
  EXPECT_EQ(counts.count(victim), 3u);
  EXPECT_GT(counts.evicted(), FailureCounts::kBuckets * FailureCounts::kBucketSize);
}

TEST(FailureCounts, KindsOfKeysAreKeptApart) {
  const FailureCounts counts;
  EXPECT_NE(counts.key('a', "x"), counts.key('n', "x"));
  EXPECT_NE(FailureCounts().key('a', "x"), FailureCounts().key('a', "x"));
}

}  // namespace
}  // namespace souk::accounts
