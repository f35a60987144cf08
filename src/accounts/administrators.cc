#include "accounts/administrators.h"

#include <fmt/format.h>

#include "accounts/error_codes.h"
#include "accounts/passwords.h"
#include "accounts/rules.h"
#include "postgres/server_time.h"

namespace souk::accounts {
namespace {

using postgres::BlockingConnection;

constexpr auto kList =
    "SELECT email, name, is_active, created_at::date FROM users WHERE role = 'admin' "
    "ORDER BY email";

constexpr auto kAny = "SELECT EXISTS (SELECT FROM users WHERE role = 'admin' AND is_active)";

constexpr auto kAdd =
    "INSERT INTO users (id, email, name, password_hash, role) VALUES ($1, $2, $3, $4, 'admin') "
    "ON CONFLICT (email) DO NOTHING RETURNING id";

constexpr auto kReset =
    "WITH changed AS (UPDATE users SET password_hash = $2, is_active = true "
    "WHERE email = $1 AND role = 'admin' RETURNING id), "
    "ended AS (DELETE FROM sessions USING changed WHERE user_id = changed.id) "
    "SELECT id FROM changed";

constexpr auto kDisable =
    "WITH changed AS (UPDATE users SET is_active = false "
    "WHERE email = lower($1) AND role = 'admin' RETURNING id), "
    "ended AS (DELETE FROM sessions USING changed WHERE user_id = changed.id) "
    "SELECT id FROM changed";

std::unexpected<Error> nobody(std::string_view email) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no administrator {}", email));
}

}  // namespace

Result<std::vector<Administrator>> administrators(BlockingConnection& database) {
  const auto rows = database.run(kList);
  if (!rows) return std::unexpected(rows.error());
  std::vector<Administrator> all;
  for (int row = 0; row < rows->size(); ++row) {
    all.push_back({.email = std::string(rows->text(row, 0)),
                   .name = std::string(rows->text(row, 1)),
                   .is_active = rows->text(row, 2) == "t",
                   .created_on = std::string(rows->text(row, 3))});
  }
  return all;
}

Result<bool> has_administrator(BlockingConnection& database) {
  const auto rows = database.run(kAny);
  if (!rows) return std::unexpected(rows.error());
  return rows->text(0, 0) == "t";
}

Result<> add_administrator(BlockingConnection& database, Registration registration) {
  const auto accepted = rules::check(std::move(registration));
  if (!accepted) return std::unexpected(accepted.error());
  const auto id = postgres::new_id(database);
  if (!id) return std::unexpected(id.error());
  const auto added = database.run(
      kAdd, {id->to_string(), accepted->email, accepted->name, hash_password(accepted->password)});
  if (!added) return std::unexpected(added.error());
  if (added->size() == 1) return {};
  return fail(errors::kEmailTaken,
              fmt::format("another account uses the address {}", accepted->email));
}

Result<> reset_administrator(BlockingConnection& database, Registration registration) {
  const auto accepted = rules::check(std::move(registration));
  if (!accepted) return std::unexpected(accepted.error());
  const auto changed = database.run(kReset, {accepted->email, hash_password(accepted->password)});
  if (!changed) return std::unexpected(changed.error());
  if (changed->size() == 0) return nobody(accepted->email);
  return {};
}

Result<> disable_administrator(BlockingConnection& database, std::string_view email) {
  const auto changed = database.run(kDisable, {std::string(email)});
  if (!changed) return std::unexpected(changed.error());
  if (changed->size() == 0) return nobody(email);
  return {};
}

}  // namespace souk::accounts
