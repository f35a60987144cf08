// Checks that the plan of every statement uses its promised index, in a shop of 200,000 products
// and 500,000 orders, and limits the pages that a request reads, since a scan of a whole index is
// no better than a scan of its table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "accounts/audit.h"
#include "accounts/directory.h"
#include "accounts/request_store.h"
#include "accounts/store.h"
#include "accounts/token.h"
#include "base/encoding.h"
#include "base/first_id.h"
#include "cache/coherence/store.h"
#include "catalog/bulk_store.h"
#include "catalog/managed.h"
#include "catalog/search_store.h"
#include "catalog/store.h"
#include "costs.h"
#include "inventory/counts_store.h"
#include "inventory/ledger_store.h"
#include "inventory/reservation_store.h"
#include "inventory/store.h"
#include "jobs/store.h"
#include "observe/history/store.h"
#include "orders/search_store.h"
#include "orders/store.h"
#include "payments/refund_store.h"
#include "payments/sandbox_provider.h"
#include "payments/store.h"
#include "plan.h"
#include "postgres/blocking.h"
#include "postgres/explaining.h"
#include "postgres/test_database.h"
#include "reports/store.h"
#include "seed/seed.h"
#include "statistics/store.h"
#include "webhooks/store.h"

namespace souk::explain {
namespace {

using postgres::Statement;
using testing::Contains;
using testing::Not;

constexpr seed::ShopSize kSize{.products = 200'000, .users = 50'000, .orders = 500'000};
constexpr std::uint64_t kSeed = 1;
const ManualClock kClock{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};

// The most pages, of 8 KiB, that a request may read. kPoint: a few rows by key. kScan: 100 rows,
// each in a different heap page. kWrite: every index of its table, and what a session reads once of
// the system's tables for the functions of triggers. A search of products reads up to
// 10,000 of them, one of orders 5,000 orders.
constexpr std::int64_t kPointPagesMax = 100;
constexpr std::int64_t kScanPagesMax = 4'000;
constexpr std::int64_t kWritePagesMax = 800;
constexpr std::int64_t kSearchPagesMax = 25'000;

std::int64_t pages_max(const Statement& statement) {
  if (statement.name == "catalog.search" || statement.name.contains("_that")) {
    return kSearchPagesMax;
  }
  if (statement.name == "orders.search_by_date") return kSearchPagesMax;
  switch (statement.kind) {
    case Statement::Kind::kPoint:
      return kPointPagesMax;
    case Statement::Kind::kScan:
      return kScanPagesMax;
    case Statement::Kind::kWrite:
      return kWritePagesMax;
  }
}

// Sessions, idempotency keys and the like of a busy month, which the seed does not create.
constexpr auto kBusyMonth =
    "INSERT INTO sessions SELECT sha256(id::text::bytea), id, now(), now() + interval '30 days'"
    " FROM users;"
    " INSERT INTO idempotency_keys SELECT user_id, id::text, sha256(''), id"
    " FROM orders ORDER BY orders.id DESC LIMIT 100000;"
    " INSERT INTO reservations (id, user_id, status, expires_at) SELECT id, user_id,"
    " CASE WHEN right(id::text, 1) = '0' THEN 'held' ELSE 'released' END, now() + interval '1 hour'"
    " FROM orders LIMIT 100000;"
    " INSERT INTO reservation_items SELECT r.id, line_no, product_id, quantity"
    " FROM reservations r JOIN order_items i ON i.order_id = r.id;"
    " INSERT INTO order_transitions (order_id, seq, from_status, to_status, actor_kind)"
    " SELECT id, 2, 'pending', 'confirmed', 'system' FROM orders ORDER BY orders.id DESC LIMIT "
    "100000;"
    " INSERT INTO shipments (id, order_id, shipped_at, actor_kind) SELECT id, id, now(), 'system'"
    " FROM orders ORDER BY orders.id DESC LIMIT 100000;"
    " INSERT INTO shipment_items SELECT s.id, i.product_id, i.quantity"
    " FROM shipments s JOIN order_items i ON i.order_id = s.id;"
    " INSERT INTO payments (id, order_id, provider, amount, currency, status, provider_reference,"
    " actor_kind) SELECT id, id, 'sandbox', total, currency, 'captured', id::text, 'system'"
    " FROM orders ORDER BY orders.id DESC LIMIT 100000;"
    " INSERT INTO sandbox_charges SELECT id || ':authorise', id::text, 'sandbox-ok', total,"
    " currency, 'captured' FROM orders ORDER BY orders.id DESC LIMIT 100000;"
    " INSERT INTO refunds (id, order_id, payment_id, amount, currency, status, actor_kind,"
    " created_at, due_at) SELECT id, order_id, id, 1, currency,"
    " CASE WHEN id::text LIKE '%00' THEN 'requested' ELSE 'done' END, 'system', now(),"
    " CASE WHEN id::text LIKE '%00' THEN now() + interval '1 year' END"
    " FROM payments WHERE amount > 0;"
    " INSERT INTO refund_items SELECT r.id, i.product_id, 1, false"
    " FROM refunds r JOIN order_items i ON i.order_id = r.order_id;"
    " INSERT INTO payment_events SELECT 'sandbox', id::text, id, 'captured', now()"
    " FROM payments;"
    " INSERT INTO statistics_events SELECT id FROM orders;"
    " INSERT INTO outbox (id, kind, aggregate_id, payload, xid, available_at) SELECT"
    " gen_random_uuid(), 'k', gen_random_uuid(), '{}', n::text::xid8,"
    " CASE n % 10 WHEN 0 THEN now() + n * interval '1 s' END FROM generate_series(1, 100000) n;"
    " INSERT INTO dead_letters (id, kind, aggregate_id, payload, created_at, attempt, last_error)"
    " SELECT id, kind, aggregate_id, payload, created_at, 1, '' FROM outbox;"
    " INSERT INTO job_claimers (leased_until) SELECT now() FROM generate_series(1, 10000);"
    " INSERT INTO periodic_jobs (name, interval_ms, next_at) SELECT n, 1, now()"
    " FROM generate_series(1, 10000) n;"
    " INSERT INTO change_log (topic, tag, xid, changed_at) SELECT 't' || n % 100, n,"
    " (n % 500 + 1)::text::xid8, now() + n * interval '1 s' FROM generate_series(1, 100000) n;"
    " INSERT INTO webhook_endpoints (id, url, secret, kinds, created_at) SELECT gen_random_uuid(),"
    " 'u', 's', '{k}', now() FROM generate_series(1, 10000);"
    " INSERT INTO stock_adjustments (id, product_id, change, reason, on_hand, user_id,"
    " idempotency_key) SELECT id, product_id, 1, 'r', 1, user_id, id::text FROM orders"
    " JOIN order_items ON order_id = id AND line_no = 1 LIMIT 100000;"
    " INSERT INTO account_requests (id, purpose, email, token_hash, created_at, expires_at) SELECT"
    " id, 'password_reset', email, sha256(id::text::bytea), now(), now() + interval '1 s'"
    " FROM users;"
    " INSERT INTO audit_log SELECT id, now() - interval '1 year', user_id,"
    " 'action' || row_number() OVER () % 40, '', ''"
    " FROM orders LIMIT 100000;"
    " INSERT INTO webhook_deliveries SELECT md5((n % 100)::text)::uuid, gen_random_uuid(),"
    " gen_random_uuid(), 'k', 'delivered', 1, 200, NULL, now() + n * interval '1 s', now()"
    " FROM generate_series(1, 100000) n;"
    " INSERT INTO visit_statistics SELECT date '2016-01-01' + day, 100 * bound, 9, 3, 2, 1"
    " FROM generate_series(1, 3650) day, generate_series(0, 9) bound;"
    " INSERT INTO product_statistics SELECT date '2025-12-01' + day, id, 'EUR', 9, 900"
    " FROM generate_series(1, 10) day, (SELECT id FROM products LIMIT 20000) p ORDER BY day, id;"
    " ANALYZE product_statistics, visit_statistics, account_requests, audit_log, "
    "webhook_deliveries, "
    "stock_adjustments, outbox, "
    "dead_letters, job_claimers, "
    "periodic_jobs, "
    "change_log, "
    "webhook_endpoints,"
    " payment_events, statistics_events, sessions, idempotency_keys, reservations, "
    "reservation_items, stock_movements,"
    " order_transitions, shipments, shipment_items, payments, refunds, refund_items,"
    " sandbox_charges";

std::vector<const Statement*> all_statements() {
  std::vector<const Statement*> all;
  for (const auto statements : {catalog::store::statements(),
                                catalog::search_store::statements(),
                                catalog::bulk_store::statements(),
                                catalog::Managed::statements(),
                                inventory::store::statements(),
                                inventory::counts_store::statements(),
                                inventory::ledger_store::statements(),
                                inventory::reservation_store::statements(),
                                orders::store::statements(),
                                orders::search_store::statements(),
                                accounts::store::statements(),
                                accounts::request_store::statements(),
                                accounts::directory::statements(),
                                accounts::audit::statements(),
                                payments::store::statements(),
                                payments::refund_store::statements(),
                                payments::SandboxProvider::statements(),
                                reports::store::statements(),
                                statistics::store::statements(),
                                jobs::store::statements(),
                                cache::store::statements(),
                                webhooks::store::statements(),
                                observe::store::statements(),
                                postgres::explaining_statements()}) {
    all.insert(all.end(), statements.begin(), statements.end());
  }
  return all;
}

// Jobs are claimed on connections whose settings leave the planner one plan for each statement.
bool is_of_jobs(const Statement& statement) { return statement.name.starts_with("jobs."); }

// Indexes (other than unique ones) that no statement uses, with their reasons.
const std::map<std::string, std::string_view> kIndexesThatAreArguedFor{
    {"search_words_word", "of search_query() and index_product(), functions of the database"},
    {"search_words_similar", "of search_like(), a function of the database"},
};

std::vector<const Statement*> statements_that_promise_an_index() {
  auto all = all_statements();
  std::erase_if(all, [](const auto* statement) { return statement->index.empty(); });
  return all;
}

// The statements of jobs and cache, and of webhooks but for their deliveries, use tables that stay
// small.
std::vector<const Statement*> statements_of_requests() {
  auto promising = statements_that_promise_an_index();
  std::erase_if(promising, [](const auto* statement) {
    return is_of_jobs(*statement) || statement->name.starts_with("cache.") ||
           (statement->name.starts_with("webhooks.") && !statement->sql.contains("deliveries"));
  });
  return promising;
}

class BigShop {
 public:
  BigShop() {
    const auto seeded = seed::seed(database_.conninfo(), {.size = kSize, .seed = kSeed}, kClock);
    if (!seeded) throw std::runtime_error(seeded.error().detail);
    if (const auto done = connect().execute(kBusyMonth); !done) {
      throw std::runtime_error(done.error().detail);
    }
  }
  const seed::DemoShop& shop() const { return shop_; }
  postgres::BlockingConnection connect() const { return database_.connect(); }

 private:
  postgres::TestDatabase database_;
  seed::DemoShop shop_{kSize, kSeed, kClock.now()};
};

std::string literal(std::string_view text) { return fmt::format("'{}'", text); }
std::string literal(const Uuid& id) { return literal(id.to_string()); }

// The values of a request for each statement, as text between the parentheses of EXECUTE.
std::map<std::string_view, std::string> requests(const seed::DemoShop& shop) {
  const auto product = shop.product(kSize.products / 2);
  const auto order = shop.order(kSize.orders / 2);
  const auto user = shop.user(kSize.users / 3);
  const auto id = literal(product.id);
  const auto buyer = literal(order.user_id);
  const auto leaf = literal(product.category_id);
  const auto department = literal(shop.categories().front().id);
  const std::string endpoint = "'8f14e45f-ceea-167a-5a36-dedd4bea2543'";  // md5 of 7
  const std::string last_id = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";
  const std::string any_price = "0, 9223372036854775807";
  const auto products =
      fmt::format("'{{{},{}}}'", product.id.to_string(), shop.product(7).id.to_string());
  const auto orders =
      fmt::format("'{{{},{}}}'", order.id.to_string(), shop.order(7).id.to_string());
  const auto search = fmt::format("'9999-12-31', {}, '-infinity'", last_id);
  const auto buyers = fmt::format("'{{{}}}'", order.user_id.to_string());
  const auto page_of_log =
      last_id + ", '00000000-0000-0000-0000-000000000000', '2000-01-01', '2100-01-01', 100";
  const auto token = fmt::format("'\\x{}'", to_hex(*accounts::hash_token(accounts::make_token())));
  const auto newest = fmt::format("{}, 101", last_id);
  const auto day = std::chrono::sys_days(std::chrono::year(2025) / 12 / 1);
  const auto ids_of_a_day =
      literal(first_id(day)) + ", " + literal(first_id(day + std::chrono::days(1)));
  const std::string walnut_coffee = "'{walnut,coffee}', '{0,8}'";
  // Read to the edge: no product has this phrase.
  const auto never_there =
      fmt::format("'{{people year}}', '{{4}}', false, {}, 'EUR', false, 101, ", any_price);
  // Within the limits of a page, and just beyond, where the scan is longest.
  const auto priced = fmt::format("{}, {}, 101, 'EUR'", any_price, last_id);
  const auto cheapest = fmt::format("{}, {}, 9223372036854775807, 101, 'EUR'", product.price, id);
  const auto dearest = fmt::format("{}, {}, 0, 101, 'EUR'", product.price, id);

  return {
      {"catalog.find", id},
      {"catalog.with_sku", fmt::format("'A 1', {}", last_id)},
      {"catalog.newest", newest},
      {"catalog.cheapest", cheapest},
      {"catalog.dearest", dearest},
      {"catalog.newest_in_category", department + ", " + newest},
      {"catalog.newest_priced", "NULL, " + priced},
      {"catalog.newest_priced_in_category", department + ", " + priced},
      {"catalog.cheapest_in_category", department + ", " + cheapest},
      {"catalog.dearest_in_category", department + ", " + dearest},
      {"catalog.search", fmt::format("NULL, {}, false, 3, {}, NULL, false, 'Infinity', {}, 101",
                                     walnut_coffee, any_price, last_id)},
      {"catalog.among", fmt::format("{}, '{{}}', '{{}}', false, 0, {}, NULL, true, 'Infinity', {}, "
                                    "101, {}",
                                    department, any_price, last_id, products)},
      {"catalog.newest_that", "NULL, " + never_there + last_id},
      {"catalog.newest_that_in_category", department + ", " + never_there + last_id},
      {"catalog.cheapest_that", "NULL, " + never_there + last_id + ", -1"},
      {"catalog.cheapest_that_in_category", department + ", " + never_there + last_id + ", -1"},
      {"catalog.dearest_that", "NULL, " + never_there + last_id + ", 9223372036854775807"},
      {"catalog.dearest_that_in_category",
       department + ", " + never_there + last_id + ", 9223372036854775807"},
      {"catalog.currencies", ""},
      {"catalog.find_category", leaf},
      {"catalog.update_category", leaf + ", 'New name', false, NULL, NULL, 3, '{1}', '{}'"},
      {"catalog.delete_category", leaf + ", '{7}', '{}'"},
      {"catalog.update",
       fmt::format("{}, 'New name', NULL, NULL, NULL, NULL, NULL, '{{1}}', '{{}}', true, 'A 1'",
                   id)},
      {"catalog.sale_items", products},
      {"catalog.versions", products},
      {"catalog.managed", fmt::format("NULL, true, true, {}, 101", last_id)},
      {"catalog.managed_search",
       fmt::format("NULL, true, true, {}, 101, {}", last_id, walnut_coffee)},
      {"catalog.with_skus", "'{A 1,A 2}'"},
      {"catalog.with_ids", products},
      {"catalog.lock_many", products},
      {"catalog.update_many",
       fmt::format("'{{{}}}', '{{n}}', '{{d}}', '{{{}}}', '{{1}}', '{{EUR}}', '{{1}}'",
                   product.id.to_string(), product.category_id.to_string())},
      {"catalog.next_with_sku", "'A 1'"},
      {"inventory.find_many", products},
      {"inventory.lock_many", products},
      {"inventory.adjustment_with_key", buyer + ", 'a key'"},
      {"inventory.begin_stock", id},
      {"inventory.adjust",
       fmt::format("{}, 1, {}, 'found', {}, 'a key'", id, literal(order.id), buyer)},
      {"inventory.movements", fmt::format("{}, 9223372036854775807, 101", id)},
      {"inventory.low", "'00000000-0000-0000-0000-000000000000', 5, 101"},
      {"inventory.set_on_hand", fmt::format("{}, 1000000, '{{1,2}}', '{{}}'", id)},
      {"inventory.versions", products},
      {"inventory.find", products},
      {"inventory.lock", products},
      {"inventory.lock_all", products},
      {"inventory.promise", fmt::format("{0}, '{{1,2}}', '{{ordered,ordered}}', {0}", products)},
      {"inventory.move",
       fmt::format("{0}, '{{0,0}}', '{{returned,returned}}', {0}, '{{1,2}}'", products)},
      {"inventory.find_reservation", literal(order.id)},
      {"inventory.list_held", buyer},
      {"inventory.change_reservation",
       fmt::format("{}, 100, '{{}}', '{{}}', '{{1}}', 60000, 3600000", literal(order.id))},
      {"webhooks.deliveries", fmt::format("{}, {}, 51", endpoint, last_id)},
      {"webhooks.record_delivery",
       fmt::format("{0}, {1}, {0}, 'k', 'delivered', 1, 200, NULL, now(), now()", id, endpoint)},
      {"webhooks.forget_deliveries", "now() + interval '1 day'"},
      {"inventory.held_by_user", buyer},
      {"inventory.held_by_network", "7"},
      {"inventory.ended_holds", products},
      {"inventory.lock_ended_holds", products + ", 100"},
      {"inventory.shrink_reservations", fmt::format("{}, '{{1}}', '{{1}}'", orders)},
      {"inventory.lock_reservation", literal(order.id)},
      {"inventory.lock_due", fmt::format("'-infinity', {}, 100", last_id)},
      {"inventory.forget_reservations", "now() + interval '1 year'"},
      {"inventory.close_reservations", orders + ", 'released'"},
      {"inventory.lock_held", fmt::format("'{{{}}}'", order.user_id.to_string())},
      {"inventory.mark_ordered", orders + ", " + orders},
      {"orders.find", literal(order.id)},
      {"orders.find_all", orders},
      {"orders.find_serial", "1000"},
      {"orders.buyers_named", "$$'ada':* & 'e':*$$"},
      {"orders.buyer_with_email", literal(user.email)},
      {"orders.search_by_date",
       search + ", NULL, " + literal(order.lines.front().product_id) + ", 21"},
      {"orders.search_by_status", search + ", 'cancelled', NULL, 21"},
      {"orders.last_by_date", search},
      {"orders.last_by_status", search + ", 'shipped'"},
      {"orders.search_of_buyers", search + ", NULL, NULL, 21, " + buyers},
      {"orders.search_serial", search + ", NULL, NULL, 1, 1000"},
      {"orders.list", fmt::format("{}, '9999-12-31', {}, 21", buyer, last_id)},
      {"orders.find_claim", buyer + ", 'a key'"},
      {"orders.existing", orders},
      {"orders.open_of_buyers", fmt::format("'{{{}}}'", order.user_id.to_string())},
      {"orders.open_of_networks", "'{7}'"},
      {"orders.unpaid", fmt::format("'-infinity', {}, 1800000, 100, now(), 1209600000", last_id)},
      {"orders.place_in_day", literal(order.id)},
      {"orders.unclaim", fmt::format("'{{{}}}', '{{a key}}'", order.user_id.to_string())},
      {"orders.forget_claims", "now() + interval '1 year'"},
      {"orders.lock", literal(order.id)},
      {"orders.transition",
       literal(order.id) + ", 'pending', 'confirmed', now(), 'system', NULL, '', false"},
      {"orders.transitions", literal(order.id)},
      {"orders.ship", fmt::format("gen_random_uuid(), {}, now(), NULL, NULL, NULL, 'system', NULL, "
                                  "NULL, NULL, {}, '{{1,1}}'",
                                  literal(order.id), products)},
      {"orders.shipments", literal(order.id)},
      {"orders.refund_units",
       fmt::format("{}, {}, '{{1,1}}', '{{0,0}}'", literal(order.id), products)},
      {"orders.refund", literal(order.id) + ", 1"},
      {"refunds.of_order", literal(order.id)},
      {"refunds.insert",
       fmt::format("gen_random_uuid(), {0}, {0}, 1, 'EUR', 'requested', '', NULL, 'system', NULL, "
                   "NULL, NULL, now(), now(), {1}, '{{1,1}}', '{{0,1}}'",
                   literal(shop.order(kSize.orders - 1).id), products)},
      {"refunds.finish", literal(order.id)},
      {"refunds.claim_due", "now(), 30, 3600"},
      {"payments.of_order", literal(order.id)},
      {"payments.update",
       literal(order.id) +
           ", 'refunded', 'returned', NULL, NULL, 'system', NULL, now(), now(), NULL, NULL"},
      {"payments.order_of", literal(order.id)},
      {"payments.with_reference", "'sandbox', " + literal(order.id)},
      {"payments.event_hash", "'sandbox', " + literal(order.id)},
      {"payments.waiting", "now()"},
      {"payments.claim_due", "now(), 30, 3600"},
      {"payments.forget_events", "now() + interval '1 year'"},
      {"statistics.delete_before", last_id},
      {"statistics.sums_of_orders", orders},
      {"statistics.best_sellers", "1000"},
      {"sandbox.look_up", "'a key'"},
      {"sandbox.refund_part", "'a key', " + literal(order.id) + ", 1"},
      {"sandbox.change", "'a key', " + literal(order.id) + ", 'captured', 'refunded'"},
      {"reports.totals", "'2025-12-01', '2025-12-02', 'Europe/Berlin'"},
      {"reports.top_products", "'2025-12-01', '2025-12-02'"},
      {"reports.sessions_by_day", "'2025-12-01', '2025-12-02', 'UTC', " + ids_of_a_day},
      {"reports.holds_by_day", "'2025-12-01', '2025-12-02', 'UTC', " + ids_of_a_day},
      {"reports.visits", "20423, 20424"},
      {"reports.orders_by_day", "'2025-12-01', '2025-12-02', 'UTC'"},
      {"accounts.find_user", literal(user.id)},
      {"accounts.find_record", literal(user.id)},
      {"accounts.list_users", "true, 'a', 'a\x7f', true, 101"},
      {"accounts.list_admins", "true, '', '\x7f', 101"},
      {"accounts.update_user", literal(user.id) + ", 'New name'"},
      {"accounts.find_login", literal(user.email) + ", " + token + ", now()"},
      {"accounts.delete_session", token},
      {"accounts.delete_expired_sessions", "now() + interval '1 year'"},
      {"accounts.principals", "ARRAY[" + token + "::bytea], now(), now()"},
      {"accounts.note_uses", "ARRAY[" + token + "::bytea], now(), 60000000, 60000000"},
      {"accounts.sessions", literal(user.id) + ", " + token + ", now()"},
      {"accounts.end_session", literal(user.id) + ", " + literal(user.id)},
      {"accounts.end_sessions", literal(user.id)},
      {"accounts.find_request", literal(user.id)},
      {"accounts.set_request_token", literal(user.id) + ", sha256('x'), NULL"},
      {"accounts.take_request", token + ", now()"},
      {"accounts.mark_verified", literal(user.id) + ", " + literal(user.email) + ", now()"},
      {"accounts.find_password_reset", token + ", now()"},
      {"accounts.find_registration", token + ", now()"},
      {"accounts.delete_expired_requests", "now() + interval '1 year'"},
      {"accounts.audit_page", page_of_log},
      {"accounts.audit_page_of_action", page_of_log + ", 'action7'"},
      {"accounts.audit_page_of_user", page_of_log + ", " + literal(user.id) + ", 'action7'"},
      {"accounts.forget_audit", "'ffffffff-ffff-7fff-8fff-ffffffffffff'"},
      {"accounts.addresses", literal(user.id)},
      {"accounts.lock_user", literal(user.id)},
      {"accounts.deliveries",
       fmt::format("'{{{}}}', '{{00000000-0000-0000-0000-000000000000}}'", user.id.to_string())},
      {"accounts.lock_user_and_orders", literal(user.id)},
      {"accounts.lock_address",
       fmt::format("{}, {}", literal(user.id), literal(user.addresses.front().id))},
  };
}

postgres::TextRows run_on(postgres::BlockingConnection& connection, const std::string& sql) {
  auto rows = connection.run(sql);
  if (!rows) throw std::runtime_error(rows.error().detail);
  return std::move(*rows);
}

// As on the pool's connections.
void prepare_on(postgres::BlockingConnection& connection, std::string_view sql) {
  run_on(connection,
         fmt::format("SET plan_cache_mode = force_generic_plan; SET max_parallel_workers_per_gather"
                     " = 0; PREPARE s AS {}",
                     sql));
}

// What the values of requests() cost. A full page image is written by the first change of a page
// after a checkpoint: a statement that wrote some runs again.
Cost cost_of(postgres::BlockingConnection& connection, std::string_view sql,
             const std::string& values) {
  constexpr int kAttempts = 5;
  run_on(connection, "DEALLOCATE ALL");
  prepare_on(connection, sql);
  const auto explain =
      fmt::format("EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON) EXECUTE s{}",
                  values.empty() ? "" : fmt::format("({})", values));
  // The first time also reads what later executions find in the connection's memory.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    run_on(connection, "BEGIN");
    const auto plan = read_plan(run_on(connection, explain).text(0, 0));
    run_on(connection, "ROLLBACK");
    if (attempt > 0 && plan.wal_images == 0) return {plan.pages, plan.rows, plan.wal_bytes};
  }
  throw std::runtime_error(fmt::format("a checkpoint is never over: {}", sql));
}

// Of every statement, in the shop as it was seeded: each test that changes rows, though it rolls
// back, leaves dead ones behind.
Costs measured_costs(const BigShop& shop) {
  auto connection = shop.connect();
  // Visible pages and no pending entries of indexes, whatever autovacuum has done meanwhile.
  run_on(connection, "VACUUM ANALYZE");
  // A new version of a wide row is in another page each time, which has no image yet.
  run_on(connection, "ALTER SYSTEM SET full_page_writes = off");
  run_on(connection, "SELECT pg_reload_conf()");
  while (run_on(connection, "SHOW full_page_writes").text(0, 0) != "off") std::this_thread::yield();
  run_on(connection, "CHECKPOINT");
  Costs costs;
  const auto values = requests(shop.shop());
  for (const auto* statement : all_statements()) {
    const auto found = values.find(statement->name);
    if (found == values.end()) continue;
    costs[std::string(statement->name)] = cost_of(connection, statement->sql, found->second);
  }
  return costs;
}

// Seeds once for all tests; if that fails, no test runs.
class BigShopEnvironment : public testing::Environment {
 public:
  void SetUp() override {
    shop = std::make_unique<BigShop>();
    costs = measured_costs(*shop);
  }
  void TearDown() override { shop.reset(); }
  std::unique_ptr<BigShop> shop;
  Costs costs;
};

auto* const environment = static_cast<BigShopEnvironment*>(
    testing::AddGlobalTestEnvironment(new BigShopEnvironment));  // GoogleTest owns it

const BigShop& big_shop() { return *environment->shop; }

class PlanTest : public testing::Test {
 protected:
  postgres::TextRows run(const std::string& sql) { return run_on(connection_, sql); }

  // (NULL, NULL, ...) for the statement's parameters: a generic plan ignores them.
  std::string no_values() {
    return std::string(run("SELECT '(' || string_agg('NULL', ', ') || ')'"
                           " FROM pg_prepared_statements, unnest(parameter_types)")
                           .text(0, 0));
  }

  void prepare(std::string_view sql) { prepare_on(connection_, sql); }

  Plan plan_of(std::string_view sql) {
    prepare(sql);
    return explain("FORMAT JSON", no_values());
  }

  Plan plan_of(const Statement& statement) {
    run("DEALLOCATE ALL; RESET ALL");
    if (is_of_jobs(statement)) {
      for (const auto name : jobs::store::kTurnedOff) run(fmt::format("SET {} = off", name));
    }
    return plan_of(statement.sql);
  }

  Plan run_with(std::string_view sql, std::string_view values) {
    prepare(sql);
    run("BEGIN");
    auto plan =
        explain("ANALYZE, BUFFERS, FORMAT JSON", values.empty() ? "" : fmt::format("({})", values));
    run("ROLLBACK");
    return plan;
  }

  Plan explain(std::string_view options, std::string_view values) {
    const auto rows = run(fmt::format("EXPLAIN ({}) EXECUTE s{}", options, values));
    json_ = rows.text(0, 0);
    return read_plan(json_);
  }

  postgres::BlockingConnection connection_ = big_shop().connect();
  std::string json_;  // the last plan, shown when an expectation fails
};

const std::vector<std::string> kBigTables{"products",
                                          "product_stocks",
                                          "orders",
                                          "order_items",
                                          "users",
                                          "sessions",
                                          "user_addresses",
                                          "idempotency_keys",
                                          "stock_movements",
                                          "reservations",
                                          "reservation_items",
                                          "payments",
                                          "order_transitions",
                                          "shipments",
                                          "shipment_items",
                                          "refunds",
                                          "refund_items"};

void expect_no_big_table_read_wholly(const Plan& plan, const std::string& json) {
  for (const auto& table : plan.tables_read_wholly) {
    EXPECT_THAT(kBigTables, Not(Contains(table))) << json;
  }
}

class StatementPlanTest : public PlanTest, public testing::WithParamInterface<const Statement*> {};

TEST_P(StatementPlanTest, ReadsNoBigTableFromEndToEnd) {
  expect_no_big_table_read_wholly(plan_of(*GetParam()), json_);
}

class PromisedPlanTest : public StatementPlanTest {};

TEST_P(PromisedPlanTest, UsesTheIndexItPromises) {
  const auto plan = plan_of(*GetParam());
  EXPECT_THAT(plan.indexes, Contains(GetParam()->index)) << json_;
}

class RequestPlanTest : public StatementPlanTest {};

TEST_P(RequestPlanTest, TouchesFewPagesForARequest) {
  const auto values = requests(big_shop().shop());
  ASSERT_TRUE(values.contains(GetParam()->name)) << "add the values of a request to requests()";
  const auto plan = run_with(GetParam()->sql, values.at(GetParam()->name));
  EXPECT_GT(plan.pages, 0);
  EXPECT_LE(plan.pages, pages_max(*GetParam())) << json_;
  fmt::print("{:32} {:8}\n", GetParam()->name, plan.pages);
}

// A change that costs more, or less, says so: SOUK_WRITE_COSTS=1 writes the file anew.
TEST_F(PlanTest, StatementsCostWhatIsCommitted) {
  const auto& measured = environment->costs;
  EXPECT_GT(measured.size(), 60u);
  if (std::getenv("SOUK_WRITE_COSTS") != nullptr) write_costs(SOUK_COSTS_FILE, measured);
  EXPECT_THAT(differences(read_costs(SOUK_COSTS_FILE), measured), testing::IsEmpty());
}

TEST(Costs, AnyFigureThatIsTwoPercentAwayIsNamed) {
  const Costs committed{{"a", {100, 1000, 5000}}, {"b", {3, 0, 0}}, {"gone", {}}};
  EXPECT_THAT(differences(committed, {{"a", {102, 980, 5100}}, {"b", {3, 0, 0}}, {"gone", {}}}),
              testing::IsEmpty());
  EXPECT_THAT(
      differences(committed, {{"a", {103, 979, 5101}}, {"b", {4, 0, 1}}, {"new", {}}}),
      testing::ElementsAre("a: 103 pages instead of 100", "a: 979 rows instead of 1000",
                           "a: 5101 bytes of WAL instead of 5000", "b: 4 pages instead of 3",
                           "b: 1 bytes of WAL instead of 0", "new: has no committed costs",
                           "gone: is not measured any more"));
}

TEST_F(PlanTest, FewPagesAreFewerThanThoseOfABigTable) {
  for (const auto* table : {"products", "orders", "order_items"}) {
    const auto pages =
        run(fmt::format("SELECT relpages FROM pg_class WHERE relname = '{}'", table));
    EXPECT_GT(std::stoll(std::string(pages.text(0, 0))), kScanPagesMax) << table;
  }
}

// A price range with no product, with few or with nearly all must not cost a scan of all products.
TEST_F(PlanTest, TheNewestOfARangeOfPricesTouchBoundedPagesWhateverTheRange) {
  const std::string last_id = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";
  const auto department = literal(big_shop().shop().categories().front().id);
  for (const auto* statement : all_statements()) {
    if (!statement->name.starts_with("catalog.newest_priced")) continue;
    for (const auto* range : {"1000000000000, 1000000000000", "0, 0", "100, 1000", "2000, 2100",
                              "100, 100000", "1000, 9223372036854775807"}) {
      run("DEALLOCATE ALL");
      const auto plan = run_with(statement->sql,
                                 fmt::format("{}, {}, {}, 101, 'EUR'", department, range, last_id));
      EXPECT_LE(plan.pages, pages_max(*statement)) << json_;
      fmt::print("{:32} {:8}  {}\n", statement->name, plan.pages, range);
    }
  }
}

TEST_F(PlanTest, EveryIndexIsUsedOrKeepsARuleOrIsArguedFor) {
  std::set<std::string> used;
  for (const auto* statement : all_statements()) used.merge(plan_of(*statement).indexes);
  std::set<std::string> argued_for;
  const auto indexes =
      run("SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
          " WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisunique");
  EXPECT_GT(indexes.size(), 20);
  for (int row = 0; row < indexes.size(); ++row) {
    const std::string index(indexes.text(row, 0));
    if (kIndexesThatAreArguedFor.contains(index)) {
      argued_for.insert(index);
      EXPECT_FALSE(used.contains(index)) << index << " is used: no reason is needed any more";
    } else {
      EXPECT_TRUE(used.contains(index)) << index << " is neither used nor argued for";
    }
  }
  EXPECT_EQ(argued_for.size(), kIndexesThatAreArguedFor.size()) << "a reason for no index";
}

// No statement uses this index yet: a buyer's list also has the cancelled orders.
TEST_F(PlanTest, OrdersThatStandAreFoundByTheRfcsOwnIndex) {
  const auto plan = plan_of(
      "SELECT id FROM orders WHERE user_id = $1 AND status <> 'cancelled'"
      " ORDER BY order_date DESC LIMIT 20");
  EXPECT_THAT(plan.indexes, Contains("idx_orders_user_date")) << json_;
}

std::string test_name(const testing::TestParamInfo<const Statement*>& info) {
  std::string name(info.param->name);
  std::ranges::replace(name, '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, StatementPlanTest, testing::ValuesIn(all_statements()), test_name);
INSTANTIATE_TEST_SUITE_P(Promised, PromisedPlanTest,
                         testing::ValuesIn(statements_that_promise_an_index()), test_name);
INSTANTIATE_TEST_SUITE_P(Asked, RequestPlanTest, testing::ValuesIn(statements_of_requests()),
                         test_name);

}  // namespace
}  // namespace souk::explain
