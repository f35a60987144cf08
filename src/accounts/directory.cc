#include "accounts/directory.h"

#include <array>

namespace souk::accounts::directory {
namespace {

using postgres::Pool;
using postgres::Statement;
using runtime::Context;
using runtime::Task;

#define SOUK_USER_RECORD "u.is_active, u.id, u.email, u.name, u.role = 'admin', u.created_at"

constexpr auto kRow =
    postgres::row_of(&UserRecord::is_active, &UserRecord::id, &UserRecord::email, &UserRecord::name,
                     &UserRecord::is_admin, &UserRecord::created_at);

// The inner LIMIT is a constant, one more than the largest page: see catalog/store.cc. What a
// filter leaves out are administrators, who are few.
constexpr Statement kList{
    .name = "accounts.list_users",
    .sql = "SELECT page.* FROM (SELECT " SOUK_USER_RECORD
           " FROM users u WHERE u.is_active = $1 AND u.email COLLATE \"C\" >= $2 "
           "AND u.email COLLATE \"C\" < $3 AND NOT ($4 AND u.role = 'admin') "
           "ORDER BY u.email COLLATE \"C\" LIMIT 101) page LIMIT $5",
    .kind = Statement::Kind::kScan,
    .index = "idx_users_active_email"};

constexpr Statement kListAdmins{
    .name = "accounts.list_admins",
    .sql = "SELECT page.* FROM (SELECT " SOUK_USER_RECORD
           " FROM users u WHERE u.role = 'admin' AND u.is_active = $1 "
           "AND u.email COLLATE \"C\" >= $2 AND u.email COLLATE \"C\" < $3 "
           "ORDER BY u.email COLLATE \"C\" LIMIT 101) page LIMIT $4",
    .kind = Statement::Kind::kScan,
    .index = "idx_users_admins"};
static_assert(kMaxUsersPage + 1 == 101, "the statements say so too");

constexpr Statement kFind{.name = "accounts.find_record",
                          .sql = "SELECT " SOUK_USER_RECORD " FROM users u WHERE u.id = $1",
                          .kind = Statement::Kind::kPoint,
                          .index = "users_pkey"};

#undef SOUK_USER_RECORD

constexpr std::array kStatements = {&kList, &kListAdmins, &kFind};

// Addresses are printable ASCII: these sort before and after every character of one.
constexpr char kBeforeAny = '\x01';
constexpr char kAfterAny = '\x7f';

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<UserPage> list(Pool& pool, Context& context, const UserQuery& query) {
  const auto first = query.after ? *query.after + kBeforeAny : query.email;
  const auto end = query.email + kAfterAny;
  const auto rows = static_cast<std::int64_t>(query.limit) + 1;
  const bool customers = query.role == Role::kCustomer;
  const auto found =
      query.role == Role::kAdmin
          ? co_await pool.query(context, kListAdmins, query.is_active, first, end, rows)
          : co_await pool.query(context, kList, query.is_active, first, end, customers, rows);
  UserPage page{.items = found.as(kRow), .next = {}};
  if (page.items.size() > query.limit) {
    page.items.resize(query.limit);
    page.next = page.items.back().email;
  }
  co_return page;
}

Task<std::optional<UserRecord>> find(Pool& pool, Context& context, UserId id) {
  co_return (co_await pool.query(context, kFind, id)).optional(kRow);
}

}  // namespace souk::accounts::directory
