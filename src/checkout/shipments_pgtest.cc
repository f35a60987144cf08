#include <gmock/gmock.h>

#include "checkout/error_codes.h"
#include "checkout/test_checkout.h"

namespace souk::checkout {
namespace {

using orders::Status;
using testing::HasSubstr;

class ShipmentsTest : public CheckoutTest {
 protected:
  OrderId paid(std::vector<inventory::Line> lines) {
    const auto id = place_all({order(std::move(lines))}).placed.at(0);
    runtime::Context context;
    EXPECT_TRUE(loop_.run_until_done(
        payments_.pay(context, {.order = id, .buyer = {uuid(kBuyer)}, .method = "sandbox-ok"})));
    return id;
  }
  Ship units(OrderId order, std::vector<inventory::Line> lines) {
    return {.order = order, .lines = std::move(lines), .actor = kAdmin};
  }
  Result<Shipped> ship(Ship wanted) {
    runtime::Context context;
    return loop_.run_until_done(order_flow_.ship(context, std::move(wanted)));
  }
  Result<orders::Order> ship_rest(OrderId order) {
    runtime::Context context;
    return loop_.run_until_done(order_flow_.ship(context, order, kAdmin));
  }
  orders::Order find(OrderId id) {
    runtime::Context context;
    return loop_.run_until_done(orders_.order(context, id, std::nullopt)).value();
  }
  std::vector<orders::Shipment> shipments_of(OrderId id) {
    runtime::Context context;
    return loop_.run_until_done(orders_.shipments(context, id, UserId{uuid(kBuyer)})).value();
  }
  runtime::Task<void> ship_one(Ship wanted, int& refused) {
    runtime::Context context;
    const auto shipped = co_await order_flow_.ship(context, std::move(wanted));
    refused += shipped ? 0 : 1;
  }
  runtime::Task<void> ship_together(std::vector<Ship> all, int& refused) {
    runtime::Scope scope(loop_);
    for (auto& wanted : all) scope.spawn(ship_one(std::move(wanted), refused));
    co_await scope.join();
  }
  std::string events() {
    return value(
        "SELECT string_agg(kind, ' ' ORDER BY position) FROM outbox "
        "WHERE kind NOT IN ('events.named', 'order.paid')");
  }

  inline static const Actor kAdmin{ActorKind::kAdmin, uuid(kBuyer + 1)};
  orders::Orders orders_{pool_};
};

TEST_F(ShipmentsTest, UnitsLeaveTheStockByLineAndTheOrderFollows) {
  const auto id = paid({{product(1), 3}, {product(2), 1}});
  auto first = units(id, {{product(1), 2}});
  first.carrier = "DHL";
  first.tracking_number = "0034";
  first.tracking_url = "https://carrier.example/0034";
  const auto shipped = ship(first).value();
  EXPECT_EQ(shipped.order.status, Status::kPartiallyShipped);
  EXPECT_FALSE(shipped.replayed);
  EXPECT_EQ(ledger_of(1), "8 1");
  EXPECT_EQ(ledger_of(2), "10 1");
  auto order = find(id);
  EXPECT_EQ(order.status, Status::kPartiallyShipped);
  EXPECT_EQ(order.items.at(0).shipped, 2);
  EXPECT_EQ(order.items.at(1).shipped, 0);

  EXPECT_EQ(ship(units(id, {{product(1), 1}})).value().order.status, Status::kPartiallyShipped);
  EXPECT_EQ(ship_rest(id).value().status, Status::kShipped);
  EXPECT_EQ(ledger_of(1), "7 0");
  EXPECT_EQ(ledger_of(2), "9 0");
  EXPECT_EQ(events(), "order.partially_shipped order.partially_shipped order.shipped");
  EXPECT_EQ(value("SELECT string_agg(to_status, ' ' ORDER BY seq) FROM order_transitions"),
            "confirmed paid partially_shipped shipped");

  const auto kept = shipments_of(id);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].id, shipped.shipment.id);
  EXPECT_EQ(kept[0].carrier, "DHL");
  EXPECT_EQ(kept[0].tracking_number, "0034");
  EXPECT_EQ(kept[0].tracking_url, "https://carrier.example/0034");
  EXPECT_EQ(kept[0].actor.id, kAdmin.id);
  EXPECT_EQ(kept[0].items.at(0).product_id, product(1));
  EXPECT_EQ(kept[0].items.at(0).quantity, 2);
  EXPECT_EQ(kept[2].items.at(0).product_id, product(2));
}

TEST_F(ShipmentsTest, EachIsToldWithItsUnitsAndItsNumber) {
  const auto id = paid({{product(1), 3}});
  auto wanted = units(id, {{product(1), 1}});
  wanted.tracking_number = "0034";
  ASSERT_TRUE(ship(wanted));
  const auto payload = value("SELECT payload FROM outbox WHERE kind = 'order.partially_shipped'");
  EXPECT_THAT(
      payload,
      HasSubstr(R"("quantity":3,"unitPrice":{"amount":100,"currency":"EUR"},"shipped":1})"));
  EXPECT_THAT(payload, HasSubstr(R"("trackingNumber":"0034")"));
  EXPECT_THAT(payload, HasSubstr(R"("quantity":1}]})"));
}

TEST_F(ShipmentsTest, NoMoreIsShippedThanIsLeftAndNothingOfARefusedShipment) {
  const auto id = paid({{product(1), 3}, {product(2), 2}});
  ASSERT_TRUE(ship(units(id, {{product(1), 2}})));
  const auto refused = ship(units(id, {{product(2), 1}, {product(1), 1}, {product(1), 1}}));
  EXPECT_EQ(refused.error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/items/1/quantity");
  EXPECT_EQ(ship(units(id, {{product(3), 1}})).error().fields.at(0).pointer, "/items/0/productId");
  EXPECT_EQ(ledger_of(1), "8 1");
  EXPECT_EQ(ledger_of(2), "10 2");
  EXPECT_THAT(value("UPDATE order_items SET shipped = quantity + 1"),
              HasSubstr("check constraint \"order_items_"));
}

TEST_F(ShipmentsTest, WhatIsShippedAtOnceTwiceLeavesOnce) {
  const auto id = paid({{product(1), 3}});
  int refused = 0;
  loop_.run_until_done(ship_together(std::vector(8, units(id, {{product(1), 2}})), refused));
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(ledger_of(1), "8 1");
  EXPECT_EQ(shipments_of(id).size(), 1u);
}

TEST_F(ShipmentsTest, ARetryUnderOneKeyShipsOnce) {
  const auto id = paid({{product(1), 3}});
  auto wanted = units(id, {{product(1), 1}});
  wanted.idempotency_key = "a key";
  const auto first = ship(wanted).value();
  const auto again = ship(wanted).value();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.shipment.id, first.shipment.id);
  EXPECT_EQ(find(id).items.at(0).shipped, 1);
  wanted.carrier = "DHL";
  EXPECT_EQ(ship(wanted).error().code, errors::kIdempotencyKeyReused);
  EXPECT_EQ(ledger_of(1), "9 2");
}

TEST_F(ShipmentsTest, OnlyAnOrderThatIsPaidAndKeepsItsMoneyIsShipped) {
  const auto unpaid = place_all({order({{product(1), 1}})}).placed.at(0);
  EXPECT_EQ(ship(units(unpaid, {{product(1), 1}})).error().code, errors::kIllegalTransition);
  const auto id = paid({{product(1), 1}});
  sql("UPDATE payments SET goal = 'returned', due_at = now()");
  EXPECT_EQ(ship(units(id, {{product(1), 1}})).error().code, errors::kIllegalTransition);
  EXPECT_EQ(ledger_of(1), "10 2");
}

TEST_F(ShipmentsTest, ARefundReleasesWhatNeverLeft) {
  const auto id = paid({{product(1), 3}, {product(2), 1}});
  ASSERT_TRUE(ship(units(id, {{product(1), 2}})));
  runtime::Context context;
  EXPECT_EQ(loop_.run_until_done(payments_.refund(context, id, kAdmin))->status, Status::kRefunded);
  EXPECT_EQ(ledger_of(1), "8 0");
  EXPECT_EQ(ledger_of(2), "10 0");
  EXPECT_EQ(find(id).items.at(0).shipped, 2);
}

TEST_F(ShipmentsTest, AnOrderShippedBeforeShipmentsWereKeptIsShippedAsAWhole) {
  const auto id = paid({{product(1), 3}});
  sql("UPDATE orders SET status = 'shipped'");
  EXPECT_EQ(find(id).items.at(0).shipped, 3);
  sql("UPDATE orders SET status = 'refunded'");
  EXPECT_EQ(find(id).items.at(0).shipped, 3);
  EXPECT_TRUE(shipments_of(id).empty());
}

TEST_F(ShipmentsTest, AreBoundedInNumberAndTheLastHasAllThatIsLeft) {
  sql("UPDATE product_stocks SET quantity = 1000");
  const auto id = paid({{product(1), 200}});
  sql("WITH made AS (INSERT INTO shipments (id, order_id, shipped_at, actor_kind) "
      "SELECT gen_random_uuid(), id, now(), 'system' FROM orders, generate_series(1, 99) "
      "RETURNING id), units AS (INSERT INTO shipment_items SELECT id, " +
      this->id(11) + ", 1 FROM made) UPDATE order_items SET shipped = 99");
  EXPECT_EQ(ship(units(id, {{product(1), 1}})).error().code, ErrorCode::kLimitReached);
  EXPECT_EQ(ship_rest(id).value().status, Status::kShipped);
  EXPECT_EQ(shipments_of(id).size(), orders::kMaxShipments);
}

}  // namespace
}  // namespace souk::checkout
