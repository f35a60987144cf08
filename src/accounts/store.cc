#include "accounts/store.h"

#include <algorithm>
#include <array>

#include "postgres/duration_codec.h"

namespace souk::accounts::store {
namespace {

using postgres::Pool;
using postgres::Statement;
using runtime::Context;
using runtime::Task;

constexpr auto kUserRow = postgres::row_of(&User::id, &User::email, &User::name, &User::is_admin,
                                           &User::created_at, &User::email_verified_at);
constexpr auto kLoginRow = postgres::row_of(postgres::at(&Login::user, kUserRow),
                                            &Login::password_hash, &Login::known_network);
constexpr auto kPrincipalRow =
    postgres::row_of(&Principal::user_id, &Principal::is_admin, &Principal::is_load_test);
constexpr auto kSignedInRow = postgres::row_of(
    &SignedIn::token, postgres::at(&SignedIn::principal, kPrincipalRow), &SignedIn::use_is_due);
constexpr auto kOwnSessionRow =
    postgres::row_of(&OwnSession::id, &OwnSession::client, &OwnSession::created_at,
                     &OwnSession::last_used_at, &OwnSession::expires_at, &OwnSession::is_current);
constexpr auto kAddressRow = postgres::row_of(
    &Address::id, &Address::label, &Address::recipient, &Address::line1, &Address::line2,
    &Address::city, &Address::postal_code, &Address::country, &Address::is_default);
constexpr auto kPlaceRow =
    postgres::row_of(&AddressDraft::recipient, &AddressDraft::line1, &AddressDraft::line2,
                     &AddressDraft::city, &AddressDraft::postal_code, &AddressDraft::country);

#define SOUK_USER_COLUMNS "id, email, name, role = 'admin', created_at, email_verified_at"
#define SOUK_ADDRESS_COLUMNS \
  "id, label, recipient, line1, line2, city, postal_code, country, is_default"

constexpr Statement kInsertUser{
    .name = "accounts.insert_user",
    .sql =
        "INSERT INTO users (id, email, name, password_hash, created_at) "
        "VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (email) DO NOTHING "
        "RETURNING " SOUK_USER_COLUMNS,
    .kind = Statement::Kind::kWrite};

constexpr Statement kFindUser{
    .name = "accounts.find_user",
    .sql = "SELECT " SOUK_USER_COLUMNS " FROM users WHERE id = $1 AND is_active",
    .kind = Statement::Kind::kPoint,
    .index = "users_pkey"};

constexpr Statement kUpdateUser{.name = "accounts.update_user",
                                .sql =
                                    "UPDATE users SET name = coalesce($2, name) "
                                    "WHERE id = $1 AND is_active "
                                    "RETURNING " SOUK_USER_COLUMNS,
                                .kind = Statement::Kind::kWrite,
                                .index = "users_pkey"};

constexpr Statement kFindLogin{
    .name = "accounts.find_login",
    .sql = "SELECT " SOUK_USER_COLUMNS
           ", password_hash, EXISTS ("
           "SELECT FROM known_networks "
           "WHERE user_id = users.id AND network_hash = $2 AND last_at > $3) "
           "FROM users WHERE email = $1 AND is_active",
    .kind = Statement::Kind::kPoint,
    .index = "users_email_key"};

// The number of kept networks is a constant: with a parameter, the planner expects a tenth of the
// rows. The lock waits for a change of the password, or lets it wait and end this session, too.
constexpr Statement kInsertSession{
    .name = "accounts.insert_session",
    .sql =
        "WITH allowed AS ("
        "  SELECT id FROM users WHERE id = $2 AND password_hash = $7 AND is_active FOR SHARE),"
        " remembered AS ("
        "  INSERT INTO known_networks (user_id, network_hash, last_at)"
        "  SELECT id, $5::bytea, $3::timestamptz FROM allowed WHERE $5::bytea IS NOT NULL"
        "  ON CONFLICT (user_id, network_hash) DO UPDATE SET last_at = $3),"
        " forgotten AS ("
        "  DELETE FROM known_networks WHERE user_id = $2 AND network_hash IN ("
        "    SELECT network_hash FROM known_networks WHERE user_id = $2 AND network_hash <> $5"
        "    ORDER BY last_at DESC OFFSET 15 FOR UPDATE SKIP LOCKED)),"
        " replaced AS ("
        "  DELETE FROM sessions WHERE token_hash IN ("
        "    SELECT token_hash FROM sessions WHERE user_id = $2 AND NOT is_load_test"
        "    ORDER BY last_used_at DESC OFFSET 99 FOR UPDATE SKIP LOCKED)),"
        " logged AS ("
        "  INSERT INTO audit_log (id, at, user_id, action, subject, network)"
        "  SELECT $8, $3, id, 'signIn', '/api/sessions', $9 FROM allowed) "
        "INSERT INTO sessions (token_hash, user_id, created_at, last_used_at, expires_at, client) "
        "SELECT $1, id, $3, $3, $4, $6 FROM allowed RETURNING user_id",
    .kind = Statement::Kind::kWrite};

static_assert(kNetworksRemembered == 15 + 1 && kMaxSessions == 99 + 1);  // as above

constexpr Statement kDeleteSession{.name = "accounts.delete_session",
                                   .sql = "DELETE FROM sessions WHERE token_hash = $1",
                                   .kind = Statement::Kind::kWrite,
                                   .index = "sessions_pkey"};

constexpr Statement kDeleteExpiredSessions{
    .name = "accounts.delete_expired_sessions",
    .sql =
        "DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions "
        "WHERE expires_at <= $1 ORDER BY expires_at LIMIT 50 FOR UPDATE SKIP LOCKED)",
    .kind = Statement::Kind::kWrite,
    .index = "sessions_expires_at"};
constexpr std::size_t kExpiredSessions = 50;  // as the statement above says

constexpr Statement kPrincipals{
    .name = "accounts.principals",
    .sql =
        "SELECT s.token_hash, u.id, u.role = 'admin', s.is_load_test, s.last_used_at <= $3 "
        "FROM sessions s JOIN users u ON u.id = s.user_id "
        "WHERE s.token_hash = ANY($1) AND s.expires_at > $2 AND u.is_active",
    .kind = Statement::Kind::kPoint,
    .index = "sessions_pkey"};

// What a session was made with may be longer than these lifetimes, and stays. Nothing is waited
// for, so that the notes of two workers cannot wait for each other.
constexpr Statement kNoteUses{
    .name = "accounts.note_uses",
    .sql =
        "UPDATE sessions SET last_used_at = $2, expires_at = greatest(expires_at,"
        " least(created_at + $3 * interval '1 us', $2 + $4 * interval '1 us')) "
        "WHERE last_used_at < $2 AND token_hash IN ("
        "  SELECT token_hash FROM sessions WHERE token_hash = ANY($1) FOR UPDATE SKIP LOCKED)",
    .kind = Statement::Kind::kWrite,
    .index = "sessions_pkey"};

constexpr Statement kSessions{
    .name = "accounts.sessions",
    .sql =
        "SELECT encode(substring(token_hash FOR 16), 'hex')::uuid, client, created_at,"
        " last_used_at, expires_at, token_hash = $2 "
        "FROM sessions WHERE user_id = $1 AND expires_at > $3 "
        "ORDER BY last_used_at DESC LIMIT 100",
    .kind = Statement::Kind::kPoint,
    .index = "sessions_of_user"};
static_assert(kMaxSessions == 100, "the statement above has this limit");

constexpr Statement kEndSession{
    .name = "accounts.end_session",
    .sql =
        "DELETE FROM sessions WHERE user_id = $1 AND substring(token_hash FOR 16) = uuid_send($2)",
    .kind = Statement::Kind::kWrite,
    .index = "sessions_of_user"};

constexpr Statement kEndSessions{.name = "accounts.end_sessions",
                                 .sql = "DELETE FROM sessions WHERE user_id = $1",
                                 .kind = Statement::Kind::kWrite,
                                 .index = "sessions_of_user"};

// REQUIRES: the user is locked, so that every session that was begun with the old password is seen.
constexpr Statement kChangePassword{
    .name = "accounts.change_password",
    .sql =
        "WITH changed AS ("
        "  UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 AND is_active"
        "  RETURNING id),"
        " ended AS ("
        "  DELETE FROM sessions WHERE user_id = (SELECT id FROM changed) AND token_hash <> $4),"
        " void AS (DELETE FROM account_requests WHERE user_id = (SELECT id FROM changed)) "
        "SELECT id FROM changed",
    .kind = Statement::Kind::kWrite};

// REQUIRES: the user is locked with the orders. Orders keep neither address nor e-mail; addresses
// that they refer to are kept, without what they said.
constexpr Statement kEraseUser{
    .name = "accounts.erase_user",
    .sql =
        "WITH old AS ("
        "  SELECT id, email FROM users WHERE id = $1 AND is_active AND NOT EXISTS ("
        "    SELECT FROM orders WHERE user_id = $1 AND status NOT IN"
        "    ('delivered', 'cancelled', 'refunded'))),"
        " gone AS ("
        "  UPDATE users SET email = 'erased-' || users.id || '@invalid', name = 'Erased',"
        "   password_hash = '', email_verified_at = NULL, is_active = false"
        "  FROM old WHERE users.id = old.id RETURNING users.id),"
        " sessions_gone AS (DELETE FROM sessions WHERE user_id = (SELECT id FROM gone)),"
        " networks AS (DELETE FROM known_networks WHERE user_id = (SELECT id FROM gone)),"
        " requests AS ("
        "  DELETE FROM account_requests WHERE user_id = (SELECT id FROM gone)"
        "  OR email = (SELECT email FROM old)),"
        " copies AS ("
        "  UPDATE orders SET email = NULL, recipient = NULL, line1 = NULL, line2 = NULL,"
        "   city = NULL, postal_code = NULL, country = NULL"
        "  WHERE user_id = (SELECT id FROM gone)),"
        " unused AS ("
        "  DELETE FROM user_addresses a WHERE user_id = (SELECT id FROM gone) AND NOT EXISTS ("
        "    SELECT FROM orders o WHERE o.user_id = a.user_id AND o.address_id = a.id)),"
        " used AS ("
        "  UPDATE user_addresses a SET label = '', recipient = 'Erased', line1 = 'Erased',"
        "   line2 = '', city = 'Erased', postal_code = '-', is_default = false, is_active = false"
        "  WHERE user_id = (SELECT id FROM gone) AND EXISTS ("
        "    SELECT FROM orders o WHERE o.user_id = a.user_id AND o.address_id = a.id)) "
        "SELECT id FROM gone",
    .kind = Statement::Kind::kWrite};

constexpr Statement kAddresses{.name = "accounts.addresses",
                               .sql = "SELECT " SOUK_ADDRESS_COLUMNS
                                      " FROM user_addresses "
                                      "WHERE user_id = $1 AND is_active "
                                      "ORDER BY is_default DESC, id",
                               .kind = Statement::Kind::kPoint,
                               .index = "idx_user_addresses_user_default"};

constexpr Statement kFindAddress{.name = "accounts.find_address",
                                 .sql = "SELECT " SOUK_ADDRESS_COLUMNS
                                        " FROM user_addresses "
                                        "WHERE user_id = $1 AND id = $2 AND is_active",
                                 .kind = Statement::Kind::kPoint};

// The nil UUID stands for the default address. The lock is what the order's foreign key takes
// anyway: an erasure waits for the order, or the order finds no account.
constexpr Statement kDeliveries{
    .name = "accounts.deliveries",
    .sql =
        "SELECT o.place, u.email, a.recipient, a.line1, a.line2, a.city, a.postal_code, a.country "
        "FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY o(user_id, id, place) "
        "JOIN users u ON u.id = o.user_id AND u.is_active "
        "LEFT JOIN user_addresses a ON a.user_id = o.user_id AND a.is_active "
        "AND CASE WHEN o.id = '00000000-0000-0000-0000-000000000000' THEN a.is_default "
        "ELSE a.id = o.id END FOR KEY SHARE OF u",
    .kind = Statement::Kind::kWrite,
    .index = "users_pkey"};

// Does not block orders of the user: their foreign keys take a weaker lock.
constexpr Statement kLockUser{.name = "accounts.lock_user",
                              .sql = "SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE",
                              .kind = Statement::Kind::kWrite,
                              .index = "users_pkey"};

// Also waits for orders that the user is placing, so that the next statement sees them.
constexpr Statement kLockUserAndOrders{.name = "accounts.lock_user_and_orders",
                                       .sql = "SELECT FROM users WHERE id = $1 FOR UPDATE",
                                       .kind = Statement::Kind::kWrite,
                                       .index = "users_pkey"};

// Also waits for orders that are being sent to the address, so that the next statement sees them.
constexpr Statement kLockAddress{
    .name = "accounts.lock_address",
    .sql =
        "SELECT FROM users u JOIN user_addresses a ON a.user_id = u.id "
        "WHERE u.id = $1 AND a.id = $2 FOR NO KEY UPDATE OF u FOR UPDATE OF a",
    .kind = Statement::Kind::kWrite,
    .index = "users_pkey"};

// The old default is cleared before the new one is set: the counts force this order.
constexpr Statement kInsertAddress{
    .name = "accounts.insert_address",
    .sql =
        "WITH others AS ("
        "  SELECT count(*) AS n FROM user_addresses WHERE user_id = $1 AND is_active),"
        " demoted AS ("
        "  UPDATE user_addresses SET is_default = false"
        "  WHERE user_id = $1 AND is_active AND is_default AND $10"
        "    AND (SELECT n FROM others) < $11"
        "  RETURNING id) "
        "INSERT INTO user_addresses (user_id, " SOUK_ADDRESS_COLUMNS
        ") "
        "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 OR n = 0 "
        "FROM others, (SELECT count(*) FROM demoted) AS gone(d) "
        "WHERE n < $11 AND d >= 0 "
        "RETURNING " SOUK_ADDRESS_COLUMNS,
    .kind = Statement::Kind::kWrite};

// The default address remains the default until another becomes it.
constexpr Statement kReplaceAddress{
    .name = "accounts.replace_address",
    .sql =
        "WITH old AS ("
        "  SELECT is_default, EXISTS ("
        "    SELECT FROM orders WHERE user_id = $1 AND address_id = $11) AS used"
        "  FROM user_addresses WHERE user_id = $1 AND id = $11 AND is_active),"
        " demoted AS ("
        "  UPDATE user_addresses SET is_default = false"
        "  WHERE user_id = $1 AND is_active AND is_default AND id <> $11 AND $10"
        "    AND EXISTS (SELECT FROM old)"
        "  RETURNING id),"
        " retired AS ("
        "  UPDATE user_addresses SET is_active = false FROM old"
        "  WHERE user_id = $1 AND id = $11 AND old.used"
        "  RETURNING id),"
        " gone AS ("
        "  SELECT (SELECT count(*) FROM demoted) + (SELECT count(*) FROM retired) AS n),"
        " changed AS ("
        "  UPDATE user_addresses SET label = $3, recipient = $4, line1 = $5, line2 = $6,"
        "    city = $7, postal_code = $8, country = $9, is_default = $10 OR old.is_default"
        "  FROM old, gone WHERE user_id = $1 AND id = $11 AND NOT old.used AND gone.n >= 0"
        "  RETURNING id, label, recipient, line1, line2, city, postal_code, country,"
        "    user_addresses.is_default),"
        " added AS ("
        "  INSERT INTO user_addresses (user_id, " SOUK_ADDRESS_COLUMNS
        ")"
        "  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 OR old.is_default"
        "  FROM old, gone WHERE old.used AND gone.n >= 0"
        "  RETURNING " SOUK_ADDRESS_COLUMNS
        ") "
        "SELECT * FROM changed UNION ALL SELECT * FROM added",
    .kind = Statement::Kind::kWrite};

constexpr Statement kRetireAddress{
    .name = "accounts.retire_address",
    .sql =
        "WITH retired AS ("
        "  UPDATE user_addresses SET is_active = false"
        "  WHERE user_id = $1 AND id = $2 AND is_active"
        "  RETURNING id, is_default),"
        " promoted AS ("
        "  UPDATE user_addresses SET is_default = true"
        "  WHERE id = (SELECT min(id::text)::uuid FROM user_addresses"
        "              WHERE user_id = $1 AND is_active AND id <> $2)"
        "    AND (SELECT is_default FROM retired)) "
        "SELECT id FROM retired",
    .kind = Statement::Kind::kWrite};

#undef SOUK_USER_COLUMNS
#undef SOUK_ADDRESS_COLUMNS

constexpr std::array kStatements = {&kInsertUser,
                                    &kFindUser,
                                    &kUpdateUser,
                                    &kFindLogin,
                                    &kInsertSession,
                                    &kDeleteSession,
                                    &kDeleteExpiredSessions,
                                    &kPrincipals,
                                    &kNoteUses,
                                    &kSessions,
                                    &kEndSession,
                                    &kEndSessions,
                                    &kChangePassword,
                                    &kEraseUser,
                                    &kAddresses,
                                    &kFindAddress,
                                    &kDeliveries,
                                    &kLockUser,
                                    &kLockUserAndOrders,
                                    &kLockAddress,
                                    &kInsertAddress,
                                    &kReplaceAddress,
                                    &kRetireAddress};

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<std::optional<User>> insert_user(Pool& pool, Context& context, UserId id,
                                      const Registration& registration,
                                      const std::string& password_hash, Timestamp now) {
  const auto rows = co_await pool.query(context, kInsertUser, id, registration.email,
                                        registration.name, password_hash, now);
  co_return rows.optional(kUserRow);
}

Task<std::optional<User>> find_user(Pool& pool, Context& context, UserId id) {
  co_return (co_await pool.query(context, kFindUser, id)).optional(kUserRow);
}

Task<std::optional<User>> update_user(Pool& pool, Context& context, UserId id,
                                      const ProfilePatch& patch) {
  co_return (co_await pool.query(context, kUpdateUser, id, patch.name)).optional(kUserRow);
}

Task<std::optional<Login>> find_login(Pool& pool, Context& context, const std::string& email,
                                      const NetworkHash& network, Timestamp since) {
  co_return (co_await pool.query(context, kFindLogin, email, network, since)).optional(kLoginRow);
}

Task<bool> insert_session(Pool& pool, Context& context, const Login& login,
                          const NewSession& session) {
  const auto rows =
      co_await pool.query(context, kInsertSession, session.token, login.user.id, session.begins_at,
                          session.expires_at, session.network, session.client, login.password_hash,
                          session.audit_id, session.client_network);
  co_return !rows.empty();
}

Task<void> delete_session(Pool& pool, Context& context, const TokenHash& token) {
  co_await pool.query(context, kDeleteSession, token);
}

Task<bool> delete_expired_sessions(Pool& pool, Context& context, Timestamp before) {
  const auto rows = co_await pool.query(context, kDeleteExpiredSessions, before);
  co_return rows.affected() == kExpiredSessions;
}

Task<std::vector<SignedIn>> principals(Pool& pool, Context& context,
                                       std::span<const TokenHash> tokens, Timestamp now,
                                       Timestamp noted_before) {
  auto found =
      (co_await pool.query(context, kPrincipals, tokens, now, noted_before)).as(kSignedInRow);
  std::ranges::sort(found, {}, &SignedIn::token);
  co_return found;
}

Task<void> note_uses(Pool& pool, Context& context, std::span<const TokenHash> tokens, Timestamp now,
                     const Lifetimes& lifetimes) {
  using Microseconds = std::chrono::microseconds;
  co_await pool.query(context, kNoteUses, tokens, now, Microseconds(lifetimes.absolute),
                      Microseconds(lifetimes.idle));
}

Task<std::vector<OwnSession>> sessions(Pool& pool, Context& context, UserId user,
                                       const TokenHash& current, Timestamp now) {
  co_return (co_await pool.query(context, kSessions, user, current, now)).as(kOwnSessionRow);
}

Task<bool> end_session(Pool& pool, Context& context, UserId user, SessionId id) {
  co_return (co_await pool.query(context, kEndSession, user, id)).affected() > 0;
}

Task<void> end_sessions(Pool& pool, Context& context, UserId user) {
  co_await pool.query(context, kEndSessions, user);
}

postgres::Call lock_user(UserId user) { return postgres::call(kLockUser, user); }

Task<bool> change_password(Pool& pool, Context& context, UserId user, const std::string& old_hash,
                           const std::string& new_hash, const TokenHash& current) {
  auto transaction = co_await pool.begin(context);
  const auto [locked, changed] = co_await transaction.pipeline_and_commit(
      postgres::call(kLockUser, user),
      postgres::call(kChangePassword, user, old_hash, new_hash, current));
  co_return !changed.empty();
}

Task<bool> erase_user(Pool& pool, Context& context, UserId user) {
  auto transaction = co_await pool.begin(context);
  const auto [locked, erased] = co_await transaction.pipeline_and_commit(
      postgres::call(kLockUserAndOrders, user), postgres::call(kEraseUser, user));
  co_return !erased.empty();
}

Task<std::vector<Address>> addresses(Pool& pool, Context& context, UserId user) {
  co_return (co_await pool.query(context, kAddresses, user)).as(kAddressRow);
}

Task<std::optional<Address>> find_address(Pool& pool, Context& context, UserId user, AddressId id) {
  co_return (co_await pool.query(context, kFindAddress, user, id)).optional(kAddressRow);
}

Task<std::optional<Address>> insert_address(Pool& pool, Context& context, UserId user, AddressId id,
                                            const AddressDraft& draft) {
  auto transaction = co_await pool.begin(context);
  const auto [locked, added] = co_await transaction.pipeline_and_commit(
      postgres::call(kLockUser, user),
      postgres::call(kInsertAddress, user, id, draft.label, draft.recipient, draft.line1,
                     draft.line2, draft.city, draft.postal_code, draft.country, draft.is_default,
                     static_cast<std::int64_t>(kMaxAddresses)));
  co_return added.optional(kAddressRow);
}

Task<std::optional<Address>> replace_address(Pool& pool, Context& context, UserId user,
                                             AddressId id, AddressId new_id,
                                             const AddressDraft& draft) {
  auto transaction = co_await pool.begin(context);
  const auto [locked, replaced] = co_await transaction.pipeline_and_commit(
      postgres::call(kLockAddress, user, id),
      postgres::call(kReplaceAddress, user, new_id, draft.label, draft.recipient, draft.line1,
                     draft.line2, draft.city, draft.postal_code, draft.country, draft.is_default,
                     id));
  co_return replaced.optional(kAddressRow);
}

Task<bool> retire_address(Pool& pool, Context& context, UserId user, AddressId id) {
  auto transaction = co_await pool.begin(context);
  const auto [locked, retired] = co_await transaction.pipeline_and_commit(
      postgres::call(kLockUser, user), postgres::call(kRetireAddress, user, id));
  co_return !retired.empty();
}

postgres::Call deliveries(std::span<const DeliveryQuery> queries) {
  std::vector<UserId> users;
  std::vector<AddressId> ids;
  for (const auto& [user, id] : queries) {
    users.push_back(user);
    ids.push_back(id.value_or(AddressId{}));
  }
  return postgres::call(kDeliveries, users, ids);
}

std::vector<Delivery> read_deliveries(const postgres::Rows& rows, std::size_t queries) {
  std::vector<Delivery> deliveries(queries);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    auto& delivery = deliveries.at(static_cast<std::size_t>(row.get<std::int64_t>(0) - 1));
    delivery.email = row.get<std::string>(1);
    if (!row.is_null(2)) delivery.address = kPlaceRow(row, 2);
  }
  return deliveries;
}

}  // namespace souk::accounts::store
