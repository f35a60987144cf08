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

// Each change leaves a row in the audit log, without a user: an operator's.
#define SOUK_LOGGED(action, id)                                          \
  "logged AS (INSERT INTO audit_log (id, at, action, subject, network) " \
  "SELECT " id ", now(), '" action "', '/api/users/' || id, '' FROM changed) "

constexpr auto kAdd =
    "WITH changed AS ("
    "INSERT INTO users (id, email, name, password_hash, role) VALUES ($2, $1, $3, $4, 'admin') "
    "ON CONFLICT (email) DO NOTHING RETURNING id), " SOUK_LOGGED("createAdministrator",
                                                                 "$5") "SELECT id FROM changed";

// Before changes that must see every session that is begun meanwhile: beginning one locks the user.
constexpr auto kLock =
    "SELECT FROM users WHERE email = lower($1) AND role = 'admin' FOR NO KEY UPDATE";

constexpr auto kReset =
    "WITH changed AS (UPDATE users SET password_hash = $3, is_active = true "
    "WHERE email = $1 AND role = 'admin' RETURNING id), "
    "ended AS (DELETE FROM sessions WHERE user_id IN (SELECT id FROM changed)), "
    "void AS (DELETE FROM account_requests WHERE user_id IN (SELECT id FROM "
    "changed)), " SOUK_LOGGED("resetAdministrator", "$2") "SELECT id FROM changed";

constexpr auto kDisable =
    "WITH changed AS (UPDATE users SET is_active = false "
    "WHERE email = lower($1) AND role = 'admin' RETURNING id), "
    "ended AS (DELETE FROM sessions WHERE user_id IN (SELECT id FROM changed)), "
    "void AS (DELETE FROM account_requests WHERE user_id IN (SELECT id FROM "
    "changed)), " SOUK_LOGGED("disableAdministrator", "$2") "SELECT id FROM changed";

#undef SOUK_LOGGED

constexpr auto kTokens =
    "SELECT encode(substring(token_hash FOR 16), 'hex')::uuid, email, client,"
    " to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),"
    " to_char(last_used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),"
    " to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') "
    "FROM users u JOIN sessions s ON s.user_id = u.id WHERE role = 'admin' AND expires_at > now() "
    "ORDER BY last_used_at DESC, token_hash LIMIT 1000";
static_assert(kMaxTokensListed == 1'000, "the statement above says so too");

constexpr auto kRevoke =
    "DELETE FROM sessions s USING users u WHERE u.id = s.user_id AND u.role = 'admin' "
    "AND substring(s.token_hash FOR 16) = uuid_send($1::uuid) RETURNING u.email";

std::unexpected<Error> nobody(std::string_view email) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no administrator {}", email));
}

// REQUIRES: a transaction.
Result<> lock_and_run(BlockingConnection& database, const std::string& sql,
                      const std::vector<std::string>& parameters) {
  const auto& email = parameters.front();
  if (auto locked = database.execute(kLock, {email}); !locked) return locked;
  const auto changed = database.run(sql, parameters);
  if (!changed) return std::unexpected(changed.error());
  if (changed->size() == 0) return nobody(email);
  return {};
}

// The parameters of `sql`: the address, the id of the row of the audit log, and `more`. Errors:
// not_found, those of BlockingConnection.
Result<> change(BlockingConnection& database, const std::string& sql, std::string_view email,
                std::vector<std::string> more = {}) {
  const auto id = postgres::new_id(database);
  if (!id) return std::unexpected(id.error());
  more.insert(more.begin(), {std::string(email), id->to_string()});
  if (auto begun = database.execute("BEGIN ISOLATION LEVEL READ COMMITTED"); !begun) return begun;
  const auto done = lock_and_run(database, sql, more);
  const auto ended = database.execute(done ? "COMMIT" : "ROLLBACK");
  return done ? ended : done;
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
  const auto audit_id = postgres::new_id(database);
  if (!audit_id) return std::unexpected(audit_id.error());
  const auto added = database.run(kAdd, {accepted->email, id->to_string(), accepted->name,
                                         hash_password(accepted->password), audit_id->to_string()});
  if (!added) return std::unexpected(added.error());
  if (added->size() == 1) return {};
  return fail(errors::kEmailTaken,
              fmt::format("another account uses the address {}", accepted->email));
}

Result<> reset_administrator(BlockingConnection& database, Registration registration) {
  const auto accepted = rules::check(std::move(registration));
  if (!accepted) return std::unexpected(accepted.error());
  return change(database, kReset, accepted->email, {hash_password(accepted->password)});
}

Result<> disable_administrator(BlockingConnection& database, std::string_view email) {
  return change(database, kDisable, email);
}

Result<std::vector<AdministratorToken>> administrator_tokens(BlockingConnection& database) {
  const auto rows = database.run(kTokens);
  if (!rows) return std::unexpected(rows.error());
  std::vector<AdministratorToken> tokens;
  for (int row = 0; row < rows->size(); ++row) {
    const auto text = [&](int column) { return std::string(rows->text(row, column)); };
    tokens.push_back({.id = text(0),
                      .email = text(1),
                      .client = text(2),
                      .created_at = text(3),
                      .last_used_at = text(4),
                      .expires_at = text(5)});
  }
  return tokens;
}

Result<std::string> revoke_administrator_token(BlockingConnection& database, const Uuid& id) {
  const auto revoked = database.run(kRevoke, {id.to_string()});
  if (!revoked) return std::unexpected(revoked.error());
  if (revoked->size() == 0) {
    return fail(ErrorCode::kNotFound,
                fmt::format("no administrator has a token {}", id.to_string()));
  }
  return std::string(revoked->text(0, 0));
}

}  // namespace souk::accounts
