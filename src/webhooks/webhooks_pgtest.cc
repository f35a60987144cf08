#include <gtest/gtest.h>

#include "base/random.h"
#include "postgres/test_pool.h"
#include "webhooks/error_codes.h"
#include "webhooks/store.h"
#include "webhooks/webhooks.h"

namespace souk::webhooks {
namespace {

using postgres::Pool;
using runtime::Task;

constexpr std::array<std::string_view, 1> kKinds = {"order.placed"};

class WebhooksTest : public postgres::PoolTest {
 public:
  Task<void> add(Pool& pool) {
    runtime::Context own;
    Webhooks webhooks(pool, notifier_, clock_, ids_, config_, kKinds);
    const auto made =
        co_await webhooks.add(own, {.url = "https://hooks.example/", .kinds = {"order.placed"}});
    if (made) ++kept;
    if (!made) EXPECT_EQ(made.error().code, ErrorCode::kLimitReached);
  }

  std::size_t kept = 0;

  Task<void> change(Pool& pool) {
    runtime::Context own;
    Webhooks webhooks(pool, notifier_, clock_, ids_, config_, kKinds);
    const auto made =
        (co_await webhooks.add(own, {"https://hooks.example/", {"order.placed"}})).value();
    const auto replaced = (co_await webhooks.replace_secret(own, made.id)).value();
    EXPECT_NE(replaced.endpoint.secret, made.secret);
    const auto now = clock_.now();
    const auto meanwhile = (co_await store::find(pool, own, made.id, now)).value();
    EXPECT_EQ(meanwhile.endpoint.secret, replaced.endpoint.secret);
    EXPECT_EQ(meanwhile.previous_secret, made.secret);
    EXPECT_FALSE((co_await store::find(pool, own, made.id, now + kSecretOverlap))->previous_secret);

    co_await store::disable(pool, own, made.id, "gone");
    EXPECT_EQ((co_await webhooks.test(own, made.id)).error().code, errors::kWebhookDisabled);
    const auto enabled = (co_await webhooks.enable(own, made.id)).value();
    EXPECT_TRUE(enabled.is_active);
    EXPECT_FALSE(enabled.disabled_reason || enabled.failing_since);
    EXPECT_TRUE(co_await webhooks.test(own, made.id));

    const EndpointId nobody{ids_.next()};
    EXPECT_EQ((co_await webhooks.replace_secret(own, nobody)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ((co_await webhooks.enable(own, nobody)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ((co_await webhooks.test(own, nobody)).error().code, ErrorCode::kNotFound);
  }

 private:
  jobs::Notifier notifier_;
  SystemClock clock_;
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  Config config_;
};

// Endpoints were counted without a lock: concurrent inserts exceeded the limit.
TEST_F(WebhooksTest, AreNeverMoreThanThereMayBe) {
  loop.run_until_done(run_with_pool(*this, [](WebhooksTest& test, Pool& pool) -> Task<void> {
    runtime::Scope scope(test.loop);
    for (std::size_t i = 0; i < kMaxEndpoints + 50; ++i) scope.spawn(test.add(pool));
    co_await scope.join();
  }));
  EXPECT_EQ(kept, kMaxEndpoints);
  EXPECT_EQ(value("SELECT count(*) FROM webhook_endpoints"), std::to_string(kMaxEndpoints));
}

TEST_F(WebhooksTest, KeepAReplacedSecretForADayAndCanBeEnabledAgainAndTested) {
  loop.run_until_done(
      run_with_pool(*this, [](WebhooksTest& test, Pool& pool) { return test.change(pool); }));
  EXPECT_EQ(value("SELECT string_agg(payload::jsonb #>> '{event,type}', ',') FROM outbox"),
            "webhook.test");
}

}  // namespace
}  // namespace souk::webhooks
