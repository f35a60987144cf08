#include <gmock/gmock.h>

#include <thread>

#include "checkout/error_codes.h"
#include "checkout/test_checkout.h"

namespace souk::checkout {
namespace {

using runtime::Task;
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
  Result<Reservations::Outcome> change(ReservationId id, HoldChange wanted, int buyer = kBuyer) {
    runtime::Context context;
    return loop_.run_until_done(
        reservations_.change(context, id, {uuid(buyer)}, std::move(wanted)));
  }
  std::string remaining(ReservationId id) {
    return value(
        "SELECT round(extract(epoch FROM expires_at - now()) / 60) FROM reservations "
        "WHERE id = '" +
        id.value.to_string() + "'");
  }
  // Waits for it while the loop runs, a minute at most.
  Task<void> until(std::string statement) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (value(statement) != "t") {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(statement);
      co_await loop_.sleep(std::chrono::milliseconds(1));
    }
  }
  static std::string waiting(int count) {
    return fmt::format(
        "SELECT count(*) = {} FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()",
        count);
  }
  Task<void> change_into(std::optional<Result<Reservations::Outcome>>& outcome, ReservationId id,
                         HoldChange wanted, int buyer = kBuyer) {
    runtime::Context context;
    outcome = co_await reservations_.change(context, id, {uuid(buyer)}, std::move(wanted));
  }
  Task<void> together(Task<void> one, Task<void> other) {
    runtime::Scope scope(loop_);
    scope.spawn(std::move(one));
    scope.spawn(std::move(other));
    co_await scope.join();
  }
  Task<void> sell_what_is_over(int n) {
    runtime::Context context;
    co_await Reservations::expire_due_of(pool_, context, {product(n)});
  }
  // The time at which the waiting transaction began is just before the reservation's end.
  static std::string ends_after_the_waiting_one_began() {
    return "UPDATE reservations SET created_at = created_at - interval '1 hour', expires_at = "
           "(SELECT xact_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
           "current_database()) + interval '1 ms'";
  }
  // The change holds the reservation and waits for the stock when it ends.
  Task<void> extend_while_it_ends(ReservationId id) {
    auto reservation = database_.connect();
    auto stock = database_.connect();
    EXPECT_TRUE(reservation.execute("BEGIN"));
    EXPECT_TRUE(reservation.execute("SELECT FROM reservations FOR UPDATE"));
    EXPECT_TRUE(stock.execute("BEGIN"));
    EXPECT_TRUE(stock.execute("SELECT FROM product_stocks FOR UPDATE"));
    std::optional<Result<Reservations::Outcome>> extended;
    runtime::Scope scope(loop_);
    scope.spawn(change_into(extended, id, {.lines = {{product(1), 5}}, .seconds = 600}));
    co_await until(waiting(1));
    EXPECT_TRUE(reservation.execute(ends_after_the_waiting_one_began()));
    EXPECT_TRUE(reservation.execute("COMMIT"));
    co_await until("SELECT expires_at < clock_timestamp() FROM reservations");
    co_await until(waiting(1));
    scope.spawn(sell_what_is_over(1));
    co_await until(waiting(2));
    EXPECT_TRUE(stock.execute("COMMIT"));
    co_await scope.join();
    EXPECT_TRUE(extended->has_value());
  }
  // The change has begun, but holds nothing yet, when it ends.
  Task<void> extend_after_it_ended(ReservationId id) {
    auto user = database_.connect();
    EXPECT_TRUE(user.execute("BEGIN"));
    EXPECT_TRUE(user.execute(
        fmt::format("SELECT pg_advisory_xact_lock(hashtextextended('reservations ' || {}, 0))",
                    CheckoutTest::id(kBuyer))));
    std::optional<Result<Reservations::Outcome>> extended;
    runtime::Scope scope(loop_);
    scope.spawn(change_into(extended, id, {.seconds = 600}));
    co_await until(waiting(1));
    sql(ends_after_the_waiting_one_began());
    co_await until("SELECT expires_at < clock_timestamp() FROM reservations");
    co_await sell_what_is_over(1);
    EXPECT_TRUE(user.execute("COMMIT"));
    co_await scope.join();
    EXPECT_EQ(extended->error().code, errors::kReservationNotHeld);
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

TEST_F(HoldsTest, AHoldIsChangedToWhatItsBuyerWantsNow) {
  const auto kept = held({{product(1), 3}, {product(2), 2}});
  ASSERT_TRUE(change(kept, {.lines = {{product(1), 5}, {product(3), 1}}}));
  EXPECT_EQ(lines_of(kept), "held 5 1");
  EXPECT_EQ(ledger_of(1) + ", " + ledger_of(2) + ", " + ledger_of(3), "10 5, 10 0, 10 1");
  ASSERT_TRUE(change(kept, {.lines = {{product(2), 4}}}));
  EXPECT_EQ(lines_of(kept), "held 4");
  EXPECT_EQ(ledger_of(1) + ", " + ledger_of(2) + ", " + ledger_of(3), "10 0, 10 4, 10 0");
  EXPECT_THAT(place_all({order_of(kept)}).placed, SizeIs(1));
  EXPECT_EQ(books(2), "4 4");
  EXPECT_EQ(change(kept, {.lines = {{product(2), 1}}}).error().code, errors::kReservationNotHeld);
}

TEST_F(HoldsTest, AChangeThatIsShortChangesNothing) {
  const auto kept = held({{product(1), 3}, {product(2), 2}});
  ASSERT_THAT(place_all({by_other({{product(1), 5}})}).placed, SizeIs(1));
  const auto outcome = change(kept, {.lines = {{product(1), 6}, {product(2), 1}}});
  const auto& short_of = std::get<std::vector<inventory::Shortage>>(outcome.value());
  ASSERT_THAT(short_of, SizeIs(1));
  EXPECT_EQ(short_of[0].requested, 6);
  EXPECT_EQ(short_of[0].available, 5) << "three of them its own";
  EXPECT_EQ(lines_of(kept), "held 3 2");
  EXPECT_EQ(ledger_of(2), "10 2");
  EXPECT_TRUE(change(kept, {.lines = {{product(1), 5}}}));
}

TEST_F(HoldsTest, AHoldIsExtendedButNotForEver) {
  const auto kept = held({{product(1), 3}});
  ASSERT_TRUE(change(kept, {.seconds = 3'600}));
  EXPECT_EQ(remaining(kept), "60");
  EXPECT_EQ(change(kept, {.seconds = 3'601}).error().code, ErrorCode::kValidationFailed);
  sql("UPDATE reservations SET created_at = now() - interval '210 minutes'");
  ASSERT_TRUE(change(kept, {.seconds = 3'600}));
  EXPECT_EQ(remaining(kept), "30") << "four hours in all";
  EXPECT_EQ(lines_of(kept), "held 3");
  let_expire(kept);
  EXPECT_EQ(change(kept, {.seconds = 60}).error().code, errors::kReservationNotHeld);
}

TEST_F(HoldsTest, AHoldIsChangedByItsBuyerAloneAndWithinTheLimits) {
  const auto kept = held({{product(1), 3}});
  EXPECT_EQ(change(kept, {.seconds = 60}, kBuyer + 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(change({uuid(200)}, {.seconds = 60}).error().code, ErrorCode::kNotFound);
  sql("UPDATE product_stocks SET quantity = 2000");
  EXPECT_EQ(change(kept, {.lines = {{product(1), 1'001}}}).error().code, ErrorCode::kLimitReached);
  EXPECT_TRUE(change(kept, {.lines = {{product(1), 1'000}}}));
  sql("UPDATE products SET is_active = false WHERE id = " + id(12));
  EXPECT_FALSE(change(kept, {.lines = {{product(2), 1}}}));
  EXPECT_EQ(lines_of(kept), "held 1000");
}

TEST_F(HoldsTest, AUsersHoldsAreListedInOrderOfExpiry) {
  const auto later = held({{product(1), 1}});
  const auto sooner = held({{product(2), 2}});
  const auto over = held({{product(3), 3}});
  ASSERT_TRUE(change(sooner, {.seconds = 60}));
  let_expire(over);
  runtime::Context context;
  const auto listed = loop_.run_until_done(reservations_.list(context, {uuid(kBuyer)}));
  ASSERT_THAT(listed, SizeIs(2));
  EXPECT_EQ(listed[0].id, sooner);
  EXPECT_EQ(listed[1].id, later);
  EXPECT_THAT(loop_.run_until_done(reservations_.list(context, {uuid(kBuyer + 1)})), SizeIs(0));
}

TEST_F(HoldsTest, AHoldThatIsExtendedAtItsLastMomentIsNotSoldToOthers) {
  const auto kept = held({{product(1), 3}});
  loop_.run_until_done(extend_while_it_ends(kept));
  EXPECT_EQ(lines_of(kept), "held 5");
  EXPECT_EQ(remaining(kept), "10");
  EXPECT_EQ(books(1), "5 5");
}

TEST_F(HoldsTest, AHoldThatEndedBeforeItCouldBeExtendedStaysOver) {
  const auto kept = held({{product(1), 3}});
  loop_.run_until_done(extend_after_it_ended(kept));
  EXPECT_EQ(lines_of(kept), "expired 3");
  EXPECT_EQ(books(1), "0 0");
  EXPECT_EQ(ledger_of(1), "10 0");
}

TEST_F(HoldsTest, OfTwoHoldsThatGrowAtOnceOneGetsTheLastUnits) {
  const auto mine = held({{product(1), 4}});
  runtime::Context context;
  const auto other = loop_.run_until_done(
      reservations_.hold(context, {uuid(kBuyer + 1)}, {{product(1), 4}}, std::nullopt));
  const auto others = std::get<inventory::Reservation>(other.value()).id;
  std::optional<Result<Reservations::Outcome>> first;
  std::optional<Result<Reservations::Outcome>> second;
  loop_.run_until_done(
      together(change_into(first, mine, {.lines = {{product(1), 6}}}),
               change_into(second, others, {.lines = {{product(1), 6}}}, kBuyer + 1)));
  EXPECT_NE(std::holds_alternative<inventory::Reservation>(first->value()),
            std::holds_alternative<inventory::Reservation>(second->value()));
  EXPECT_EQ(books(1), "10 10");
  EXPECT_EQ(ledger_of(1), "10 10");
}

TEST_F(HoldsTest, AHoldThatGrowsTakesUnitsOfOneThatIsOver) {
  const auto over = held({{product(1), 6}});
  const auto kept = held({{product(1), 4}});
  EXPECT_TRUE(std::holds_alternative<std::vector<inventory::Shortage>>(
      change(kept, {.lines = {{product(1), 5}}}).value()));
  let_expire(over);
  runtime::Context context;
  const auto changed = loop_.run_until_done(reservations_.change(
      context, kept, {uuid(kBuyer)}, {.lines = {{product(1), 10}}}, {.network = NetworkKey{7}}));
  EXPECT_TRUE(std::holds_alternative<inventory::Reservation>(changed.value()));
  EXPECT_EQ(context.statements, 21) << "the most that a change may run";
  EXPECT_EQ(lines_of(over), "expired 6");
  EXPECT_EQ(lines_of(kept), "held 10");
  EXPECT_EQ(books(1), "10 10");
}

// A statement that waits for a reservation's lock reads the lines as they were before.
TEST_F(HoldsTest, AReleaseThatWaitedForAChangeReleasesTheNewLinesToo) {
  const auto kept = held({{product(1), 5}});
  auto other = database_.connect();
  ASSERT_TRUE(other.execute("BEGIN"));
  ASSERT_TRUE(other.execute("SELECT FROM reservations FOR UPDATE"));
  std::thread change([&] {
    while (value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname "
                 "= current_database()") == "0") {
      std::this_thread::yield();
    }
    EXPECT_TRUE(other.execute("INSERT INTO reservation_items VALUES ('" + kept.value.to_string() +
                              "', 2, " + id(12) + ", 4)"));
    EXPECT_TRUE(
        other.execute("UPDATE product_stocks SET reserved = 4 WHERE product_id = " + id(12)));
    EXPECT_TRUE(other.execute("UPDATE reservations SET left_units = '{5,4}'"));
    EXPECT_TRUE(other.execute("COMMIT"));
  });
  runtime::Context context;
  EXPECT_TRUE(loop_.run_until_done(reservations_.release(context, kept, {uuid(kBuyer)})));
  change.join();
  EXPECT_EQ(ledger_of(1) + ", " + ledger_of(2), "10 0, 10 0");
  EXPECT_EQ(metric("souk_db_retries_total{reason=\"conflict\"}"), 1);
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
