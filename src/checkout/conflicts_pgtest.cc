// Conflicts with other transactions are retried, not reported, when a second run succeeds.
#include "checkout/test_checkout.h"

namespace souk::checkout {
namespace {

class ConflictsTest : public CheckoutTest {
 protected:
  void conflict_once(const std::string& event) {
    database_.conflict_once(event);
    ++expected_;
  }
  void TearDown() override {
    EXPECT_EQ(metric("souk_db_retries_total{reason=\"conflict\"}"), expected_);
  }
  template <class Call>
  auto run(Call call) {
    runtime::Context context;
    return loop_.run_until_done(call(context));
  }
  Result<Paid> pay(OrderId order) {
    return run([&](auto& context) {
      return payments_.pay(context,
                           {.order = order, .buyer = {uuid(kBuyer)}, .method = "sandbox-ok"});
    });
  }

 private:
  int expected_ = 0;
};

TEST_F(ConflictsTest, UnitsAreHeldAndReleased) {
  conflict_once("INSERT ON reservations");
  const auto kept = held({{product(1), 3}});
  conflict_once("UPDATE ON reservations");
  EXPECT_TRUE(
      run([&](auto& context) { return reservations_.release(context, kept, {uuid(kBuyer)}); }));
  EXPECT_EQ(ledger_of(1), "10 0");
}

TEST_F(ConflictsTest, ReservationsThatAreOverAreEnded) {
  let_expire(held({{product(1), 3}}));
  conflict_once("UPDATE ON reservations");
  EXPECT_EQ(expire_due(), 1u);
  EXPECT_EQ(ledger_of(1), "10 0");
}

TEST_F(ConflictsTest, AnOrderTakesEveryStep) {
  conflict_once("INSERT ON orders");
  const auto placed = place_all({order({{product(1), 4}})}).placed;
  ASSERT_EQ(placed.size(), 1u);
  conflict_once("INSERT ON payments");
  conflict_once("UPDATE ON payments");
  const auto paid = pay(placed[0]);
  ASSERT_TRUE(paid);
  EXPECT_EQ(value("SELECT string_agg(status, ' ') FROM sandbox_charges"), "captured");
  conflict_once("UPDATE ON payments");
  const auto refunded = run([&](auto& context) {
    return payments_.refund(context, placed[0], {ActorKind::kAdmin, uuid(kBuyer)});
  });
  ASSERT_TRUE(refunded);
  EXPECT_EQ(refunded->status, orders::Status::kRefunded);
  EXPECT_EQ(ledger_of(1), "10 0");
}

TEST_F(ConflictsTest, AnOrderIsCancelledOnceAndReturnsItsStockOnce) {
  const auto placed = place_all({order({{product(1), 4}})}).placed;
  conflict_once("INSERT ON order_transitions");
  ASSERT_TRUE(cancel(placed.at(0)));
  EXPECT_EQ(ledger_of(1), "10 0");
  EXPECT_EQ(value("SELECT count(*) FROM order_transitions WHERE to_status = 'cancelled'"), "1");
}

}  // namespace
}  // namespace souk::checkout
