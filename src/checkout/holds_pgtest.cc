#include <gmock/gmock.h>

#include <thread>

#include "checkout/test_checkout.h"

namespace souk::checkout {
namespace {

using testing::SizeIs;

class HoldsTest : public CheckoutTest {
 protected:
  static PlaceOrder by_other(std::vector<inventory::Line> lines) {
    auto other = order(std::move(lines));
    other.buyer = {uuid(kBuyer + 1)};
    return other;
  }
  // For each line: the units left and the units held at first.
  std::string lines_of(ReservationId id) {
    runtime::Context context;
    const auto found =
        loop_.run_until_done(reservations_.find(context, id, {uuid(kBuyer)})).value();
    auto text = std::string(name_of(inventory::kReservationStatusNames, found.status));
    for (const auto& line : found.lines) text += fmt::format(" {}", line.quantity);
    return text;
  }
  // Compares the stock's reserved units with those of reservations and orders.
  std::string books(int n) {
    return value(fmt::format(
        "SELECT s.reserved || ' ' || (SELECT coalesce(sum(coalesce(r.left_units[i.line_no], "
        "i.quantity)), 0) FROM reservations r JOIN reservation_items i ON i.reservation_id = r.id "
        "WHERE r.status = 'held' AND i.product_id = s.product_id) + (SELECT "
        "coalesce(sum(quantity), 0) FROM order_items i WHERE i.product_id = s.product_id) "
        "FROM product_stocks s WHERE product_id = {}",
        id(10 + n)));
  }
};

TEST_F(HoldsTest, WhatABuyerHoldsServesAnOrderOfHisThatNamesNoReservation) {
  const auto kept = held({{product(1), 10}});
  EXPECT_EQ(place_all({by_other({{product(1), 1}})}).out_of_stock, 1);
  EXPECT_THAT(place_all({order({{product(1), 4}})}).placed, SizeIs(1));
  EXPECT_EQ(lines_of(kept), "held 6");
  EXPECT_EQ(ledger_of(1), "10 10");
  EXPECT_EQ(books(1), "10 10");
  EXPECT_EQ(place_all({order({{product(1), 7}})}).out_of_stock, 1);
  EXPECT_THAT(place_all({order({{product(1), 6}})}).placed, SizeIs(1));
  EXPECT_EQ(lines_of(kept), "ordered 6");
  EXPECT_EQ(ledger_of(1), "10 10");
}

TEST_F(HoldsTest, AnOrderTakesWhatItsBuyerHoldsBeforeItTakesMore) {
  const auto kept = held({{product(1), 2}, {product(2), 3}});
  EXPECT_THAT(place_all({order({{product(1), 5}})}).placed, SizeIs(1));
  EXPECT_EQ(lines_of(kept), "held 3");
  EXPECT_EQ(ledger_of(1), "10 5");
  EXPECT_EQ(ledger_of(2), "10 3");
  EXPECT_THAT(place_all({order_of(kept)}).placed, SizeIs(1)) << "what is left of it";
  EXPECT_EQ(value("SELECT string_agg(quantity::text, ' ' ORDER BY order_id) FROM order_items"),
            "5 3");
  EXPECT_EQ(ledger_of(2), "10 3");
}

TEST_F(HoldsTest, OrdersOfOneBatchTakeFromOneHoldOneAfterTheOther) {
  const auto kept = held({{product(1), 10}});
  const auto tally = place_all({order({{product(1), 6}}), order({{product(1), 6}}),
                                by_other({{product(1), 1}}), order_of(kept)});
  EXPECT_THAT(tally.placed, SizeIs(2));
  EXPECT_EQ(tally.out_of_stock, 2);
  EXPECT_EQ(ledger_of(1), "10 10");
  EXPECT_EQ(lines_of(kept), "ordered 4") << "what was left of it";
}

TEST_F(HoldsTest, AnOrderThatTheDatabaseRefusesLeavesTheHoldToTheOneAfterIt) {
  const auto kept = held({{product(1), 2}});
  sql("ALTER TABLE orders ADD CONSTRAINT odd CHECK (total <> 300)");
  PendingOrder refused(loop_, order({{product(1), 3}}));
  PendingOrder naming(loop_, order_of(kept));
  refused.lines = refused.request.lines;
  naming.lines = {{product(1), 2}};
  std::vector<PendingOrder*> batch{&refused, &naming};
  for (auto* const one : batch) {
    one->id = OrderId{ids_.next()};
    one->products = {product(1)};
  }
  telemetry::Registry registry;
  Metrics metrics(registry);
  OrderWriter writer(loop_, batches_, {inventory_, notifier_, log_}, clock_, ids_, metrics,
                     {.open = {0, 0, 0, 0}});
  loop_.run_until_done(writer.write(batch));
  EXPECT_TRUE(std::holds_alternative<Failed>(refused.decision));
  EXPECT_TRUE(std::holds_alternative<Placed>(naming.decision));
  EXPECT_EQ(lines_of(kept), "ordered 2");
  EXPECT_EQ(ledger_of(1), "10 2");
}

TEST_F(HoldsTest, OneOrderUsesUpSeveralHoldsAndTheOneThatEndsSoonestFirst) {
  const auto later = held({{product(1), 4}});
  const auto sooner = held({{product(1), 4}});
  sql("UPDATE reservations SET expires_at = now() + interval '1 minute' WHERE id = '" +
      sooner.value.to_string() + "'");
  ASSERT_THAT(place_all({order({{product(1), 5}})}).placed, SizeIs(1));
  EXPECT_EQ(lines_of(sooner), "ordered 4");
  EXPECT_EQ(lines_of(later), "held 3");
  ASSERT_THAT(place_all({order({{product(1), 3}})}).placed, SizeIs(1));
  EXPECT_EQ(lines_of(later), "ordered 3");
  EXPECT_EQ(ledger_of(1), "10 8");
}

TEST_F(HoldsTest, WhatIsLeftOfAHoldIsReleasedOnce) {
  const auto kept = held({{product(1), 5}, {product(2), 2}});
  ASSERT_THAT(place_all({order({{product(1), 5}})}).placed, SizeIs(1));
  runtime::Context context;
  EXPECT_TRUE(loop_.run_until_done(reservations_.release(context, kept, {uuid(kBuyer)})));
  EXPECT_EQ(ledger_of(1), "10 5");
  EXPECT_EQ(ledger_of(2), "10 0");
}

// A release that waits for a reservation's lock must not release units that an order has taken
// meanwhile.
TEST_F(HoldsTest, AReleaseThatWaitedForAnOrderReleasesWhatThatHasLeft) {
  const auto kept = held({{product(1), 5}});
  auto other = database_.connect();
  ASSERT_TRUE(other.execute("BEGIN"));
  ASSERT_TRUE(other.execute("SELECT FROM reservations FOR UPDATE"));
  std::thread order([&] {
    while (value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname "
                 "= current_database()") == "0") {
      std::this_thread::yield();
    }
    EXPECT_TRUE(other.execute("UPDATE reservations SET left_units = '{3}'"));
    EXPECT_TRUE(other.execute("COMMIT"));
  });
  runtime::Context context;
  EXPECT_TRUE(loop_.run_until_done(reservations_.release(context, kept, {uuid(kBuyer)})));
  order.join();
  EXPECT_EQ(ledger_of(1), "10 2");
}

TEST_F(HoldsTest, AHoldThatIsOverIsSoldToOthersBeforeAnybodyHasEndedIt) {
  const auto over = held({{product(1), 10}, {product(2), 1}});
  let_expire(over);
  EXPECT_EQ(lines_of(over), "expired 10 1");
  EXPECT_THAT(place_all({by_other({{product(1), 10}}), by_other({{product(3), 1}})}).placed,
              SizeIs(2));
  EXPECT_EQ(value("SELECT status FROM reservations"), "expired");
  EXPECT_EQ(ledger_of(1), "10 10");
  EXPECT_EQ(ledger_of(2), "10 0");
}

TEST_F(HoldsTest, AHoldThatIsOverIsHeldByOthersBeforeAnybodyHasEndedIt) {
  let_expire(held({{product(1), 10}}));
  EXPECT_TRUE(std::holds_alternative<inventory::Reservation>(hold({{product(1), 10}}).value()));
  EXPECT_EQ(ledger_of(1), "10 10");
}

TEST_F(HoldsTest, AHoldThatIsOverAndCannotEndLeavesOthersShortButBreaksNoOrder) {
  let_expire(held({{product(1), 10}}));
  sql("CREATE FUNCTION hold_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END "
      "$$");
  sql("CREATE TRIGGER hold_on BEFORE UPDATE ON reservations FOR EACH ROW EXECUTE FUNCTION "
      "hold_on()");
  const auto tally = place_all({by_other({{product(1), 1}}), by_other({{product(2), 1}})});
  EXPECT_EQ(tally.out_of_stock, 1);
  EXPECT_THAT(tally.placed, SizeIs(1));
}

TEST_F(HoldsTest, WhatAUserOrANetworkHoldsIsBounded) {
  Reservations limited{
      pool_,
      inventory_,
      ids_,
      {.max_units_per_user = 5, .max_held_per_network = 2, .max_units_per_network = 8}};
  const auto hold = [&](int user, int units, Origin origin) -> std::optional<ErrorCode> {
    runtime::Context context;
    const auto outcome = loop_.run_until_done(
        limited.hold(context, {uuid(kBuyer + user)}, {{product(1), units}}, std::nullopt, origin));
    if (!outcome) return outcome.error().code;
    return std::nullopt;
  };
  EXPECT_EQ(hold(0, 5, {.network = 7}), std::nullopt);
  EXPECT_EQ(hold(0, 1, {.network = 7}), ErrorCode::kLimitReached);
  EXPECT_EQ(hold(1, 4, {.network = 7}), ErrorCode::kTooManyRequests);
  EXPECT_EQ(hold(1, 1, {.network = 7}), std::nullopt);
  EXPECT_EQ(hold(1, 1, {.network = 7}), ErrorCode::kTooManyRequests);
  EXPECT_EQ(hold(1, 1, {.network = 8}), std::nullopt);
  EXPECT_EQ(hold(0, 1, {.limited = false, .network = 7}), std::nullopt);
}

}  // namespace
}  // namespace souk::checkout
