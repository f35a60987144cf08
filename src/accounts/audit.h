// The audit log: who signed in or failed to, what administrators asked for, and what `souk admin`
// did. The database lets rows be added only. Threading: loop thread only; free functions of SQL.
// Ownership: they borrow their arguments while they run. All throw Unavailable.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "accounts/failed_sign_ins.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::accounts::audit {

inline constexpr std::size_t kMaxPageSize = 500;
inline constexpr std::size_t kDefaultPageSize = 50;
inline constexpr std::size_t kMaxSubject = 300;
// The action of wrong passwords, given to sign in or to confirm a change.
inline constexpr std::string_view kSignInFailed = "signInFailed";

std::span<const postgres::Statement* const> statements();

struct Entry {
  Uuid id;
  Timestamp at;
  std::optional<UserId> user_id;  // absent: an operator, by `souk admin`; no account signed in to
  std::string action;             // an operation of the API
  std::string subject;            // its path; at most kMaxSubject bytes
  std::string network;            // of the client; empty: none
  std::int32_t times = 1;         // how often, of failed sign-ins
};
runtime::Task<void> record(postgres::Pool& pool, runtime::Context& context, const Entry& entry);
runtime::Task<void> record_failures(postgres::Pool& pool, runtime::Context& context,
                                    std::span<const FailedSignIn> failures, Timestamp now,
                                    UuidGenerator& ids);

// Absent: any.
struct Filter {
  std::optional<UserId> user;
  std::optional<std::string> action;
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;  // exclusive
};
// The latest first; those older than `before`. At most `limit`, which is 1 to kMaxPageSize.
runtime::Task<std::vector<Entry>> page(postgres::Pool& pool, runtime::Context& context,
                                       const Filter& filter, std::size_t limit,
                                       std::optional<Uuid> before);

// Deletes a batch of entries from before that time, which are 30 days old at least. True when there
// may be more.
runtime::Task<bool> forget(postgres::Pool& pool, runtime::Context& context, Timestamp before);

}  // namespace souk::accounts::audit
