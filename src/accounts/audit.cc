#include "accounts/audit.h"

#include <array>

#include "base/first_id.h"

namespace souk::accounts::audit {
namespace {

using postgres::Pool;
using postgres::Statement;
using runtime::Context;
using runtime::Task;

constexpr Statement kRecord{.name = "accounts.record_audit",
                            .sql =
                                "INSERT INTO audit_log (id, at, user_id, action, subject, network) "
                                "VALUES ($1, $2, $3, $4, left($5, 300), $6)",
                            .kind = Statement::Kind::kWrite};
static_assert(kMaxSubject == 300, "the statement above has this limit");

// The nil UUID stands for no user.
constexpr Statement kRecordFailures{
    .name = "accounts.record_failed_sign_ins",
    .sql =
        "INSERT INTO audit_log (id, at, user_id, action, subject, network, times) "
        "SELECT f.id, $1, nullif(f.user_id, '00000000-0000-0000-0000-000000000000'), $2,"
        " '/api/sessions', f.network, f.times "
        "FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::int[]) f(id, user_id, network, times)",
    .kind = Statement::Kind::kWrite};

#define SOUK_AUDIT_PAGE(condition)                                                         \
  "SELECT * FROM (SELECT id, at, user_id, action, subject, network, times FROM audit_log " \
  "WHERE " condition " AND at >= $3 AND at < $4 ORDER BY id DESC LIMIT 500) AS page LIMIT $5"

constexpr Statement kPage{.name = "accounts.audit_page",
                          .sql = SOUK_AUDIT_PAGE("id < $1 AND id >= $2"),
                          .kind = Statement::Kind::kScan,
                          .index = "audit_log_pkey"};
// As rows, which only the index of both columns can be searched by: with the id alone, the planner,
// which does not know the parameters, expects a short range of the primary key.
constexpr Statement kPageOfAction{
    .name = "accounts.audit_page_of_action",
    .sql = SOUK_AUDIT_PAGE("action = $6 AND (action, id) < ($6, $1) AND (action, id) >= ($6, $2)"),
    .kind = Statement::Kind::kScan,
    .index = "audit_log_of_action"};
constexpr Statement kPageOfUser{
    .name = "accounts.audit_page_of_user",
    .sql = SOUK_AUDIT_PAGE(
        "user_id = $6 AND ($7::text IS NULL OR action = $7) AND id < $1 AND id >= $2"),
    .kind = Statement::Kind::kScan,
    .index = "audit_log_of_user"};
static_assert(kMaxPageSize == 500, "the statements above have this limit");

#undef SOUK_AUDIT_PAGE

constexpr Statement kForget{.name = "accounts.forget_audit",
                            .sql =
                                "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log "
                                "WHERE id < $1 ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED)",
                            .kind = Statement::Kind::kWrite,
                            .index = "audit_log_pkey"};
constexpr std::size_t kForgottenTogether = 50;  // as the statement above says

constexpr std::array kStatements = {&kRecord,       &kRecordFailures, &kPage,
                                    &kPageOfAction, &kPageOfUser,     &kForget};

constexpr auto kEntryRow = postgres::row_of(&Entry::id, &Entry::at, &Entry::user_id, &Entry::action,
                                            &Entry::subject, &Entry::network, &Entry::times);

constexpr Timestamp kEver = std::chrono::sys_days(std::chrono::year(9999) / 1 / 1);

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

Task<void> record(Pool& pool, Context& context, const Entry& entry) {
  co_await pool.query(context, kRecord, entry.id, entry.at, entry.user_id, entry.action,
                      entry.subject, entry.network);
}

Task<void> record_failures(Pool& pool, Context& context, std::span<const FailedSignIn> failures,
                           Timestamp now, UuidGenerator& ids) {
  std::vector<Uuid> rows;
  std::vector<UserId> users;
  std::vector<std::string> networks;
  std::vector<std::int32_t> times;
  for (const auto& failure : failures) {
    rows.push_back(ids.next());
    users.push_back(failure.user.value_or(UserId{}));
    networks.push_back(failure.network);
    times.push_back(failure.times);
  }
  co_await pool.query(context, kRecordFailures, now, kSignInFailed, rows, users, networks, times);
}

Task<std::vector<Entry>> page(Pool& pool, Context& context, const Filter& filter, std::size_t limit,
                              std::optional<Uuid> before) {
  const auto from = filter.from.value_or(Timestamp());
  const auto to = filter.to.value_or(kEver);
  const auto least = first_id(from);
  const auto most = before.value_or(first_id(kEver));
  const auto rows = static_cast<std::int64_t>(limit);
  if (filter.user) {
    co_return (co_await pool.query(context, kPageOfUser, most, least, from, to, rows, *filter.user,
                                   filter.action))
        .as(kEntryRow);
  }
  if (filter.action) {
    co_return (
        co_await pool.query(context, kPageOfAction, most, least, from, to, rows, *filter.action))
        .as(kEntryRow);
  }
  co_return (co_await pool.query(context, kPage, most, least, from, to, rows)).as(kEntryRow);
}

Task<bool> forget(Pool& pool, Context& context, Timestamp before) {
  co_return (co_await pool.query(context, kForget, first_id(before))).affected() ==
      kForgottenTogether;
}

}  // namespace souk::accounts::audit
