#include "loadtest/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/parse.h"
#include "postgres/blocking.h"

namespace souk::loadtest {
namespace {

using postgres::BlockingConnection;

constexpr std::size_t kOrdersPerQuery = 10'000;

constexpr std::string_view kUnits = R"(
  SELECT s.product_id, s.quantity + coalesce(shipped.units, 0) - coalesce(returned.units, 0)
  FROM product_stocks s
  LEFT JOIN (SELECT i.product_id,
                    sum(i.released +
                        shipped_units(o.status, o.cancelled_at, i.quantity - i.released, i.shipped))
                      AS units
             FROM order_items i JOIN orders o ON o.id = i.order_id
             GROUP BY i.product_id) shipped USING (product_id)
  LEFT JOIN (SELECT product_id, sum(quantity) AS units FROM refund_items WHERE restocked
             GROUP BY product_id) returned USING (product_id)
  ORDER BY s.product_id)";

constexpr std::string_view kKeylessOrders = R"(
  SELECT count(*) FROM orders o
  WHERE NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.order_id = o.id))";

constexpr std::string_view kNegativeStock = R"(
  SELECT product_id FROM product_stocks
  WHERE quantity < 0 OR reserved < 0 OR reserved > quantity)";

constexpr std::string_view kUnexplainedStock = R"(
  SELECT s.product_id FROM product_stocks s
  LEFT JOIN (SELECT product_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved
             FROM stock_movements GROUP BY product_id) m USING (product_id)
  WHERE (s.quantity, s.reserved)
     <> (coalesce(m.on_hand, 0), coalesce(m.reserved, 0)))";

constexpr std::string_view kUnexplainedMovements = R"(
  SELECT m.cause_id FROM (SELECT cause_id, product_id, reason, sum(on_hand) AS on_hand,
                                 sum(reserved) AS reserved
                          FROM stock_movements WHERE reason IN ('ordered', 'sold', 'shipped')
                          GROUP BY cause_id, product_id, reason) m
  LEFT JOIN order_items i ON i.order_id = m.cause_id AND i.product_id = m.product_id
  LEFT JOIN orders o ON o.id = i.order_id
  WHERE (m.reason = 'ordered' AND i.quantity IS DISTINCT FROM m.reserved)
     OR (m.reason = 'sold' AND i.quantity IS DISTINCT FROM -m.on_hand)
     OR (m.reason = 'shipped' AND -m.on_hand IS DISTINCT FROM
           shipped_units(o.status, o.cancelled_at, i.quantity - i.released, i.shipped)))";

constexpr std::string_view kUnexplainedShipments = R"(
  SELECT DISTINCT i.order_id FROM order_items i
  LEFT JOIN (SELECT s.order_id, l.product_id, sum(l.quantity) AS units
             FROM shipments s JOIN shipment_items l ON l.shipment_id = s.id
             GROUP BY s.order_id, l.product_id) s USING (order_id, product_id)
  WHERE i.shipped <> coalesce(s.units, 0))";

constexpr std::string_view kUnexplainedPromises = R"(
  SELECT s.product_id FROM product_stocks s
  LEFT JOIN (SELECT product_id, sum(units) AS units FROM (
               SELECT i.product_id, coalesce(r.left_units[i.line_no], i.quantity) AS units
               FROM reservations r JOIN reservation_items i ON i.reservation_id = r.id
               WHERE r.status = 'held'
               UNION ALL
               SELECT i.product_id, i.quantity - i.shipped - i.released
               FROM orders o JOIN order_items i ON i.order_id = o.id
               WHERE o.status IN ('pending', 'confirmed', 'paid', 'partially_shipped')) promise
             GROUP BY product_id) promised USING (product_id)
  WHERE s.reserved <> coalesce(promised.units, 0))";

constexpr std::string_view kUnexplainedRefunds = R"(
  SELECT p.id FROM payments p
  LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM refunds GROUP BY payment_id) r
    ON r.payment_id = p.id
  WHERE p.refunded <> coalesce(r.amount, 0))";

constexpr std::string_view kSharedOrders = R"(
  SELECT order_id FROM idempotency_keys GROUP BY order_id HAVING count(*) > 1)";

constexpr std::string_view kIdleKeys = R"(
  SELECT k.order_id FROM idempotency_keys k
  WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = k.order_id AND o.user_id = k.user_id))";

constexpr std::string_view kLostLines = R"(
  SELECT DISTINCT i.order_id FROM order_items i
  WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = i.order_id))";

constexpr std::string_view kUnknownProducts = R"(
  SELECT DISTINCT i.order_id FROM order_items i
  WHERE NOT EXISTS (SELECT FROM products p WHERE p.id = i.product_id))";

// The problems of acknowledged orders.
constexpr std::string_view kCheckOrders = R"(
  SELECT a.id,
         CASE WHEN o.id IS NULL THEN 'order_missing'
              WHEN lines.total IS DISTINCT FROM o.total THEN 'order_total_wrong'
              ELSE 'order_key_wrong' END
  FROM unnest($1::uuid[], $2::text[]) AS a (id, key)
  LEFT JOIN orders o ON o.id = a.id
  LEFT JOIN LATERAL (SELECT sum(i.quantity * i.unit_price)::bigint AS total
                     FROM order_items i WHERE i.order_id = o.id) lines ON true
  LEFT JOIN idempotency_keys k ON k.user_id = o.user_id AND k.key = a.key
  WHERE o.id IS NULL OR lines.total IS DISTINCT FROM o.total
     OR k.order_id IS DISTINCT FROM a.id)";

constexpr std::string_view kOrdersOfRun =
    "SELECT count(DISTINCT order_id) FROM idempotency_keys WHERE key LIKE $1";

// Each returns the ids of inconsistent rows.
struct Question {
  std::string_view sql;
  std::string_view code;
};
constexpr Question kQuestions[] = {
    {kNegativeStock, "stock_negative"},
    {kUnexplainedStock, "stock_unexplained"},
    {kUnexplainedMovements, "movement_unexplained"},
    {kUnexplainedShipments, "shipped_unexplained"},
    {kUnexplainedPromises, "reserved_unexplained"},
    {kUnexplainedRefunds, "refunded_unexplained"},
    {kSharedOrders, "key_shared"},
    {kIdleKeys, "key_without_order"},
    {kLostLines, "line_without_order"},
    {kUnknownProducts, "line_without_product"},
};

struct Meaning {
  std::string_view code;
  std::string_view text;
};
constexpr Meaning kMeanings[] = {
    {"order_missing", "acknowledged orders that the database does not have"},
    {"order_total_wrong", "acknowledged orders whose total is not the sum of their lines"},
    {"order_key_wrong", "acknowledged orders that their idempotency key does not point to"},
    {"key_acknowledged_twice", "keys acknowledged with two different orders"},
    {"key_shared", "orders that several idempotency keys point to"},
    {"key_without_order", "idempotency keys whose buyer has no such order"},
    {"line_without_order", "orders that are gone and whose lines are not"},
    {"line_without_product", "orders with a line whose product is gone"},
    {"order_without_key", "new orders that no idempotency key points to: placed twice"},
    {"stock_negative", "products with negative or overbooked stock"},
    {"stock_unexplained", "products whose stock is not what its movements add up to"},
    {"movement_unexplained", "movements of ordered or shipped units that no order's line explains"},
    {"shipped_unexplained", "orders whose shipped units are not those of their shipments"},
    {"reserved_unexplained",
     "products whose reserved units are not those of reservations and unshipped orders"},
    {"refunded_unexplained", "payments whose returned money is not that of their refunds"},
    {"stock_mismatch",
     "products whose stock and shipments no longer add up (product: change in units)"},
};

// Collects findings by code and keeps a few examples of each.
class Findings {
 public:
  void add(std::string_view code, std::string example, std::uint64_t count = 1) {
    auto found = std::ranges::find(findings_, code, &Finding::code);
    if (found == findings_.end()) {
      const auto* meaning = std::ranges::find(kMeanings, code, &Meaning::code);
      findings_.push_back({.code = std::string(code), .meaning = std::string(meaning->text)});
      found = findings_.end() - 1;
    }
    found->count += count;
    if (found->examples.size() < kMaxExamples) found->examples.push_back(std::move(example));
  }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
};

Result<BlockingConnection> open_snapshot(const std::string& conninfo) {
  auto connection = BlockingConnection::open(conninfo, "souk loadtest audit");
  if (!connection) return connection;
  const auto begun =
      connection->execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  if (!begun) return std::unexpected(begun.error());
  return connection;
}

Result<Baseline> read_books(BlockingConnection& connection) {
  Baseline baseline;
  const auto units = connection.run(std::string(kUnits));
  if (!units) return std::unexpected(units.error());
  baseline.units.reserve(static_cast<std::size_t>(units->size()));
  for (int row = 0; row < units->size(); ++row) {
    baseline.units.emplace_back(Uuid::parse(units->text(row, 0)).value(),
                                parse_integer(units->text(row, 1)).value());
  }
  const auto keyless = connection.run(std::string(kKeylessOrders));
  if (!keyless) return std::unexpected(keyless.error());
  baseline.keyless_orders = parse_integer(keyless->text(0, 0)).value();
  return baseline;
}

std::uint64_t compare(const Baseline& before, const Baseline& after, Findings& findings) {
  std::uint64_t compared = 0;
  auto now = after.units.begin();
  for (const auto& [product, units] : before.units) {  // both ascending by product
    while (now != after.units.end() && now->first < product) ++now;
    if (now == after.units.end() || now->first != product) continue;  // no longer sold at all
    ++compared;
    if (now->second != units) {
      findings.add("stock_mismatch",
                   fmt::format("{}: {:+}", product.to_string(), now->second - units));
    }
  }
  if (const auto twice = after.keyless_orders - before.keyless_orders; twice > 0) {
    findings.add("order_without_key", fmt::format("{} more than before", twice),
                 static_cast<std::uint64_t>(twice));
  }
  return compared;
}

// An array literal of ids.
template <class Range, class Member>
std::string as_array(const Range& range, Member member) {
  std::string text = "{";
  for (const auto& item : range) {
    if (text.size() > 1) text += ',';
    text += (item.*member).to_string();
  }
  return text + '}';
}

// Adds each row of a query, with its id in the first column, under `code` or under the second
// column's code.
Result<> add_rows(BlockingConnection& connection, std::string_view sql,
                  const std::vector<std::string>& parameters, std::string_view code,
                  Findings& findings) {
  const auto rows = connection.run(std::string(sql), parameters);
  if (!rows) return std::unexpected(rows.error());
  for (int row = 0; row < rows->size(); ++row) {
    findings.add(code.empty() ? rows->text(row, 1) : code, std::string(rows->text(row, 0)));
  }
  return {};
}

Result<> check_orders(BlockingConnection& connection, std::span<const Acknowledged> orders,
                      Findings& findings) {
  while (!orders.empty()) {
    const auto batch = orders.first(std::min(orders.size(), kOrdersPerQuery));
    orders = orders.subspan(batch.size());
    const auto checked = add_rows(
        connection, kCheckOrders,
        {as_array(batch, &Acknowledged::order), as_array(batch, &Acknowledged::key)}, "", findings);
    if (!checked) return checked;
  }
  return {};
}

void find_repeated_keys(std::vector<Acknowledged>& orders, Findings& findings) {
  std::ranges::sort(orders, {}, [](const Acknowledged& a) { return std::pair(a.key, a.order); });
  for (std::size_t i = 1; i < orders.size(); ++i) {
    if (orders[i].key == orders[i - 1].key && orders[i].order != orders[i - 1].order) {
      findings.add("key_acknowledged_twice", orders[i].key.to_string());
    }
  }
}

// The keys of a run share their first eight bytes.
Result<std::uint64_t> orders_of_run(BlockingConnection& connection, const Uuid& key) {
  const auto rows =
      connection.run(std::string(kOrdersOfRun), {key.to_string().substr(0, 19) + "%"});
  if (!rows) return std::unexpected(rows.error());
  return static_cast<std::uint64_t>(parse_integer(rows->text(0, 0)).value());
}

}  // namespace

Result<Baseline> take_baseline(const std::string& conninfo) {
  auto connection = open_snapshot(conninfo);
  if (!connection) return std::unexpected(connection.error());
  return read_books(*connection);
}

Result<AuditReport> audit(const std::string& conninfo, const std::optional<Baseline>& baseline,
                          std::span<const Acknowledged> acknowledged) {
  auto connection = open_snapshot(conninfo);
  if (!connection) return std::unexpected(connection.error());
  Findings findings;
  AuditReport report;
  // A repeated order is acknowledged again with the same id: one order.
  std::vector<Acknowledged> orders(acknowledged.begin(), acknowledged.end());
  find_repeated_keys(orders, findings);
  const auto same = [](const Acknowledged& a, const Acknowledged& b) {
    return a.order == b.order && a.key == b.key;
  };
  orders.erase(std::ranges::unique(orders, same).begin(), orders.end());
  report.acknowledged = orders.size();

  Result<> checked = check_orders(*connection, orders, findings);
  for (const auto& [sql, code] : kQuestions) {
    if (checked) checked = add_rows(*connection, sql, {}, code, findings);
  }
  if (!checked) return std::unexpected(checked.error());
  if (!orders.empty()) {
    const auto placed = orders_of_run(*connection, orders.front().key);
    if (!placed) return std::unexpected(placed.error());
    report.unacknowledged = *placed - std::min<std::uint64_t>(*placed, orders.size());
  }
  if (baseline) {
    const auto books = read_books(*connection);
    if (!books) return std::unexpected(books.error());
    report.products = compare(*baseline, *books, findings);
  }
  report.findings = findings.take();
  return report;
}

}  // namespace souk::loadtest
