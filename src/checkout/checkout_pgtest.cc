#include <atomic>
#include <thread>

#include "catalog/error_codes.h"
#include "checkout/error_codes.h"
#include "checkout/test_checkout.h"
#include "runtime/test_until.h"

namespace souk::checkout {
namespace {

using namespace std::chrono_literals;
using runtime::Scope;
using runtime::Task;

TEST_F(CheckoutTest, PlacingReservesTheStockAndKeepsTheOrder) {
  const auto tally = place_all({order({{product(1), 3}, {product(2), 1}})});
  ASSERT_EQ(tally.placed.size(), 1u);
  EXPECT_EQ(units_of(1), "7");
  EXPECT_EQ(units_of(2), "9");
  EXPECT_EQ(value("SELECT status || ' ' || total FROM orders"), "pending 500");
  EXPECT_EQ(value("SELECT string_agg(line_no || ':' || quantity || 'x' || unit_price, ' ' "
                  "ORDER BY line_no) FROM order_items"),
            "1:3x100 2:1x200");
}

TEST_F(CheckoutTest, AnOrderKeepsACopyOfItsBuyersDefaultAddressAndEmail) {
  const auto placed = place_all({order({{product(1), 1}})}).placed;
  ASSERT_EQ(placed.size(), 1u);
  sql("UPDATE users SET email = 'new@souk.example' WHERE id = " + id(kBuyer));
  sql("DELETE FROM user_addresses");
  EXPECT_EQ(
      value("SELECT concat_ws('|', email, recipient, line1, line2, city, postal_code, country)"
            " FROM orders"),
      "u0@souk.example|U0|1 Street||London|SW1Y 4JH|GB");
  runtime::Context context;
  const auto kept =
      loop_.run_until_done(orders::Orders(pool_).order(context, placed.front(), std::nullopt));
  EXPECT_EQ(kept->email, "u0@souk.example");
  EXPECT_EQ(kept->delivery_address.value().city, "London");
}

TEST_F(CheckoutTest, EachOrderHasANumberByWhichItsBuyerFindsIt) {
  const auto placed = place_all(std::vector(10, order({{product(1), 1}}))).placed;
  ASSERT_EQ(placed.size(), 10u);
  EXPECT_EQ(value("SELECT count(DISTINCT number) || ' ' || count(DISTINCT serial) FROM orders"),
            "10 10");
  runtime::Context context;
  orders::Orders orders(pool_);
  for (const auto id : placed) {
    const auto order = loop_.run_until_done(orders.order(context, id, std::nullopt)).value();
    const auto find = [&](std::optional<UserId> buyer) {
      return loop_.run_until_done(orders.order_of_number(context, order.number.value(), buyer));
    };
    EXPECT_EQ(find(order.user_id).value().id, id);
    EXPECT_EQ(find(std::nullopt).value().id, id);
    EXPECT_EQ(find(UserId{uuid(kBuyer + 1)}).error().code, ErrorCode::kNotFound);
  }
  EXPECT_FALSE(loop_.run_until_done(orders.order_of_number(context, "000-000-001", std::nullopt)));
}

// The workers' threads are not that of the writer, which is the test's.
TEST_F(CheckoutTest, OrdersOfManyWorkersShareTheTransactionsOfTheirNode) {
  constexpr int kWorkers = 4;
  constexpr int kOrders = 200;  // of each
  sql("UPDATE product_stocks SET quantity = 700 WHERE product_id = " + id(11));
  std::mutex mutex;
  Tally tally;
  std::atomic<int> working = kWorkers;
  runtime::Workers workers(kWorkers, [&](runtime::Worker& worker) -> Task<void> {
    return work(worker, kOrders, mutex, tally, working);
  });
  loop_.run_until_done(runtime::until(loop_, [&] { return working == 0; }));
  workers.stop();
  workers.join();
  EXPECT_EQ(tally.placed.size(), 700u);
  EXPECT_EQ(tally.out_of_stock, 100);
  EXPECT_EQ(units_of(1), "0");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "700");
  EXPECT_LT(metric("souk_checkout_batch_orders_count"), 400) << "batches";
  EXPECT_EQ(metric("souk_checkout_waiting_orders"), 0);
}

TEST_F(CheckoutTest, NoTwoNodesGiveTheSameNumber) {
  const auto other = node(batches_, kNoLimits);
  sql("UPDATE product_stocks SET quantity = 10000");
  Tally tally;
  for (int i = 0; i < 3; ++i) {  // more than a block of numbers
    loop_.run_until_done(run_all(checkout_, std::vector(400, order({{product(1), 1}})), tally));
    loop_.run_until_done(
        run_all(other->checkout, std::vector(400, order({{product(2), 1}})), tally));
  }
  EXPECT_EQ(tally.placed.size(), 2'400u);
  EXPECT_EQ(value("SELECT count(DISTINCT number) || ' ' || count(DISTINCT serial) FROM orders"),
            "2400 2400");
}

TEST_F(CheckoutTest, OrdersOfOneBatchGoEachToTheirOwnAddress) {
  auto by_id = order({{product(1), 1}});
  sql(
      fmt::format("INSERT INTO user_addresses (id, user_id, recipient, line1, line2, city, "
                  "postal_code, country) VALUES ({}, {}, 'W', 'Office', 'Floor 2', 'Leeds', 'LS1', "
                  "'GB')",
                  id(kAddress + 5), id(kBuyer)));
  by_id.address = AddressId{uuid(kAddress + 5)};
  auto inline_one = order({{product(1), 1}});
  inline_one.deliver_to = {"Friend", "3 Rue", "", "Paris", "75001", "FR"};
  auto other_buyer = order({{product(1), 1}});
  other_buyer.buyer = {uuid(kBuyer + 1)};
  EXPECT_EQ(place_all({by_id, inline_one, other_buyer, order({{product(1), 1}})}).placed.size(),
            4u);
  EXPECT_EQ(
      value("SELECT string_agg(email || ' ' || recipient || ' ' || line2 || ' ' || city, ', ' "
            "ORDER BY recipient) FROM orders"),
      "u0@souk.example Friend  Paris, u0@souk.example U0  London, "
      "u1@souk.example U1  London, u0@souk.example W Floor 2 Leeds");
}

TEST_F(CheckoutTest, AnOrderWithoutAnAddressIsPlacedUnlessTheShopRequiresOne) {
  sql("UPDATE user_addresses SET is_active = false WHERE user_id = " + id(kBuyer));
  const auto request = order({{product(1), 1}});
  auto to_retired = request;
  to_retired.address = AddressId{uuid(kAddress)};
  auto to_others = request;
  to_others.address = AddressId{uuid(kAddress + 1)};
  auto limits = kNoLimits;
  limits.terms.require_address = true;
  EXPECT_EQ(place_all(node(batches_, limits)->checkout, {request}).refusals,
            std::vector<ErrorCode>{errors::kAddressRequired});
  for (const auto& unknown : {to_retired, to_others}) {
    EXPECT_EQ(place_all({unknown}).refusals, std::vector<ErrorCode>{errors::kUnknownAddress});
  }
  EXPECT_EQ(units_of(1), "10");

  EXPECT_EQ(place_all({request}).placed.size(), 1u);
  EXPECT_EQ(value("SELECT email || coalesce(recipient, ' none') FROM orders"),
            "u0@souk.example none");
}

// An order that was admitted before its account was erased must not keep what the account said.
TEST_F(CheckoutTest, AnOrderWaitsForTheErasureOfItsAccountAndIsRefused) {
  auto erasing = database_.connect();
  ASSERT_TRUE(erasing.execute("BEGIN"));
  ASSERT_TRUE(erasing.execute("SELECT FROM users WHERE id = " + id(kBuyer) + " FOR UPDATE"));
  ASSERT_TRUE(erasing.execute(
      "UPDATE users SET is_active = false, email = 'erased-1@invalid' WHERE id = " + id(kBuyer)));
  std::atomic<bool> placed = false;
  std::jthread commit([&] {
    const auto waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()";
    while (!placed && value(waiting) != "1") std::this_thread::yield();
    EXPECT_TRUE(erasing.execute("COMMIT"));
  });
  auto request = order({{product(1), 1}});
  request.deliver_to = {"Ada", "1 Street", "", "London", "SW1Y 4JH", "GB"};
  const auto tally = place_all({request});
  placed = true;
  EXPECT_EQ(tally.refusals, std::vector<ErrorCode>{ErrorCode::kUnauthenticated});
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "0");
  EXPECT_EQ(units_of(1), "10");
}

TEST_F(CheckoutTest, FiftyBuyersOfTenUnitsBuyExactlyTen) {
  const auto tally = place_all(std::vector(50, order({{product(1), 1}})));
  EXPECT_EQ(tally.placed.size(), 10u);
  EXPECT_EQ(tally.out_of_stock, 40);
  EXPECT_EQ(units_of(1), "0");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "10");
}

TEST_F(CheckoutTest, AllLinesAreHadOrNone) {
  const auto tally = place_all({order({{product(1), 1}, {product(2), 11}})});
  EXPECT_EQ(tally.out_of_stock, 1);
  EXPECT_EQ(units_of(1), "10");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "0");
}

TEST_F(CheckoutTest, OrdersOfTheSameProductsTheOtherWayRoundDoNotDeadlock) {
  std::vector<PlaceOrder> requests;
  for (int i = 0; i < 40; ++i) {
    requests.push_back(i % 2 == 0 ? order({{product(1), 1}, {product(2), 1}, {product(3), 1}})
                                  : order({{product(3), 1}, {product(2), 1}, {product(1), 1}}));
  }
  const auto tally = place_all(std::move(requests));
  EXPECT_EQ(tally.placed.size(), 10u);
  EXPECT_EQ(tally.out_of_stock, 30);
  EXPECT_EQ(value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
            "0");
}

TEST_F(CheckoutTest, RetriesUnderOneKeyMakeOneOrder) {
  auto request = order({{product(1), 1}});
  request.idempotency_key = "once";
  const auto tally = place_all(std::vector(20, request));
  ASSERT_EQ(tally.placed.size(), 20u);
  EXPECT_EQ(tally.replayed, 19);
  EXPECT_EQ(std::ranges::count(tally.placed, tally.placed.front()), 20);
  EXPECT_EQ(units_of(1), "9");
}

TEST_F(CheckoutTest, AnotherOrderUnderTheSameKeyIsRefusedButAnotherBuyersIsNot) {
  auto first = order({{product(1), 1}});
  first.idempotency_key = "once";
  auto other = order({{product(1), 2}});
  other.idempotency_key = "once";
  auto of_another_buyer = other;
  of_another_buyer.buyer = {uuid(kBuyer + 1)};
  ASSERT_EQ(place_all({first}).placed.size(), 1u);
  EXPECT_EQ(place_all({other}).refused, 1);
  EXPECT_EQ(place_all({of_another_buyer}).placed.size(), 1u);
  EXPECT_EQ(units_of(1), "7");
}

TEST_F(CheckoutTest, AKeyWhoseOrderWasRefusedIsFree) {
  auto request = order({{product(1), 11}});
  request.idempotency_key = "once";
  EXPECT_EQ(place_all({request}).out_of_stock, 1);
  sql("UPDATE product_stocks SET quantity = 11 WHERE product_id = " + id(11));
  EXPECT_EQ(place_all({request}).placed.size(), 1u);
}

TEST_F(CheckoutTest, AnotherUsersAddressIsUnknown) {
  sql(
      fmt::format("INSERT INTO user_addresses (id, user_id, recipient, line1, city, postal_code, "
                  "country) VALUES ({}, {}, 'R', 'L', 'C', '1', 'DE')",
                  id(200), id(kBuyer + 1)));
  auto request = order({{product(1), 1}});
  request.address = AddressId{uuid(200)};
  EXPECT_EQ(place_all({request}).refused, 1);
  request.buyer = {uuid(kBuyer + 1)};
  EXPECT_EQ(place_all({request}).placed.size(), 1u);
}

TEST_F(CheckoutTest, OrdersThatComeTogetherShareATransaction) {
  std::vector<PlaceOrder> requests;
  for (int i = 0; i < 40; ++i) requests.push_back(order({{product(1 + i % 4), 1}}));
  EXPECT_EQ(place_all(std::move(requests)).placed.size(), 40u);
  EXPECT_EQ(metric("souk_checkout_batch_orders_count"), 1);
  EXPECT_EQ(metric("souk_db_statements_total{statement=\"orders.insert\"}"), 1);
  EXPECT_EQ(value("SELECT count(*) FROM order_items"), "40");
}

constexpr auto kTold =
    "SELECT string_agg(concat_ws(' ', payload->>'kind', event->>'id'), ',') "
    "FROM outbox, json_array_elements(payload->'events') event";

TEST_F(CheckoutTest, AnOrderTellsOfItselfIfItIsPlaced) {
  const auto tally = place_all({order({{product(1), 2}}), order({{product(2), 11}})});
  ASSERT_EQ(tally.placed.size(), 1u);
  EXPECT_EQ(value(kTold), "order.placed " + tally.placed[0].value.to_string());
  EXPECT_EQ(place_all({order({{product(1), 1}}), order({{product(2), 1}})}).placed.size(), 2u);
  EXPECT_EQ(
      value("SELECT string_agg(json_array_length(payload->'events')::text, ' ' ORDER BY position) "
            "FROM outbox"),
      "1 2")
      << "a batch is one job";
}

TEST_F(CheckoutTest, TheLastUnitsGoToWhoCameFirst) {
  std::vector<PlaceOrder> requests;
  for (int i = 0; i < 12; ++i) requests.push_back(order({{product(1), i == 3 ? 3 : 1}}));
  const auto tally = place_all(std::move(requests));
  EXPECT_EQ(tally.placed.size(), 8u);  // the first three, the one of three units, four more
  EXPECT_EQ(value("SELECT string_agg(quantity::text, ',' ORDER BY order_id) FROM order_items"),
            "1,1,1,3,1,1,1,1");
}

TEST_F(CheckoutTest, AnOrderThatTheDatabaseRefusesTakesNobodyAlong) {
  std::vector<PlaceOrder> requests;
  for (int i = 0; i < 8; ++i) requests.push_back(order({{product(1), 1}}));
  requests[5].buyer = {uuid(kBuyer + 1)};
  sql("ALTER TABLE orders ADD CHECK (user_id <> " + id(kBuyer + 1) + ")");
  const auto tally = place_all(std::move(requests));
  EXPECT_EQ(tally.placed.size(), 7u);
  EXPECT_EQ(tally.broken, 1);
  EXPECT_EQ(units_of(1), "3");
  EXPECT_EQ(ledger_of(1), "10 7");
}

TEST_F(CheckoutTest, TheLedgerExplainsEveryUnit) {
  const auto placed =
      place_all({order({{product(1), 3}, {product(2), 1}}), order({{product(1), 2}})}).placed;
  ASSERT_TRUE(cancel(placed[0]));
  const auto kept = held({{product(1), 4}});
  EXPECT_EQ(ledger_of(1), "10 6");
  ASSERT_EQ(place_all({order_of(kept)}).placed.size(), 1u);
  sql("UPDATE product_stocks SET quantity = quantity + 5 WHERE product_id = " + id(11));
  EXPECT_EQ(ledger_of(1), "15 6");
  EXPECT_EQ(units_of(1), "9");
  EXPECT_EQ(
      value("SELECT string_agg(reason || on_hand || '/' || reserved, ' ' ORDER BY id) "
            "FROM stock_movements WHERE product_id = " +
            id(11)),
      "counted10/0 ordered0/3 ordered0/2 released0/-3 held0/4 released0/-4 ordered0/4 counted5/0");
}

TEST_F(CheckoutTest, WhatIsHeldIsNotSoldToOthers) {
  const auto kept = held({{product(1), 7}});
  auto by_other = order({{product(1), 1}});
  by_other.buyer = {uuid(kBuyer + 1)};
  const auto tally = place_all(std::vector(5, by_other));
  EXPECT_EQ(tally.placed.size(), 3u);
  EXPECT_EQ(tally.out_of_stock, 2);
  EXPECT_EQ(place_all({order_of(kept)}).placed.size(), 1u);
  EXPECT_EQ(units_of(1), "0");
  EXPECT_TRUE(
      std::holds_alternative<std::vector<inventory::Shortage>>(hold({{product(1), 1}}).value()));
}

TEST_F(CheckoutTest, AReservationIsOrderedOnce) {
  const auto kept = held({{product(1), 2}});
  const auto tally = place_all({order_of(kept), order_of(kept)});
  EXPECT_EQ(tally.placed.size(), 1u);
  EXPECT_EQ(tally.refused, 1);
  EXPECT_EQ(place_all({order_of(kept)}).refused, 1);
  EXPECT_EQ(units_of(1), "8");
  EXPECT_EQ(value("SELECT status FROM reservations"), "ordered");
}

TEST_F(CheckoutTest, AReservationIsReleasedOnceAndNotAfterItWasOrdered) {
  const auto kept = held({{product(1), 2}});
  const auto ordered = held({{product(1), 1}});
  ASSERT_EQ(place_all({order_of(ordered)}).placed.size(), 1u);
  runtime::Context context;
  const auto release = [&](ReservationId id, int buyer) {
    return loop_.run_until_done(reservations_.release(context, id, {uuid(buyer)}));
  };
  EXPECT_EQ(release(kept, kBuyer + 1).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(release(kept, kBuyer));
  EXPECT_TRUE(release(kept, kBuyer));
  EXPECT_EQ(release(ordered, kBuyer).error().code, errors::kReservationNotHeld);
  EXPECT_EQ(ledger_of(1), "10 1");
}

TEST_F(CheckoutTest, AReservationWhoseTimeIsOverIsGivenBack) {
  const auto over = held({{product(1), 2}});
  const auto kept = held({{product(1), 3}});
  EXPECT_EQ(expire_due(), 0u);
  let_expire(over);
  EXPECT_EQ(place_all({order_of(over)}).refused, 1) << "even before anybody has looked";
  EXPECT_EQ(expire_due(), 1u);
  EXPECT_EQ(expire_due(), 0u);
  EXPECT_EQ(ledger_of(1), "10 3");
  EXPECT_EQ(place_all({order_of(kept)}).placed.size(), 1u);
}

TEST_F(CheckoutTest, AUserHoldsABoundedNumberOfReservations) {
  const auto limit = ReservationLimits{}.max_held;
  for (std::size_t i = 0; i < limit; ++i) EXPECT_TRUE(hold({{product(1), 1}}));
  EXPECT_EQ(hold({{product(2), 1}}).error().code, ErrorCode::kLimitReached);
  sql("UPDATE reservations SET created_at = now() - interval '2 hours', "
      "expires_at = now() - interval '1 hour' WHERE id = (SELECT min(id::text)::uuid FROM "
      "reservations)");
  EXPECT_TRUE(hold({{product(2), 1}}))
      << "what is over is not held, even before anybody has looked";
}

TEST_F(CheckoutTest, WhatIsNotForSaleIsNotHeld) {
  sql("UPDATE products SET is_active = false WHERE id = " + id(11));
  EXPECT_EQ(hold({{product(2), 1}, {product(1), 1}}).error().code,
            catalog::errors::kUnknownProduct);
  EXPECT_EQ(hold({{product(40), 1}}).error().code, catalog::errors::kUnknownProduct);
  EXPECT_EQ(ledger_of(2), "10 0");
}

TEST_F(CheckoutTest, AReservationThatCannotEndHoldsUpNoOther) {
  const auto stuck = held({{product(1), 1}});
  const auto others = {held({{product(1), 1}}), held({{product(2), 1}})};
  sql("CREATE FUNCTION hold_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF OLD.id = '" +
      stuck.value.to_string() +
      "' AND NEW.status <> OLD.status THEN RAISE 'never'; END IF; RETURN NEW; END $$");
  sql("CREATE TRIGGER hold_on BEFORE UPDATE ON reservations FOR EACH ROW "
      "EXECUTE FUNCTION hold_on()");
  let_expire(stuck);
  for (const auto& other : others) let_expire(other);
  EXPECT_THROW(expire_due(), std::runtime_error);
  EXPECT_EQ(value("SELECT string_agg(status, ' ' ORDER BY status) FROM reservations"),
            "expired expired held");
  EXPECT_EQ(ledger_of(1), "10 1");
}

TEST_F(CheckoutTest, TheLedgerFollowsStockThatIsTakenAwayWhileItIsHeld) {
  const auto kept = held({{product(1), 2}});
  sql("DELETE FROM product_stocks WHERE product_id = " + id(12));
  EXPECT_EQ(ledger_of(2), "0 0");
  sql("TRUNCATE product_stocks");
  EXPECT_EQ(ledger_of(1), "0 0");
  runtime::Context context;
  EXPECT_TRUE(loop_.run_until_done(reservations_.release(context, kept, {uuid(kBuyer)})));
  EXPECT_EQ(ledger_of(1), "0 0");
}

TEST_F(CheckoutTest, AStockThatIsPromisedIsNotDeleted) {
  const auto placed = place_all({order({{product(1), 2}})}).placed;
  const auto remove = [&] {
    return database_.connect().execute("DELETE FROM product_stocks").has_value();
  };
  EXPECT_FALSE(remove());
  ASSERT_TRUE(cancel(placed.at(0)));
  EXPECT_TRUE(remove());
}

// A count between order and shipment took an order's units for units on the shelf that are still to
// be sold: of five units, eight were promised.
TEST_F(CheckoutTest, ACountBetweenOrderAndShipmentOffersNoUnitTwice) {
  const auto placed = place_all({order({{product(1), 3}})}).placed;
  runtime::Context context;
  const auto count = [&](std::int32_t units) {
    return loop_.run_until_done(inventory_.set_on_hand(context, product(1), units));
  };
  ASSERT_TRUE(count(5));  // all five are in the warehouse
  EXPECT_EQ(place_all({order({{product(1), 3}})}).out_of_stock, 1);
  EXPECT_EQ(place_all({order({{product(1), 2}})}).placed.size(), 1u);
  EXPECT_EQ(count(4).error().code, ErrorCode::kValidationFailed);
  ASSERT_TRUE(cancel(placed.at(0)));
  EXPECT_EQ(count(2)->available(), 0);
}

TEST_F(CheckoutTest, ShippingTakesTheUnitsFromOnHandAndFromReserved) {
  const auto placed = place_all({order({{product(1), 3}, {product(2), 1}})}).placed;
  runtime::Context context;
  ASSERT_TRUE(loop_.run_until_done(payments_.pay(
      context, {.order = placed.at(0), .buyer = {uuid(kBuyer)}, .method = "sandbox-ok"})));
  EXPECT_EQ(ledger_of(1), "10 3");
  const auto ship = [&] {
    return loop_.run_until_done(
        order_flow_.ship(context, placed[0], {ActorKind::kAdmin, uuid(kBuyer)}));
  };
  ASSERT_TRUE(ship());
  EXPECT_EQ(ledger_of(1), "7 0");
  EXPECT_EQ(ledger_of(2), "9 0");
  EXPECT_EQ(value("SELECT string_agg(quantity || '/' || reserved, ' ' ORDER BY product_id) FROM "
                  "product_stocks"),
            "7/0 9/0 10/0 10/0");
  const auto shown = loop_.run_until_done(inventory_.stock(context, product(1)));
  EXPECT_EQ(shown.value()->on_hand, 7) << "written through";
  EXPECT_FALSE(ship());
  EXPECT_EQ(ledger_of(1), "7 0");
}

// The row of a product that many order: no index and no predicate names what changes.
TEST_F(CheckoutTest, OrdersAndHoldsUpdateTheStocksRowHeapOnly) {
  const auto kept = held({{product(1), 1}});
  ASSERT_EQ(place_all({order_of(kept)}).placed.size(), 1u);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(place_all({order({{product(1), 1}})}).placed.size(), 1u);
  database_.connect().execute("SELECT pg_stat_force_next_flush()").value();
  EXPECT_EQ(value("SELECT n_tup_hot_upd = n_tup_upd FROM pg_stat_user_tables WHERE relname = "
                  "'product_stocks'"),
            "t");
}

TEST_F(CheckoutTest, WhatIsHeldIsNotOrderedWhereItsStockIsGone) {
  const auto kept = held({{product(1), 2}});
  sql("TRUNCATE product_stocks");
  EXPECT_EQ(place_all({order_of(kept)}).refused, 1);
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "0");
}

TEST_F(CheckoutTest, ReservationsThatAreOverAreForgottenAndHeldOnesAreNot) {
  const auto over = held({{product(1), 2}});
  const auto kept = held({{product(1), 3}});
  let_expire(over);
  let_expire(kept);
  const auto forget = [&](Timestamp before) {
    runtime::Context context;
    EXPECT_FALSE(
        loop_.run_until_done(inventory::reservation_store::delete_ended(pool_, context, before)));
    return value("SELECT count(*) FROM reservations");
  };
  sql("UPDATE reservations SET status = 'released' WHERE id = '" + over.value.to_string() + "'");
  EXPECT_EQ(forget(clock_.now() - std::chrono::hours(2)), "2");
  EXPECT_EQ(forget(clock_.now()), "1");
  EXPECT_EQ(value("SELECT status FROM reservations"), "held");
}

TEST_F(CheckoutTest, OrdersDoNotWaitWhileTransactionsHoldAllOtherConnections) {
  std::vector<postgres::Transaction> transactions;
  runtime::Context context;
  for (std::size_t i = 0; i + 1 < config().max_connections; ++i) {  // one is shared
    transactions.push_back(loop_.run_until_done(pool_.begin(context)));
  }
  auto request = order({{product(1), 1}});
  context.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  EXPECT_TRUE(std::holds_alternative<Placed>(
      loop_.run_until_done(checkout_.place(context, std::move(request)))));
}

// Locks the row of a product, so that a batch with that product blocks.
class LockedStock {
 public:
  LockedStock(const postgres::TestDatabase& database, const std::string& product)
      : connection_(database.connect()) {
    EXPECT_TRUE(connection_.execute("BEGIN"));
    EXPECT_TRUE(connection_.execute("SELECT FROM product_stocks WHERE product_id = " + product +
                                    " FOR UPDATE"));
  }
  void release() { EXPECT_TRUE(connection_.execute("COMMIT")); }

 private:
  postgres::BlockingConnection connection_;
};

class QueueTimeTest : public CheckoutTest {
 protected:
  Task<void> place(std::string name, int n) {
    runtime::Context context;
    const auto outcome = co_await slow_->checkout.place(context, order({{product(n), 1}}));
    const auto* const refused = std::get_if<Refused>(&outcome);
    if (refused != nullptr) EXPECT_EQ(refused->error.code, ErrorCode::kOverloaded);
    decided_.push_back(name + (refused == nullptr ? "+" : ""));
  }
  Task<void> until_waiting(double orders) {
    co_await runtime::until(loop_,
                            [&] { return metric("souk_checkout_waiting_orders") == orders; });
  }
  Task<void> until_decided(std::size_t orders) {
    co_await runtime::until(loop_, [&] { return decided_.size() >= orders; });
  }
  // A batch that runs until the order behind it has waited too long.
  Task<void> slow_batch() {
    LockedStock stock(database_, id(11));
    const auto decided = decided_.size();
    Scope scope(loop_);
    scope.spawn(place("slow", 1));
    co_await until_waiting(0);
    scope.spawn(place("late", 2));
    co_await until_decided(decided + 1);
    stock.release();
    co_await scope.join();
  }
  Task<void> one_more_behind_the_next_batch() {
    LockedStock stock(database_, id(11));
    const auto decided = decided_.size();
    Scope scope(loop_);
    scope.spawn(place("slow", 1));
    co_await until_waiting(0);
    scope.spawn(place("waiting", 2));
    scope.spawn(place("foreseen", 3));
    co_await until_decided(decided + 2);
    stock.release();
    co_await scope.join();
  }

  std::vector<std::string> decided_;  // in order of decision; placed ones with a +
  std::unique_ptr<OrderingNode> slow_ =
      node(batches_, {.queue = {.max_batch = 1, .max_queue_time = 100ms}, .terms = {}});
};

TEST_F(QueueTimeTest, AnOrderWhoseTransactionDoesNotBeginInTimeIsRefusedAndNotPlaced) {
  loop_.run_until_done(slow_batch());
  EXPECT_EQ(decided_, (std::vector<std::string>{"late", "slow+"}));
  EXPECT_EQ(units_of(2), "10");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "1");
  EXPECT_EQ(metric("souk_checkout_orders_total{outcome=\"waited_too_long\"}"), 1);
}

TEST_F(QueueTimeTest, AnOrderThatWouldWaitTooLongIsRefusedBeforeItWaits) {
  loop_.run_until_done(slow_batch());
  loop_.run_until_done(one_more_behind_the_next_batch());
  EXPECT_EQ(decided_, (std::vector<std::string>{"late", "slow+", "foreseen", "waiting", "slow+"}));
  EXPECT_EQ(metric("souk_checkout_orders_total{outcome=\"turned_away\"}"), 1);
}

// The server is killed during COMMIT: a trigger that runs at commit time waits for that.
TEST_F(CheckoutTest, AnOrderLostAtItsCommitIsKnownNotToBePlaced) {
  sql("CREATE FUNCTION wait_for_the_end() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$");
  sql("CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION wait_for_the_end()");
  std::thread killer([this] {
    while (value("SELECT coalesce(sum(pg_terminate_backend(pid)::int), 0) FROM pg_stat_activity "
                 "WHERE wait_event = 'PgSleep' AND datname = current_database()") == "0") {
      std::this_thread::yield();
    }
  });
  const auto tally = place_all({order({{product(1), 1}})});
  killer.join();
  EXPECT_EQ(tally.unavailable, 1);
  EXPECT_EQ(units_of(1), "10");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "0");
}

}  // namespace
}  // namespace souk::checkout
