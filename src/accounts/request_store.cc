#include "accounts/request_store.h"

#include "accounts/store.h"
#include "postgres/enum_codec.h"

template <>
struct souk::postgres::Codec<souk::accounts::request_store::Purpose>
    : EnumCodec<souk::accounts::request_store::Purpose,
                souk::accounts::request_store::kPurposeNames> {};

namespace souk::accounts::request_store {
namespace {

using postgres::Pool;
using postgres::Statement;
using runtime::Context;
using runtime::Task;

constexpr Statement kInsert{
    .name = "accounts.insert_request",
    .sql =
        "INSERT INTO account_requests"
        " (id, purpose, email, user_id, name, password_hash, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .kind = Statement::Kind::kWrite};

// A job that is repeated finds the same place.
constexpr Statement kFind{
    .name = "accounts.find_request",
    .sql =
        "SELECT r.purpose, r.email, r.user_id, r.name, r.created_at, r.expires_at,"
        " a.id, a.name, u.email, u.name,"
        " (SELECT count(*) FROM ("
        "    SELECT FROM account_requests e WHERE e.email = r.email"
        "    AND (e.created_at, e.id) <= (r.created_at, r.id)"
        "    AND e.created_at > r.created_at - interval '1 h' LIMIT 100) AS earlier) "
        "FROM account_requests r LEFT JOIN users a ON a.email = r.email AND a.is_active "
        "LEFT JOIN users u ON u.id = r.user_id AND u.is_active WHERE r.id = $1",
    .kind = Statement::Kind::kPoint,
    .index = "account_requests_pkey"};
static_assert(kMaxPlace == 100, "the statement above has this limit");

constexpr Statement kSetToken{
    .name = "accounts.set_request_token",
    .sql =
        "UPDATE account_requests SET token_hash = $2, user_id = coalesce(user_id, $3) "
        "WHERE id = $1 RETURNING id",
    .kind = Statement::Kind::kWrite,
    .index = "account_requests_pkey"};

constexpr Statement kFindRegistration{
    .name = "accounts.find_registration",
    .sql =
        "SELECT password_hash FROM account_requests "
        "WHERE token_hash = $1 AND expires_at > $2 AND purpose = 'registration'",
    .kind = Statement::Kind::kPoint,
    .index = "account_requests_token_hash_key"};

constexpr Statement kTake{
    .name = "accounts.take_request",
    .sql =
        "DELETE FROM account_requests "
        "WHERE token_hash = $1 AND expires_at > $2 AND purpose <> 'password_reset' "
        "RETURNING purpose, email, user_id, name, password_hash",
    .kind = Statement::Kind::kWrite,
    .index = "account_requests_token_hash_key"};

constexpr Statement kOpenAccount{
    .name = "accounts.open_account",
    .sql =
        "INSERT INTO users (id, email, name, password_hash, created_at, email_verified_at) "
        "VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (email) DO NOTHING RETURNING id, email",
    .kind = Statement::Kind::kWrite};

constexpr Statement kMarkVerified{
    .name = "accounts.mark_verified",
    .sql =
        "UPDATE users SET email_verified_at = $3 WHERE id = $1 AND email = $2 AND is_active "
        "RETURNING id, email",
    .kind = Statement::Kind::kWrite,
    .index = "users_pkey"};

constexpr Statement kChangeEmail{
    .name = "accounts.change_email",
    .sql =
        "WITH old AS (SELECT id, email FROM users WHERE id = $1 AND is_active FOR UPDATE),"
        " changed AS ("
        "  UPDATE users SET email = $2, email_verified_at = $3 FROM old WHERE users.id = old.id),"
        " void AS (DELETE FROM account_requests WHERE user_id = (SELECT id FROM old)) "
        "SELECT id, email FROM old",
    .kind = Statement::Kind::kWrite};

constexpr Statement kFindReset{
    .name = "accounts.find_password_reset",
    .sql =
        "SELECT u.id, u.email, u.name, u.role = 'admin', u.created_at "
        "FROM account_requests r JOIN users u ON u.id = r.user_id "
        "WHERE r.token_hash = $1 AND r.expires_at > $2 AND r.purpose = 'password_reset' "
        "AND u.email = r.email AND u.is_active",
    .kind = Statement::Kind::kPoint,
    .index = "account_requests_token_hash_key"};

// REQUIRES: the user is locked, so that every session that was begun with the old password is seen.
constexpr Statement kResetPassword{
    .name = "accounts.reset_password",
    .sql =
        "WITH used AS ("
        "  DELETE FROM account_requests WHERE token_hash = $2 AND expires_at > $4"
        "  AND purpose = 'password_reset' AND user_id = $1 RETURNING user_id, email),"
        " others AS ("
        "  DELETE FROM account_requests WHERE user_id = (SELECT user_id FROM used)"
        "  AND token_hash IS DISTINCT FROM $2),"
        " changed AS ("
        "  UPDATE users SET password_hash = $3,"
        "   email_verified_at = coalesce(email_verified_at, $4)"
        "  FROM used WHERE id = used.user_id AND users.email = used.email AND is_active"
        "  RETURNING id),"
        " ended AS (DELETE FROM sessions WHERE user_id = (SELECT id FROM changed)) "
        "SELECT id FROM changed",
    .kind = Statement::Kind::kWrite};

constexpr Statement kDeleteExpired{
    .name = "accounts.delete_expired_requests",
    .sql =
        "DELETE FROM account_requests WHERE id IN (SELECT id FROM account_requests "
        "WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50 FOR UPDATE SKIP LOCKED)",
    .kind = Statement::Kind::kWrite,
    .index = "account_requests_expires_at"};
constexpr std::size_t kExpiredTogether = 50;  // as the statement above says

constexpr std::array kStatements = {
    &kInsert,       &kFind,        &kSetToken,  &kFindRegistration, &kTake,         &kOpenAccount,
    &kMarkVerified, &kChangeEmail, &kFindReset, &kResetPassword,    &kDeleteExpired};

constexpr auto kPendingRow = postgres::row_of(
    &Pending::purpose, &Pending::email, &Pending::user_id, &Pending::name, &Pending::created_at,
    &Pending::expires_at, &Pending::account, &Pending::account_name, &Pending::user_email,
    &Pending::user_name, &Pending::place);
constexpr auto kTakenRow = postgres::row_of(&Taken::purpose, &Taken::email, &Taken::user_id,
                                            &Taken::name, &Taken::password_hash);
constexpr auto kUserRow =
    postgres::row_of(&User::id, &User::email, &User::name, &User::is_admin, &User::created_at);

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

postgres::Call insert(const NewRequest& request) {
  return postgres::call(kInsert, request.id, request.purpose, request.email, request.user_id,
                        request.name, request.password_hash, request.created_at,
                        request.expires_at);
}

Task<std::optional<Pending>> find(Pool& pool, Context& context, Uuid id) {
  co_return (co_await pool.query(context, kFind, id)).optional(kPendingRow);
}

Task<bool> set_token(Pool& pool, Context& context, Uuid id, const TokenHash& token,
                     std::optional<UserId> user) {
  co_return !(co_await pool.query(context, kSetToken, id, token, user)).empty();
}

Task<std::optional<std::string>> find_registration(Pool& pool, Context& context,
                                                   const TokenHash& token, Timestamp now) {
  const auto rows = co_await pool.query(context, kFindRegistration, token, now);
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<std::string>(0);
}

postgres::Call take(const TokenHash& token, Timestamp now) {
  return postgres::call(kTake, token, now);
}

std::optional<Taken> read_taken(const postgres::Rows& rows) { return rows.optional(kTakenRow); }

postgres::Call open_account(UserId id, const Taken& registration, Timestamp now) {
  return postgres::call(kOpenAccount, id, registration.email, registration.name,
                        registration.password_hash, now);
}

postgres::Call mark_verified(UserId user, const std::string& email, Timestamp now) {
  return postgres::call(kMarkVerified, user, email, now);
}

postgres::Call change_email(UserId user, const std::string& email, Timestamp now) {
  return postgres::call(kChangeEmail, user, email, now);
}

Task<std::optional<User>> find_reset(Pool& pool, Context& context, const TokenHash& token,
                                     Timestamp now) {
  co_return (co_await pool.query(context, kFindReset, token, now)).optional(kUserRow);
}

Task<bool> reset_password(Pool& pool, Context& context, UserId user, const TokenHash& token,
                          const std::string& password_hash, Timestamp now) {
  auto transaction = co_await pool.begin(context);
  const auto [locked, changed] = co_await transaction.pipeline_and_commit(
      store::lock_user(user), postgres::call(kResetPassword, user, token, password_hash, now));
  co_return !changed.empty();
}

Task<bool> delete_expired(Pool& pool, Context& context, Timestamp before) {
  co_return (co_await pool.query(context, kDeleteExpired, before)).affected() == kExpiredTogether;
}

}  // namespace souk::accounts::request_store
