#include <gtest/gtest.h>

#include "checkout/order_flow.h"
#include "orders/orders.h"
#include "orders/rules.h"
#include "payments/sandbox_provider.h"
#include "postgres/test_database.h"
#include "runtime/scope.h"

namespace souk::checkout {
namespace {

using namespace std::chrono_literals;
using payments::Charge;
using payments::Goal;
using runtime::Loop;
using runtime::Scope;
using runtime::Task;
using PaymentStatus = payments::Status;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
constexpr PaymentConfig kConfig;

class PaymentFlowTest : public ::testing::Test {
 protected:
  PaymentFlowTest() : pool_(loop_, registry_, config()) {
    sql("INSERT INTO categories (id, name, slug) VALUES (" + id(1) + ", 'All', 'all')");
    sql("INSERT INTO users (id, email, name, password_hash, role) VALUES (" + id(100) +
        ", 'a@souk.example', 'A', 'x', 'customer'), (" + id(101) +
        ", 'b@souk.example', 'B', 'x', 'admin')");
    sql("INSERT INTO products (id, name, category_id, price, currency) VALUES (" + id(10) +
        ", 'P', " + id(1) + ", 1000, 'EUR')");
    sql("INSERT INTO product_stocks (product_id, quantity) VALUES (" + id(10) + ", 90)");
    loop_.run_until_done(pool_.start());
  }
  ~PaymentFlowTest() override {
    loop_.run_until_done(cache_.close());
    loop_.run_until_done(pool_.close());
  }

  postgres::PoolConfig config() {
    postgres::PoolConfig config;
    config.conninfo = database_.migrated().conninfo();
    config.max_connections = 16;
    return config;
  }
  static Uuid uuid(int n) {
    Uuid value;
    value.bytes[0] = static_cast<std::uint8_t>(n);
    return value;
  }
  static std::string id(int n) { return "'" + uuid(n).to_string() + "'"; }
  const UserId buyer_{uuid(100)};
  const Actor customer_{ActorKind::kCustomer, uuid(100)};
  const Actor admin_{ActorKind::kAdmin, uuid(101)};

  std::string value(const std::string& statement) {
    auto connection = database_.connect();
    auto rows = connection.run(statement);
    if (!rows) return "failed: " + rows.error().detail;
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
  }
  void sql(const std::string& statement) {
    const auto done = database_.connect().execute(statement);
    ASSERT_TRUE(done) << done.error().detail;
  }
  bool refused(const std::string& statement, std::string_view constraint) {
    const auto done = database_.connect().execute(
        "DO $do$ DECLARE name text; BEGIN " + statement +
        "; RAISE EXCEPTION 'not refused'; EXCEPTION WHEN check_violation OR unique_violation THEN "
        "GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME; IF name <> '" +
        std::string(constraint) + "' THEN RAISE EXCEPTION 'by %', name; END IF; END $do$");
    if (!done) ADD_FAILURE() << statement << ": " << done.error().detail;
    return done.has_value();
  }

  // Ten units of the product, for 100.00 EUR; their stock is taken already.
  OrderId order(int n, const std::string& status = "pending") {
    sql("INSERT INTO orders (id, user_id, status, total, currency) VALUES (" + id(n) + ", " +
        id(100) + ", '" + status + "', 10000, 'EUR')");
    sql("INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, "
        "unit_price) VALUES (" +
        id(n) + ", 1, " + id(10) + ", 'P', 10, 1000)");
    return {uuid(n)};
  }
  std::string status_of(OrderId order) {
    return value("SELECT status FROM orders WHERE id = '" + order.value.to_string() + "'");
  }
  std::string units() { return value("SELECT quantity FROM product_stocks"); }
  // "captured:1", by status of the sandbox's charges.
  std::string charges() {
    return value(
        "SELECT coalesce(string_agg(status || ':' || n, ' ' ORDER BY status), '') "
        "FROM (SELECT status, count(*) n FROM sandbox_charges GROUP BY status) c");
  }
  std::string steps_of(OrderId order) {
    return value(
        "SELECT string_agg(to_status || ' by ' || actor_kind, ', ' ORDER BY seq) "
        "FROM order_transitions WHERE order_id = '" +
        order.value.to_string() + "'");
  }

  template <class T>
  T run(Task<T> task) {
    return loop_.run_until_done(std::move(task));
  }
  Result<Paid> pay(OrderId order, std::string method = "sandbox-ok",
                   std::optional<std::string> key = std::nullopt) {
    return run(flow_.pay(context_, {order, buyer_, std::move(method), std::move(key)}));
  }
  double events(std::string_view outcome) {
    Buffer page;
    registry_.render(page);
    const auto series = fmt::format("\nsouk_payments_events_total{{outcome=\"{}\"}} ", outcome);
    const auto at = page.view().find(series);
    return std::stod(std::string(page.view().substr(at + series.size(), 20)));
  }
  Result<orders::Order> cancel(OrderId order) {
    return run(order_flow_.cancel(context_, order, buyer_, customer_));
  }
  // Payments that are due are taken up now.
  std::size_t resume_after(std::chrono::milliseconds time) {
    clock_.advance(time);
    return run(flow_.resume(context_));
  }
  // Runs all of them at once and waits for them.
  Task<void> together(std::vector<Task<void>> tasks) {
    Scope scope(loop_);
    for (auto& task : tasks) scope.spawn(std::move(task));
    co_await scope.join();
  }
  Task<void> pay_one(OrderId order, std::string method, std::vector<Result<Paid>>& results) {
    runtime::Context context;
    results.push_back(co_await flow_.pay(context, {order, buyer_, std::move(method), {}}));
  }
  Task<void> cancel_one(OrderId order, std::chrono::milliseconds after,
                        std::vector<Result<orders::Order>>& results) {
    runtime::Context context;
    if (after > 0ms) co_await loop_.sleep(after);
    results.push_back(co_await order_flow_.cancel(context, order, buyer_, customer_));
  }
  Task<void> cancel_when(OrderId order, std::string condition,
                         std::vector<Result<orders::Order>>& results) {
    while (value(condition) != "t") co_await loop_.sleep(1ms);
    co_await cancel_one(order, 0ms, results);
  }

  postgres::TestDatabase database_;
  telemetry::Registry registry_;
  Loop loop_;
  ManualClock clock_{kStart};
  SystemClock real_clock_;
  SystemRandom random_;
  UuidGenerator ids_{real_clock_, random_};
  postgres::Pool pool_;
  runtime::Offload offload_{1, 10};
  cache::SharedCache shared_{
      {}, {"stock"}, [](std::string_view) { return cache::Content(); }, offload_, registry_};
  cache::HybridCache cache_{shared_, nullptr, loop_, registry_, clock_};
  struct Units final : inventory::Presentation {
    cache::Document stock(const inventory::Stock& stock) const override {
      return {.bytes = std::to_string(stock.available())};
    }
  } presentation_;
  inventory::Inventory inventory_{pool_, cache_, presentation_};
  payments::SandboxProvider provider_{loop_, pool_, clock_, ids_, {.secret = "secret"}, 200ms};
  payments::Metrics metrics_{registry_};
  jobs::Doorbell bell_;
  PaymentFlow flow_{
      pool_,  {inventory_, bell_}, payments::Providers({&provider_}), clock_, ids_, metrics_,
      kConfig};
  OrderFlow order_flow_{pool_, {inventory_, bell_}, flow_, clock_, ids_};
  orders::Orders orders_{pool_};
  runtime::Context context_;
};

TEST_F(PaymentFlowTest, TheDatabaseAndTheCodeKnowTheSameSteps) {
  for (std::size_t from = 0; from < orders::kStatusNames.size(); ++from) {
    for (std::size_t to = 0; to < orders::kStatusNames.size(); ++to) {
      const bool legal = orders::rules::is_legal(static_cast<orders::Status>(from),
                                                 static_cast<orders::Status>(to));
      EXPECT_EQ(value(fmt::format("SELECT order_transition_is_legal('{}', '{}')",
                                  orders::kStatusNames[from], orders::kStatusNames[to])),
                legal ? "t" : "f")
          << orders::kStatusNames[from] << " -> " << orders::kStatusNames[to];
    }
  }
  for (std::size_t from = 0; from < payments::kStatusNames.size(); ++from) {
    for (std::size_t to = 0; to < payments::kStatusNames.size(); ++to) {
      const bool legal = payments::rules::is_legal(static_cast<PaymentStatus>(from),
                                                   static_cast<PaymentStatus>(to));
      EXPECT_EQ(value(fmt::format("SELECT payment_transition_is_legal('{}', '{}')",
                                  payments::kStatusNames[from], payments::kStatusNames[to])),
                legal ? "t" : "f")
          << payments::kStatusNames[from] << " -> " << payments::kStatusNames[to];
    }
    for (const auto goal : {Goal::kCaptured, Goal::kReturned}) {
      const auto step = payments::rules::next_step(static_cast<PaymentStatus>(from), goal);
      EXPECT_EQ(
          value(fmt::format("SELECT payment_is_settled('{}', '{}')", payments::kStatusNames[from],
                            name_of(payments::kGoalNames, goal))),
          step ? "f" : "t");
    }
  }
}

TEST_F(PaymentFlowTest, PayingConfirmsTheOrderAndPaysIt) {
  const auto order = this->order(50);
  const auto paid = pay(order);
  ASSERT_TRUE(paid);
  EXPECT_EQ(paid->payment.status, PaymentStatus::kCaptured);
  EXPECT_FALSE(paid->replayed);
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(steps_of(order), "confirmed by customer, paid by customer");
  EXPECT_EQ(charges(), "captured:1");
  EXPECT_EQ(value("SELECT method IS NULL AND due_at IS NULL FROM payments"), "t");
}

TEST_F(PaymentFlowTest, AnOrderGoesItsWholeWayAndEachStepSaysWhoAndWhen) {
  const auto order = this->order(50);
  EXPECT_EQ(run(order_flow_.ship(context_, order, admin_)).error().code,
            ErrorCode::kIllegalTransition);
  EXPECT_EQ(run(order_flow_.confirm(context_, order, admin_))->status, "confirmed");
  clock_.advance(1h);
  ASSERT_TRUE(pay(order));
  EXPECT_EQ(run(order_flow_.ship(context_, order, admin_))->status, "shipped");
  EXPECT_EQ(run(order_flow_.deliver(context_, order, admin_))->status, "delivered");
  EXPECT_EQ(run(order_flow_.deliver(context_, order, admin_)).error().code,
            ErrorCode::kIllegalTransition);
  const auto steps = run(orders_.transitions(context_, order, buyer_)).value();
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[0].from, orders::Status::kPending);
  EXPECT_EQ(steps[0].at, kStart);
  EXPECT_EQ(steps[0].actor.id, admin_.id);
  EXPECT_EQ(steps[1].at, kStart + 1h);
  EXPECT_EQ(steps[1].actor.kind, ActorKind::kCustomer);
  EXPECT_EQ(steps[3].to, orders::Status::kDelivered);
  EXPECT_EQ(run(orders_.transitions(context_, order, UserId{uuid(101)})).error().code,
            ErrorCode::kNotFound);
}

TEST_F(PaymentFlowTest, EachStepThatMattersToOthersIsToldInItsTransaction) {
  const auto delivered = order(50);
  ASSERT_TRUE(pay(delivered));
  ASSERT_TRUE(run(order_flow_.ship(context_, delivered, admin_)));
  ASSERT_TRUE(run(order_flow_.deliver(context_, delivered, admin_)));
  ASSERT_TRUE(run(flow_.refund(context_, delivered, admin_)));
  ASSERT_TRUE(cancel(order(51)));
  ASSERT_FALSE(cancel(delivered));
  EXPECT_EQ(value("SELECT string_agg(kind, ' ' ORDER BY position) FROM outbox"),
            "order.paid order.shipped order.delivered order.refunded order.cancelled");
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE aggregate_id = " + id(50)), "4");
  EXPECT_EQ(value("SELECT payload FROM outbox ORDER BY position LIMIT 1"),
            fmt::format(R"({{"orderId":"{}","userId":"{}","total":10000,"currency":"EUR",)"
                        R"("status":"paid","items":[{{"productId":"{}","productName":"P",)"
                        R"("quantity":10,"unitPrice":1000}}]}})",
                        uuid(50).to_string(), uuid(100).to_string(), uuid(10).to_string()));
}

TEST_F(PaymentFlowTest, TwentyWhoPayAtOnceChargeOnce) {
  const auto order = this->order(50);
  std::vector<Result<Paid>> results;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(pay_one(order, "sandbox-ok", results));
  run(together(std::move(tasks)));
  ASSERT_EQ(results.size(), 20u);
  int first = 0;
  for (const auto& result : results) {
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(result->payment.id, results[0]->payment.id);
    first += result->replayed ? 0 : 1;
  }
  EXPECT_EQ(first, 1);
  EXPECT_EQ(charges(), "captured:1");
  EXPECT_EQ(value("SELECT count(*) FROM payments"), "1");
  EXPECT_EQ(steps_of(order), "confirmed by customer, paid by customer");
}

TEST_F(PaymentFlowTest, ADeclinedPaymentChargesNothingAndAnotherMayBeTried) {
  const auto order = this->order(50);
  EXPECT_EQ(pay(order, "sandbox-declined", "key").error().code, ErrorCode::kPaymentDeclined);
  EXPECT_EQ(status_of(order), "pending");
  // The same request again is the same payment, whatever the method would do by now.
  EXPECT_EQ(pay(order, "sandbox-declined", "key").error().code, ErrorCode::kPaymentDeclined);
  EXPECT_EQ(charges(), "failed:1");
  EXPECT_EQ(pay(order, "sandbox-capture-declined").error().code, ErrorCode::kPaymentDeclined);
  EXPECT_EQ(status_of(order), "pending");
  EXPECT_TRUE(pay(order, "sandbox-ok"));
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(charges(), "captured:1 failed:2");
}

TEST_F(PaymentFlowTest, AnOrderThatIsClosedOrSomebodyElsesIsNotPaid) {
  const auto order = this->order(50, "pending");
  ASSERT_TRUE(cancel(order));
  EXPECT_EQ(pay(order).error().code, ErrorCode::kPaymentConflict);
  EXPECT_EQ(run(flow_.pay(context_, {order, UserId{uuid(101)}, "sandbox-ok", {}})).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(pay(order, "").error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(charges(), "");
}

TEST_F(PaymentFlowTest, AnOrderHasABoundedNumberOfPayments) {
  const auto order = this->order(50);
  for (std::size_t i = 0; i < payments::kMaxPaymentsPerOrder; ++i) {
    EXPECT_EQ(pay(order, "sandbox-declined").error().code, ErrorCode::kPaymentDeclined);
  }
  EXPECT_EQ(pay(order).error().code, ErrorCode::kLimitReached);
}

// The provider has charged, and nobody here has heard of it: who asks again learns it.
TEST_F(PaymentFlowTest, ALostAnswerIsAskedForAgainAndChargesOnce) {
  for (const auto* method : {"sandbox-lost-authorise", "sandbox-lost-capture"}) {
    const auto order = this->order(method == std::string("sandbox-lost-capture") ? 51 : 50);
    const auto first = pay(order, method);
    ASSERT_TRUE(first);
    EXPECT_NE(first->payment.status, PaymentStatus::kCaptured);
    EXPECT_EQ(status_of(order), "pending");
    const auto second = pay(order, method);
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->replayed);
    EXPECT_EQ(second->payment.status, PaymentStatus::kCaptured);
    EXPECT_EQ(status_of(order), "paid");
  }
  EXPECT_EQ(charges(), "captured:2");
  EXPECT_EQ(value("SELECT max(count) FROM sandbox_calls"), "2");
}

TEST_F(PaymentFlowTest, WhatIsLeftInTheMiddleIsTakenUpWhenItIsDueAndNotBefore) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-lost-capture"));
  EXPECT_EQ(resume_after(kConfig.retry_after - 1ms), 0u);
  EXPECT_EQ(status_of(order), "pending");
  EXPECT_EQ(resume_after(1ms), 1u);
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(charges(), "captured:1");
  EXPECT_EQ(resume_after(kConfig.max_retry_pause), 0u);
}

TEST_F(PaymentFlowTest, AnotherMethodWaitsUntilThePaymentUnderWayIsKnown) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-lost-authorise"));
  EXPECT_EQ(pay(order, "sandbox-ok").error().code, ErrorCode::kPaymentConflict);
  EXPECT_EQ(charges(), "authorised:1");
}

// The race: the capture is done, its answer is on its way, and the buyer cancels.
TEST_F(PaymentFlowTest, AnOrderCancelledDuringItsCaptureIsNotPaidAndTheMoneyGoesBack) {
  const auto order = this->order(50);
  std::vector<Result<Paid>> paid;
  std::vector<Result<orders::Order>> cancelled;
  std::vector<Task<void>> tasks;
  tasks.push_back(pay_one(order, "sandbox-late", paid));
  tasks.push_back(cancel_when(
      order, "SELECT EXISTS (SELECT FROM sandbox_charges WHERE status = 'captured')", cancelled));
  run(together(std::move(tasks)));
  ASSERT_TRUE(cancelled.at(0));
  EXPECT_EQ(paid.at(0).error().code, ErrorCode::kPaymentConflict);
  EXPECT_EQ(status_of(order), "cancelled");
  EXPECT_EQ(charges(), "refunded:1");
  EXPECT_EQ(value("SELECT status || ' ' || goal FROM payments"), "refunded returned");
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(steps_of(order), "cancelled by customer");
}

TEST_F(PaymentFlowTest, WhoeverWinsBetweenPayingAndCancellingTheBooksAddUp) {
  int paid_orders = 0;
  for (int n = 50; n < 80; ++n) {
    const auto order = this->order(n);
    std::vector<Result<Paid>> paid;
    std::vector<Result<orders::Order>> cancelled;
    std::vector<Task<void>> tasks;
    tasks.push_back(pay_one(order, "sandbox-ok", paid));
    tasks.push_back(cancel_one(order, std::chrono::milliseconds(n % 6), cancelled));
    run(together(std::move(tasks)));
    const bool is_paid = status_of(order) == "paid";
    EXPECT_EQ(is_paid, paid.at(0).has_value());
    EXPECT_EQ(is_paid, !cancelled.at(0).has_value());
    paid_orders += is_paid ? 1 : 0;
  }
  EXPECT_EQ(value("SELECT count(*) FROM sandbox_charges WHERE status = 'captured'"),
            std::to_string(paid_orders));
  EXPECT_EQ(value("SELECT count(*) FROM sandbox_charges WHERE status = 'authorised'"), "0");
  EXPECT_EQ(units(), std::to_string(90 + 10 * (30 - paid_orders)));
  EXPECT_EQ(value("SELECT count(*) FROM payments WHERE due_at IS NOT NULL"), "0");
}

TEST_F(PaymentFlowTest, ACancelledOrderLetsGoWhatIsHeld) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-lost-authorise"));
  ASSERT_TRUE(cancel(order));
  EXPECT_EQ(charges(), "cancelled:1");
  EXPECT_EQ(value("SELECT status FROM payments"), "cancelled");
}

TEST_F(PaymentFlowTest, ACaptureThatNobodyHeardOfIsRefundedWhenItsOrderIsCancelled) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-lost-capture"));
  ASSERT_TRUE(cancel(order));
  EXPECT_EQ(status_of(order), "cancelled");
  EXPECT_EQ(charges(), "refunded:1");
  EXPECT_EQ(units(), "100");
}

TEST_F(PaymentFlowTest, ARefundReturnsTheStockOnlyWhereNothingWasShipped) {
  const auto unshipped = order(50);
  const auto shipped = order(51);
  ASSERT_TRUE(pay(unshipped) && pay(shipped));
  ASSERT_TRUE(run(order_flow_.ship(context_, shipped, admin_)));
  EXPECT_EQ(run(flow_.refund(context_, unshipped, admin_))->status, "refunded");
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(run(flow_.refund(context_, shipped, admin_))->status, "refunded");
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(steps_of(unshipped), "confirmed by customer, paid by customer, refunded by admin");
  EXPECT_EQ(
      value("SELECT string_agg((cancelled_at IS NOT NULL)::text, ' ' ORDER BY id) FROM orders"),
      "true false");
  EXPECT_EQ(charges(), "refunded:2");
  EXPECT_EQ(run(flow_.refund(context_, shipped, admin_)).error().code,
            ErrorCode::kIllegalTransition);
  EXPECT_EQ(pay(shipped).error().code, ErrorCode::kPaymentConflict);
}

TEST_F(PaymentFlowTest, WhatIsPaidIsNotCancelled) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order));
  EXPECT_EQ(cancel(order).error().code, ErrorCode::kNotCancellable);
  EXPECT_EQ(units(), "90");
}

TEST_F(PaymentFlowTest, AnOrderWhoseMoneyIsOnItsWayBackIsNotShipped) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-lost-refund"));
  EXPECT_EQ(run(flow_.refund(context_, order, admin_))->status, "paid");  // no answer yet
  EXPECT_EQ(run(order_flow_.ship(context_, order, admin_)).error().code,
            ErrorCode::kIllegalTransition);
  EXPECT_EQ(resume_after(kConfig.retry_after), 1u);
  EXPECT_EQ(status_of(order), "refunded");
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(charges(), "refunded:1");
}

TEST_F(PaymentFlowTest, AnEventOfTheProvidersIsDoneOnce) {
  const auto order = this->order(50);
  const auto payment = pay(order, "sandbox-lost-capture")->payment;
  const payments::ProviderEvent event{
      .provider = "sandbox",
      .id = "event-1",
      .payment = payment.id,
      .charge = {value("SELECT reference FROM sandbox_charges"), PaymentStatus::kCaptured},
      .amount = payment.amount};
  auto of_less = event;
  of_less.id = "event-0";
  of_less.amount.amount = 1;
  ASSERT_TRUE(run(flow_.apply(context_, of_less)));
  EXPECT_EQ(status_of(order), "pending");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run(flow_.apply(context_, event)));
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(steps_of(order), "confirmed by provider, paid by provider");
  EXPECT_EQ(value("SELECT count(*) FROM payment_events"), "2");
  EXPECT_EQ(events("applied"), 1);
  EXPECT_EQ(events("replayed"), 2);
  auto old_news = event;
  old_news.id = "event-2";
  old_news.charge.status = PaymentStatus::kAuthorised;
  ASSERT_TRUE(run(flow_.apply(context_, old_news)));
  EXPECT_EQ(value("SELECT status FROM payments"), "captured");
  auto of_nobody = event;
  of_nobody.id = "event-3";
  of_nobody.payment.value.bytes[3] ^= 1;
  EXPECT_TRUE(run(flow_.apply(context_, of_nobody)));
  auto unreadable = event;
  unreadable.id = std::string("a\0b", 3);
  EXPECT_EQ(run(flow_.apply(context_, unreadable)).error().code, ErrorCode::kValidationFailed);
}

TEST_F(PaymentFlowTest, TheProviderMayRefundByItself) {
  const auto order = this->order(50);
  const auto payment = pay(order)->payment;
  ASSERT_TRUE(run(flow_.apply(context_, {.provider = "sandbox",
                                         .id = "chargeback",
                                         .payment = payment.id,
                                         .charge = {*payment.reference, PaymentStatus::kRefunded},
                                         .amount = payment.amount})));
  EXPECT_EQ(status_of(order), "refunded");
  EXPECT_EQ(units(), "100");
}

TEST_F(PaymentFlowTest, TheDatabaseHoldsTheRulesAgainstEveryWriter) {
  const auto order = this->order(50);
  refused("UPDATE orders SET status = 'shipped'", "orders_legal_transition");
  sql("UPDATE orders SET status = 'confirmed'");
  EXPECT_EQ(steps_of(order), "confirmed by system");  // who writes nothing down is written down
  refused("UPDATE orders SET status = 'paid'", "orders_paid_by_a_payment");
  refused("UPDATE order_transitions SET note = 'x'", "order_transitions_are_history");
  const auto insert = [&](int n, int amount) {
    return fmt::format(
        "INSERT INTO payments (id, order_id, provider, amount, currency, method, actor_kind, "
        "due_at) VALUES ({}, {}, 'p', {}, 'EUR', 'm', 'system', now())",
        id(n), id(50), amount);
  };
  refused(insert(60, 1), "payments_of_the_total");
  sql(insert(60, 10000));
  refused(insert(61, 10000), "payments_one_active");
  refused("UPDATE payments SET amount = 1", "payments_keep_their_terms");
  refused("UPDATE payments SET status = 'captured', method = NULL", "payments_due_until_settled");
  sql("UPDATE payments SET status = 'captured', method = NULL, due_at = NULL");
  refused("UPDATE payments SET status = 'cancelled'", "payments_legal_transition");
  // Whoever cancels an order has its money sent back.
  sql("UPDATE orders SET status = 'cancelled', cancelled_at = now()");
  EXPECT_EQ(value("SELECT goal || ' ' || (due_at IS NOT NULL) FROM payments"), "returned true");
  refused("UPDATE payments SET goal = 'captured', due_at = NULL", "payments_stay_returned");
  sql("DELETE FROM payments");
  refused(insert(62, 10000), "payments_of_open_orders");
}

TEST_F(PaymentFlowTest, CancellingReturnsTheStockOnceAndOnlyOnce) {
  const auto order = this->order(50);
  EXPECT_EQ(run(order_flow_.cancel(context_, order, UserId{uuid(101)}, customer_)).error().code,
            ErrorCode::kNotFound);
  std::vector<Result<orders::Order>> results;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 10; ++i) tasks.push_back(cancel_one(order, 0ms, results));
  run(together(std::move(tasks)));
  EXPECT_EQ(std::ranges::count_if(results, [](const auto& one) { return one.has_value(); }), 1);
  EXPECT_EQ(cancel(order).error().code, ErrorCode::kNotCancellable);
  EXPECT_EQ(units(), "100");
}

}  // namespace
}  // namespace souk::checkout
