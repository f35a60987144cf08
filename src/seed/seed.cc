#include "seed/seed.h"

#include <fmt/format.h>

#include <map>

#include "accounts/passwords.h"
#include "accounts/token.h"
#include "base/parse.h"
#include "orders/number_blocks.h"
#include "postgres/blocking.h"
#include "seed/copy_table.h"
#include "seed/tokens.h"

namespace souk::seed {
namespace {

using postgres::BlockingConnection;

constexpr auto kTables =
    "categories, products, product_stocks, stock_movements, users, user_addresses, sessions, "
    "orders, order_items, idempotency_keys, reservations, reservation_items";

// Larger batches of the full-text index than a running shop needs.
constexpr auto kPrepareTransaction =
    "BEGIN; SET LOCAL work_mem = '128MB';"
    " SET LOCAL gin_pending_list_limit = '64MB'";

constexpr auto kIsEmpty =
    "SELECT NOT EXISTS (SELECT FROM categories) AND NOT EXISTS (SELECT FROM products)"
    " AND NOT EXISTS (SELECT FROM users) AND NOT EXISTS (SELECT FROM orders)";

Result<> check(const SeedOptions& options) {
  const auto& size = options.size;
  if (std::cmp_greater(std::max({size.products, size.users, size.orders}), kRowsMax)) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("at most {} rows of a kind", kRowsMax));
  }
  if (size.orders > 0 && (size.products == 0 || size.users == 0)) {
    return fail(ErrorCode::kInvalidRequest, "orders need at least one product and one user");
  }
  return {};
}

Result<bool> is_empty(BlockingConnection& database) {
  auto rows = database.run(kIsEmpty);
  if (!rows) return std::unexpected(rows.error());
  return rows->text(0, 0) == "t";
}

Result<> require_tables(BlockingConnection& database) {
  auto rows = database.run("SELECT to_regclass('idempotency_keys') IS NULL");
  if (!rows) return std::unexpected(rows.error());
  if (rows->text(0, 0) == "f") return {};
  return fail(ErrorCode::kPreconditionFailed,
              "The database does not have the shop's tables. Run `souk migrate` first.");
}

// Writes one shop into empty tables.
class Seeder {
 public:
  Seeder(BlockingConnection& database, const SeedOptions& options, Timestamp until)
      : database_(database),
        options_(options),
        until_(until),
        shop_(options.size, options.seed, until) {}

  Result<> run() {
    auto done = categories();
    if (done) done = products();
    if (done) done = users();
    if (done) done = addresses();
    if (done) done = orders();
    if (done) done = order_items();
    if (done) done = stocks();
    return done;
  }

 private:
  template <class AddRows>
  Result<> copy(std::string_view target, std::uint64_t count, AddRows add_rows) {
    const auto table = target.substr(0, target.find(' '));
    return copy_table(database_, target, Freeze::kYes, count, add_rows,
                      [&](std::uint64_t done) { options_.progress(table, done, count); });
  }

  Result<> categories() {
    return copy("categories (id, parent_id, name, slug, position, created_at, updated_at)",
                shop_.categories().size(), [&](std::uint64_t number, RowBuffer& rows) {
                  const auto& c = shop_.categories()[number];
                  rows.add(c.id, c.parent_id, c.name, c.slug, c.position, c.created_at,
                           c.created_at);
                });
  }

  Result<> products() {
    return copy(
        "products (id, name, description, category_id, price, currency, is_active, created_at,"
        " updated_at)",
        shop_.size().products, [&](std::uint64_t number, RowBuffer& rows) {
          const auto p = shop_.product(number);
          rows.add(p.id, p.name, p.description, p.category_id, p.price, DemoShop::kCurrency,
                   p.is_active, p.created_at, p.created_at);
        });
  }

  Result<> stocks() {
    return copy("product_stocks (product_id, quantity, reserved, updated_at)",
                shop_.size().products, [&](std::uint64_t number, RowBuffer& rows) {
                  const auto p = shop_.product(number);
                  const auto found = promised_.find(p.id);
                  const std::int64_t promised = found == promised_.end() ? 0 : found->second;
                  rows.add(p.id, p.on_hand + promised, promised, p.created_at);
                });
  }

  Result<> users() {
    const auto password = make_password();
    if (!password) return std::unexpected(password.error());
    const auto target = "users (id, email, name, password_hash, role, created_at)";
    // The admin is the last one, after every customer.
    return copy(target, shop_.size().users + 1, [&](std::uint64_t number, RowBuffer& rows) {
      if (number == shop_.size().users) {
        rows.add(shop_.admin_id(), kAdminEmail, "Demo Admin", accounts::unmatchable_hash(), "admin",
                 until_);
        return;
      }
      const auto u = shop_.user(number);
      rows.add(u.id, u.email, u.name, *password, "customer", u.created_at);
    });
  }

  // One hash for all customers: one for each would take hours.
  Result<std::string> make_password() const {
    const auto& file = options_.tokens.password;
    if (file.empty()) return accounts::unmatchable_hash();
    const auto password = accounts::make_token();
    if (auto written = write_private_file(file, password + "\n"); !written) {
      return std::unexpected(written.error());
    }
    return accounts::hash_password(password);
  }

  Result<> addresses() {
    return copy(
        "user_addresses (id, user_id, label, recipient, line1, city, postal_code, country,"
        " is_default, created_at)",
        shop_.size().users, [&](std::uint64_t number, RowBuffer& rows) {
          const auto u = shop_.user(number);
          for (const auto& a : u.addresses) {
            const bool is_default = &a == &u.addresses.front();
            rows.add(a.id, u.id, a.label, u.name, a.line1, a.city, a.postal_code, a.country,
                     is_default, u.created_at);
          }
        });
  }

  // Takes whole blocks, as a shop's workers do. The secret has the size of a UUID.
  Result<orders::NumberRange> take_numbers() const {
    auto row = database_.run(
        fmt::format("SELECT encode(s.secret, 'hex')::uuid, b.block * {0},"
                    " setval('order_serial_blocks', b.block + {1} / {0})"
                    " FROM order_number_secret s, nextval('order_serial_blocks') b(block)",
                    orders::store::kNumberBlock, shop_.size().orders));
    if (!row) return std::unexpected(row.error());
    return orders::NumberRange{orders::OrderNumbers(Uuid::parse(row->text(0, 0)).value().bytes),
                               parse_integer(row->text(0, 1)).value()};
  }

  Result<> orders() {
    const auto numbers = take_numbers();
    if (!numbers) return std::unexpected(numbers.error());
    return copy(
        "orders (id, user_id, status, order_date, total, currency, cancelled_at, updated_at, email,"
        " recipient, line1, line2, city, postal_code, country, serial, number)",
        shop_.size().orders, [&](std::uint64_t number, RowBuffer& rows) {
          const auto o = shop_.order(number);
          const auto u = shop_.user(o.user_number);
          const auto& to = u.addresses.at(o.address_number);
          rows.add(o.id, o.user_id, o.status, o.order_date, o.total, DemoShop::kCurrency,
                   o.cancelled_at, o.cancelled_at.value_or(o.order_date), u.email, u.name, to.line1,
                   "", to.city, to.postal_code, to.country, numbers->serial(number),
                   numbers->number(number));
        });
  }

  Result<> order_items() {
    return copy("order_items (order_id, line_no, product_id, product_name, quantity, unit_price)",
                shop_.size().orders, [&](std::uint64_t number, RowBuffer& rows) {
                  const auto o = shop_.order(number);
                  std::int16_t line_no = 0;
                  const bool waits = o.waits_for_shipment();
                  for (const auto& line : o.lines) {
                    if (waits) promised_[line.product_id] += line.quantity;
                    rows.add(o.id, ++line_no, line.product_id, line.product_name, line.quantity,
                             line.unit_price);
                  }
                });
  }

  BlockingConnection& database_;
  const SeedOptions& options_;
  Timestamp until_;
  DemoShop shop_;
  std::map<Uuid, std::int64_t> promised_;  // units of orders that are not shipped, by product
};

// Locks the tables, so that nobody writes between the check and COPY. COPY FREEZE requires TRUNCATE
// in the same transaction, even of empty tables.
Result<> clear_tables(BlockingConnection& database, bool reset) {
  auto locked = database.execute(fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", kTables));
  if (!locked) return locked;
  auto empty = is_empty(database);
  if (!empty) return std::unexpected(empty.error());
  if (!*empty && !reset) {
    return fail(ErrorCode::kPreconditionFailed,
                "The database already holds a shop. Use --reset to throw it away and seed anew.");
  }
  return database.execute(fmt::format("TRUNCATE {} CASCADE", kTables));
}

}  // namespace

Result<bool> is_empty(const std::string& conninfo) {
  auto database = BlockingConnection::open(conninfo, "souk seed");
  if (!database) return std::unexpected(database.error());
  if (auto there = require_tables(*database); !there) return std::unexpected(there.error());
  return is_empty(*database);
}

Result<> seed(const std::string& conninfo, const SeedOptions& options, const Clock& clock) {
  if (auto checked = check(options); !checked) return checked;
  auto database = BlockingConnection::open(conninfo, "souk seed");
  if (!database) return std::unexpected(database.error());
  const Timestamp until = std::chrono::floor<std::chrono::days>(clock.now());
  auto done = require_tables(*database);
  if (done) done = database->execute(kPrepareTransaction);
  if (done) done = clear_tables(*database, options.reset);
  if (done) done = Seeder(*database, options, until).run();
  // The files are written before COMMIT: a token without a session is harmless, a shop without
  // tokens is not.
  if (done) {
    done = issue_tokens(*database, options.tokens, WhereNobodyIs::kEmptyFile);
  }
  if (done) done = database->execute("COMMIT");
  if (done) done = database->execute(fmt::format("VACUUM (ANALYZE) {}", kTables));
  return done;
}

Result<> issue_tokens(const std::string& conninfo, const TokenFiles& files) {
  auto database = BlockingConnection::open(conninfo, "souk seed");
  if (!database) return std::unexpected(database.error());
  auto done = require_tables(*database);
  if (done) done = database->execute("BEGIN");
  if (done) done = issue_tokens(*database, files, WhereNobodyIs::kRefuse);
  if (done) done = database->execute("COMMIT");
  return done;
}

}  // namespace souk::seed
