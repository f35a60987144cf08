#include "checkout/order_writer.h"

#include <algorithm>

#include "checkout/reservations.h"
#include "inventory/reservation_store.h"
#include "inventory/store.h"
#include "telemetry/failure_reporter.h"

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

namespace {

void decide_all(OrderWriter::Orders orders, const Decision& decision) {
  for (auto* const order : orders) order->decision = decision;
}

// What is done for a batch is done for each of its orders.
class TracedOrders {
 public:
  TracedOrders(OrderWriter::Orders orders, Spans& spans) : orders_(orders), spans_(spans) {
    spans_.start({}, std::ranges::any_of(orders_, &PendingOrder::traced), false);
  }
  ~TracedOrders() {
    const auto done = spans_.take(std::chrono::steady_clock::now());
    for (auto* const order : orders_) {
      if (order->traced) order->spans.insert(order->spans.end(), done.begin(), done.end());
    }
  }
  TracedOrders(const TracedOrders&) = delete;
  TracedOrders& operator=(const TracedOrders&) = delete;

 private:
  const OrderWriter::Orders orders_;
  Spans& spans_;
};

}  // namespace

Task<void> OrderWriter::write(Orders orders) {
  bool unknown = false;
  bool divide = false;
  std::exception_ptr failure;
  try {
    co_return co_await write_once(orders);
  } catch (const OutcomeUnknown&) {
    unknown = true;
  } catch (const postgres::StatementError& error) {
    divide = orders.size() > 1 && error.blames_values();
    failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
  }
  if (unknown) co_return co_await look_up(orders);
  if (divide) co_return co_await write_halves(orders);
  decide_all(orders, Failed{failure});
}

// A reservation expires at its time, not when it is ended. If orders are short of units held by an
// expired one, it is ended first, in a transaction that locks it before the stocks.
Task<void> OrderWriter::write_once(Orders orders) {
  Spans spans;
  const TracedOrders traced(orders, spans);
  for (int sweeps = 0;; ++sweeps) {
    Context context{.spans = &spans};
    std::vector<ProductId> in_the_way;
    const auto done = co_await pool_.retry(
        context, [&] { return try_to_write(context, orders, sweeps < kMaxSweeps, in_the_way); });
    if (done) co_return;
    co_await Reservations::expire_due_of(pool_, context, in_the_way);
  }
}

Task<bool> OrderWriter::try_to_write(Context& context, Orders orders, bool may_sweep,
                                     std::vector<ProductId>& in_the_way) {
  const auto begun = std::chrono::steady_clock::now();
  const auto stamp = after_.inventory.stamp();
  const auto numbers = co_await numbers_.take(orders.size());
  OrderBatch batch(orders, terms_, clock_.now(), numbers);
  auto transaction = co_await pool_.begin(context);
  batch.decide(co_await transaction.pipeline(batch.reads()));
  if (may_sweep && !batch.short_of_reserved().empty()) {
    const auto ended = co_await transaction.pipeline(
        inventory::reservation_store::ended(batch.short_of_reserved()));
    if (!ended[0].empty()) {
      in_the_way = batch.short_of_reserved();
      co_await transaction.rollback();
      co_return false;
    }
  }
  std::vector<postgres::Rows> written;
  if (batch.writes_anything()) {
    written = co_await transaction.pipeline_and_commit(batch.writes(ids_));
  }
  batch.settle(context.statements);
  if (!written.empty()) publish(written.front(), stamp);
  metrics_.batch_size.observe(static_cast<double>(orders.size()));
  metrics_.batch_duration.observe(std::chrono::steady_clock::now() - begun);
  co_return true;
}

// A failure here must not look like a failure of the commit: the change log and polling make up for
// it.
void OrderWriter::publish(const postgres::Rows& stocks, cache::Stamp stamp) noexcept {
  try {
    after_.notifier.notify();
    after_.inventory.write_through(inventory::store::read_changed(stocks), stamp);
  } catch (const std::exception& error) {
    metrics_.untold.increment();
    after_.log.error("order_not_published", {{"reason", error.what()}});
  }
}

// The database refuses one order of the batch: the others must not fail with it.
Task<void> OrderWriter::write_halves(Orders orders) {
  metrics_.divided.increment();
  const auto half = orders.size() / 2;
  co_await write(orders.first(half));
  co_await write(orders.subspan(half));
}

Task<void> OrderWriter::look_up(Orders orders) {
  metrics_.look_ups.increment();
  const auto give_up = std::chrono::steady_clock::now() + kLookUpBound;
  std::optional<std::vector<OrderId>> found;
  telemetry::FailureReporter report(
      after_.log, metrics_.look_up_failures,
      {.failed = "orders_not_looked_up", .resumed = "orders_looked_up", .what = "batch"});
  while (!found && std::chrono::steady_clock::now() < give_up) {
    try {
      found = co_await committed(orders);
      report.succeeded();
    } catch (const std::exception& error) {  // still away
      report.failed(error);
    }
    if (!found) co_await loop_.sleep(kLookUpPause);
  }
  if (!found) {
    co_return decide_all(orders, Failed{std::make_exception_ptr(OutcomeUnknown(
                                     "the database was lost while the order was written"))});
  }
  for (auto* const order : orders) {
    if (std::ranges::find(*found, order->id) != found->end()) {
      order->decision = Written{};
    } else {
      order->decision = Failed{std::make_exception_ptr(
          Unavailable("the database was lost before the order was placed"))};
    }
  }
}

// Locks the stock rows of the lost transaction again: getting the locks proves that it has ended.
// Locks are written to the WAL too, so the commit waits until the standby has everything that was
// found.
Task<std::vector<OrderId>> OrderWriter::committed(Orders orders) {
  Context context{.deadline = std::chrono::steady_clock::now() + kLookUpBound};
  std::vector<ProductId> products;
  std::vector<OrderId> ids;
  for (const auto* const order : orders) {
    ids.push_back(order->id);
    products.insert(products.end(), order->products.begin(), order->products.end());
  }
  auto transaction = co_await pool_.begin(context);
  const auto rows = co_await transaction.pipeline(inventory::store::lock_all(products),
                                                  orders::store::existing(ids));
  co_await transaction.commit();
  co_return orders::store::read_ids(rows[1]);
}

}  // namespace souk::checkout
