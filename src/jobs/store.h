// All SQL of the jobs. README.md explains how rows are found, claimed and settled.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "jobs/cursor.h"
#include "jobs/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"

namespace souk::jobs::store {

std::span<const postgres::Statement* const> statements();

// Planner settings turned off on connections that claim: the outbox is empty one moment and long
// the next, so each statement must have only one possible plan.
inline constexpr std::array<std::string_view, 5> kTurnedOff = {
    "enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_hashjoin", "enable_mergejoin"};

// A call for the transaction that causes the jobs, which are appended in the order given. Producers
// lock the aggregate first, so that its jobs are appended in commit order. After COMMIT, call
// Notifier::notify().
postgres::Call append(std::span<const NewJob> jobs, UuidGenerator& ids);

// The lowest position of an unfinished job of first events.
runtime::Task<std::optional<std::int64_t>> untold_first_events(postgres::Pool& pool,
                                                               runtime::Context& context);

// Keeps an event, which is in no row of its own, as a dead letter.
runtime::Task<void> bury(postgres::Pool& pool, runtime::Context& context, const Job& event,
                         std::string_view error);

// ---- claiming, for the Runner

inline constexpr std::string_view kChannel = "souk_jobs";

// A restored database may reuse `number`; `node` is unique.
struct ClaimerId {
  std::int64_t number = 0;
  Uuid node;
  friend auto operator<=>(const ClaimerId&, const ClaimerId&) = default;
};
runtime::Task<ClaimerId> enlist(postgres::Pool& pool, runtime::Context& context,
                                std::chrono::milliseconds lease);
// False: the lease has expired or the row is another node's; the claimed jobs belong to others.
runtime::Task<bool> renew(postgres::Pool& pool, runtime::Context& context, ClaimerId claimer,
                          std::chrono::milliseconds lease);
// Returns when no claim of it is in progress. False: it has lost its lease.
runtime::Task<bool> await_claims(postgres::Pool& pool, runtime::Context& context,
                                 ClaimerId claimer);
// REQUIRES: nothing is claimed.
runtime::Task<void> leave(postgres::Pool& pool, runtime::Context& context, ClaimerId claimer);
// Marks the claimers whose lease has run out as expired, which can neither renew nor claim, and
// returns all expired ones. Release their jobs, then delete them; read with a new Cursor, for rows
// that they were about to claim.
runtime::Task<std::vector<std::int64_t>> expire_claimers(postgres::Pool& pool,
                                                         runtime::Context& context);
runtime::Task<void> delete_expired_claimers(postgres::Pool& pool, runtime::Context& context,
                                            const std::vector<std::int64_t>& claimers);

struct ReleaseFilter {
  std::vector<std::int64_t> claimers;
  std::int64_t orphans_before = 0;  // also claimers below it whose row is gone
  std::vector<Uuid> except = {};    // ids of jobs to keep
};
// Releases the matching jobs among the 10,000 rows after `after`. Returns the last of these rows'
// positions, or nothing when there were fewer.
runtime::Task<std::optional<std::int64_t>> release_page(postgres::Pool& pool,
                                                        runtime::Context& context,
                                                        const ReleaseFilter& filter,
                                                        std::int64_t after);

// A row whose transaction id lies in the future was restored from another cluster: no window
// reaches it. Gives such rows this transaction's id; returns how many, at most kAdopted.
inline constexpr std::size_t kAdopted = 10'000;
runtime::Task<std::size_t> adopt(postgres::Pool& pool, runtime::Context& context);

// A page of the cursor's window.
runtime::Task<Look> look(postgres::Pool& pool, runtime::Context& context, const Cursor& cursor,
                         const std::vector<std::string>& kinds);
// Deferred jobs that are due, and the `since` of the next call.
struct Due {
  Timestamp since;
  std::vector<std::int64_t> positions;
};
runtime::Task<Due> due(postgres::Pool& pool, runtime::Context& context, Timestamp since,
                       const std::vector<std::string>& kinds);

struct ClaimedJob {
  std::chrono::microseconds age{0};  // by the database's clock
  Job job;
};
// Claims the unclaimed ones, in order of position. A job behind an unfinished one of its aggregate
// that this claimer does not hold is deferred instead.
runtime::Task<std::vector<ClaimedJob>> claim(postgres::Pool& pool, runtime::Context& context,
                                             ClaimerId claimer,
                                             const std::vector<std::int64_t>& positions);

// The outcomes of claimed jobs. Rows that the claimer has lost, and other jobs at the same
// positions, are left unchanged.
struct Settlement {
  struct {
    std::vector<std::int64_t> positions;
    std::vector<Uuid> ids;
  } done;
  struct {
    std::vector<std::int64_t> positions;
    std::vector<Uuid> ids;
    std::vector<std::int64_t> delays_ms;
    std::vector<std::int32_t> attempts;  // made so far
    std::vector<std::string> errors;     // empty: none
  } deferred;
  struct {
    std::vector<std::int64_t> positions;
    std::vector<Uuid> ids;
    std::vector<std::string> errors;
  } dead;
  std::size_t size() const {
    return done.positions.size() + deferred.positions.size() + dead.positions.size();
  }
};
runtime::Task<void> settle(postgres::Pool& pool, runtime::Context& context, ClaimerId claimer,
                           const Settlement& settlement);

// Wakes the other nodes.
runtime::Task<void> notify(postgres::Pool& pool, runtime::Context& context);

// ---- for operators

struct KindState {
  std::string kind;
  std::int64_t depth = 0;  // not done yet, claimed ones included
  std::int64_t claimed = 0;
  std::int64_t failing = 0;                             // deferred after a failure
  std::optional<std::chrono::microseconds> oldest_age;  // by the database's clock
  std::int64_t dead = 0;
};
// Reads every row.
runtime::Task<std::vector<KindState>> kinds(postgres::Pool& pool, runtime::Context& context);

inline constexpr std::size_t kMaxDeadListed = 100;
inline constexpr std::size_t kMaxDeadTaken = 1'000;
struct DeadLetter {
  Job job;
  Timestamp failed_at;
  std::string last_error;
};
// The latest first; at most kMaxDeadListed.
runtime::Task<std::vector<DeadLetter>> dead_letters(postgres::Pool& pool, runtime::Context& context,
                                                    const std::optional<std::string>& kind);
// Selects one dead letter, those of a kind, or all; at most kMaxDeadTaken per call.
struct Selection {
  std::optional<Uuid> id;
  std::optional<std::string> kind;
};
// Appends them again, the oldest failure first; returns their number.
runtime::Task<std::int64_t> replay(postgres::Pool& pool, runtime::Context& context,
                                   const Selection& selection);
runtime::Task<bool> drop(postgres::Pool& pool, runtime::Context& context, Uuid id);

// ---- periodic jobs

runtime::Task<void> declare(postgres::Pool& pool, runtime::Context& context,
                            const std::vector<std::string>& names,
                            const std::vector<std::int64_t>& intervals_ms);
struct PeriodicRun {
  std::string name;
  std::int64_t run = 0;
};
// Begins the due runs that no other node is running.
runtime::Task<std::vector<PeriodicRun>> begin_due(postgres::Pool& pool, runtime::Context& context,
                                                  const std::vector<std::string>& names,
                                                  std::chrono::milliseconds lease);
runtime::Task<void> end_run(postgres::Pool& pool, runtime::Context& context, const PeriodicRun& run,
                            const std::optional<std::string>& error);

}  // namespace souk::jobs::store
