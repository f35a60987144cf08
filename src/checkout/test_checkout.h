// A shop of four products of ten units each and two buyers, for the tests of checkout.
// Threading: the test's thread runs the loop.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "checkout/checkout.h"
#include "checkout/order_flow.h"
#include "checkout/reservations.h"
#include "inventory/reservation_store.h"
#include "orders/orders.h"
#include "payments/sandbox_provider.h"
#include "postgres/test_database.h"
#include "runtime/scope.h"
#include "runtime/workers.h"

namespace souk::checkout {

// The outcomes of attempts.
struct Tally {
  std::vector<OrderId> placed;
  int replayed = 0;
  int out_of_stock = 0;
  int refused = 0;
  std::vector<ErrorCode> refusals;
  int unavailable = 0;
  int broken = 0;  // refused by the database
};

// A node's queue of orders and its writer, and the checkout of a worker: all on one loop.
class OrderingNode {
 public:
  struct Limits {
    QueueLimits queue;
    OrderTerms terms;
  };
  struct Parts {
    runtime::Loop& loop;
    telemetry::Registry& registry;
    const Clock& clock;
    UuidGenerator& ids;
  };
  // `pool` is the worker's, `batches` the writer's.
  OrderingNode(Parts parts, postgres::Pool& pool, postgres::Pool& batches, AfterCommit after,
               const Limits& limits)
      : loop_(parts.loop),
        metrics_(parts.registry),
        writer_(parts.loop, batches, after, parts.clock, parts.ids, metrics_, limits.terms),
        queue_(parts.registry, limits.queue),
        scope_(parts.loop),
        checkout(parts.loop, pool, queue_, parts.registry, parts.ids) {
    scope_.spawn(queue_.serve(parts.loop, writer_, metrics_));
  }
  OrderQueue& queue() { return queue_; }
  // REQUIRES: no order is being placed.
  ~OrderingNode() {
    queue_.stop();
    loop_.run_until_done(join());
  }

 private:
  runtime::Task<void> join() { co_await scope_.join(); }

  runtime::Loop& loop_;
  Metrics metrics_;
  OrderWriter writer_;
  OrderQueue queue_;
  runtime::Scope scope_;

 public:
  Checkout checkout;
};

class CheckoutTest : public ::testing::Test {
 protected:
  CheckoutTest() : pool_(loop_, registry_, config()) {
    sql("INSERT INTO categories (id, name, slug) VALUES (" + id(1) + ", 'All', 'all')");
    for (int n = 0; n < 2; ++n) {
      sql(
          fmt::format("INSERT INTO users (id, email, name, password_hash) "
                      "VALUES ({}, 'u{}@souk.example', 'U', 'x')",
                      id(kBuyer + n), n));
      sql(
          fmt::format("INSERT INTO user_addresses (id, user_id, recipient, line1, city, "
                      "postal_code, country, is_default) "
                      "VALUES ({}, {}, 'U{}', '1 Street', 'London', 'SW1Y 4JH', 'GB', true)",
                      id(kAddress + n), id(kBuyer + n), n));
    }
    for (int n = 1; n <= 4; ++n) add_product(n, 100 * n, 10);
    loop_.run_until_done(pool_.start());
    loop_.run_until_done(batches_.start());
  }
  ~CheckoutTest() override {
    node_.reset();
    loop_.run_until_done(cache_.close());
    loop_.run_until_done(batches_.close());
    loop_.run_until_done(pool_.close());
  }

  static constexpr int kBuyer = 100;
  static constexpr int kAddress = 110;  // the buyers' default addresses

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
  static ProductId product(int n) { return {uuid(10 + n)}; }
  static PlaceOrder order(std::vector<inventory::Line> lines) {
    return {.buyer = {uuid(kBuyer)}, .lines = std::move(lines)};
  }

  void sql(const std::string& statement) { ASSERT_TRUE(database_.connect().execute(statement)); }
  std::string value(const std::string& statement) {
    auto connection = database_.connect();
    auto rows = connection.run(statement);
    return rows ? std::string(rows->text(0, 0)) : "failed: " + rows.error().detail;
  }
  void add_product(int n, int price, int units) {
    sql(
        fmt::format("INSERT INTO products (id, name, category_id, price, currency) "
                    "VALUES ({}, 'P{}', {}, {}, 'EUR')",
                    id(10 + n), n, id(1), price));
    sql(fmt::format("INSERT INTO product_stocks (product_id, quantity) VALUES ({}, {})", id(10 + n),
                    units));
  }
  // What may be ordered.
  std::string units_of(int n) {
    return value("SELECT quantity - reserved FROM product_stocks WHERE product_id = " + id(10 + n));
  }

  // Places all at once and waits for them.
  Tally place_all(std::vector<PlaceOrder> requests) {
    return place_all(checkout_, std::move(requests));
  }
  Tally place_all(Checkout& checkout, std::vector<PlaceOrder> requests) {
    Tally tally;
    loop_.run_until_done(run_all(checkout, std::move(requests), tally));
    return tally;
  }

  Result<orders::Order> cancel(OrderId order) {
    runtime::Context context;
    return loop_.run_until_done(order_flow_.cancel(context, order, std::nullopt, {}));
  }
  double metric(std::string_view series) {
    Buffer page;
    registry_.render(page);
    const auto at = page.view().find("\n" + std::string(series) + " ");
    return std::stod(std::string(page.view().substr(at + series.size() + 2, 20)));
  }
  // A product's stock by its ledger: the sums of its movements.
  std::string ledger_of(int n) {
    return value(
        "SELECT sum(on_hand) || ' ' || sum(reserved) FROM stock_movements "
        "WHERE product_id = " +
        id(10 + n));
  }
  Result<Reservations::Outcome> hold(std::vector<inventory::Line> lines) {
    runtime::Context context;
    return loop_.run_until_done(
        reservations_.hold(context, {uuid(kBuyer)}, std::move(lines), std::nullopt));
  }
  ReservationId held(std::vector<inventory::Line> lines) {
    return std::get<inventory::Reservation>(hold(std::move(lines)).value()).id;
  }
  PlaceOrder order_of(ReservationId reservation) {
    return {.buyer = {uuid(kBuyer)}, .lines = {}, .reservation = reservation};
  }
  void let_expire(ReservationId id) {
    sql("UPDATE reservations SET created_at = now() - interval '2 hours', "
        "expires_at = now() - interval '1 hour' WHERE id = '" +
        id.value.to_string() + "'");
  }
  std::size_t expire_due() {
    runtime::Context context;
    return loop_.run_until_done(Reservations::expire_due(pool_, context));
  }

  // One of a node's workers, on a thread of its own: places orders of one unit of the first
  // product.
  runtime::Task<void> work(runtime::Worker& worker, int orders, std::mutex& mutex, Tally& all,
                           std::atomic<int>& working) {
    postgres::Pool pool(worker.loop, registry_, config());
    co_await pool.start();
    SystemRandom random;
    UuidGenerator ids(clock_, random);
    Checkout checkout(worker.loop, pool, node_->queue(), registry_, ids);
    Tally tally;
    runtime::Scope scope(worker.loop);
    for (int i = 0; i < orders; ++i) {
      scope.spawn(place_one(checkout, order({{product(1), 1}}), tally));
    }
    co_await scope.join();
    co_await pool.close();
    const std::scoped_lock lock(mutex);
    std::ranges::move(tally.placed, std::back_inserter(all.placed));
    all.out_of_stock += tally.out_of_stock;
    --working;
  }
  runtime::Task<void> run_all(Checkout& checkout, std::vector<PlaceOrder> requests, Tally& tally) {
    runtime::Scope scope(loop_);
    for (auto& request : requests) scope.spawn(place_one(checkout, std::move(request), tally));
    co_await scope.join();
  }
  runtime::Task<void> place_one(Checkout& checkout, PlaceOrder request, Tally& tally) {
    runtime::Context context;
    try {
      const auto outcome = co_await checkout.place(context, std::move(request));
      if (const auto* refused = std::get_if<Refused>(&outcome)) {
        ++tally.refused;
        tally.refusals.push_back(refused->error.code);
      } else if (const auto* placed = std::get_if<Placed>(&outcome)) {
        tally.placed.push_back(placed->order.id);
        tally.replayed += placed->replayed ? 1 : 0;
      } else {
        ++tally.out_of_stock;
      }
    } catch (const Unavailable&) {
      ++tally.unavailable;
    } catch (const postgres::StatementError&) {
      ++tally.broken;
    }
  }

  postgres::TestDatabase database_;
  telemetry::Registry registry_;
  runtime::Loop loop_;
  SystemClock clock_;
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  postgres::Pool pool_;
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry_};
  runtime::Offload offload_{1, 10};
  cache::SharedCache shared_{{}, {"stock"}, {}, offload_, registry_};
  cache::HybridCache cache_{shared_, nullptr, loop_, registry_, log_, clock_};
  inventory::Inventory inventory_{pool_, cache_};
  Reservations reservations_{pool_, inventory_, ids_};
  jobs::Notifier notifier_;
  postgres::Pool batches_{loop_, registry_, config()};
  static constexpr OrderingNode::Limits kNoLimits = {.queue = {}, .terms = {.open = {0, 0, 0, 0}}};
  std::unique_ptr<OrderingNode> node(postgres::Pool& batches, const OrderingNode::Limits& limits) {
    return std::make_unique<OrderingNode>(OrderingNode::Parts{loop_, registry_, clock_, ids_},
                                          pool_, batches, AfterCommit{inventory_, notifier_, log_},
                                          limits);
  }
  std::unique_ptr<OrderingNode> node_ = node(batches_, kNoLimits);
  Checkout& checkout_ = node_->checkout;
  payments::SandboxProvider provider_{loop_, pool_, clock_, ids_, {}, {}};
  payments::Metrics payment_metrics_{registry_};
  PaymentFlow payments_{
      pool_, {inventory_, notifier_, log_}, payments::Providers({&provider_}), clock_,
      ids_,  {payment_metrics_, log_}};
  OrderFlow order_flow_{pool_, {inventory_, notifier_, log_}, payments_, clock_, ids_};
};

}  // namespace souk::checkout
