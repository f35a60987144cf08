#include "jobs/store.h"

#include <algorithm>
#include <array>

#include "postgres/database_state.h"
#include "postgres/duration_codec.h"

namespace souk::jobs::store {
namespace {

using postgres::Pool;
using postgres::Statement;
using runtime::Context;
using runtime::Task;
using Kind = postgres::Statement::Kind;
using std::chrono::milliseconds;

constexpr Statement kAppend{.name = "jobs.append",
                            .sql =
                                "INSERT INTO outbox (id, kind, aggregate_id, payload, trace) "
                                "SELECT id, kind, aggregate_id, payload::json, nullif(trace, '') "
                                "FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], "
                                "$5::text[]) AS job (id, kind, aggregate_id, payload, trace)",
                            .kind = Kind::kWrite};

// Its second index is outbox_first_events; expect_promised_plans() in jobs_pgtest.cc asks for it.
constexpr Statement kUntold{
    .name = "jobs.untold_first_events",
    .sql =
        "SELECT least("
        "(SELECT position FROM outbox WHERE kind = 'events.named' ORDER BY position LIMIT 1), "
        "(SELECT position FROM outbox WHERE kind = 'events.first' ORDER BY position LIMIT 1))",
    .kind = Kind::kPoint,
    .index = "outbox_named_events"};
static_assert(kNamedEvents == "events.named", "the statement above says so too");
static_assert(kFirstEvents == "events.first", "the statement above says so too");

constexpr Statement kBury{
    .name = "jobs.bury",
    .sql =
        "INSERT INTO dead_letters "
        "(id, kind, aggregate_id, payload, created_at, attempt, last_error, trace) "
        "VALUES ($1, $2, $3, $4::text::json, $5, $6, $7, nullif($8, '')) ON CONFLICT (id) DO "
        "NOTHING",
    .kind = Kind::kWrite};

// Ids are assigned by one transaction at a time, which waits for the disk, so they survive a crash:
// a claimer with a lower id and no row has left. A restored database may reuse ids, so claimers are
// also identified by `node`.
constexpr Statement kLockEnlisting{
    .name = "jobs.lock_enlisting",
    .sql = "SELECT pg_advisory_xact_lock(hashtextextended('souk job claimers', 0))",
    .kind = Kind::kWrite};

constexpr Statement kEnlist{
    .name = "jobs.enlist",
    .sql =
        "WITH lasting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true)) "
        "INSERT INTO job_claimers (leased_until) "
        "SELECT clock_timestamp() + $1 * interval '1 ms' FROM lasting RETURNING id, node",
    .kind = Kind::kWrite};

constexpr Statement kRenew{
    .name = "jobs.renew",
    .sql =
        "UPDATE job_claimers SET leased_until = clock_timestamp() + $2 * interval '1 ms' "
        "WHERE id = $1 AND node = $3 AND leased_until > '-infinity'",
    .kind = Kind::kWrite,
    .index = "job_claimers_pkey"};

constexpr Statement kAwaitClaims{
    .name = "jobs.await_claims",
    .sql =
        "SELECT 1 FROM job_claimers WHERE id = $1 AND node = $2 AND leased_until > '-infinity' "
        "FOR UPDATE",
    .kind = Kind::kWrite,
    .index = "job_claimers_pkey"};

constexpr Statement kLeave{.name = "jobs.leave",
                           .sql = "DELETE FROM job_claimers WHERE id = $1 AND node = $2",
                           .kind = Kind::kWrite,
                           .index = "job_claimers_pkey"};

// A lease longer than any that is granted dates from before the clock was set back. A claimer that
// is claiming now holds its row's lock and is alive: skipped. Claimers that another node has
// expired and not deleted are returned again.
constexpr Statement kExpire{
    .name = "jobs.expire_claimers",
    .sql =
        "UPDATE job_claimers SET leased_until = '-infinity' WHERE id IN (SELECT id "
        "FROM job_claimers WHERE leased_until < clock_timestamp() "
        "OR leased_until > clock_timestamp() + interval '2 hours' FOR UPDATE SKIP LOCKED) "
        "RETURNING id",
    .kind = Kind::kWrite};

constexpr Statement kDeleteExpired{
    .name = "jobs.delete_expired_claimers",
    .sql = "DELETE FROM job_claimers WHERE id = ANY($1) AND leased_until = '-infinity'",
    .kind = Kind::kWrite,
    .index = "job_claimers_pkey"};

// One page from $1 on. Returns its last position, unless it is the last page. Rows appended
// meanwhile cannot have been claimed by these claimers.
constexpr Statement kReleasePage{
    .name = "jobs.release_page",
    .sql =
        "WITH page AS MATERIALIZED (SELECT max(position) AS last, count(*) AS size "
        "FROM (SELECT position FROM outbox WHERE position > $1 ORDER BY position LIMIT 10000) "
        "rows), "
        "freed AS (UPDATE outbox o SET claimed_by = NULL, available_at = clock_timestamp() "
        "WHERE o.position > $1 AND o.position <= (SELECT last FROM page) "
        "AND (o.claimed_by = ANY($2) OR (o.claimed_by < $3 AND NOT EXISTS "
        "(SELECT FROM job_claimers c WHERE c.id = o.claimed_by))) "
        "AND NOT o.id = ANY($4)) "
        "SELECT CASE WHEN size = 10000 THEN last END FROM page",
    .kind = Kind::kWrite,
    .index = "outbox_pkey"};

constexpr Statement kAdopt{
    .name = "jobs.adopt",
    .sql =
        "UPDATE outbox SET xid = pg_current_xact_id() WHERE position = ANY(ARRAY(SELECT position "
        "FROM outbox WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()) "
        "ORDER BY xid, position + 0 LIMIT 10000 FOR UPDATE SKIP LOCKED))",
    .kind = Kind::kWrite,
    .index = "outbox_xid"};
static_assert(kAdopted == 10'000, "the statement above says so too");

// $1 and $2 are the window's snapshots, $3 and $4 the last row of the previous page. First the
// transactions that were open in the first snapshot, one by one, then those that began after it;
// this is one order, since the former have lower ids.
#define SOUK_FRESH "available_at IS NULL AND claimed_by IS NULL AND kind = ANY($5)"
#define SOUK_FROM "pg_snapshot_xmax($1::text::pg_snapshot)"
#define SOUK_TO "pg_snapshot_xmax(coalesce($2::text::pg_snapshot, pg_current_snapshot()))"
#define SOUK_AFTER "$3::bigint::text::xid8"
constexpr Statement kLook{
    .name = "jobs.look",
    .sql =
        "SELECT pg_current_snapshot()::text, " SOUK_HISTORY_OF("outbox") ", page.xid::text::bigint, page.position "
        "FROM (SELECT) one LEFT JOIN (SELECT * FROM ("
        "(SELECT late.xid, late.position FROM pg_snapshot_xip($1::text::pg_snapshot) AS was (xid) "
        "CROSS JOIN LATERAL (SELECT xid, position FROM outbox "
        "WHERE (xid, position + 0) > (was.xid, CASE WHEN was.xid = " SOUK_AFTER
        " THEN $4 ELSE 0 END) AND xid <= was.xid AND " SOUK_FRESH
        " ORDER BY xid, position + 0 LIMIT 256) late "
        "WHERE was.xid >= " SOUK_AFTER
        " LIMIT 256) "
        "UNION ALL "
        "(SELECT xid, position FROM outbox WHERE (xid, position + 0) > (greatest(" SOUK_AFTER
        ", " SOUK_FROM "), CASE WHEN " SOUK_AFTER " < " SOUK_FROM
        " THEN 0 ELSE $4 END) AND xid < " SOUK_TO " AND " SOUK_FRESH
        " ORDER BY xid, position + 0 LIMIT 256)) parts LIMIT 256) page ON true",
    .kind = Kind::kPoint,
    .index = "outbox_xid"};
static_assert(kLookRows == 256, "the statement above says so too");

// Deferring statements end within 10 s: reading again from 10 s earlier misses none. Most rows read
// again are failed jobs.
constexpr Statement kDue{
    .name = "jobs.due",
    .sql =
        "SELECT statement_timestamp(), due.* FROM (SELECT) one LEFT JOIN ("
        "SELECT available_at, position FROM outbox "
        "WHERE available_at > least($1::timestamptz, statement_timestamp()) - interval '10 s' "
        "AND available_at <= statement_timestamp() "
        "AND claimed_by IS NULL AND kind = ANY($2) ORDER BY available_at LIMIT 256) due ON true",
    .kind = Kind::kPoint,
    .index = "outbox_available_at"};

// The claimer's own row is held meanwhile, so that nobody takes over from it what is just being
// claimed. What an unfinished job holds up is looked at again when that may be done: at its time,
// or after a pause that grows with how long the job has waited. Rows are found by arrays alone: a
// join with the positions would sort an array anew for each of them. Those before a job are found
// by their aggregate only: a difference of positions is in no index.
constexpr Statement kClaim{
    .name = "jobs.claim",
    .sql =
        "WITH me AS MATERIALIZED (SELECT id FROM job_claimers WHERE id = $1 AND node = $3 "
        "AND leased_until > '-infinity' FOR SHARE), "
        "free AS MATERIALIZED (SELECT o.position, o.aggregate_id FROM outbox o "
        "WHERE o.position = ANY($2) AND o.claimed_by IS NULL FOR UPDATE SKIP LOCKED), "
        "judged AS MATERIALIZED (SELECT free.position, (SELECT max(greatest(before.available_at, "
        "clock_timestamp() + least(greatest(interval '100 ms', "
        "(clock_timestamp() - before.created_at) / 10), interval '60 s'))) "
        "FROM outbox before WHERE before.aggregate_id = free.aggregate_id "
        "AND before.position - free.position < 0 AND before.claimed_by IS DISTINCT FROM $1 "
        "AND before.position NOT IN (SELECT position FROM free)) AS wait_until FROM free), "
        "held_up AS (UPDATE outbox o SET available_at = "
        "(SELECT wait_until FROM judged WHERE judged.position = o.position) "
        "WHERE o.position = ANY(ARRAY(SELECT position FROM judged WHERE wait_until IS NOT NULL "
        "AND EXISTS (SELECT FROM me)))) "
        "UPDATE outbox o SET claimed_by = $1, attempt = o.attempt + 1, available_at = NULL "
        "WHERE o.position = ANY(ARRAY(SELECT position FROM judged WHERE wait_until IS NULL "
        "AND EXISTS (SELECT FROM me))) "
        "RETURNING greatest(0, (1e6 * extract(epoch FROM clock_timestamp() - "
        "o.created_at))::bigint), "
        "o.position, o.id, o.kind, o.aggregate_id, o.payload, o.attempt, o.created_at, "
        "coalesce(o.trace, '')",
    .kind = Kind::kWrite,
    .index = "outbox_pkey"};

// A restored database may reuse positions: outcomes are matched by id as well. IS TRUE makes
// PostgreSQL look the ids up in a hash table; without it, it plans a join.
#define SOUK_ENLISTED(node) \
  "AND EXISTS (SELECT FROM job_claimers WHERE id = $1 AND node = " node ")"
constexpr Statement kFinish{
    .name = "jobs.finish",
    .sql =
        "DELETE FROM outbox WHERE position = ANY($2) AND claimed_by = $1 "
        "AND (id IN (SELECT unnest($3::uuid[]))) IS TRUE " SOUK_ENLISTED("$4"),
    .kind = Kind::kWrite,
    .index = "outbox_pkey"};

constexpr Statement kDefer{.name = "jobs.defer",
                           .sql =
                               "UPDATE outbox o SET claimed_by = NULL, attempt = d.attempt, "
                               "available_at = clock_timestamp() + d.delay_ms * interval '1 ms', "
                               "last_error = coalesce(nullif(d.error, ''), o.last_error) "
                               "FROM unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::int[], "
                               "$6::text[]) AS d (position, id, delay_ms, attempt, error) "
                               "WHERE o.position = ANY($2) AND o.position = d.position "
                               "AND o.id = d.id AND o.claimed_by = $1 " SOUK_ENLISTED("$7"),
                           .kind = Kind::kWrite,
                           .index = "outbox_pkey"};

constexpr Statement kMoveToDeadLetters{
    .name = "jobs.move_to_dead_letters",
    .sql =
        "WITH gone AS (DELETE FROM outbox o USING unnest($2::bigint[], $3::uuid[], $4::text[]) "
        "AS d (position, id, error) WHERE o.position = ANY($2) AND o.position = d.position "
        "AND o.id = d.id AND o.claimed_by = $1 " SOUK_ENLISTED("$5") " "
        "RETURNING o.id, o.kind, o.aggregate_id, o.payload, o.created_at, o.attempt, d.error, o.trace) "
        "INSERT INTO dead_letters "
        "(id, kind, aggregate_id, payload, created_at, attempt, last_error, trace) "
        "SELECT * FROM gone ON CONFLICT (id) DO NOTHING",
    .kind = Kind::kWrite,
    .index = "outbox_pkey"};

constexpr Statement kNotify{
    .name = "jobs.notify", .sql = "SELECT pg_notify($1, '')", .kind = Kind::kWrite};

constexpr Statement kKinds{
    .name = "jobs.kinds",
    .sql =
        "SELECT kind, coalesce(depth, 0), coalesce(claimed, 0), coalesce(failing, 0), "
        "CASE WHEN oldest IS NOT NULL THEN "
        "greatest(0, (1e6 * extract(epoch FROM clock_timestamp() - oldest))::bigint) END, "
        "coalesce(dead, 0) FROM "
        "(SELECT kind, count(*) AS depth, count(claimed_by) AS claimed, "
        "count(*) FILTER (WHERE claimed_by IS NULL AND attempt > 0) AS failing, "
        "min(created_at) AS oldest FROM outbox GROUP BY kind) waiting "
        "FULL JOIN (SELECT kind, count(*) AS dead FROM dead_letters GROUP BY kind) d USING (kind) "
        "ORDER BY kind",
    .kind = Kind::kScan};

#define SOUK_DEAD_COLUMNS                                                                  \
  "0::bigint, id, kind, aggregate_id, payload, attempt, created_at, coalesce(trace, ''), " \
  "failed_at, last_error"
constexpr Statement kDeadLetters{.name = "jobs.dead_letters",
                                 .sql = "SELECT " SOUK_DEAD_COLUMNS
                                        " FROM dead_letters WHERE $1::text IS NULL OR kind = $1 "
                                        "ORDER BY failed_at DESC, id DESC LIMIT 100",
                                 .kind = Kind::kScan,
                                 .index = "dead_letters_failed_at"};
static_assert(kMaxDeadListed == 100, "the statement above says so too");

constexpr Statement kReplay{
    .name = "jobs.replay",
    .sql =
        "WITH gone AS (DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters "
        "WHERE ($1::uuid IS NULL OR id = $1) AND ($2::text IS NULL OR kind = $2) "
        "ORDER BY failed_at, id LIMIT 1000 FOR UPDATE) "
        "RETURNING id, kind, aggregate_id, payload, created_at, trace, failed_at) "
        "INSERT INTO outbox (id, kind, aggregate_id, payload, created_at, trace) "
        "SELECT id, kind, aggregate_id, payload, created_at, trace FROM gone "
        "ORDER BY failed_at, id",
    .kind = Kind::kWrite};
static_assert(kMaxDeadTaken == 1'000, "the statement above says so too");

constexpr Statement kDrop{.name = "jobs.drop",
                          .sql = "DELETE FROM dead_letters WHERE id = $1",
                          .kind = Kind::kWrite,
                          .index = "dead_letters_pkey"};

// The first run is at a random time within an interval, to spread the jobs.
constexpr Statement kDeclare{
    .name = "jobs.declare",
    .sql =
        "INSERT INTO periodic_jobs AS p (name, interval_ms, next_at) "
        "SELECT name, ms, now() + random() * ms * interval '1 ms' "
        "FROM unnest($1::text[], $2::bigint[]) AS declared (name, ms) ORDER BY name "
        "ON CONFLICT (name) DO UPDATE SET interval_ms = excluded.interval_ms, "
        "next_at = least(p.next_at, now() + excluded.interval_ms * interval '1 ms') "
        "WHERE p.interval_ms <> excluded.interval_ms",
    .kind = Kind::kWrite};

// The next run begins an interval plus up to a tenth later. Times further ahead than that were
// written before the clock was set back.
constexpr Statement kBeginDue{
    .name = "jobs.begin_due",
    .sql =
        "UPDATE periodic_jobs p SET run = p.run + 1, "
        "leased_until = clock_timestamp() + $2 * interval '1 ms', "
        "next_at = clock_timestamp() + p.interval_ms * (1 + random() / 10) * interval '1 ms' "
        "FROM (SELECT name FROM periodic_jobs WHERE name = ANY($1) "
        "AND (next_at <= now() OR next_at > now() + interval_ms * interval '2 ms') "
        "AND (leased_until IS NULL OR leased_until <= now() "
        "OR leased_until > now() + $2 * interval '2 ms') FOR UPDATE SKIP LOCKED) due "
        "WHERE p.name = due.name RETURNING p.name, p.run",
    .kind = Kind::kWrite};

constexpr Statement kEndRun{
    .name = "jobs.end_run",
    .sql =
        "UPDATE periodic_jobs SET leased_until = NULL, finished_at = clock_timestamp(), "
        "last_error = $3 WHERE name = $1 AND run = $2",
    .kind = Kind::kWrite,
    .index = "periodic_jobs_pkey"};

constexpr std::array kStatements = {
    &kUntold,      &kBury,  &kLockEnlisting, &kAppend,        &kEnlist,      &kRenew,
    &kAwaitClaims, &kLeave, &kExpire,        &kDeleteExpired, &kReleasePage, &kAdopt,
    &kLook,        &kDue,   &kClaim,         &kFinish,        &kDefer,       &kMoveToDeadLetters,
    &kNotify,      &kKinds, &kDeadLetters,   &kReplay,        &kDrop,        &kDeclare,
    &kBeginDue,    &kEndRun};

constexpr auto kJobRow =
    postgres::row_of(&Job::position, &Job::id, &Job::kind, &Job::aggregate, &Job::payload,
                     &Job::attempt, &Job::created_at, &Job::trace);
constexpr auto kClaimedRow =
    postgres::row_of(&ClaimedJob::age, postgres::at(&ClaimedJob::job, kJobRow));
constexpr auto kDeadRow = postgres::row_of(postgres::at(&DeadLetter::job, kJobRow),
                                           &DeadLetter::failed_at, &DeadLetter::last_error);
constexpr auto kKindRow =
    postgres::row_of(&KindState::kind, &KindState::depth, &KindState::claimed, &KindState::failing,
                     &KindState::oldest_age, &KindState::dead);
constexpr auto kClaimerRow = postgres::row_of(&ClaimerId::number, &ClaimerId::node);
constexpr auto kFoundRow = postgres::row_of(&Found::xid, &Found::position);
constexpr auto kRunRow = postgres::row_of(&PeriodicRun::name, &PeriodicRun::run);

std::int64_t ms(milliseconds time) { return time.count(); }

}  // namespace

std::span<const Statement* const> statements() { return kStatements; }

postgres::Call append(std::span<const NewJob> jobs, UuidGenerator& ids) {
  std::vector<Uuid> job_ids;
  std::vector<Uuid> aggregates;
  std::vector<std::string_view> kinds;
  std::vector<std::string_view> payloads;
  std::vector<std::string_view> traces;
  for (const auto& job : jobs) {
    job_ids.push_back(ids.next());
    aggregates.push_back(job.aggregate);
    kinds.emplace_back(job.kind);
    payloads.emplace_back(job.payload);
    traces.emplace_back(job.trace);
  }
  return postgres::call(kAppend, job_ids, kinds, aggregates, payloads, traces);
}

Task<std::optional<std::int64_t>> untold_first_events(Pool& pool, Context& context) {
  const auto rows = co_await pool.query(context, kUntold);
  if (rows[0].is_null(0)) co_return std::nullopt;
  co_return rows[0].get<std::int64_t>(0);
}

Task<void> bury(Pool& pool, Context& context, const Job& event, std::string_view error) {
  co_await pool.query(context, kBury, event.id, event.kind, event.aggregate, event.payload,
                      event.created_at, event.attempt, error, event.trace);
}

Task<ClaimerId> enlist(Pool& pool, Context& context, milliseconds lease) {
  auto transaction = co_await pool.begin(context);
  const auto rows = co_await transaction.pipeline_and_commit(postgres::call(kLockEnlisting),
                                                             postgres::call(kEnlist, ms(lease)));
  co_return rows[1].one(kClaimerRow);
}

Task<bool> renew(Pool& pool, Context& context, ClaimerId claimer, milliseconds lease) {
  co_return (co_await pool.query(context, kRenew, claimer.number, ms(lease), claimer.node))
          .affected() == 1;
}

Task<bool> await_claims(Pool& pool, Context& context, ClaimerId claimer) {
  co_return (co_await pool.query(context, kAwaitClaims, claimer.number, claimer.node)).size() == 1;
}

Task<void> leave(Pool& pool, Context& context, ClaimerId claimer) {
  co_await pool.query(context, kLeave, claimer.number, claimer.node);
}

Task<std::vector<std::int64_t>> expire_claimers(Pool& pool, Context& context) {
  co_return (co_await pool.query(context, kExpire)).as<std::int64_t>();
}

Task<void> delete_expired_claimers(Pool& pool, Context& context,
                                   const std::vector<std::int64_t>& claimers) {
  co_await pool.query(context, kDeleteExpired, claimers);
}

Task<std::optional<std::int64_t>> release_page(Pool& pool, Context& context,
                                               const ReleaseFilter& filter, std::int64_t after) {
  const auto rows = co_await pool.query(context, kReleasePage, after, filter.claimers,
                                        filter.orphans_before, filter.except);
  if (rows[0].is_null(0)) co_return std::nullopt;
  co_return rows[0].get<std::int64_t>(0);
}

Task<std::size_t> adopt(Pool& pool, Context& context) {
  co_return (co_await pool.query(context, kAdopt)).affected();
}

Task<Look> look(Pool& pool, Context& context, const Cursor& cursor,
                const std::vector<std::string>& kinds) {
  const auto rows = co_await pool.query(context, kLook, cursor.from, cursor.to, cursor.after.xid,
                                        cursor.after.position, kinds);
  Look look{
      .snapshot = rows[0].get<std::string>(0), .history = rows[0].get<std::string>(1), .found = {}};
  if (rows[0].is_null(2)) co_return look;
  look.found.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) look.found.push_back(kFoundRow(rows[i], 2));
  co_return look;
}

Task<Due> due(Pool& pool, Context& context, Timestamp since,
              const std::vector<std::string>& kinds) {
  const auto rows = co_await pool.query(context, kDue, since, kinds);
  Due due{.since = rows[0].get<Timestamp>(0), .positions = {}};
  if (rows[0].is_null(1)) co_return due;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    due.positions.push_back(rows[i].get<std::int64_t>(2));
  }
  if (rows.size() == kLookRows) due.since = rows[rows.size() - 1].get<Timestamp>(1);
  co_return due;
}

Task<std::vector<ClaimedJob>> claim(Pool& pool, Context& context, ClaimerId claimer,
                                    const std::vector<std::int64_t>& positions) {
  auto jobs = (co_await pool.query(context, kClaim, claimer.number, positions, claimer.node))
                  .as(kClaimedRow);
  std::ranges::sort(jobs, {}, [](const ClaimedJob& claimed) { return claimed.job.position; });
  co_return jobs;
}

Task<void> settle(Pool& pool, Context& context, ClaimerId claimer, const Settlement& settlement) {
  const auto& [done, deferred, dead] = settlement;
  std::vector<postgres::Call> calls;
  if (!done.positions.empty()) {
    calls.push_back(
        postgres::call(kFinish, claimer.number, done.positions, done.ids, claimer.node));
  }
  if (!deferred.positions.empty()) {
    calls.push_back(postgres::call(kDefer, claimer.number, deferred.positions, deferred.ids,
                                   deferred.delays_ms, deferred.attempts, deferred.errors,
                                   claimer.node));
  }
  if (!dead.positions.empty()) {
    calls.push_back(postgres::call(kMoveToDeadLetters, claimer.number, dead.positions, dead.ids,
                                   dead.errors, claimer.node));
  }
  auto transaction = co_await pool.begin(context);
  co_await transaction.pipeline_and_commit(std::move(calls));
}

Task<void> notify(Pool& pool, Context& context) { co_await pool.query(context, kNotify, kChannel); }

Task<std::vector<KindState>> kinds(Pool& pool, Context& context) {
  co_return (co_await pool.query(context, kKinds)).as(kKindRow);
}

Task<std::vector<DeadLetter>> dead_letters(Pool& pool, Context& context,
                                           const std::optional<std::string>& kind) {
  co_return (co_await pool.query(context, kDeadLetters, kind)).as(kDeadRow);
}

Task<std::int64_t> replay(Pool& pool, Context& context, const Selection& selection) {
  const auto rows = co_await pool.query(context, kReplay, selection.id, selection.kind);
  co_return static_cast<std::int64_t>(rows.affected());
}

Task<bool> drop(Pool& pool, Context& context, Uuid id) {
  co_return (co_await pool.query(context, kDrop, id)).affected() == 1;
}

Task<void> declare(Pool& pool, Context& context, const std::vector<std::string>& names,
                   const std::vector<std::int64_t>& intervals_ms) {
  co_await pool.query(context, kDeclare, names, intervals_ms);
}

Task<std::vector<PeriodicRun>> begin_due(Pool& pool, Context& context,
                                         const std::vector<std::string>& names,
                                         milliseconds lease) {
  co_return (co_await pool.query(context, kBeginDue, names, ms(lease))).as(kRunRow);
}

Task<void> end_run(Pool& pool, Context& context, const PeriodicRun& run,
                   const std::optional<std::string>& error) {
  co_await pool.query(context, kEndRun, run.name, run.run, error);
}

}  // namespace souk::jobs::store
