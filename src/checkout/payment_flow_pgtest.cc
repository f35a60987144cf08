#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/message_signature.h"
#include "checkout/error_codes.h"
#include "checkout/order_flow.h"
#include "checkout/payment_receipts.h"
#include "orders/orders.h"
#include "orders/rules.h"
#include "payments/manual_provider.h"
#include "payments/sandbox_provider.h"
#include "postgres/test_database.h"
#include "runtime/scope.h"
#include "runtime/test_until.h"

namespace souk::checkout {
namespace {

using namespace std::chrono_literals;
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
    config.conninfo = database_.conninfo();
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

  // An order of ten units for 100.00 EUR. They are reserved until they are shipped.
  OrderId order(int n, const std::string& status = "pending", int total = 10000) {
    sql("INSERT INTO orders (id, user_id, status, total, currency) VALUES (" + id(n) + ", " +
        id(100) + ", '" + status + "', " + std::to_string(total) + ", 'EUR')");
    sql("INSERT INTO order_items (order_id, line_no, product_id, product_name, quantity, "
        "unit_price) VALUES (" +
        id(n) + ", 1, " + id(10) + ", 'P', 10, 1000)");
    if (status == "pending" || status == "confirmed" || status == "paid") {
      sql("UPDATE product_stocks SET quantity = quantity + 10, reserved = reserved + 10");
    }
    return {uuid(n)};
  }
  std::string status_of(OrderId order) {
    return value("SELECT status FROM orders WHERE id = '" + order.value.to_string() + "'");
  }
  // What may be ordered.
  std::string units() { return value("SELECT quantity - reserved FROM product_stocks"); }
  // The sandbox's charges by status: "captured:1".
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
    return metric(fmt::format("souk_payments_events_total{{outcome=\"{}\"}}", outcome));
  }
  double contradictions(std::string_view kind) {
    return metric(fmt::format("souk_payments_contradictions_total{{kind=\"{}\"}}", kind));
  }
  double failures(std::string_view cause) {
    return metric(fmt::format("souk_payments_failures_total{{cause=\"{}\"}}", cause));
  }
  double disagreeing() { return metric("souk_payments_waiting{state=\"disagreeing\"}"); }
  double metric(const std::string& name) {
    Buffer page;
    registry_.render(page);
    const auto series = "\n" + name + " ";
    const auto at = page.view().find(series);
    return std::stod(std::string(page.view().substr(at + series.size(), 20)));
  }
  Result<Paid> pay_manually(OrderId order, std::string method = "bank-transfer",
                            std::optional<std::string> key = std::nullopt) {
    return run(flow_.pay(context_, {.order = order,
                                    .buyer = buyer_,
                                    .method = std::move(method),
                                    .idempotency_key = std::move(key),
                                    .provider = "manual"}));
  }
  Receipt receipt(const payments::Payment& payment, std::string reference = "Transfer 4711") {
    return {.order = payment.order_id,
            .payment = payment.id,
            .amount = payment.amount,
            .reference = std::move(reference),
            .actor = admin_};
  }
  Result<Recorded> record_capture(Receipt receipt) {
    return run(receipts_.capture(context_, std::move(receipt)));
  }
  Result<Recorded> record_refund(Receipt receipt) {
    return run(receipts_.refund(context_, std::move(receipt)));
  }
  // A provider's message about a payment, with the provider's reference.
  payments::ProviderEvent event(const payments::Payment& payment, PaymentStatus status) {
    static int number = 0;
    return {.provider = "sandbox",
            .id = fmt::format("reported-{}", ++number),
            .payment = payment.id,
            .charge = {value("SELECT reference FROM sandbox_charges WHERE key LIKE '" +
                             payment.id.value.to_string() + "%'"),
                       status},
            .amount = payment.amount};
  }
  payments::Payment payment_of(OrderId order) {
    return run(flow_.list(context_, order, std::nullopt)).value().front();
  }
  Result<orders::Order> cancel(OrderId order) {
    return run(order_flow_.cancel(context_, order, buyer_, customer_));
  }
  // Advances the clock and resumes due payments.
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
    co_await runtime::until(loop_, [&] { return value(condition) == "t"; });
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
  telemetry::Log log_{telemetry::LogLevel::kError, open("/dev/null", O_WRONLY | O_CLOEXEC), clock_,
                      registry_};
  runtime::Offload offload_{1, 10};
  cache::SharedCache shared_{{}, {"stock"}, {}, offload_, registry_};
  cache::HybridCache cache_{shared_, nullptr, loop_, registry_, log_, clock_};
  inventory::Inventory inventory_{pool_, cache_};
  payments::SandboxProvider provider_{loop_, pool_, clock_, ids_, {.secret = "secret"}, 200ms};
  payments::ManualProvider manual_;
  payments::Metrics metrics_{registry_};
  jobs::Notifier notifier_;
  PaymentFlow flow_{pool_,
                    {inventory_, notifier_, log_},
                    payments::Providers({&provider_, &manual_}),
                    clock_,
                    ids_,
                    {metrics_, log_},
                    kConfig};
  OrderFlow order_flow_{pool_, {inventory_, notifier_, log_}, flow_, clock_, ids_};
  PaymentReceipts receipts_{pool_, {inventory_, notifier_, log_}, clock_, ids_, metrics_};
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
            errors::kIllegalTransition);
  EXPECT_EQ(run(order_flow_.confirm(context_, order, admin_))->status, orders::Status::kConfirmed);
  clock_.advance(1h);
  ASSERT_TRUE(pay(order));
  EXPECT_EQ(run(order_flow_.ship(context_, order, admin_))->status, orders::Status::kShipped);
  EXPECT_EQ(run(order_flow_.deliver(context_, order, admin_))->status, orders::Status::kDelivered);
  EXPECT_EQ(run(order_flow_.deliver(context_, order, admin_)).error().code,
            errors::kIllegalTransition);
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
            fmt::format(R"({{"orderId":"{}","userId":"{}","number":null,"email":null,)"
                        R"("total":{{"amount":10000,"currency":"EUR"}},"status":"paid",)"
                        R"("deliveryAddress":null,"items":[{{"productId":"{}","productName":"P",)"
                        R"("quantity":10,"unitPrice":{{"amount":1000,"currency":"EUR"}},)"
                        R"("shipped":0}}],"refunded":{{"amount":0,"currency":"EUR"}}}})",
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
  EXPECT_EQ(pay(order, "sandbox-declined", "key").error().code, errors::kPaymentDeclined);
  EXPECT_EQ(status_of(order), "pending");
  // The same request returns the same payment, even if the method would now behave differently.
  EXPECT_EQ(pay(order, "sandbox-declined", "key").error().code, errors::kPaymentDeclined);
  EXPECT_EQ(charges(), "failed:1");
  EXPECT_EQ(pay(order, "sandbox-capture-declined").error().code, errors::kPaymentDeclined);
  EXPECT_EQ(status_of(order), "pending");
  EXPECT_TRUE(pay(order, "sandbox-ok"));
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(charges(), "captured:1 failed:2");
}

TEST_F(PaymentFlowTest, AnOrderThatIsClosedOrSomebodyElsesIsNotPaid) {
  const auto order = this->order(50, "pending");
  ASSERT_TRUE(cancel(order));
  EXPECT_EQ(pay(order).error().code, errors::kPaymentConflict);
  EXPECT_EQ(run(flow_.pay(context_, {order, UserId{uuid(101)}, "sandbox-ok", {}})).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(pay(order, "").error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(charges(), "");
}

TEST_F(PaymentFlowTest, AnOrderHasABoundedNumberOfPayments) {
  const auto order = this->order(50);
  for (std::size_t i = 0; i < payments::kMaxPaymentsPerOrder; ++i) {
    EXPECT_EQ(pay(order, "sandbox-declined").error().code, errors::kPaymentDeclined);
  }
  EXPECT_EQ(pay(order).error().code, ErrorCode::kLimitReached);
}

// The provider has charged, but its answer was lost: a retry learns the outcome.
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
  EXPECT_EQ(pay(order, "sandbox-ok").error().code, errors::kPaymentConflict);
  EXPECT_EQ(charges(), "authorised:1");
}

// The race: the buyer cancels after the capture and before its answer arrives.
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
  ASSERT_FALSE(paid.at(0));
  EXPECT_EQ(paid.at(0).error().code, errors::kPaymentConflict);
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
  EXPECT_EQ(run(flow_.refund(context_, unshipped, admin_))->status, orders::Status::kRefunded);
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(run(flow_.refund(context_, shipped, admin_))->status, orders::Status::kRefunded);
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(steps_of(unshipped), "confirmed by customer, paid by customer, refunded by admin");
  EXPECT_EQ(
      value("SELECT string_agg((cancelled_at IS NOT NULL)::text, ' ' ORDER BY id) FROM orders"),
      "true false");
  EXPECT_EQ(charges(), "refunded:2");
  EXPECT_EQ(run(flow_.refund(context_, shipped, admin_)).error().code, errors::kIllegalTransition);
  EXPECT_EQ(pay(shipped).error().code, errors::kPaymentConflict);
}

// Stock was 32 bits wide: a refund of units beyond that failed at every retry.
TEST_F(PaymentFlowTest, ACancellationIsNeverRefusedForTheUnitsThatAreThere) {
  const auto paid = order(50);
  ASSERT_TRUE(pay(paid));
  sql("UPDATE product_stocks SET quantity = 2147483660");
  EXPECT_EQ(cancel(order(51))->status, orders::Status::kCancelled);
  EXPECT_EQ(units(), "2147483660");
  EXPECT_TRUE(run(flow_.refund(context_, paid, admin_)));
  EXPECT_EQ(units(), "2147483670");
  const auto counted = run(inventory_.set_on_hand(context_, {uuid(10)}, 5));
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->on_hand, 5);
  EXPECT_EQ(value("SELECT sum(on_hand) FROM stock_movements"), "5");
}

TEST_F(PaymentFlowTest, WhatIsPaidIsNotCancelled) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order));
  EXPECT_EQ(cancel(order).error().code, errors::kNotCancellable);
  EXPECT_EQ(units(), "90");
}

TEST_F(PaymentFlowTest, AnOrderWhoseMoneyIsOnItsWayBackIsNotShipped) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-lost-refund"));
  EXPECT_EQ(run(flow_.refund(context_, order, admin_))->status,
            orders::Status::kPaid);  // no answer yet
  EXPECT_EQ(run(order_flow_.ship(context_, order, admin_)).error().code,
            errors::kIllegalTransition);
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

// An answer of 199 letters and an umlaut was cut within the umlaut, which no text column accepts.
TEST_F(PaymentFlowTest, WhateverTheProviderSaysCanBeWrittenDown) {
  const std::vector<std::string> reasons = {std::string(199, 'a') + "\xC3\xA9",
                                            std::string(200, 'a') + "\xC3\xA9",
                                            std::string("a\0b", 3), "\xFF\xFE"};
  const std::vector<std::string> kept = {std::string(199, 'a') + "\xC3\xA9", std::string(200, 'a'),
                                         "a\xEF\xBF\xBD"
                                         "b",
                                         "\xEF\xBF\xBD\xEF\xBF\xBD"};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    const auto payment = pay(order(50 + static_cast<int>(i)), "sandbox-lost-capture")->payment;
    auto declined = event(payment, PaymentStatus::kFailed);
    declined.charge.reason = reasons[i];
    ASSERT_TRUE(run(flow_.apply(context_, declined)));
    EXPECT_EQ(payment_of(payment.order_id).failure, kept[i]);
  }
}

TEST_F(PaymentFlowTest, AnAnswerThatCannotBeWrittenDownIsCountedAndLookedUpUntilItIs) {
  sql("CREATE FUNCTION refuse_captures() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "RAISE EXCEPTION 'the disk is full'; END $$; "
      "CREATE TRIGGER refuse_captures BEFORE UPDATE ON payments FOR EACH ROW "
      "WHEN (NEW.status = 'captured') EXECUTE FUNCTION refuse_captures()");
  const auto order = this->order(50);
  EXPECT_EQ(pay(order)->payment.status, PaymentStatus::kAuthorised);
  EXPECT_EQ(charges(), "captured:1");
  EXPECT_EQ(failures("books"), 1);
  EXPECT_EQ(resume_after(kConfig.retry_after), 1u);
  EXPECT_EQ(failures("books"), 2);
  EXPECT_EQ(metric("souk_payments_waiting{state=\"unsettled\"}"), 1);
  EXPECT_EQ(metric("souk_payments_longest_waiting_seconds{state=\"unsettled\"}"), 30);
  sql("DROP TRIGGER refuse_captures ON payments");
  EXPECT_EQ(resume_after(kConfig.retry_after), 1u);
  EXPECT_EQ(resume_after(kConfig.retry_after), 0u);
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(value("SELECT max(count) FROM sandbox_calls"), "1") << "it was looked up";
  EXPECT_EQ(metric("souk_payments_waiting{state=\"unsettled\"}"), 0);
}

TEST_F(PaymentFlowTest, WhoContradictsTheBooksIsCountedAndAskedHowItStands) {
  const auto order = this->order(50);
  const auto payment = pay(order)->payment;
  auto less = event(payment, PaymentStatus::kRefunded);
  less.amount.amount = 1;
  auto dollars = event(payment, PaymentStatus::kRefunded);
  dollars.amount.currency = Currency::parse("USD").value();
  auto other = event(payment, PaymentStatus::kRefunded);
  other.charge.reference = "another";
  auto of_nobody = event(payment, PaymentStatus::kRefunded);
  of_nobody.payment.value.bytes[3] ^= 1;
  auto of_manual = event(payment, PaymentStatus::kRefunded);
  of_manual.provider = "manual";
  for (const auto& reported :
       {less, dollars, other, event(payment, PaymentStatus::kFailed), of_nobody, of_manual}) {
    EXPECT_TRUE(run(flow_.apply(context_, reported)));
  }
  for (const auto* kind : {"amount", "currency", "reference", "status"}) {
    EXPECT_EQ(contradictions(kind), 1) << kind;
  }
  EXPECT_EQ(contradictions("unknown_payment"), 2);
  EXPECT_EQ(events("contradicting"), 6);
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(resume_after(0ms), 1u);  // at once
  EXPECT_EQ(disagreeing(), 0);
  EXPECT_EQ(value("SELECT due_at IS NULL AND disagrees_since IS NULL FROM payments"), "t");
}

TEST_F(PaymentFlowTest, AReferenceOfAnotherPaymentIsAContradiction) {
  const auto first = pay(order(50))->payment;
  sql("INSERT INTO payments (id, order_id, provider, amount, currency, method, actor_kind, due_at) "
      "VALUES (" +
      id(60) + ", '" + order(51).value.to_string() +
      "', 'sandbox', 10000, 'EUR', 'sandbox-ok', 'system', now() + interval '9 years')");
  auto reported = event(first, PaymentStatus::kCaptured);
  reported.payment = PaymentId{uuid(60)};
  EXPECT_TRUE(run(flow_.apply(context_, reported)));
  EXPECT_EQ(contradictions("reference"), 1);
}

// Declined first, then approved by the buyer's bank: the provider's state counts.
TEST_F(PaymentFlowTest, MoneyThatCameAfterAllPaysTheOrderOrGoesBack) {
  const auto waiting = order(50);
  const auto cancelled = order(51);
  const auto paid_otherwise = order(52);
  std::vector<payments::Payment> declined;
  for (const auto order : {waiting, cancelled, paid_otherwise}) {
    EXPECT_EQ(pay(order, "sandbox-declined").error().code, errors::kPaymentDeclined);
    declined.push_back(payment_of(order));
  }
  ASSERT_TRUE(cancel(cancelled));
  ASSERT_TRUE(pay(paid_otherwise));
  sql("UPDATE sandbox_charges SET status = 'captured' WHERE status = 'failed'");
  for (const auto& payment : declined) {
    ASSERT_TRUE(run(flow_.apply(context_, event(payment, PaymentStatus::kCaptured))));
  }
  EXPECT_EQ(status_of(waiting), "pending") << "a message alone pays nothing";
  EXPECT_EQ(resume_after(0ms), 3u);
  EXPECT_EQ(status_of(waiting), "paid");
  EXPECT_EQ(status_of(cancelled), "cancelled");
  EXPECT_EQ(status_of(paid_otherwise), "paid");
  EXPECT_EQ(charges(), "captured:2 refunded:2");
  EXPECT_EQ(disagreeing(), 0);
}

TEST_F(PaymentFlowTest, BooksThatStayDifferentAreAskedForLessAndLessOftenAndCounted) {
  const auto order = this->order(50);
  const auto payment = pay(order)->payment;
  sql("UPDATE sandbox_charges SET amount = 1");
  ASSERT_TRUE(run(flow_.apply(context_, [&] {
    auto reported = event(payment, PaymentStatus::kCaptured);
    reported.amount.amount = 1;
    return reported;
  }())));
  EXPECT_EQ(resume_after(0ms), 1u);
  EXPECT_EQ(disagreeing(), 1);
  EXPECT_EQ(resume_after(kConfig.retry_after), 1u);
  EXPECT_EQ(resume_after(kConfig.retry_after), 0u);
  EXPECT_EQ(resume_after(kConfig.retry_after), 1u);
  EXPECT_EQ(disagreeing(), 1);
  EXPECT_EQ(metric("souk_payments_longest_waiting_seconds{state=\"disagreeing\"}"), 90);
  sql("UPDATE sandbox_charges SET amount = 10000");
  EXPECT_EQ(resume_after(kConfig.max_retry_pause), 1u);
  EXPECT_EQ(disagreeing(), 0);
  EXPECT_EQ(resume_after(kConfig.max_retry_pause), 0u);
}

TEST_F(PaymentFlowTest, AKeyIsOfOneRequestAlone) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-ok", "key"));
  EXPECT_TRUE(pay(order, "sandbox-ok", "key")->replayed);
  EXPECT_EQ(pay(order, "sandbox-late", "key").error().code, errors::kIdempotencyKeyReused);
  EXPECT_EQ(pay_manually(order, "sandbox-ok", "key").error().code, errors::kIdempotencyKeyReused);
  EXPECT_EQ(charges(), "captured:1");
}

TEST_F(PaymentFlowTest, AKeyIsOfOneOrderAndItsBuyerAlone) {
  const auto first = order(50);
  const auto second = order(51);
  const auto paid = pay(first, "sandbox-ok", "key").value();
  const auto other = pay(second, "sandbox-ok", "key").value();
  EXPECT_FALSE(other.replayed);
  EXPECT_EQ(other.payment.order_id, second);
  EXPECT_NE(other.payment.id, paid.payment.id);
  EXPECT_EQ(charges(), "captured:2");
  const auto by_stranger = run(flow_.pay(context_, {first, {uuid(99)}, "sandbox-ok", "key"}));
  EXPECT_EQ(by_stranger.error().code, ErrorCode::kNotFound);
}

TEST_F(PaymentFlowTest, AnOrderOfNothingIsPaidAndRefundedWithoutAProvider) {
  const auto order = this->order(50, "pending", 0);
  const auto paid = pay(order, "whatever", "key");
  ASSERT_TRUE(paid);
  EXPECT_EQ(paid->payment.provider, "none");
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_TRUE(pay(order, "whatever", "key")->replayed);
  EXPECT_EQ(steps_of(order), "confirmed by customer, paid by customer");
  EXPECT_EQ(run(flow_.refund(context_, order, admin_))->status, orders::Status::kRefunded);
  EXPECT_EQ(status_of(order), "refunded");
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(charges(), "");
  EXPECT_EQ(value("SELECT count(*) FROM payments WHERE due_at IS NOT NULL"), "0");
  // The database accepts no other way to become paid.
  this->order(51, "confirmed");
  refused("UPDATE orders SET status = 'paid' WHERE id = " + id(51), "orders_paid_by_a_payment");
  refused(
      "INSERT INTO payments (id, order_id, provider, amount, currency, status, actor_kind) "
      "VALUES (" +
          id(60) + ", " + id(51) + ", 'none', 10000, 'EUR', 'captured', 'system')",
      "payments_none_for_nothing");
}

TEST_F(PaymentFlowTest, AnOrderOfNothingIsPaidWhenItIsPlaced) {
  const auto order = run(orders_.order(context_, this->order(50, "pending", 0), buyer_)).value();
  EXPECT_EQ(run(flow_.pay_if_free(context_, order)), orders::Status::kPaid);
  EXPECT_EQ(run(flow_.pay_if_free(context_, order)), orders::Status::kPaid);
  EXPECT_EQ(value("SELECT count(*) FROM payments"), "1");
  const auto other = run(orders_.order(context_, this->order(51), buyer_)).value();
  EXPECT_EQ(run(flow_.pay_if_free(context_, other)), orders::Status::kPending);
}

TEST_F(PaymentFlowTest, MoneyThatAnAdministratorRecordsPaysTheOrderAndRefundsIt) {
  const auto order = this->order(50);
  EXPECT_EQ(pay_manually(order, "sandbox-ok").error().fields.at(0).pointer, "/method");
  const auto payment = pay_manually(order)->payment;
  EXPECT_EQ(payment.status, PaymentStatus::kCreated);
  EXPECT_TRUE(pay_manually(order)->replayed);
  EXPECT_EQ(resume_after(kConfig.max_retry_pause), 0u) << "nobody is asked";
  auto less = receipt(payment);
  less.amount.amount -= 1;
  EXPECT_EQ(record_capture(less).error().fields.at(0).pointer, "/amount");
  EXPECT_EQ(record_capture(receipt(payment, "a\nb")).error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(status_of(order), "pending");

  EXPECT_FALSE(record_capture(receipt(payment))->replayed);
  EXPECT_EQ(status_of(order), "paid");
  EXPECT_EQ(steps_of(order), "confirmed by admin, paid by admin");
  EXPECT_EQ(value("SELECT string_agg(kind, ' ') FROM outbox"), "order.paid");
  EXPECT_TRUE(record_capture(receipt(payment))->replayed);
  EXPECT_EQ(record_capture(receipt(payment, "another")).error().code, errors::kPaymentConflict);

  EXPECT_EQ(run(flow_.refund(context_, order, admin_))->status, orders::Status::kPaid);
  EXPECT_EQ(run(order_flow_.ship(context_, order, admin_)).error().code,
            errors::kIllegalTransition);
  EXPECT_EQ(record_refund(receipt(payment, "Back 1"))->payment.status, PaymentStatus::kRefunded);
  EXPECT_TRUE(record_refund(receipt(payment, "Back 1"))->replayed);
  EXPECT_EQ(status_of(order), "refunded");
  EXPECT_EQ(units(), "100");
  EXPECT_EQ(charges(), "");
}

TEST_F(PaymentFlowTest, APartOfAManualPaymentIsRefundedByWhoSentItBack) {
  const auto order = this->order(50);
  const auto payment = pay_manually(order)->payment;
  ASSERT_TRUE(record_capture(receipt(payment)));
  RefundPart part{.order = order, .amount = Money{4'000, payment.amount.currency}, .actor = admin_};
  EXPECT_EQ(run(flow_.refunds().refund(context_, part)).error().fields.at(0).pointer, "/reference");
  part.reference = "Back 1";
  EXPECT_FALSE(run(flow_.refunds().refund(context_, part))->refund.is_requested());
  EXPECT_EQ(run(orders_.order(context_, order, buyer_))->refunded.amount, 4'000);
  EXPECT_EQ(record_refund(receipt(payment, "Back 2")).error().fields.at(0).pointer, "/amount");
  auto rest = receipt(payment, "Back 2");
  rest.amount.amount = 6'000;
  EXPECT_FALSE(record_refund(rest)->replayed);
  EXPECT_TRUE(record_refund(rest)->replayed);
  EXPECT_EQ(status_of(order), "refunded");
  EXPECT_EQ(charges(), "");
}

TEST_F(PaymentFlowTest, TheLastPartOfAManualPaymentRefundsTheOrder) {
  const auto order = this->order(50);
  const auto payment = pay_manually(order)->payment;
  ASSERT_TRUE(record_capture(receipt(payment)));
  for (const std::int64_t cents : {4'000, 6'000}) {
    RefundPart part{.order = order,
                    .amount = Money{cents, payment.amount.currency},
                    .reference = fmt::format("Back {}", cents),
                    .actor = admin_};
    ASSERT_TRUE(run(flow_.refunds().refund(context_, part)));
  }
  EXPECT_EQ(status_of(order), "refunded");
  EXPECT_EQ(units(), "100");
}

TEST_F(PaymentFlowTest, AReceiptIsOfAnOpenPaymentAndItsReferenceOfOneAlone) {
  const auto by_card = pay(order(50))->payment;
  EXPECT_EQ(record_capture(receipt(by_card)).error().code, errors::kPaymentConflict);
  const auto first = pay_manually(order(51))->payment;
  const auto second = pay_manually(order(52), "cash-on-delivery")->payment;
  ASSERT_TRUE(record_capture(receipt(first)));
  EXPECT_EQ(record_capture(receipt(second)).error().code, errors::kPaymentConflict);
  EXPECT_EQ(record_refund(receipt(second)).error().code, errors::kPaymentConflict);
  auto elsewhere = receipt(second, "else");
  elsewhere.order = first.order_id;
  EXPECT_EQ(record_capture(elsewhere).error().code, ErrorCode::kNotFound);
  // A receipt's key is bound to its content.
  auto keyed = receipt(second, "keyed");
  keyed.idempotency_key = "key";
  EXPECT_FALSE(record_capture(keyed)->replayed);
  EXPECT_TRUE(record_capture(keyed)->replayed);
  keyed.reference = "other";
  EXPECT_EQ(record_capture(keyed).error().code, errors::kIdempotencyKeyReused);
}

TEST_F(PaymentFlowTest, AnOpenPaymentGivesWayToAnotherAndEndsWithItsOrder) {
  const auto order = this->order(50);
  const auto open = pay_manually(order)->payment;
  ASSERT_TRUE(pay(order));
  EXPECT_EQ(status_of(order), "paid");
  // The transfer arrived anyway: it is recorded and returned.
  EXPECT_EQ(record_capture(receipt(open))->payment.goal, Goal::kReturned);
  EXPECT_EQ(record_refund(receipt(open, "Back"))->payment.status, PaymentStatus::kRefunded);
  EXPECT_EQ(status_of(order), "paid");

  const auto cancelled = this->order(51);
  ASSERT_TRUE(pay_manually(cancelled));
  ASSERT_TRUE(cancel(cancelled));
  EXPECT_EQ(payment_of(cancelled).status, PaymentStatus::kCancelled);
  const auto by_hand = this->order(52);
  ASSERT_TRUE(pay_manually(by_hand));
  sql("UPDATE orders SET status = 'cancelled', cancelled_at = now() WHERE id = " + id(52));
  EXPECT_EQ(payment_of(by_hand).status, PaymentStatus::kCancelled);
  EXPECT_EQ(value("SELECT count(*) FROM payments WHERE due_at IS NOT NULL"), "0");
}

TEST_F(PaymentFlowTest, AnOrderIsRefundedWhenAllItsMoneyIsBackWhicheverGoesFirst) {
  for (const bool late_first : {true, false}) {
    const auto order = this->order(late_first ? 50 : 51);
    const auto late = pay_manually(order, "bank-transfer")->payment;
    const auto own = pay_manually(order, "cash-on-delivery")->payment;
    const auto name = order.value.to_string();
    ASSERT_TRUE(record_capture(receipt(own, "own " + name)));
    ASSERT_TRUE(record_capture(receipt(late, "late " + name)));
    ASSERT_TRUE(run(flow_.refund(context_, order, admin_)));
    const auto before = units();
    ASSERT_TRUE(record_refund(receipt(late_first ? late : own, "first back " + name)));
    EXPECT_EQ(status_of(order), "paid");
    EXPECT_EQ(units(), before);
    ASSERT_TRUE(record_refund(receipt(late_first ? own : late, "then back " + name)));
    EXPECT_EQ(status_of(order), "refunded");
  }
  EXPECT_EQ(units(), "110");
}

TEST_F(PaymentFlowTest, ARefundSaysHowTheOrderStandsWhileOtherMoneyOfItIsThere) {
  const auto order = this->order(50);
  const auto late = pay_manually(order)->payment;
  ASSERT_TRUE(pay(order));
  ASSERT_TRUE(record_capture(receipt(late)));
  EXPECT_EQ(run(flow_.refund(context_, order, admin_))->status, orders::Status::kPaid);
  EXPECT_EQ(charges(), "refunded:1");
  EXPECT_EQ(status_of(order), "paid");
  ASSERT_TRUE(record_refund(receipt(late, "Back")));
  EXPECT_EQ(status_of(order), "refunded");
}

TEST_F(PaymentFlowTest, ADeclinedOrderMayBePaidWithAnotherKeyAtAnotherProvider) {
  const auto order = this->order(50);
  EXPECT_EQ(pay(order, "sandbox-declined", "first").error().code, errors::kPaymentDeclined);
  const auto open = pay_manually(order, "bank-transfer", "second")->payment;
  EXPECT_EQ(pay(order, "sandbox-declined", "third").error().code, errors::kPaymentDeclined);
  EXPECT_EQ(record_capture(receipt(open))->payment.goal, Goal::kCaptured) << "it came after all";
  EXPECT_EQ(status_of(order), "paid");
}

TEST_F(PaymentFlowTest, AProviderThatIsOffIsNotPaidAndItsPaymentsWait) {
  const auto order = this->order(50);
  ASSERT_TRUE(pay(order, "sandbox-lost-capture"));
  PaymentFlow without(pool_, {inventory_, notifier_, log_}, payments::Providers({&manual_}), clock_,
                      ids_, {metrics_, log_}, kConfig);
  const auto refused = run(without.pay(
      context_,
      {.order = this->order(51), .buyer = buyer_, .method = "sandbox-ok", .provider = "sandbox"}));
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/provider");
  EXPECT_FALSE(without.verify("sandbox", "", ""));
  clock_.advance(kConfig.retry_after);
  EXPECT_EQ(run(without.resume(context_)), 1u);
  EXPECT_EQ(failures("provider"), 2);  // the lost answer and this one
  EXPECT_EQ(status_of(order), "pending");
}

TEST_F(PaymentFlowTest, WhileTheProvidersSecretIsReplacedMessagesWithEitherAreGenuine) {
  const auto verdict = [&](payments::WebhookConfig config, std::string_view secret) {
    const payments::SandboxProvider provider(loop_, pool_, clock_, ids_, std::move(config), {});
    return provider.verify(sign_message(secret, "{}", clock_.now()), "{}");
  };
  const payments::WebhookConfig both{.secret = "new", .previous_secret = "old"};
  EXPECT_EQ(verdict(both, "new"), SignatureVerdict::kGenuine);
  EXPECT_EQ(verdict(both, "old"), SignatureVerdict::kGenuine);
  EXPECT_EQ(verdict(both, "another"), SignatureVerdict::kForged);
  EXPECT_EQ(verdict(both, ""), SignatureVerdict::kForged);
  const payments::WebhookConfig replaced{.secret = "new", .previous_secret = ""};
  EXPECT_EQ(verdict(replaced, "new"), SignatureVerdict::kGenuine);
  EXPECT_EQ(verdict(replaced, "old"), SignatureVerdict::kForged);
  EXPECT_EQ(verdict(replaced, ""), SignatureVerdict::kForged);
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
  EXPECT_EQ(steps_of(order), "confirmed by system");  // by default
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
  // Cancelling an order by SQL returns its money too.
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
  EXPECT_EQ(cancel(order).error().code, errors::kNotCancellable);
  EXPECT_EQ(units(), "100");
}

}  // namespace
}  // namespace souk::checkout
