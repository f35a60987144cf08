#include "jobs/runner.h"

#include <algorithm>
#include <iterator>

#include "base/backoff.h"
#include "base/utf8.h"
#include "runtime/repeat.h"

namespace souk::jobs {
namespace {

using runtime::Context;
using runtime::Task;
using std::chrono::milliseconds;

constexpr std::string_view kApplication = "souk jobs";
// Shared; look, claim, acknowledge or release; lease; take over; NOTIFY; measure.
constexpr std::size_t kConnections = 6;

// Acknowledgements do not wait for the disk: a job whose acknowledgement is lost runs again.
postgres::PoolConfig own_pool(postgres::PoolConfig config) {
  config.application_name = kApplication;
  config.session.push_back({"synchronous_commit", "'off'"});
  for (const auto name : store::kTurnedOff) config.session.push_back({name, "'off'"});
  config.min_connections = 1;
  config.max_connections = kConnections;
  config.worker = 0;
  config.workers = 1;
  return config;
}

auto now() { return std::chrono::steady_clock::now(); }

std::vector<std::string> kinds_of(const Handlers& handlers) {
  std::vector<std::string> kinds;
  for (const auto& [kind, handler] : handlers) kinds.emplace_back(kind);
  return kinds;
}

}  // namespace

// Held during one claim or acknowledgement; taken by take_turn().
class Runner::Turn {
 public:
  explicit Turn(Runner& runner) : runner_(runner) {}
  ~Turn() {
    runner_.exchanging_ = false;
    runner_.exchange_.wake_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Runner& runner_;
};

Task<void> Runner::take_turn() {
  while (exchanging_) co_await exchange_.wait();
  exchanging_ = true;
}

Runner::Runner(runtime::Loop& loop, JobsConfig config, postgres::PoolConfig database,
               Handlers handlers, Notifier& notifier, Environment environment)
    : loop_(loop),
      config_(config),
      handlers_(std::move(handlers)),
      kinds_(kinds_of(handlers_)),
      notifier_(notifier),
      log_(environment.log),
      traces_(environment.traces),
      metrics_(environment.registry),
      pool_(loop, environment.registry, own_pool(database)),
      listener_(loop, own_pool(std::move(database)), std::string(store::kChannel),
                environment.registry),
      fetching_(log_, metrics_.fetch_failures, exchange_events("fetch")),
      acknowledging_(log_, metrics_.settle_failures, exchange_events("settle")),
      notifying_(log_, metrics_.notify_failures, exchange_events("notify")),
      measuring_(log_, metrics_.measure_failures, exchange_events("measure")),
      claimer_(loop, pool_, config.lease, metrics_, log_, [this] { start_over(); }),
      stopped_(loop),
      notified_(loop),
      exchange_(loop),
      channel_(loop, config.channel_capacity),
      lane_moved_(loop),
      settled_some_(loop),
      claiming_(loop),
      scope_(loop),
      working_(loop),
      settling_(loop) {
  for (const auto& [kind, handler] : handlers_) {
    kind_metrics_.try_emplace(kind, environment.registry, kind);
  }
}

Runner::~Runner() = default;

Task<void> Runner::run() {
  notifier_.connect(loop_, notified_);
  scope_.spawn(listener_.run());
  scope_.spawn(forward_notifications());
  claiming_.spawn(claimer_.run());
  scope_.spawn(runtime::repeat(stopped_, {.interval = kMeasureInterval}, measuring_,
                               [this] { return measure(); }));
  working_.spawn(fetch());
  for (std::size_t i = 0; i < config_.concurrency; ++i) working_.spawn(work());
  settling_.spawn(settle());
  try {
    co_await pool_.start();
  } catch (const Unavailable& error) {  // database calls fail and are retried until it is there
    fetching_.failed(error);
  }
  co_await stopped_.wait();
  notifier_.disconnect();
  if (!co_await working_.join(config_.drain_timeout)) {
    log_.warning("jobs_not_drained", {{"running", running_.size()}});
  }
  work_ended_ = true;
  settled_some_.set();
  co_await settling_.join();
  claimer_.stop();
  co_await claiming_.join();
  // When jobs are still held, the lease is kept until it expires.
  if (lanes_.empty() && !claims_uncertain_) {
    try {
      co_await claimer_.leave();
    } catch (const std::exception& error) {  // the lease expires
      telemetry::FailureReporter(log_, metrics_.leave_failures, exchange_events("leave"))
          .failed(error);
    }
  }
  listener_.stop();
  co_await scope_.join();
  co_await working_.join();  // handlers keep to their deadlines
  co_await pool_.close();
}

void Runner::start_over() {
  start_over_ = true;
  listener_.notified().set();
}

void Runner::stop() {
  stopped_.set();
  notified_.set();
  listener_.notified().set();
  channel_.close();
  for (auto* context : running_) {
    context->deadline = std::min(context->deadline, now() + config_.drain_timeout);
  }
}

// ---- finding and claiming

// Forwards this node's notifications: directly to its own runner, by NOTIFY to other nodes.
Task<void> Runner::forward_notifications() {
  while (true) {
    co_await notified_.wait();
    if (stopped_.is_set()) co_return;
    notified_.reset();
    notifier_.clear();
    listener_.notified().set();
    Context context{.deadline = now() + kExchangeTimeout};
    try {
      co_await store::notify(pool_, context);
      notifying_.succeeded();
    } catch (const std::exception& error) {  // other nodes poll
      notifying_.failed(error);
    }
    co_await loop_.sleep(busy_ ? kBusyNotifySpacing : kNotifySpacing);
  }
}

Task<void> Runner::fetch() {
  while (!stopped_.is_set()) {
    listener_.notified().reset();
    bool more = false;
    bool failed = false;
    try {
      check_for_lost_claims();
      if (claims_uncertain_) co_await release_unheld();
      more = co_await fetch_batch();
    } catch (const std::exception& error) {
      failed = true;
      if (dynamic_cast<const OutcomeUnknown*>(&error) != nullptr) claims_uncertain_ = true;
      if (!stopped_.is_set()) fetching_.failed(error);
    }
    if (stopped_.is_set()) co_return;
    if (failed) {
      // A server that crashed may reuse transaction ids.
      start_over_ = true;
      co_await stopped_.wait(kPauseAfterFailure);
    } else if (!more) {
      // Notifications that come meanwhile are handled as soon as claims are possible again.
      co_await listener_.notified().wait(may_claim()
                                             ? config_.poll_interval
                                             : std::min(config_.poll_interval, kPauseAfterFailure));
    }
  }
}

// A server that crashed may have forgotten claims and acknowledgements.
void Runner::check_for_lost_claims() {
  if (claims_uncertain_at_ && now() >= *claims_uncertain_at_) {
    claims_uncertain_at_.reset();
    claims_uncertain_ = true;
  }
  if (std::exchange(listener_changes_, listener_.changes()) == listener_.changes()) return;
  claims_uncertain_ = true;
  start_over_ = true;
}

Task<void> Runner::release_unheld() {
  claims_uncertain_ = false;
  try {
    co_await claimer_.release_all_except(lanes_);
  } catch (...) {
    claims_uncertain_ = true;
    throw;
  }
}

bool Runner::may_claim() const {
  return !claims_uncertain_ && !settling_fails_ && claimer_.has_lease(now());
}

Task<bool> Runner::fetch_batch() {
  bool more = false;
  std::vector<store::ClaimedJob> jobs;
  std::optional<store::ClaimerId> claimer;
  {
    co_await take_turn();
    const Turn turn(*this);
    if (!may_claim()) co_return false;
    claimer = claimer_.id();
    const auto begun = now();
    Context context{.deadline = begun + kExchangeTimeout};
    const auto positions = co_await find(context, more);
    fetching_.succeeded();
    if (!positions.empty()) {
      jobs = co_await store::claim(pool_, context, *claimer, positions);
      metrics_.claim_duration.observe(now() - begun);
      metrics_.claim_batch.observe(static_cast<double>(jobs.size()));
      busy_ = jobs.size() >= kBusyClaim;
    }
    for (const auto& claimed : jobs) lanes_.add(claimed.job, *claimer);
  }
  if (!jobs.empty()) co_await feed(std::move(jobs), *claimer);
  co_return more;
}

Task<std::vector<std::int64_t>> Runner::find(Context& context, bool& more) {
  if (std::exchange(start_over_, false)) {
    cursor_ = {.history = std::move(cursor_.history)};
    look_for_due_at_ = {};
    co_await adopt();
  }
  std::vector<std::int64_t> positions;
  if (now() >= look_for_due_at_) {
    auto due = co_await store::due(pool_, context, cursor_.due_since, kinds_);
    cursor_.due_since = due.since;
    positions = std::move(due.positions);
    more = positions.size() == kLookRows;
    if (!more) look_for_due_at_ = now() + kDueSpacing;
  }
  // New jobs are read even when there are many retries.
  const auto look = co_await store::look(pool_, context, cursor_, kinds_);
  if (!cursor_.history.empty() && look.history != cursor_.history) {
    log_.warning("jobs_positions_reset", {{"reason", "the database was replaced or restored"}});
    cursor_.history = look.history;
    claims_uncertain_ = true;
    start_over();
    co_return std::vector<std::int64_t>{};
  }
  cursor_.history = look.history;
  more = cursor_.advance(look) || more;
  for (const auto& found : look.found) positions.push_back(found.position);
  co_return positions;
}

Task<void> Runner::adopt() {
  std::size_t adopted = 0;
  for (std::size_t page = store::kAdopted; page == store::kAdopted && !stopped_.is_set();) {
    Context context{.deadline = now() + kExchangeTimeout};
    page = co_await store::adopt(pool_, context);
    adopted += page;
  }
  if (adopted > 0) log_.info("jobs_adopted", {{"jobs", adopted}});
}

Task<void> Runner::feed(std::vector<store::ClaimedJob> jobs, store::ClaimerId claimer) {
  const auto claimed_at = now();
  for (auto& claimed : jobs) {
    auto held =
        std::make_unique<HeldJob>(claimer, std::move(claimed.job), claimed_at - claimed.age);
    const bool full = channel_.is_full();
    const auto begun = now();
    metrics_.queued.add(1);
    if (!co_await channel_.push(held)) {
      metrics_.queued.add(-1);
      hand_back(std::move(held), milliseconds(0));
    }
    if (full) {
      metrics_.channel_waits.increment();
      metrics_.channel_wait.observe(now() - begun);
    }
  }
}

// ---- running

Task<void> Runner::work() {
  while (auto held = co_await channel_.pop()) {
    // Bounds the jobs in lanes: the coroutine that runs the aggregate frees places.
    while (lanes_.waiting() >= config_.channel_capacity) co_await lane_moved_.wait();
    auto first = lanes_.enter(*std::move(held));
    if (!first) continue;
    if (handlers_.at(first->job.kind)->waits()) {
      working_.spawn(run_waiting(std::move(first)));
    } else {
      co_await run_lane(std::move(first));
    }
  }
}

// Exponential back-off, so that a long queue is not retried all the time.
Runner::Delay Runner::delay_when_full(const HeldJob& held) {
  const auto waited = std::chrono::duration_cast<Delay>(now() - held.appended);
  return std::clamp(waited / 2, kMinDelayWhenFull, kMaxDelayWhenFull);
}

// The lane may also hold jobs of other handlers; they run in this coroutine too.
Task<void> Runner::run_waiting(Held first) {
  auto& waiting = waiting_[handlers_.at(first->job.kind)];
  const bool has_place = waiting < kMaxWaiting;
  if (!has_place) lanes_.block(first->job.aggregate, delay_when_full(*first));
  waiting += has_place ? 1 : 0;
  co_await run_lane(std::move(first));
  waiting -= has_place ? 1 : 0;
}

Task<void> Runner::run_lane(Held first) {
  for (auto next = std::move(first); next; lane_moved_.wake_all()) {
    const auto aggregate = next->job.aggregate;
    co_await run_or_hand_back(std::move(next));
    next = lanes_.next(aggregate);
  }
}

Task<void> Runner::run_or_hand_back(Held held) {
  metrics_.queued.add(-1);
  const auto blocked_for = lanes_.blocked_for(held->job.aggregate);
  const bool leased =
      held->claimer == claimer_.id() && claimer_.has_lease(now() + config_.handler_timeout);
  if (blocked_for || stopped_.is_set() || !leased) {
    hand_back(std::move(held), blocked_for.value_or(milliseconds(0)));
  } else if (held->job.attempt > config_.max_attempts) {
    failed(std::move(held), "the node was lost each time that it ran", true);
  } else {
    co_await attempt(std::move(held));
  }
}

Task<void> Runner::attempt(Held held) {
  const auto& job = held->job;
  auto& metrics = kind_metrics_.at(job.kind);
  const auto begun = now();
  if (job.attempt == 1) metrics.delay.observe(begun - held->appended);
  std::optional<TraceContext> caller;
  Spans spans;
  spans.start(trace_of(job, caller), traces_ != nullptr && traces_->records(), caller.has_value());
  Context context{.deadline = begun + config_.handler_timeout, .spans = &spans};
  running_.insert(&context);
  metrics_.in_flight.set(static_cast<double>(running_.size()));
  std::optional<std::string> error;
  std::optional<Delay> postponed;
  bool rejected = false;
  try {
    co_await handlers_.at(job.kind)->run(context, job);
  } catch (const Rejected& rejection) {
    error = rejection.what();
    rejected = true;
  } catch (const Postponed& postponement) {
    postponed = postponement.delay();
  } catch (const std::exception& failure) {
    error = failure.what();
  }
  running_.erase(&context);
  metrics_.in_flight.set(static_cast<double>(running_.size()));
  metrics.duration.observe(now() - begun);
  keep_trace(job, spans, caller, error.has_value(), begun);
  if (postponed) co_return hand_back(std::move(held), *postponed);
  if (error) co_return failed(std::move(held), *std::move(error), rejected);
  metrics.done.increment();
  settle_later({.held = std::move(held)});
}

// A part of the trace of what it is done for, or else a trace of its own.
TraceContext Runner::trace_of(const Job& job, std::optional<TraceContext>& caller) {
  caller = TraceContext::parse(job.trace);
  const bool records = traces_ != nullptr && traces_->records();
  if (caller && !records) return *caller;
  TraceContext own;
  random_.fill(own.span_id);
  if (caller) {
    own.trace_id = caller->trace_id;
    own.flags = caller->flags;
  } else {
    own.trace_id = job.id.bytes;
    own.set_sampled(records && traces_->samples(own, false));
  }
  return own;
}

void Runner::keep_trace(const Job& job, Spans& spans, const std::optional<TraceContext>& caller,
                        bool failed, Time begun) {
  if (!spans.records()) return;
  const auto ended = now();
  const auto why =
      traces_->judge(spans.context(), failed, ended - begun > traces_->config().slow_job);
  if (!why) return;
  const auto left_out = spans.left_out();
  traces_->add({.context = spans.context(),
                .parent = caller ? caller->span_id : SpanId{},
                .id = job.id,
                .is_job = true,
                .failed = failed,
                .kept = *why,
                .name = job.kind,
                .begun = Timestamp(std::chrono::floor<std::chrono::microseconds>(
                    std::chrono::system_clock::now() - (ended - begun))),
                .origin = begun,
                .duration = ended - begun,
                .spans = spans.take(ended),
                .left_out = left_out});
}

// A dead letter blocks nothing; a job that is retried blocks the later jobs of its aggregate.
void Runner::failed(Held held, std::string error, bool rejected) {
  const auto& job = held->job;
  auto& metrics = kind_metrics_.at(job.kind);
  const auto attempts = job.attempt;
  const bool dead = rejected || attempts >= config_.max_attempts;
  (dead ? metrics.dead : metrics.failed).increment();
  log_.write(dead ? telemetry::LogLevel::kError : telemetry::LogLevel::kWarning,
             dead ? "job_given_up" : "job_failed",
             {{"job", std::string_view(job.id.to_string())},
              {"kind", std::string_view(job.kind)},
              {"attempt", attempts},
              {"reason", std::string_view(error)}});
  error = clean_utf8(error, kMaxErrorLength);
  const auto delay = with_jitter(
      exponential_backoff(config_.min_backoff, config_.max_backoff, attempts), random_.next());
  if (!dead) lanes_.block(job.aggregate, delay);
  settle_later({.held = std::move(held),
                .outcome = dead ? Settled::Outcome::kDead : Settled::Outcome::kDeferred,
                .delay = delay,
                .attempts = attempts,
                .error = std::move(error)});
}

void Runner::hand_back(Held held, Delay delay) {
  metrics_.handed_back.increment();
  lanes_.block(held->job.aggregate, delay);
  const auto attempts = held->job.attempt - 1;
  settle_later({.held = std::move(held),
                .outcome = Settled::Outcome::kDeferred,
                .delay = delay,
                .attempts = attempts});
}

// ---- acknowledging

void Runner::settle_later(Settled settled) {
  settled_.push_back(std::move(settled));
  settled_some_.set();
}

Task<void> Runner::settle() {
  while (true) {
    co_await settled_some_.wait();
    settled_some_.reset();
    while (!settled_.empty()) {
      bool failed = false;
      try {
        co_await settle_batch();
        acknowledging_.succeeded();
      } catch (const std::exception& error) {
        failed = true;
        acknowledging_.failed(error);
      }
      settling_fails_ = failed;
      if (settling_fails_) {
        // A server that crashed may have forgotten claims and acknowledgements.
        start_over_ = true;
        claims_uncertain_ = true;
        if (work_ended_) co_return;  // the lease expires
        co_await stopped_.wait(kPauseAfterFailure);
      }
      co_await loop_.sleep(kSettleSpacing);  // lets the next batch grow
    }
    if (work_ended_) co_return;
  }
}

// Retried when it failed: the statements ignore outcomes that were already written.
Task<void> Runner::settle_batch() {
  co_await take_turn();
  const Turn turn(*this);
  const auto size = std::min(settled_.size(), kMaxSettled);
  // push_back() on a deque keeps these pointers valid.
  std::vector<const Settled*> batch;
  for (std::size_t i = 0; i < size; ++i) batch.push_back(&settled_[i]);
  bool refused = false;
  try {
    co_await send(batch);
  } catch (const postgres::StatementError& error) {
    if (!error.blames_values()) throw;
    refused = true;
  }
  if (refused) co_await settle_one_by_one(batch);
  for (std::size_t i = 0; i < size; ++i) {
    lanes_.settled(*settled_.front().held);
    settled_.pop_front();
  }
}

// A refused outcome must not block the others. Its job is run again, after kPauseAfterRefusal.
Task<void> Runner::settle_one_by_one(std::span<const Settled* const> batch) {
  for (const auto* settled : batch) {
    try {
      co_await send({&settled, 1});
    } catch (const postgres::StatementError& error) {
      if (!error.blames_values()) throw;
      log_.error("job_not_settled", {{"job", std::string_view(settled->held->job.id.to_string())},
                                     {"reason", std::string_view(error.what())}});
      metrics_.settle_failures.increment();
      if (!claims_uncertain_at_) claims_uncertain_at_ = now() + kPauseAfterRefusal;
    }
  }
}

Task<void> Runner::send(std::span<const Settled* const> batch) {
  const auto settlement = settlement_of(batch);
  if (settlement.size() == 0) co_return;
  Context context{.deadline = now() + kExchangeTimeout};
  co_await store::settle(pool_, context, *claimer_.id(), settlement);
  metrics_.settle_batch.observe(static_cast<double>(settlement.size()));
}

// Skips jobs claimed under a lease that is lost: they belong to other nodes.
store::Settlement Runner::settlement_of(std::span<const Settled* const> batch) const {
  store::Settlement settlement;
  for (const auto* settled : batch) {
    const auto position = settled->held->job.position;
    const auto& id = settled->held->job.id;
    if (settled->held->claimer != claimer_.id()) continue;
    switch (settled->outcome) {
      case Settled::Outcome::kDone:
        settlement.done.positions.push_back(position);
        settlement.done.ids.push_back(id);
        break;
      case Settled::Outcome::kDeferred:
        settlement.deferred.positions.push_back(position);
        settlement.deferred.ids.push_back(id);
        settlement.deferred.delays_ms.push_back(settled->delay.count());
        settlement.deferred.attempts.push_back(settled->attempts);
        settlement.deferred.errors.push_back(settled->error);
        break;
      case Settled::Outcome::kDead:
        settlement.dead.positions.push_back(position);
        settlement.dead.ids.push_back(id);
        settlement.dead.errors.push_back(settled->error);
        break;
    }
  }
  return settlement;
}

// ---- measuring

Task<void> Runner::measure() {
  Context context{.deadline = now() + kMeasureInterval};
  co_await adopt();
  publish(co_await store::kinds(pool_, context));
}

void Runner::publish(const std::vector<store::KindState>& kinds) {
  for (auto& [kind, metrics] : kind_metrics_) metrics.depth.set(0);
  double others = 0;
  double dead = 0;
  std::chrono::microseconds oldest{0};
  for (const auto& state : kinds) {
    const auto metrics = kind_metrics_.find(state.kind);
    const auto depth = static_cast<double>(state.depth);
    if (metrics == kind_metrics_.end()) {
      others += depth;
    } else {
      metrics->second.depth.set(depth);
    }
    dead += static_cast<double>(state.dead);
    oldest = std::max(oldest, state.oldest_age.value_or(oldest));
  }
  metrics_.other_depth.set(others);
  metrics_.dead_letters.set(dead);
  metrics_.oldest_age.set(std::chrono::duration<double>(oldest).count());
}

}  // namespace souk::jobs
