#include <gmock/gmock.h>

#include "checkout/test_checkout.h"
#include "checkout/unpaid_orders.h"
#include "payments/store.h"

namespace souk::checkout {
namespace {

using namespace std::chrono_literals;
using runtime::Scope;
using runtime::Task;
using testing::Each;
using testing::SizeIs;

constexpr auto kLifetime = 30min;
constexpr std::chrono::minutes kTransferLifetime = std::chrono::days(14);

class OpenOrdersTest : public CheckoutTest {
 protected:
  static PlaceOrder from(int network, PlaceOrder order, int buyer = kBuyer) {
    order.buyer = {uuid(buyer)};
    order.origin.network = network;
    return order;
  }
  Task<void> one_of_each_product_by_both_nodes(Tally& tally) {
    Scope scope(loop_);
    for (int n = 1; n <= 4; ++n) {  // different stocks: they do not wait for each other
      scope.spawn(
          place_one(n % 2 == 0 ? limited_ : other_->checkout, order({{product(n), 1}}), tally));
    }
    co_await scope.join();
  }

  static constexpr OrderingNode::Limits kLimits = {.queue = {},
                                                   .terms = {.open = {.orders_per_user = 3,
                                                                      .units_per_user = 5,
                                                                      .orders_per_network = 4,
                                                                      .units_per_network = 8}}};
  std::unique_ptr<OrderingNode> limiting_ = node(batches_, kLimits);
  Checkout& limited_ = limiting_->checkout;
  postgres::Pool more_batches_{loop_, registry_, config()};
  std::unique_ptr<OrderingNode> other_ = node(more_batches_, kLimits);
};

TEST_F(OpenOrdersTest, ABuyerHasABoundedNumberOfUnpaidOrders) {
  const auto tally = place_all(limited_, std::vector(5, order({{product(1), 1}})));
  ASSERT_THAT(tally.placed, SizeIs(3));
  EXPECT_THAT(tally.refusals, Each(ErrorCode(ErrorCode::kLimitReached)));
  EXPECT_EQ(units_of(1), "7");
  EXPECT_EQ(metric("souk_checkout_orders_total{outcome=\"user_limit\"}"), 2);
  auto of_another = order({{product(1), 1}});
  of_another.buyer = {uuid(kBuyer + 1)};
  EXPECT_THAT(place_all(limited_, {of_another}).placed, SizeIs(1));
  ASSERT_TRUE(cancel(tally.placed[0]));
  EXPECT_THAT(place_all(limited_, {order({{product(1), 1}})}).placed, SizeIs(1));
}

TEST_F(OpenOrdersTest, ABuyersUnpaidOrdersHaveABoundedNumberOfUnits) {
  EXPECT_THAT(place_all(limited_, {order({{product(1), 3}, {product(2), 1}})}).placed, SizeIs(1));
  EXPECT_THAT(place_all(limited_, {order({{product(1), 2}})}).refusals,
              testing::ElementsAre(ErrorCode(ErrorCode::kLimitReached)));
  EXPECT_THAT(place_all(limited_, {order({{product(1), 1}})}).placed, SizeIs(1));
}

TEST_F(OpenOrdersTest, AnOrderThatIsPaidOrConfirmedIsNotOpenAnyMore) {
  const auto placed = place_all(limited_, std::vector(3, order({{product(1), 1}}))).placed;
  runtime::Context context;
  ASSERT_TRUE(loop_.run_until_done(payments_.pay(
      context, {.order = placed[0], .buyer = {uuid(kBuyer)}, .method = "sandbox-ok"})));
  ASSERT_TRUE(loop_.run_until_done(order_flow_.confirm(context, placed[1], {})));
  EXPECT_THAT(place_all(limited_, std::vector(3, order({{product(1), 1}}))).placed, SizeIs(2));
}

// Free orders are paid when they are placed: one buyer took the whole stock of a free product.
TEST_F(OpenOrdersTest, AnOrderOfNothingIsOpenForItsBuyerUntilItIsShipped) {
  add_product(5, 0, 10);
  runtime::Context context;
  const auto place_free = [&](int count) {
    auto tally = place_all(limited_, std::vector(count, from(7, order({{product(5), 1}}))));
    for (const auto& id : tally.placed) {
      const auto order = loop_.run_until_done(orders::store::find(pool_, context, id)).value();
      EXPECT_EQ(loop_.run_until_done(payments_.pay_if_free(context, order)), orders::Status::kPaid);
    }
    return tally;
  };
  const auto first = place_free(3).placed;
  ASSERT_THAT(first, SizeIs(3));
  EXPECT_THAT(place_free(1).refusals, testing::ElementsAre(ErrorCode(ErrorCode::kLimitReached)));
  EXPECT_EQ(value("SELECT count(*) FROM orders WHERE network IS NOT NULL"), "0");
  ASSERT_TRUE(loop_.run_until_done(order_flow_.ship(context, first[0], {})));
  ASSERT_TRUE(loop_.run_until_done(payments_.refund(context, first[1], {})));
  EXPECT_THAT(place_free(3).placed, SizeIs(2));
  EXPECT_EQ(value("SELECT count(*) FROM orders WHERE open_units IS NOT NULL"), "3");
}

TEST_F(OpenOrdersTest, ANetworkHasABoundedNumberOfUnpaidOrdersWhoeverOrders) {
  const auto other = [](int network) {
    return from(network, order({{product(1), 1}}), kBuyer + 1);
  };
  ASSERT_THAT(place_all(limited_, std::vector(3, from(7, order({{product(1), 1}})))).placed,
              SizeIs(3));
  const auto tally = place_all(limited_, {other(7), other(7), other(8)});
  EXPECT_THAT(tally.placed, SizeIs(2));
  EXPECT_THAT(tally.refusals, testing::ElementsAre(ErrorCode(ErrorCode::kTooManyRequests)));
  EXPECT_EQ(metric("souk_checkout_orders_total{outcome=\"network_limit\"}"), 1);
  ASSERT_TRUE(cancel(tally.placed[0]));
  EXPECT_EQ(value("SELECT count(*) FROM orders WHERE network IS NOT NULL"), "4");
  EXPECT_THAT(place_all(limited_, {other(7)}).placed, SizeIs(1));
}

TEST_F(OpenOrdersTest, WhoIsNotLimitedOpensAsManyAsHeLikesAndTheyCountForNobody) {
  auto free = from(7, order({{product(1), 1}}));
  free.origin.limited = false;
  EXPECT_THAT(place_all(limited_, std::vector(6, free)).placed, SizeIs(6));
  EXPECT_EQ(
      value("SELECT count(*) FROM orders WHERE open_units IS NOT NULL OR network IS NOT NULL"),
      "0");
  EXPECT_THAT(place_all(limited_, std::vector(4, from(7, order({{product(1), 1}})))).placed,
              SizeIs(3));
}

// Transactions of two nodes count at the same time, before either has committed.
TEST_F(OpenOrdersTest, TransactionsThatOpenOrdersOfOneBuyerCountOneAfterTheOther) {
  loop_.run_until_done(more_batches_.start());
  Tally tally;
  loop_.run_until_done(one_of_each_product_by_both_nodes(tally));
  EXPECT_THAT(tally.placed, SizeIs(3));
  other_.reset();
  loop_.run_until_done(more_batches_.close());
}

class UnpaidOrdersTest : public OpenOrdersTest {
 protected:
  OrderId placed(int n = 1) { return place_all({order({{product(n), 2}})}).placed.at(0); }
  void let_pass(OrderId order, std::chrono::minutes time) {
    sql(fmt::format(
        "ALTER TABLE orders DISABLE TRIGGER raise_version; UPDATE orders SET updated_at "
        "= now() - interval '{} minutes' WHERE id = '{}'; "
        "ALTER TABLE orders ENABLE TRIGGER raise_version",
        time.count(), order.value.to_string()));
  }
  std::size_t end_due() {
    runtime::Context context;
    return loop_.run_until_done(unpaid_.end_due(context, clock_.now()));
  }
  std::string status_of(OrderId order) {
    return value("SELECT status FROM orders WHERE id = '" + order.value.to_string() + "'");
  }
  Task<void> pay(OrderId order, std::string method) {
    runtime::Context context;
    co_await payments_.pay(context,
                           {.order = order, .buyer = {uuid(kBuyer)}, .method = std::move(method)});
  }

  Task<void> pay_and_end(const std::vector<OrderId>& orders) {
    runtime::Context context;
    Scope scope(loop_);
    for (const auto& order : orders) scope.spawn(pay(order, "sandbox-ok"));
    co_await unpaid_.end_due(context, clock_.now());
    co_await scope.join();
  }

  // Gives each pending order an open bank transfer.
  void open_transfers() {
    sql("INSERT INTO payments (id, order_id, provider, amount, currency, method, actor_kind, "
        "pays_later) SELECT id, id, 'manual', total, currency, 'invoice', 'system', true FROM "
        "orders");
  }

  UnpaidOrders unpaid_{pool_, notifier_, registry_, clock_, ids_, {kLifetime, kTransferLifetime}};
};

TEST_F(UnpaidOrdersTest, AnOrderThatIsNotPaidInTimeIsCancelledAndItsStockCanBeSoldAgain) {
  const auto late = placed();
  const auto young = placed();
  let_pass(late, kLifetime + 1min);
  let_pass(young, kLifetime - 1min);
  EXPECT_EQ(end_due(), 1u);
  EXPECT_EQ(end_due(), 0u);
  EXPECT_EQ(status_of(late), "cancelled");
  EXPECT_EQ(status_of(young), "pending");
  EXPECT_EQ(units_of(1), "8");
  EXPECT_EQ(ledger_of(1), "10 2");
  EXPECT_EQ(value("SELECT actor_kind || ': ' || note FROM order_transitions"),
            "system: not paid in time");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE kind = 'order.cancelled'"), "1");
  EXPECT_EQ(metric("souk_checkout_unpaid_orders_ended_total"), 1);
}

TEST_F(UnpaidOrdersTest, NoneEndsForADatabasesClockThatIsAheadOfTheTimeOfTheRun) {
  const auto young = placed();
  let_pass(young, kLifetime + 1min);  // or the database's clock has jumped by as much
  runtime::Context context;
  EXPECT_EQ(loop_.run_until_done(unpaid_.end_due(context, clock_.now() - kLifetime)), 0u);
  EXPECT_EQ(status_of(young), "pending");
}

TEST_F(UnpaidOrdersTest, NoneEndsForATimeOfTheRunThatIsAheadOfTheDatabasesClock) {
  const auto young = placed();
  runtime::Context context;
  EXPECT_EQ(loop_.run_until_done(unpaid_.end_due(context, clock_.now() + 2 * kLifetime)), 0u);
  EXPECT_EQ(status_of(young), "pending");
}

TEST_F(UnpaidOrdersTest, AnOrderThatIsPaidOrConfirmedDoesNotEnd) {
  const auto paid = placed();
  const auto confirmed = placed();
  loop_.run_until_done(pay(paid, "sandbox-ok"));
  runtime::Context context;
  ASSERT_TRUE(loop_.run_until_done(order_flow_.confirm(context, confirmed, {})));
  let_pass(paid, 2 * kLifetime);
  let_pass(confirmed, 2 * kLifetime);
  EXPECT_EQ(end_due(), 0u);
}

TEST_F(UnpaidOrdersTest, AnOrderThatIsToBePaidLaterStaysOpenForTheLifetimeOfTransfers) {
  const auto due = placed();
  const auto young = placed();
  open_transfers();
  let_pass(due, kTransferLifetime + 1min);
  let_pass(young, kTransferLifetime - 1min);
  EXPECT_EQ(end_due(), 1u);
  EXPECT_EQ(status_of(due), "cancelled");
  EXPECT_EQ(status_of(young), "pending");
  EXPECT_EQ(units_of(1), "8");
  EXPECT_EQ(value("SELECT p.status || ' ' || p.goal || ' ' || (method IS NULL) FROM payments p "
                  "JOIN orders o ON o.id = order_id WHERE o.status = 'cancelled'"),
            "cancelled returned true");
}

TEST_F(UnpaidOrdersTest, AnOrderWhosePaymentThatComesLaterIsGivenUpEndsAsAnyOther) {
  const auto later = placed();
  open_transfers();
  let_pass(later, 2 * kLifetime);
  EXPECT_EQ(end_due(), 0u);
  sql("UPDATE payments SET status = 'cancelled', goal = 'returned', method = NULL");
  EXPECT_EQ(end_due(), 1u) << "that payment is over";
}

TEST_F(UnpaidOrdersTest, ALifetimeOfZeroEndsNoneOfItsKind) {
  const auto transfer = placed();
  open_transfers();
  const auto other = placed();
  for (const auto& order : {transfer, other}) let_pass(order, 2 * kTransferLifetime);
  runtime::Context context;
  const auto ended_with = [&](orders::store::UnpaidLifetimes lifetimes) {
    UnpaidOrders unpaid(pool_, notifier_, registry_, clock_, ids_, lifetimes);
    return loop_.run_until_done(unpaid.end_due(context, clock_.now()));
  };
  EXPECT_EQ(ended_with({0min, 0min}), 0u);
  EXPECT_EQ(ended_with({kLifetime, 0min}), 1u);
  EXPECT_EQ(status_of(other), "cancelled");
  EXPECT_EQ(ended_with({0min, kTransferLifetime}), 1u);
  EXPECT_EQ(status_of(transfer), "cancelled");
}

// Orders with bank transfers are the oldest and remain.
TEST_F(UnpaidOrdersTest, MoreOrdersThatAreToBePaidLaterThanOneRunLooksAtHoldUpNoOther) {
  const auto late = placed();
  let_pass(late, kLifetime + 1min);
  sql(fmt::format(
      "SET session_replication_role = replica; WITH o AS (INSERT INTO orders (id, user_id, total, "
      "currency, updated_at) SELECT gen_random_uuid(), user_id, total, currency, now() - interval "
      "'1 day' FROM orders, generate_series(1, {}) RETURNING *) INSERT INTO payments (id, "
      "order_id, "
      "provider, amount, currency, method, actor_kind, pays_later) SELECT id, id, 'manual', total, "
      "currency, 'invoice', 'system', true FROM o",
      UnpaidOrders::kPage * UnpaidOrders::kMaxPages));
  EXPECT_EQ(end_due(), 1u);
  EXPECT_EQ(status_of(late), "cancelled");
}

TEST_F(UnpaidOrdersTest, ADeclinedPaymentMayBeTriedAgainUntilTheOrderEnds) {
  const auto tried = placed();
  loop_.run_until_done(pay(tried, "sandbox-declined"));
  let_pass(tried, kLifetime - 1min);
  EXPECT_EQ(end_due(), 0u);
  loop_.run_until_done(pay(tried, "sandbox-ok"));
  EXPECT_EQ(status_of(tried), "paid");
}

TEST_F(UnpaidOrdersTest, MoneyThatIsUnderWayWhenAnOrderEndsGoesBack) {
  const auto ended = placed();
  sql("INSERT INTO payments (id, order_id, provider, amount, currency, method, actor_kind, due_at) "
      "SELECT id, id, 'sandbox', total, currency, 'sandbox-ok', 'system', now() FROM orders");
  let_pass(ended, kLifetime + 1min);
  EXPECT_EQ(end_due(), 1u);
  EXPECT_EQ(value("SELECT status || ' ' || goal FROM payments"), "created returned");
  runtime::Context context;
  EXPECT_EQ(loop_.run_until_done(payments_.resume(context)), 1u);
  EXPECT_EQ(value("SELECT status || ' ' || goal FROM payments"), "cancelled returned");
  EXPECT_EQ(status_of(ended), "cancelled");
}

TEST_F(UnpaidOrdersTest, PayingAndEndingMeetAtTheOrderAndOneOfThemWins) {
  std::vector<OrderId> orders;
  for (int i = 0; i < 4; ++i) orders.push_back(placed());
  for (const auto& order : orders) let_pass(order, kLifetime + 1min);
  loop_.run_until_done(pay_and_end(orders));
  sql("UPDATE payments SET due_at = now() WHERE due_at IS NOT NULL");
  runtime::Context context;
  loop_.run_until_done(payments_.resume(context));
  EXPECT_EQ(value("SELECT count(*) FROM orders o WHERE (o.status = 'paid') <> EXISTS (SELECT FROM "
                  "payments p WHERE p.order_id = o.id AND p.status = 'captured')"),
            "0");
  EXPECT_EQ(value("SELECT count(*) FROM orders WHERE status NOT IN ('paid', 'cancelled')"), "0");
  EXPECT_EQ(value("SELECT 10 - 2 * count(*) FROM orders WHERE status = 'paid'"), units_of(1));
}

TEST_F(UnpaidOrdersTest, AnOrderThatCannotEndHoldsUpNoOther) {
  const auto stuck = placed();
  const auto other = placed();
  sql("CREATE FUNCTION hold_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = '" +
      stuck.value.to_string() +
      "' AND NEW.status <> OLD.status THEN RAISE 'never'; END IF; RETURN NEW; END $$");
  sql("CREATE TRIGGER hold_on BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION hold_on()");
  let_pass(stuck, kLifetime + 2min);
  let_pass(other, kLifetime + 1min);
  EXPECT_THROW(end_due(), std::runtime_error);
  EXPECT_EQ(status_of(stuck), "pending");
  EXPECT_EQ(status_of(other), "cancelled");
}

}  // namespace
}  // namespace souk::checkout
