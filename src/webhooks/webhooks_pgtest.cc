#include <gtest/gtest.h>

#include "base/random.h"
#include "postgres/test_pool.h"
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
    Webhooks webhooks(pool, clock_, ids_, config_, kKinds);
    const auto made =
        co_await webhooks.add(own, {.url = "https://hooks.example/", .kinds = {"order.placed"}});
    if (made) ++kept;
    if (!made) EXPECT_EQ(made.error().code, ErrorCode::kLimitReached);
  }

  std::size_t kept = 0;

 private:
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

}  // namespace
}  // namespace souk::webhooks
