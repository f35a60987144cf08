#include <gmock/gmock.h>

#include "checkout/error_codes.h"
#include "checkout/test_checkout.h"

namespace souk::checkout {
namespace {

using orders::Status;
using payments::Refund;
using testing::HasSubstr;

class RefundsTest : public CheckoutTest {
 protected:
  OrderId paid(std::vector<inventory::Line> lines, std::string method = "sandbox-ok") {
    const auto id = place_all({order(std::move(lines))}).placed.at(0);
    runtime::Context context;
    EXPECT_TRUE(loop_.run_until_done(payments_.pay(
        context, {.order = id, .buyer = {uuid(kBuyer)}, .method = std::move(method)})));
    return id;
  }
  RefundPart amount(OrderId order, std::int64_t cents) {
    return {
        .order = order, .amount = Money{cents, Currency::parse("EUR").value()}, .actor = kAdmin};
  }
  RefundPart units(OrderId order, std::vector<Refund::Item> items) {
    return {.order = order, .items = std::move(items), .actor = kAdmin};
  }
  Result<Refunded> refund(RefundPart wanted) {
    runtime::Context context;
    return loop_.run_until_done(payments_.refunds().refund(context, std::move(wanted)));
  }
  Result<orders::Order> refund_rest(OrderId order) {
    runtime::Context context;
    return loop_.run_until_done(payments_.refund(context, order, kAdmin));
  }
  Result<Shipped> ship(OrderId order, std::optional<std::vector<inventory::Line>> lines = {}) {
    runtime::Context context;
    return loop_.run_until_done(
        order_flow_.ship(context, {.order = order, .lines = std::move(lines), .actor = kAdmin}));
  }
  runtime::Task<void> refund_one(RefundPart wanted, int& done) {
    runtime::Context context;
    const auto refunded = co_await payments_.refunds().refund(context, std::move(wanted));
    if (refunded) ++done;
  }
  runtime::Task<void> refund_together(std::vector<RefundPart> all, int& done) {
    runtime::Scope scope(loop_);
    for (auto& wanted : all) scope.spawn(refund_one(std::move(wanted), done));
    co_await scope.join();
  }
  orders::Order find(OrderId id) {
    runtime::Context context;
    return loop_.run_until_done(orders_.order(context, id, std::nullopt)).value();
  }
  std::string pointer_of(RefundPart wanted) {
    const auto refused = refund(std::move(wanted));
    return refused ? "done" : refused.error().fields.at(0).pointer;
  }
  // What the provider has returned, and the state of its charge.
  std::string charge() { return value("SELECT refunded || ' ' || status FROM sandbox_charges"); }
  // The kinds of refunds' events, with the money that was new in each.
  std::string events() {
    return value(
        "SELECT string_agg(kind || ' ' || (payload::json #>> '{returned,amount}'), ', ' "
        "ORDER BY position) FROM outbox WHERE kind LIKE '%refunded'");
  }

  inline static const Actor kAdmin{ActorKind::kAdmin, uuid(kBuyer + 1)};
  orders::Orders orders_{pool_};
};

TEST_F(RefundsTest, AmountsAreReturnedOneAfterTheOtherUntilNothingIsLeft) {
  const auto id = paid({{product(1), 3}});
  const auto first = refund(amount(id, 100)).value();
  EXPECT_FALSE(first.refund.is_requested());
  EXPECT_EQ(find(id).status, Status::kPaid);
  EXPECT_EQ(find(id).refunded.amount, 100);
  EXPECT_EQ(charge(), "100 captured");
  EXPECT_EQ(ledger_of(1), "10 3") << "nothing was asked to be put back";
  ASSERT_TRUE(refund(amount(id, 200)));
  EXPECT_EQ(find(id).status, Status::kRefunded);
  EXPECT_EQ(find(id).refunded.amount, 300);
  EXPECT_EQ(charge(), "300 refunded");
  EXPECT_EQ(ledger_of(1), "10 0") << "it will not be shipped any more";
  EXPECT_EQ(events(), "order.partially_refunded 100, order.refunded 200");
  EXPECT_EQ(value("SELECT status || ' ' || refunded FROM payments"), "refunded 300");
  EXPECT_EQ(refund(amount(id, 1)).error().code, errors::kIllegalTransition);
}

TEST_F(RefundsTest, UnitsArePutBackWhereItIsAskedWhetherTheyWereShippedOrNot) {
  const auto id = paid({{product(1), 3}, {product(2), 1}});
  ASSERT_TRUE(ship(id, {{{product(1), 2}}}));
  const auto refunded = refund(units(id, {{product(1), 2, true}})).value();
  EXPECT_EQ(refunded.refund.amount.amount, 200);
  EXPECT_EQ(ledger_of(1), "9 0") << "one that was not shipped, and one that came back";
  EXPECT_EQ(ledger_of(2), "10 1");
  auto order = find(id);
  EXPECT_EQ(order.items.at(0).refunded, 2);
  EXPECT_EQ(order.items.at(0).shipped, 2);
  EXPECT_EQ(order.items.at(0).unshipped(), 0);
  EXPECT_EQ(order.status, Status::kPartiallyShipped);
  EXPECT_EQ(ship(id).value().order.status, Status::kShipped);
  EXPECT_EQ(ledger_of(2), "9 0");
  EXPECT_EQ(find(id).items.at(0).shipped, 2);
}

TEST_F(RefundsTest, UnitsThatAreNotPutBackAreShippedAllTheSame) {
  const auto id = paid({{product(1), 3}});
  ASSERT_TRUE(refund(units(id, {{product(1), 1, false}})));
  EXPECT_EQ(ledger_of(1), "10 3");
  EXPECT_EQ(ship(id).value().order.status, Status::kShipped);
  EXPECT_EQ(ledger_of(1), "7 0");
  EXPECT_EQ(find(id).items.at(0).shipped, 3);
}

TEST_F(RefundsTest, AnOrderWhoseRestIsRefundedIsShipped) {
  const auto id = paid({{product(1), 3}});
  ASSERT_TRUE(ship(id, {{{product(1), 2}}}));
  ASSERT_TRUE(refund(units(id, {{product(1), 1, true}})));
  EXPECT_EQ(find(id).status, Status::kShipped);
  EXPECT_EQ(ledger_of(1), "8 0");
  EXPECT_EQ(ship(id).error().code, errors::kIllegalTransition);
}

TEST_F(RefundsTest, NoMoreIsReturnedThanWasPaidAndIsStillThere) {
  const auto id = paid({{product(1), 3}, {product(2), 1}});
  ASSERT_TRUE(refund(units(id, {{product(1), 2, false}})));
  EXPECT_EQ(pointer_of(amount(id, 301)), "/amount");
  EXPECT_EQ(pointer_of(amount(id, 0)), "/amount");
  EXPECT_EQ(pointer_of(units(id, {{product(1), 2, false}})), "/items/0/quantity");
  EXPECT_EQ(pointer_of(units(id, {{product(3), 1, false}})), "/items/0/productId");
  EXPECT_EQ(pointer_of(units(id, {{product(1), 1, false}, {product(1), 1, false}})),
            "/items/1/productId");
  EXPECT_EQ(pointer_of({.order = id, .actor = kAdmin}), "");
  auto by_hand = amount(id, 1);
  by_hand.reference = "Transfer 1";
  EXPECT_EQ(pointer_of(by_hand), "/reference");
  EXPECT_EQ(charge(), "200 captured");
  EXPECT_THAT(value("UPDATE payments SET refunded = amount + 1"),
              HasSubstr("payments_refunded_once"));
}

TEST_F(RefundsTest, RefundsAtOnceReturnNoMoreThanWasPaid) {
  const auto id = paid({{product(1), 3}});
  int done = 0;
  loop_.run_until_done(refund_together(std::vector(10, amount(id, 100)), done));
  EXPECT_EQ(done, 3);
  EXPECT_EQ(charge(), "300 refunded");
  EXPECT_EQ(find(id).status, Status::kRefunded);
  EXPECT_EQ(value("SELECT sum((payload::json #>> '{returned,amount}')::int) FROM outbox"), "300");
  EXPECT_EQ(value("SELECT string_agg(DISTINCT status, ' ') FROM refunds"), "done");
  EXPECT_EQ(ledger_of(1), "10 0");
}

TEST_F(RefundsTest, TheSameUnitsAreRefundedAndPutBackOnce) {
  const auto id = paid({{product(1), 2}});
  int done = 0;
  loop_.run_until_done(refund_together(std::vector(6, units(id, {{product(1), 1, true}})), done));
  EXPECT_EQ(done, 2);
  EXPECT_EQ(ledger_of(1), "10 0");
  EXPECT_EQ(charge(), "200 refunded");
}

TEST_F(RefundsTest, ARetryUnderOneKeyReturnsMoneyOnce) {
  const auto id = paid({{product(1), 3}});
  auto wanted = units(id, {{product(1), 1, true}});
  wanted.idempotency_key = "a key";
  const auto first = refund(wanted).value();
  const auto again = refund(wanted).value();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.refund.id, first.refund.id);
  wanted.reason = "broken";
  EXPECT_EQ(refund(wanted).error().code, errors::kIdempotencyKeyReused);
  EXPECT_EQ(charge(), "100 captured");
  EXPECT_EQ(ledger_of(1), "10 2");
}

TEST_F(RefundsTest, ALostAnswerIsAskedForAgainAndReturnsMoneyOnce) {
  const auto id = paid({{product(1), 3}}, "sandbox-lost-refund");
  EXPECT_TRUE(refund(amount(id, 100)).value().refund.is_requested());
  EXPECT_EQ(find(id).refunded.amount, 0) << "not before the provider says so";
  EXPECT_EQ(refund_rest(id).error().code, errors::kPaymentConflict);
  EXPECT_EQ(pointer_of(amount(id, 201)), "/amount") << "what is under way counts";
  runtime::Context context;
  EXPECT_EQ(loop_.run_until_done(payments_.resume(context)), 0u) << "it is not due yet";
  sql("UPDATE refunds SET due_at = now() - interval '1 second'");
  EXPECT_EQ(loop_.run_until_done(payments_.resume(context)), 1u);
  EXPECT_EQ(find(id).refunded.amount, 100);
  EXPECT_EQ(charge(), "100 captured");
  EXPECT_EQ(events(), "order.partially_refunded 100");
  EXPECT_EQ(loop_.run_until_done(payments_.resume(context)), 0u);
}

TEST_F(RefundsTest, ARefundOfAllReturnsWhatPartsHaveLeft) {
  const auto id = paid({{product(1), 3}});
  ASSERT_TRUE(refund(units(id, {{product(1), 1, true}})));
  EXPECT_EQ(refund_rest(id).value().status, Status::kRefunded);
  EXPECT_EQ(charge(), "300 refunded");
  EXPECT_EQ(events(), "order.partially_refunded 100, order.refunded 200");
  EXPECT_EQ(ledger_of(1), "10 0");
}

TEST_F(RefundsTest, OnlyAnOrderWhoseMoneyIsThereIsRefunded) {
  const auto unpaid = place_all({order({{product(1), 1}})}).placed.at(0);
  EXPECT_EQ(refund(amount(unpaid, 1)).error().code, errors::kIllegalTransition);
  const auto id = paid({{product(1), 1}});
  sql("UPDATE payments SET goal = 'returned', due_at = now()");
  EXPECT_EQ(refund(amount(id, 1)).error().code, errors::kPaymentConflict);
}

}  // namespace
}  // namespace souk::checkout
