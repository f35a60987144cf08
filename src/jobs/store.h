// All SQL of the jobs. README.md says why rows are found, claimed and settled as they are.
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

// What the planner must do without on connections that claim: the outbox is empty one moment and
// long the next, so only one way of reading it may be left for each statement.
inline constexpr std::array<std::string_view, 5> kTurnedOff = {
    "enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_hashjoin", "enable_mergejoin"};

// For the transaction that gives reason for the jobs: one statement, in the order given. Producers
// of one aggregate lock it first, so that its jobs are appended in the order they are committed.
// Then, after COMMIT, Doorbell::ring().
postgres::Call append(std::span<const NewJob> jobs, UuidGenerator& ids);

// ---- claiming, for the Runner

inline constexpr std::string_view kChannel = "souk_jobs";

// A number is given once more by a database that was restored, the node's never is.
struct ClaimerId {
  std::int64_t number = 0;
  Uuid node;
  friend auto operator<=>(const ClaimerId&, const ClaimerId&) = default;
};
runtime::Task<ClaimerId> enlist(postgres::Pool& pool, runtime::Context& context,
                                std::chrono::milliseconds lease);
// False: the lease ran out, or the row is not its own, and what it had claimed belongs to others.
runtime::Task<bool> renew(postgres::Pool& pool, runtime::Context& context, ClaimerId claimer,
                          std::chrono::milliseconds lease);
// Returns when none of its claims is under way any more. False: it has lost its lease.
runtime::Task<bool> await_claims(postgres::Pool& pool, runtime::Context& context,
                                 ClaimerId claimer);
// With nothing claimed.
runtime::Task<void> leave(postgres::Pool& pool, runtime::Context& context, ClaimerId claimer);
// Those whose lease has run out: from now on they neither renew it nor claim. To be freed and then
// dismissed; begin with a new Cursor, for rows that they were about to claim.
runtime::Task<std::vector<std::int64_t>> condemn(postgres::Pool& pool, runtime::Context& context);
runtime::Task<void> dismiss(postgres::Pool& pool, runtime::Context& context,
                            const std::vector<std::int64_t>& claimers);

struct Whose {
  std::vector<std::int64_t> claimers;
  std::int64_t orphans_before = 0;  // and of those with a lower id that are not there any more
  std::vector<Uuid> but = {};       // jobs
};
// Frees what they have claimed among the 10,000 rows after a position; where those end, or nothing
// where there were fewer.
runtime::Task<std::optional<std::int64_t>> free_page(postgres::Pool& pool,
                                                     runtime::Context& context, const Whose& whose,
                                                     std::int64_t after);

// A row whose transaction is still to come here was restored from another cluster: no window would
// reach it. Such rows become this transaction's; how many it were, at most kAdopted.
inline constexpr std::size_t kAdopted = 10'000;
runtime::Task<std::size_t> adopt(postgres::Pool& pool, runtime::Context& context);

// A page of the cursor's window.
runtime::Task<Look> look(postgres::Pool& pool, runtime::Context& context, const Cursor& cursor,
                         const std::vector<std::string>& kinds);
// Deferred jobs whose time has come, and since when to look for them the next time.
struct Due {
  Timestamp since;
  std::vector<std::int64_t> positions;
};
runtime::Task<Due> due(postgres::Pool& pool, runtime::Context& context, Timestamp since,
                       const std::vector<std::string>& kinds);

struct ClaimedJob {
  std::int64_t position = 0;
  std::chrono::microseconds age{0};  // since it was appended, by the database's clock
  Job job;
};
// Claims those that nobody holds, in their order. One behind an unfinished job of its aggregate
// that this claimer does not hold is deferred instead.
runtime::Task<std::vector<ClaimedJob>> claim(postgres::Pool& pool, runtime::Context& context,
                                             ClaimerId claimer,
                                             const std::vector<std::int64_t>& positions);

// What became of claimed jobs. Rows that the claimer has lost meanwhile are left alone, and those
// of other jobs at the same positions.
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
  std::int64_t depth = 0;                               // not done yet, in work included
  std::int64_t claimed = 0;                             // in work
  std::int64_t failing = 0;                             // waiting after a failure
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
// Which dead letters: one, those of a kind, or all. At most kMaxDeadTaken at once.
struct Selection {
  std::optional<Uuid> id;
  std::optional<std::string> kind;
};
// Appends them anew, the longest dead first; gives their number.
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
// Begins the runs that are due and that nobody has under way.
runtime::Task<std::vector<PeriodicRun>> begin_due(postgres::Pool& pool, runtime::Context& context,
                                                  const std::vector<std::string>& names,
                                                  std::chrono::milliseconds lease);
runtime::Task<void> end_run(postgres::Pool& pool, runtime::Context& context, const PeriodicRun& run,
                            const std::optional<std::string>& error);

}  // namespace souk::jobs::store
