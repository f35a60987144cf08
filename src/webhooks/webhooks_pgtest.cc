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

  Task<void> list_deliveries(Pool& pool) {
    runtime::Context own;
    Webhooks webhooks(pool, notifier_, clock_, ids_, config_, kKinds);
    const auto made =
        (co_await webhooks.add(own, {"https://hooks.example/", {"order.placed"}})).value();
    const auto begun = clock_.now();
    std::vector<DeliveryId> sent;
    for (int n = 0; n < 5; ++n) {
      Delivery one{.id = {ids_.next()},
                   .endpoint = made.id,
                   .event_id = ids_.next(),
                   .event = "order.placed",
                   .attempts = 1,
                   .status = 500,
                   .error = {},
                   .created_at = begun + std::chrono::hours(n),
                   .attempted_at = begun};
      sent.push_back(one.id);
      co_await store::record_delivery(pool, own, one);
      one.state = DeliveryState::kDelivered;
      one.attempts = 2;
      one.status = 204;
      co_await store::record_delivery(pool, own, one);
      one.endpoint = {ids_.next()};
      co_await store::record_delivery(pool, own, one);
    }
    std::vector<DeliveryId> listed;
    std::optional<DeliveryId> before;
    for (std::size_t pages = 1; pages == 1 || before; ++pages) {
      const auto page = (co_await webhooks.deliveries(own, made.id, before, 2)).value();
      EXPECT_LE(page.items.size(), 2u);
      for (const auto& one : page.items) {
        EXPECT_EQ(one.state, DeliveryState::kDelivered);
        EXPECT_EQ(one.attempts, 2);
        EXPECT_EQ(one.status, 204);
        listed.push_back(one.id);
      }
      before = page.next;
    }
    std::ranges::reverse(sent);
    EXPECT_EQ(listed, sent);

    EXPECT_FALSE(co_await store::forget_deliveries(pool, own, begun + std::chrono::hours(1)));
    const auto left = (co_await webhooks.deliveries(own, made.id, {}, 100)).value();
    EXPECT_EQ(left.items.size(), 3u);
    EXPECT_FALSE(left.next);
    EXPECT_EQ((co_await webhooks.deliveries(own, {ids_.next()}, {}, 1)).error().code,
              ErrorCode::kNotFound);
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

TEST_F(WebhooksTest, DeliveriesAreListedByPagesTheNewestFirstAndForgottenByTheirAge) {
  loop.run_until_done(run_with_pool(
      *this, [](WebhooksTest& test, Pool& pool) { return test.list_deliveries(pool); }));
}

}  // namespace
}  // namespace souk::webhooks
