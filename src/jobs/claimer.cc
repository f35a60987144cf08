#include "jobs/claimer.h"

#include <algorithm>

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
      scope_(loop) {}

Task<void> Claimer::run() {
  scope_.spawn(keep_lease());
  scope_.spawn(keep_taking_over());
  co_await scope_.join();
}

Task<void> Claimer::keep_lease() {
  milliseconds pause;
  do {
    pause = lease_ / 3;
    try {
      co_await renew();
      renewing_.succeeded();
    } catch (const std::exception& error) {
      renewing_.failed(error);
      pause = std::min(pause, kPauseAfterFailure);
    }
  } while (!co_await stopped_.wait(pause));
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
    changed_();
  }
  leased_until_ = asked + lease_;
}

// Not in the lease's loop: reading a long outbox takes longer than a renewal may wait.
Task<void> Claimer::keep_taking_over() {
  milliseconds pause;
  do {
    pause = id_ ? lease_ / 3 : kPauseAfterFailure;
    try {
      if (id_) {
        co_await take_over();
        taking_over_.succeeded();
      }
    } catch (const std::exception& error) {
      taking_over_.failed(error);
      pause = kPauseAfterFailure;
    }
  } while (!co_await stopped_.wait(pause));
}

// An expired claimer can neither renew nor claim. Its row is deleted only when all of its jobs are
// released: if this node ends before that, another node starts the release again.
Task<void> Claimer::take_over() {
  const auto own = *id_;
  Context context{.deadline = now() + kExchangeTimeout};
  const auto expired = co_await store::expire_claimers(pool_, context);
  if (expired.empty() && !look_for_orphans_) co_return;
  look_for_orphans_ = false;
  try {
    co_await release({.claimers = expired, .orphans_before = own.number});
  } catch (...) {
    look_for_orphans_ = true;
    throw;
  }
  changed_();
  if (stopped_.is_set() || expired.empty()) co_return;
  Context last{.deadline = now() + kExchangeTimeout};
  co_await store::delete_expired_claimers(pool_, last, expired);
  log_.info("jobs_taken_over", {{"claimers", expired.size()}});
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
