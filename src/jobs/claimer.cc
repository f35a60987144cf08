#include "jobs/claimer.h"

#include <algorithm>

#include "runtime/repeat.h"

namespace souk::jobs {

using runtime::Context;
using runtime::Task;
using std::chrono::milliseconds;

namespace {

auto now() { return std::chrono::steady_clock::now(); }

}  // namespace

Claimer::Claimer(runtime::Loop& loop, postgres::Pool& pool, milliseconds lease,
                 NodeMetrics& metrics, telemetry::Log& log, std::function<void()> changed)
    : pool_(pool),
      lease_(lease),
      metrics_(metrics),
      log_(log),
      renewing_(log, metrics.lease_failures, exchange_events("lease")),
      taking_over_(log, metrics.take_over_failures, exchange_events("take_over")),
      changed_(std::move(changed)),
      stopped_(loop),
      enlisted_(loop),
      scope_(loop) {}

Task<void> Claimer::run() {
  const auto round = lease_ / 3;
  scope_.spawn(runtime::repeat(
      stopped_,
      {.interval = round, .after_failure = std::min(round, kPauseAfterFailure), .at_once = true},
      renewing_, [this] { return renew(); }));
  // Not in the lease's loop: reading a long outbox takes longer than a renewal may wait.
  scope_.spawn(runtime::repeat(
      stopped_,
      {.interval = round, .after_failure = kPauseAfterFailure, .at_once = true, .wake = &enlisted_},
      taking_over_, [this] { return take_over(); }));
  co_await scope_.join();
}

void Claimer::stop() {
  stopped_.set();
  enlisted_.set();
}

Task<void> Claimer::renew() {
  Context context{.deadline = now() + kExchangeTimeout};
  auto asked = now();
  if (id_ && !co_await store::renew(pool_, context, *id_, lease_)) {
    log_.warning("jobs_lease_lost");
    metrics_.leases_lost.increment();
    id_.reset();
  }
  if (!id_) {
    asked = now();
    id_ = co_await store::enlist(pool_, context, lease_);
    look_for_orphans_ = true;
    enlisted_.set();
    changed_();
  }
  leased_until_ = asked + lease_;
}

// An expired claimer can neither renew nor claim. Its row is deleted only when all of its jobs are
// released: if this node ends before that, another node starts the release again.
Task<bool> Claimer::take_over() {
  if (!id_) co_return false;
  const auto own = *id_;
  Context context{.deadline = now() + kExchangeTimeout};
  const auto expired = co_await store::expire_claimers(pool_, context);
  if (expired.empty() && !look_for_orphans_) co_return true;
  look_for_orphans_ = false;
  try {
    co_await release({.claimers = expired, .orphans_before = own.number});
  } catch (...) {
    look_for_orphans_ = true;
    throw;
  }
  changed_();
  if (stopped_.is_set() || expired.empty()) co_return true;
  Context last{.deadline = now() + kExchangeTimeout};
  co_await store::delete_expired_claimers(pool_, last, expired);
  log_.info("jobs_taken_over", {{"claimers", expired.size()}});
  co_return true;
}

Task<void> Claimer::release_all_except(const Lanes& lanes) {
  if (!id_) co_return;
  const auto own = *id_;
  Context context{.deadline = now() + kExchangeTimeout};
  if (!co_await store::await_claims(pool_, context, own)) co_return;  // lease lost
  co_await release({.claimers = {own.number}, .except = lanes.held_by(own)});
}

Task<void> Claimer::release(const store::ReleaseFilter& filter) {
  std::optional<std::int64_t> after = 0;
  while (after && !stopped_.is_set()) {
    Context context{.deadline = now() + kExchangeTimeout};
    after = co_await store::release_page(pool_, context, filter, *after);
  }
}

Task<void> Claimer::leave() {
  if (!id_) co_return;
  Context context{.deadline = now() + kExchangeTimeout};
  co_await store::leave(pool_, context, *id_);
}

}  // namespace souk::jobs
