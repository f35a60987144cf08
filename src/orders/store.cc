#include "orders/store.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/encoding.h"
#include "orders/order_rows.h"
#include "orders/rules.h"

namespace souk::orders::store {
namespace {

using postgres::Statement;
using Kind = postgres::Statement::Kind;

constexpr Statement kFind{.name = "orders.find",
                          .sql = "SELECT " SOUK_ORDER_COLUMNS
                                 "FROM orders o JOIN order_items i ON i.order_id = o.id "
                                 "WHERE o.id = $1 ORDER BY i.line_no",
                          .kind = Kind::kPoint,
                          .index = "orders_pkey"};

constexpr Statement kFindAll{.name = "orders.find_all",
                             .sql = "SELECT " SOUK_ORDER_COLUMNS
                                    "FROM orders o JOIN order_items i ON i.order_id = o.id "
                                    "WHERE o.id = ANY($1) ORDER BY o.id, i.line_no",
                             .kind = Kind::kScan,
                             .index = "orders_pkey"};

constexpr Statement kFindSerial{.name = "orders.find_serial",
                                .sql = "SELECT " SOUK_ORDER_COLUMNS
                                       "FROM orders o JOIN order_items i ON i.order_id = o.id "
                                       "WHERE o.serial = $1 ORDER BY i.line_no",
                                .kind = Kind::kPoint,
                                .index = "orders_serial"};

constexpr Statement kNextNumberBlock{
    .name = "orders.next_number_block",
    .sql = "SELECT secret, 1024 * nextval('order_serial_blocks') FROM order_number_secret",
    .kind = Kind::kWrite};
static_assert(kNumberBlock == 1'024, "the statement above says so too");

constexpr Statement kNumberSecret{.name = "orders.number_secret",
                                  .sql = "SELECT secret FROM order_number_secret",
                                  .kind = Kind::kPoint};

// The inner LIMIT is a constant for the planner, see catalog.newest.
constexpr Statement kList{
    .name = "orders.list",
    .sql = "SELECT " SOUK_ORDER_COLUMNS
           "FROM (SELECT * FROM (SELECT * FROM orders WHERE user_id = $1 "
           "AND (order_date, id) < ($2, $3) ORDER BY order_date DESC, id DESC LIMIT 101) newest "
           "LIMIT $4) o JOIN order_items i ON i.order_id = o.id "
           "ORDER BY o.order_date DESC, o.id DESC, i.line_no",
    .kind = Kind::kScan,
    .index = "idx_orders_user_newest"};
static_assert(kMaxPageSize + 1 == 101, "the statement above says so too");

// In the order of the keys, in every transaction, to prevent deadlocks.
constexpr Statement kClaim{
    .name = "orders.claim",
    .sql =
        "INSERT INTO idempotency_keys (user_id, key, request_hash, order_id) "
        "SELECT user_id, key, decode(request_hash, 'hex'), order_id "
        "FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) "
        "c(user_id, key, request_hash, order_id) ORDER BY user_id, key "
        "ON CONFLICT DO NOTHING RETURNING order_id",
    .kind = Kind::kWrite};

constexpr Statement kUnclaim{
    .name = "orders.unclaim",
    .sql =
        "DELETE FROM idempotency_keys k USING unnest($1::uuid[], $2::text[]) c(user_id, key) "
        "WHERE k.user_id = c.user_id AND k.key = c.key",
    .kind = Kind::kWrite,
    .index = "idempotency_keys_pkey"};

// The claim found is acknowledged again. FOR UPDATE writes a lock to the WAL, so that the commit
// waits until a synchronous standby has everything, even if another transaction's wait for the
// standby was cancelled.
constexpr Statement kFindClaim{.name = "orders.find_claim",
                               .sql =
                                   "SELECT request_hash, order_id FROM idempotency_keys "
                                   "WHERE user_id = $1 AND key = $2 FOR KEY SHARE",
                               .kind = Kind::kWrite,
                               .index = "idempotency_keys_pkey"};

constexpr Statement kForgetClaims{
    .name = "orders.forget_claims",
    .sql =
        "DELETE FROM idempotency_keys WHERE (user_id, key) IN (SELECT user_id, key "
        "FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT 50 "
        "FOR UPDATE SKIP LOCKED)",
    .kind = Kind::kWrite,
    .index = "idempotency_keys_created_at"};
constexpr std::size_t kForgottenClaims = 50;  // as the statement above says

// In the order of the array, which is the same in every transaction.
constexpr Statement kLockOpeners{
    .name = "orders.lock_openers",
    .sql = "SELECT count(pg_advisory_xact_lock(opener)) FROM unnest($1::bigint[]) opener",
    .kind = Kind::kWrite};

// Only a buyer's newest orders, so that a long history costs no more. Free orders are paid when
// they are placed, and open until they are shipped.
constexpr Statement kOpenOfBuyers{
    .name = "orders.open_of_buyers",
    .sql =
        "SELECT b.id, count(*), sum(o.open_units)::bigint "
        "FROM unnest($1::uuid[]) b(id) CROSS JOIN LATERAL ("
        "SELECT status, total, open_units FROM orders "
        "WHERE user_id = b.id AND status <> 'cancelled' ORDER BY order_date DESC LIMIT 1000) o "
        "WHERE (o.status = 'pending' OR o.status IN ('confirmed', 'paid') AND o.total = 0) "
        "AND o.open_units IS NOT NULL GROUP BY b.id",
    .kind = Kind::kPoint,
    .index = "idx_orders_user_date"};
static_assert(kMaxOpenCounted == 1'000, "the statement above says so too");

constexpr Statement kOpenOfNetworks{
    .name = "orders.open_of_networks",
    .sql =
        "SELECT n.network, count(*), sum(o.open_units)::bigint "
        "FROM unnest($1::bigint[]) n(network) CROSS JOIN LATERAL ("
        "SELECT status, open_units FROM orders WHERE network = n.network AND network IS NOT NULL "
        "LIMIT 1000000) o "
        "WHERE o.status = 'pending' AND o.open_units IS NOT NULL GROUP BY n.network",
    .kind = Kind::kPoint,
    .index = "orders_of_network"};

constexpr Statement kInsert{
    .name = "orders.insert",
    .sql =
        "WITH placed AS (INSERT INTO orders "
        "(id, user_id, status, order_date, total, currency, open_units, network, serial, "
        "number, email, "
        "recipient, line1, line2, city, postal_code, country) "
        "SELECT id, user_id, 'pending', $1, total, currency, "
        "nullif(open_units, 0), nullif(network, 0), serial, number, nullif(email, ''), "
        "nullif(recipient, ''), "
        "nullif(line1, ''), CASE WHEN recipient <> '' THEN line2 END, nullif(city, ''), "
        "nullif(postal_code, ''), nullif(country, '') "
        "FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::int[], $7::bigint[], "
        "$8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], "
        "$14::text[], $15::text[], $16::text[]) "
        "o(id, user_id, total, currency, open_units, network, serial, number, email, recipient, "
        "line1, line2, "
        "city, postal_code, country)) "
        "INSERT INTO order_items "
        "(order_id, line_no, product_id, product_name, quantity, unit_price) "
        "SELECT * FROM unnest($17::uuid[], $18::int[], $19::uuid[], $20::text[], $21::int[], "
        "$22::bigint[])",
    .kind = Kind::kWrite};

// OFFSET 0 forces a look-up per order. Without it a plan may read all payments if the statistics
// have no payments that are paid later.
constexpr Statement kUnpaid{
    .name = "orders.unpaid",
    .sql =
        "SELECT updated_at, id FROM orders o WHERE status = 'pending' "
        "AND updated_at <= least(now(), $5) - least($3::bigint, $6::bigint) * interval '1 ms' "
        "AND updated_at >= $1 AND (updated_at, id) > ($1, $2) "
        "AND updated_at <= least(now(), $5) - interval '1 ms' * CASE WHEN EXISTS ("
        "SELECT FROM payments p WHERE p.order_id = o.id AND p.pays_later "
        "AND p.status = 'created' AND p.goal = 'captured' OFFSET 0) THEN $6 ELSE $3 END ORDER BY "
        "updated_at, id LIMIT $4",
    .kind = Kind::kScan,
    .index = "orders_pending"};

constexpr Statement kPlaceInDay{
    .name = "orders.place_in_day",
    .sql =
        "SELECT count(*) FROM (SELECT FROM orders this JOIN orders o ON o.user_id = this.user_id "
        "AND o.order_date >= date_trunc('day', this.order_date, 'UTC') "
        "AND (o.order_date, o.id) <= (this.order_date, this.id) "
        "WHERE this.id = $1 LIMIT 10001) until_this",
    .kind = Kind::kPoint,
    .index = "idx_orders_user_newest"};
static_assert(kMaxPlaceInDay == 10'001, "the statement above says so too");

constexpr Statement kExisting{.name = "orders.existing",
                              .sql = "SELECT id FROM orders WHERE id = ANY($1)",
                              .kind = Kind::kPoint,
                              .index = "orders_pkey"};

constexpr Statement kLock{.name = "orders.lock",
                          .sql = "SELECT 1 FROM orders WHERE id = $1 FOR UPDATE",
                          .kind = Kind::kWrite,
                          .index = "orders_pkey"};

// cancelled_at records that the units were returned: rules::returns_stock().
constexpr Statement kTransition{
    .name = "orders.transition",
    .sql =
        "WITH moved AS (UPDATE orders SET status = $3, network = NULL, open_units = "
        "CASE WHEN total = 0 AND $3 IN ('confirmed', 'paid') THEN open_units END, "
        "cancelled_at = CASE WHEN $8 THEN $4 ELSE cancelled_at END "
        "WHERE id = $1 AND status = $2 RETURNING id, version) "
        "INSERT INTO order_transitions "
        "(order_id, seq, from_status, to_status, at, actor_kind, actor_id, note) "
        "SELECT id, version, $2, $3, $4, $5, $6, $7 FROM moved",
    .kind = Kind::kWrite,
    .index = "orders_pkey"};

constexpr Statement kShip{
    .name = "orders.ship",
    .sql =
        "WITH shipment AS (INSERT INTO shipments (id, order_id, shipped_at, carrier, "
        "tracking_number, tracking_url, actor_kind, actor_id, idempotency_key, request_hash) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)), "
        "units AS (SELECT * FROM unnest($11::uuid[], $12::int[]) u(product_id, quantity)), "
        "items AS (INSERT INTO shipment_items (shipment_id, product_id, quantity) "
        "SELECT $1, product_id, quantity FROM units) "
        "UPDATE order_items i SET shipped = i.shipped + units.quantity FROM units "
        "WHERE i.order_id = $2 AND i.product_id = units.product_id",
    .kind = Kind::kWrite,
    .index = "order_items_pkey"};

// By the time in their ids.
constexpr Statement kShipments{
    .name = "orders.shipments",
    .sql =
        "SELECT s.id, s.shipped_at, s.carrier, s.tracking_number, s.tracking_url, s.actor_kind, "
        "s.actor_id, s.idempotency_key, s.request_hash, i.product_id, i.quantity "
        "FROM shipments s JOIN shipment_items i ON i.shipment_id = s.id "
        "WHERE s.order_id = $1 ORDER BY s.id, i.product_id",
    .kind = Kind::kPoint,
    .index = "shipments_of_order"};

constexpr Statement kRefundUnits{
    .name = "orders.refund_units",
    .sql =
        "UPDATE order_items i SET refunded = i.refunded + u.refunded, "
        "released = i.released + u.released "
        "FROM unnest($2::uuid[], $3::int[], $4::int[]) u(product_id, refunded, released) "
        "WHERE i.order_id = $1 AND i.product_id = u.product_id",
    .kind = Kind::kWrite,
    .index = "order_items_pkey"};

constexpr Statement kRefund{.name = "orders.refund",
                            .sql = "UPDATE orders SET refunded = refunded + $2 WHERE id = $1",
                            .kind = Kind::kWrite,
                            .index = "orders_pkey"};

constexpr Statement kTransitions{
    .name = "orders.transitions",
    .sql =
        "SELECT from_status, to_status, at, actor_kind, actor_id, note FROM order_transitions "
        "WHERE order_id = $1 ORDER BY seq LIMIT 100",
    .kind = Kind::kPoint,
    .index = "order_transitions_pkey"};
static_assert(kMaxTransitions == 100, "the statement above says so too");

constexpr std::array kStatements = {&kFindAll,         &kFind,         &kList,
                                    &kClaim,           &kUnclaim,      &kFindClaim,
                                    &kLockOpeners,     &kOpenOfBuyers, &kOpenOfNetworks,
                                    &kInsert,          &kUnpaid,       &kPlaceInDay,
                                    &kExisting,        &kLock,         &kTransition,
                                    &kTransitions,     &kForgetClaims, &kFindSerial,
                                    &kNextNumberBlock, &kNumberSecret, &kShip,
                                    &kShipments,       &kRefundUnits,  &kRefund};

constexpr auto kNumberBlockRow = postgres::row_of(&NumberBlock::secret, &NumberBlock::first);
constexpr auto kClaimRow = postgres::row_of(&Claim::request_hash, &Claim::order_id);
constexpr auto kOpenRow = postgres::row_of(&Open::orders, &Open::units);
constexpr auto kOpenOfBuyerRow =
    postgres::row_of(&OpenOfBuyer::buyer, postgres::at(&OpenOfBuyer::open, kOpenRow));
constexpr auto kOpenOfNetworkRow =
    postgres::row_of(&OpenOfNetwork::network, postgres::at(&OpenOfNetwork::open, kOpenRow));
constexpr auto kUnpaidRow = postgres::row_of(&UnpaidCursor::since, &UnpaidCursor::id);
constexpr auto kActorRow = postgres::row_of(&Actor::kind, &Actor::id);
constexpr auto kTransitionRow =
    postgres::row_of(&Transition::from, &Transition::to, &Transition::at,
                     postgres::at(&Transition::actor, kActorRow), &Transition::note);

constexpr auto kShipmentRow = postgres::row_of(
    &Shipment::id, &Shipment::shipped_at, &Shipment::carrier, &Shipment::tracking_number,
    &Shipment::tracking_url, postgres::at(&Shipment::actor, kActorRow), &Shipment::idempotency_key,
    &Shipment::request_hash);
constexpr auto kShipmentItemRow =
    postgres::row_of(&Shipment::Item::product_id, &Shipment::Item::quantity);

// Advisory locks share one number space; accidental collisions only cause a rare wait.
std::int64_t lock_key(NetworkKey network) { return network ^ 0x6e65'7477'6f72'6b73; }
std::int64_t lock_key(UserId buyer) {
  std::array<std::int64_t, 2> halves{};
  std::memcpy(halves.data(), buyer.value.bytes.data(), sizeof(halves));
  return halves[0] ^ halves[1];
}

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

runtime::Task<std::optional<Order>> find(postgres::Pool& pool, runtime::Context& context,
                                         OrderId id) {
  co_return read_order(co_await pool.query(context, kFind, id));
}

runtime::Task<std::vector<Order>> find_all(postgres::Pool& pool, runtime::Context& context,
                                           std::span<const Uuid> ids) {
  co_return read_orders(co_await pool.query(context, kFindAll, ids));
}

runtime::Task<std::optional<Order>> find_serial(postgres::Pool& pool, runtime::Context& context,
                                                std::int64_t serial) {
  co_return read_order(co_await pool.query(context, kFindSerial, serial));
}

runtime::Task<NumberBlock> next_number_block(postgres::Pool& pool, runtime::Context& context) {
  co_return (co_await pool.query(context, kNextNumberBlock)).one(kNumberBlockRow);
}

runtime::Task<OrderNumbers::Secret> number_secret(postgres::Pool& pool, runtime::Context& context) {
  co_return (co_await pool.query(context, kNumberSecret)).one<OrderNumbers::Secret>();
}

runtime::Task<std::vector<Order>> list(postgres::Pool& pool, runtime::Context& context,
                                       UserId buyer, std::size_t rows,
                                       std::optional<OrderCursor> after) {
  const auto start = after.value_or(kAfterAll);
  co_return read_orders(co_await pool.query(context, kList, buyer, start.order_date, start.id,
                                            static_cast<std::int64_t>(rows)));
}

runtime::Task<std::optional<Claim>> find_claim(postgres::Pool& pool, runtime::Context& context,
                                               UserId buyer, const std::string& key) {
  co_return (co_await pool.query(context, kFindClaim, buyer, key)).optional(kClaimRow);
}

postgres::Call claim(std::span<const NewClaim> claims) {
  std::vector<UserId> buyers;
  std::vector<std::string_view> keys;
  std::vector<std::string> hashes;
  std::vector<OrderId> orders;
  for (const auto& claim : claims) {
    buyers.push_back(claim.buyer);
    keys.emplace_back(claim.key.key);
    hashes.push_back(to_hex(claim.key.request_hash));
    orders.push_back(claim.order_id);
  }
  return postgres::call(kClaim, buyers, keys, hashes, orders);
}

postgres::Call unclaim(std::span<const NewClaim> claims) {
  std::vector<UserId> buyers;
  std::vector<std::string_view> keys;
  for (const auto& claim : claims) {
    buyers.push_back(claim.buyer);
    keys.emplace_back(claim.key.key);
  }
  return postgres::call(kUnclaim, buyers, keys);
}

runtime::Task<bool> forget_claims(postgres::Pool& pool, runtime::Context& context,
                                  Timestamp before) {
  const auto rows = co_await pool.query(context, kForgetClaims, before);
  co_return rows.affected() == kForgottenClaims;
}

postgres::Call lock_openers(std::span<const UserId> buyers, std::span<const NetworkKey> networks) {
  std::vector<std::int64_t> openers;
  for (const auto& buyer : buyers) openers.push_back(lock_key(buyer));
  for (const auto network : networks) openers.push_back(lock_key(network));
  std::ranges::sort(openers);
  return postgres::call(kLockOpeners, openers);
}

postgres::Call open_of_buyers(std::span<const UserId> buyers) {
  return postgres::call(kOpenOfBuyers, buyers);
}

std::vector<OpenOfBuyer> read_open_of_buyers(const postgres::Rows& rows) {
  return rows.as(kOpenOfBuyerRow);
}

postgres::Call open_of_networks(std::span<const NetworkKey> networks) {
  return postgres::call(kOpenOfNetworks, networks);
}

std::vector<OpenOfNetwork> read_open_of_networks(const postgres::Rows& rows) {
  return rows.as(kOpenOfNetworkRow);
}

postgres::Call insert(std::span<const NewOrder> orders) {
  std::vector<OrderId> ids;
  std::vector<UserId> users;
  std::vector<std::int64_t> totals;
  std::vector<std::string_view> currencies;
  std::vector<std::int32_t> open_units;
  std::vector<NetworkKey> networks;  // 0: none
  std::vector<std::int64_t> serials;
  std::vector<std::string_view> numbers;
  std::vector<std::string_view> emails;  // empty: none, as are recipients
  std::vector<std::string_view> recipients;
  std::vector<std::string_view> lines1;
  std::vector<std::string_view> lines2;
  std::vector<std::string_view> cities;
  std::vector<std::string_view> postal_codes;
  std::vector<std::string_view> countries;
  std::vector<OrderId> order_ids;  // from here on: one element per line
  std::vector<std::int32_t> line_numbers;
  std::vector<ProductId> products;
  std::vector<std::string_view> names;
  std::vector<std::int32_t> quantities;
  std::vector<std::int64_t> unit_prices;
  static const DeliveryAddress kNowhere;
  for (const auto& [order, origin, serial] : orders) {
    ids.push_back(order.id);
    users.push_back(order.user_id);
    totals.push_back(order.total.amount);
    currencies.push_back(order.total.currency.text());
    serials.push_back(serial);
    numbers.push_back(order.number ? std::string_view(*order.number) : "");
    emails.push_back(order.email ? std::string_view(*order.email) : "");
    const auto& to = order.delivery_address ? *order.delivery_address : kNowhere;
    recipients.emplace_back(to.recipient);
    lines1.emplace_back(to.line1);
    lines2.emplace_back(to.line2);
    cities.emplace_back(to.city);
    postal_codes.emplace_back(to.postal_code);
    countries.emplace_back(to.country);
    std::int32_t line_number = 0;
    std::int32_t units = 0;
    for (const auto& item : order.items) {
      units += item.quantity;  // at most kMaxLines * kMaxLineQuantity
      order_ids.push_back(order.id);
      line_numbers.push_back(++line_number);
      products.push_back(item.product_id);
      names.emplace_back(item.product_name);
      quantities.push_back(item.quantity);
      unit_prices.push_back(item.unit_price.amount);
    }
    open_units.push_back(origin.limited ? units : 0);
    networks.push_back(origin.limited ? origin.network.value_or(0) : 0);
  }
  return postgres::call(kInsert, orders.front().order.order_date, ids, users, totals, currencies,
                        open_units, networks, serials, numbers, emails, recipients, lines1, lines2,
                        cities, postal_codes, countries, order_ids, line_numbers, products, names,
                        quantities, unit_prices);
}

runtime::Task<std::vector<UnpaidCursor>> unpaid(postgres::Pool& pool, runtime::Context& context,
                                                const UnpaidCursor& after, Timestamp now,
                                                UnpaidLifetimes lifetimes, std::size_t limit) {
  co_return (co_await pool.query(context, kUnpaid, after.since, after.id,
                                 static_cast<std::int64_t>(lifetimes.orders.count()),
                                 static_cast<std::int64_t>(limit), now,
                                 static_cast<std::int64_t>(lifetimes.transfers.count())))
      .as(kUnpaidRow);
}

runtime::Task<std::int64_t> place_in_day(postgres::Pool& pool, runtime::Context& context,
                                         OrderId id) {
  co_return (co_await pool.query(context, kPlaceInDay, id))[0].get<std::int64_t>(0);
}

postgres::Call existing(std::span<const OrderId> ids) { return postgres::call(kExisting, ids); }

std::vector<OrderId> read_ids(const postgres::Rows& rows) {
  std::vector<OrderId> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows[i].get<OrderId>(0));
  return ids;
}

postgres::Call lock(OrderId id) { return postgres::call(kLock, id); }

postgres::Call transition(OrderId id, const Transition& transition) {
  return postgres::call(kTransition, id, transition.from, transition.to, transition.at,
                        transition.actor.kind, transition.actor.id, transition.note,
                        rules::returns_stock(transition.from, transition.to));
}

runtime::Task<std::vector<Transition>> transitions(postgres::Pool& pool, runtime::Context& context,
                                                   OrderId id) {
  co_return (co_await pool.query(context, kTransitions, id)).as(kTransitionRow);
}

postgres::Call ship(OrderId order, const Shipment& shipment) {
  std::vector<ProductId> products;
  std::vector<std::int32_t> quantities;
  for (const auto& item : shipment.items) {
    products.push_back(item.product_id);
    quantities.push_back(item.quantity);
  }
  return postgres::call(kShip, shipment.id, order, shipment.shipped_at, shipment.carrier,
                        shipment.tracking_number, shipment.tracking_url, shipment.actor.kind,
                        shipment.actor.id, shipment.idempotency_key, shipment.request_hash,
                        products, quantities);
}

postgres::Call refund_units(OrderId order, std::span<const RefundedUnits> units) {
  std::vector<ProductId> products;
  std::vector<std::int32_t> refunded;
  std::vector<std::int32_t> released;
  for (const auto& line : units) {
    products.push_back(line.product_id);
    refunded.push_back(line.refunded);
    released.push_back(line.released);
  }
  return postgres::call(kRefundUnits, order, products, refunded, released);
}

postgres::Call refund(OrderId order, const Money& amount) {
  return postgres::call(kRefund, order, amount.amount);
}

postgres::Call shipments_call(OrderId order) { return postgres::call(kShipments, order); }

std::vector<Shipment> read_shipments(const postgres::Rows& rows) {
  std::vector<Shipment> shipments;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    if (shipments.empty() || shipments.back().id != row.get<ShipmentId>(0)) {
      shipments.push_back(kShipmentRow(row));
    }
    shipments.back().items.push_back(kShipmentItemRow(row, kShipmentRow.kColumns));
  }
  return shipments;
}

runtime::Task<std::vector<Shipment>> shipments(postgres::Pool& pool, runtime::Context& context,
                                               OrderId order) {
  co_return read_shipments(co_await pool.query(context, kShipments, order));
}

postgres::Call find_call(OrderId id) { return postgres::call(kFind, id); }

std::optional<Order> read_order(const postgres::Rows& rows) {
  auto orders = read_orders(rows);
  if (orders.empty()) return std::nullopt;
  return std::move(orders.front());
}

}  // namespace souk::orders::store
