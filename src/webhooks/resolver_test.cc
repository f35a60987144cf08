#include "webhooks/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace souk::webhooks {
namespace {

using namespace std::chrono_literals;
using runtime::Task;
using testing::HasSubstr;

const Resolver::Addresses kFound = {boost::asio::ip::make_address("192.0.2.1")};

class WebhookResolver : public testing::Test {
 public:
  // Names that begin with "silent" are answered when the test ends.
  Result<Resolver::Addresses> look_up(const std::string& host) {
    ++lookups_;
    if (host.starts_with("silent")) released_.wait();
    if (host.starts_with("broken")) throw std::runtime_error("as told");
    return kFound;
  }
  Task<void> ask(Resolver& resolver, std::string host, std::chrono::milliseconds bound) {
    answers_.push_back(co_await resolver.resolve(std::move(host), bound));
  }
  // Resolves all at once, the silent ones with a bound that passes.
  Task<void> ask_for(Resolver& resolver, const std::vector<std::string>& hosts) {
    runtime::Scope scope(loop_);
    for (const auto& host : hosts) {
      scope.spawn(ask(resolver, host, host.starts_with("silent") ? 50ms : 1h));
    }
    co_await scope.join();
  }

 protected:
  void ask_for(const std::vector<std::string>& hosts, std::size_t threads,
               std::size_t max_waiting) {
    runtime::Offload offload(threads, max_waiting);
    Resolver resolver(loop_, offload, [this](const std::string& host) { return look_up(host); });
    loop_.run_until_done(ask_for(resolver, hosts));
    released_.count_down();
    loop_.run_until_done(resolver.close());
  }
  std::size_t found() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(answers_, [](const auto& answer) { return answer == kFound; }));
  }

  runtime::Loop loop_;
  std::atomic<int> lookups_ = 0;
  std::latch released_{1};
  std::vector<Result<Resolver::Addresses>> answers_;
};

TEST_F(WebhookResolver, KnowsWhatTheSystemKnows) {
  EXPECT_THAT(Resolver::ask_system("localhost").value(),
              testing::Contains(boost::asio::ip::make_address("127.0.0.1")));
  EXPECT_THAT(Resolver::ask_system("nobody.invalid").error().detail, HasSubstr("nobody.invalid"));
}

TEST_F(WebhookResolver, LooksNoAddressUp) {
  ask_for({"192.0.2.1", "2001:db8::1"}, 1, 1);
  EXPECT_EQ(answers_.at(1)->at(0).to_string(), "2001:db8::1");
  EXPECT_EQ(lookups_, 0);
}

// One thread looked up all names, without a deadline: a silent name server delayed the deliveries
// to all others.
TEST_F(WebhookResolver, ASilentNameServerHoldsUpNobodyElse) {
  ask_for({"silent.example", "silent.example", "silent.example", "quick.example"}, 2, 4);
  EXPECT_EQ(found(), 1U);
  for (const auto& answer : answers_) {
    if (answer) continue;
    EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(answer.error().detail, HasSubstr("silent.example was not looked up in time"));
  }
}

TEST_F(WebhookResolver, WhoAsksForTheSameNameSharesTheAnswer) {
  ask_for({"quick.example", "quick.example", "other.example"}, 1, 2);
  EXPECT_EQ(found(), 3U);
  EXPECT_EQ(lookups_, 2);
}

TEST_F(WebhookResolver, RefusesWhatItsThreadsCannotTakeOnAndGoesOn) {
  ask_for({"quick.example", "quick.example"}, 1, 0);
  for (const auto& answer : answers_) EXPECT_EQ(answer.error().code, ErrorCode::kOverloaded);
}

TEST_F(WebhookResolver, WhatNobodyWaitsForAnyMoreIsNotLookedUp) {
  ask_for({"silent.one", "silent.two", "silent.three"}, 1, 3);
  EXPECT_EQ(found(), 0U);
  EXPECT_EQ(answers_.at(2).error().code, ErrorCode::kOverloaded) << "its turn never came";
  EXPECT_LE(lookups_, 1);
}

TEST_F(WebhookResolver, ALookupThatThrowsIsAnAnswer) {
  ask_for({"broken.example", "quick.example"}, 1, 2);
  EXPECT_EQ(found(), 1U);
  EXPECT_EQ(answers_.at(0).error().detail, "as told");
}

}  // namespace
}  // namespace souk::webhooks
