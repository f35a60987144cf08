#include "postgres/connections.h"

#include <algorithm>
#include <exception>

#include "base/backoff.h"
#include "postgres/errors.h"
#include "runtime/await.h"

namespace souk::postgres {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{50};
constexpr milliseconds kHousePeriodMin{10};
constexpr milliseconds kHousePeriodMax{10'000};
constexpr std::size_t kSharedMax = 4;

auto now() { return std::chrono::steady_clock::now(); }

}  // namespace

Connections::Connections(runtime::Loop& loop, const PoolConfig& config,
                         telemetry::Registry& registry)
    : loop_(loop),
      config_(config),
      max_(std::max<std::size_t>(2, config.share_of(config.max_connections))),
      min_(std::clamp<std::size_t>(config.share_of(config.min_connections), 1, max_)),
      stopped_(loop),
      waiting_(loop),
      waiting_for_shared_(loop),
      changed_(loop),
      house_timer_(loop.io()),
      scope_(loop),
      metrics_{registry} {}

Connections::~Connections() = default;

runtime::Task<void> Connections::start() {
  refill();
  scope_.spawn(keep_house());
  while (health_ != Health::kDown && alive() < min_ && !closing_) co_await changed_.wait();
  expect_hope();
}

runtime::Task<void> Connections::close() {
  closing_ = true;
  stopped_.set();
  house_timer_.cancel();
  wake_all();
  changed_.wake_all();
  co_await drain(now() + config_.close_timeout);
  for (auto* connection : std::vector(all_)) retire(*connection, "the pool is closed");
  co_await scope_.join();
}

runtime::Task<void> Connections::drain(Time until) {
  for (std::size_t i = 0; i < shared_.size(); ++i) {
    Reply everything_before;
    shared_[i]->connection.sync(&everything_before);
    if (!co_await everything_before.wait(until - now())) co_return;
  }
  while (count(Use::kLeased) > 0 && now() < until) co_await changed_.wait(until - now());
}

// ---- opening

void Connections::refill(std::size_t more_waiting) {
  const auto wanted = [&] {
    const auto used = all_.size() - idle_.size() - count(Use::kConnecting);
    const auto waiting = waiting_.size() + (waiting_for_shared_.size() > 0 ? 1 : 0) + more_waiting;
    return std::min(max_, std::max(min_, used + waiting));
  };
  while (!closing_ && health_ == Health::kUp && all_.size() < wanted()) {
    scope_.spawn(open_or_recover());
  }
  publish();
}

runtime::Task<void> Connections::open_or_recover() {
  if (co_await open() || health_ != Health::kUp || closing_) co_return;
  health_ = Health::kRecovering;
  co_await recover();
}

runtime::Task<bool> Connections::open() {
  auto owned = std::make_unique<PooledConnection>(loop_, config_);
  all_.push_back(owned.get());
  try {
    co_await owned->connection.connect();
  } catch (const std::exception& error) {
    failure_ = error.what();
    metrics_.connect_failures.increment();
    std::erase(all_, owned.get());
    publish();
    co_return false;
  }
  health_ = Health::kUp;
  if (replacements_due_ > 0) {
    --replacements_due_;
    metrics_.reconnects.increment();
  }
  scope_.spawn(serve(std::move(owned)));
  refill();
  co_return true;
}

// One at a time: a concurrent attempt may have reached the server.
runtime::Task<void> Connections::recover() {
  if (std::exchange(recovering_, true)) co_return;
  for (int failures = 1; !closing_ && health_ != Health::kUp; ++failures) {
    if (failures >= config_.max_reconnect_attempts && health_ != Health::kDown) {
      health_ = Health::kDown;
      if (alive() == 0) wake_all();
      changed_.wake_all();
    }
    co_await stopped_.wait(pause_after(failures));
    if (closing_ || health_ == Health::kUp) break;
    if (all_.size() >= max_ || co_await open()) health_ = Health::kUp;
  }
  recovering_ = false;
}

Connections::Duration Connections::pause_after(int failures) {
  const auto longest =
      health_ == Health::kDown ? config_.max_probe_delay : config_.max_reconnect_delay;
  return with_jitter(exponential_backoff<Duration>(kFirstPause, longest, failures), random_.next());
}

runtime::Task<void> Connections::serve(std::unique_ptr<PooledConnection> owned) {
  auto& connection = *owned;
  make_available(connection);
  changed_.wake_all();
  co_await connection.connection.serve();
  const bool on_lease = connection.use == Use::kLeased;
  if (connection.use != Use::kGone) lost(connection);
  if (on_lease) co_await connection.returned.wait();
  std::erase(all_, &connection);
  refill();
}

void Connections::lost(PooledConnection& connection) {
  std::erase(idle_, &connection);
  std::erase(shared_, &connection);
  connection.use = Use::kGone;
  failure_ = connection.connection.loss();
  ++replacements_due_;
  if (shared_.empty()) {
    if (auto* const next = take_idle()) share(*next);
  }
  if (health_ == Health::kDown && alive() == 0) wake_all();
}

// ---- leasing

void Connections::make_available(PooledConnection& connection) {
  connection.use = Use::kIdle;
  connection.committing = false;
  if (closing_) {
    retire(connection, "the pool is closed");
  } else if (shared_.empty()) {
    share(connection);
  } else {
    connection.since = now();
    idle_.push_back(&connection);
    wake_waiter();
  }
  publish();
}

void Connections::share(PooledConnection& connection) {
  connection.use = Use::kShared;
  shared_.push_back(&connection);
  waiting_for_shared_.wake_all();
}

Connection* Connections::shared(Time time) {
  Connection* stalled = nullptr;
  for (auto* candidate : shared_) {
    auto& connection = candidate->connection;
    if (!connection.alive()) continue;
    const auto since = connection.silent_since();
    if (since == Time::max() || time - since < config_.stalled_after) return &connection;
    if (stalled == nullptr) stalled = &connection;
  }
  if (closing_) return nullptr;
  if (shared_.size() < kSharedMax) {
    if (auto* const idle = take_idle()) {
      share(*idle);
      publish();
      return &idle->connection;
    }
    if (stalled != nullptr) refill(1);
  }
  return stalled;
}

runtime::Task<void> Connections::wait_for_shared(Duration bound) {
  expect_hope();
  if (waiting_for_shared_.size() >= config_.max_waiting) {
    throw Overloaded("too many requests wait for a database connection");
  }
  refill(1);
  const auto began = now();
  metrics_.waiting.add(1);
  const bool woken =
      co_await waiting_for_shared_.wait(std::min<Duration>(bound, config_.acquire_timeout));
  metrics_.waiting.add(-1);
  metrics_.wait.observe(now() - began);
  if (!woken) give_up_waiting(bound);
  expect_hope();
}

runtime::Task<Lease> Connections::acquire(Duration bound) {
  const auto began = now();
  const auto until = began + std::min<Duration>(bound, config_.acquire_timeout);
  runtime::QueueDelay::Stay stay(delay_, began);
  for (;;) {
    expect_hope();
    if (auto* const connection = take_idle()) {
      connection->use = Use::kLeased;
      connection->since = now();
      metrics_.wait.observe(connection->since - began);
      stay.served(connection->since);
      publish();
      co_return Lease(*this, *connection);
    }
    if (waiting_.size() >= config_.max_waiting)
      throw Overloaded("too many requests wait for a database connection");
    refill(1);
    metrics_.waiting.add(1);
    const bool woken = co_await waiting_.wait(until - now());
    metrics_.waiting.add(-1);
    if (!woken) {
      metrics_.wait.observe(now() - began);
      give_up_waiting(bound);
    }
    --promised_;
  }
}

// An idle connection that is not reserved for a woken waiter.
PooledConnection* Connections::take_idle() {
  if (idle_.size() <= promised_) return nullptr;
  auto* const connection = idle_.back();
  idle_.pop_back();
  return connection;
}

void Connections::expect_hope() const {
  if (closing_) throw Unavailable("the pool is closed");
  if (health_ == Health::kDown && alive() == 0) throw Unavailable(failure_);
}

void Connections::give_up_waiting(Duration bound) const {
  if (bound < config_.acquire_timeout) throw Timeout("the deadline passed, waiting to connect");
  throw Overloaded("no database connection came free in time");
}

bool Connections::wake_waiter() {
  if (!waiting_.wake_one()) return false;
  ++promised_;
  return true;
}

void Connections::wake_all() {
  while (wake_waiter()) {
  }
  waiting_for_shared_.wake_all();
}

void Connections::give_back(PooledConnection& connection) {
  metrics_.hold.observe(now() - connection.since);
  if (!connection.connection.alive()) {
    connection.returned.set();
  } else if (connection.connection.quiet() && !connection.in_transaction) {
    make_available(connection);
  } else {
    scope_.spawn(clean(connection));
  }
  changed_.wake_all();
}

runtime::Task<void> Connections::clean(PooledConnection& dirty) {
  auto& connection = dirty.connection;
  Reply rolled_back;
  Reply done;
  if (std::exchange(dirty.in_transaction, false)) connection.control("ROLLBACK", rolled_back);
  connection.sync(&done);
  bool answered = co_await done.wait(config_.cancel_grace);
  while (dirty.committing && !answered) answered = co_await done.wait(config_.command_timeout);
  if (!answered || !connection.quiet()) connection.drop("could not be rolled back");
  if (connection.alive()) {
    make_available(dirty);
  } else {
    dirty.returned.set();
  }
  changed_.wake_all();
}

void Lease::release() {
  if (connection_ != nullptr) owner_->give_back(*std::exchange(connection_, nullptr));
}

Connection& Lease::operator*() const { return connection_->connection; }

void Lease::set_in_transaction(bool open) { connection_->in_transaction = open; }

void Lease::leave_committing() {
  connection_->in_transaction = false;
  connection_->committing = true;
  owner_->publish();
}

// ---- maintenance

runtime::Task<void> Connections::keep_house() {
  const auto period = std::clamp(config_.idle_lifetime / 10, kHousePeriodMin, kHousePeriodMax);
  while (!closing_) {
    house_timer_.expires_after(period);
    co_await house_timer_.async_wait(runtime::await);
    if (closing_) co_return;
    tend_shared(now());
    close_idle(now());
    publish();
  }
}

void Connections::close_idle(Time time) {
  // A closed connection stays in all_ until its task has ended.
  while (all_.size() - count(Use::kGone) > min_ && idle_.size() > promised_ &&
         time - idle_.front()->since >= config_.idle_lifetime) {
    retire(*idle_.front(), "idle");
  }
}

void Connections::tend_shared(Time time) {
  for (auto* connection : std::vector(shared_)) {
    const auto silent_since = connection->connection.silent_since();
    if (silent_since == Time::max()) {
      if (shared_.size() == 1) continue;
      std::erase(shared_, connection);
      make_available(*connection);
    } else if (time - silent_since > config_.command_timeout + config_.cancel_grace) {
      connection->connection.drop("no answer within command_timeout");
    }
  }
}

// Closes on purpose: not a loss, and not replaced.
void Connections::retire(PooledConnection& connection, std::string_view reason) {
  std::erase(idle_, &connection);
  std::erase(shared_, &connection);
  if (connection.use != Use::kLeased) connection.use = Use::kGone;
  connection.connection.drop(reason);
}

std::size_t Connections::count(Use use) const {
  return static_cast<std::size_t>(std::ranges::count(all_, use, &PooledConnection::use));
}

void Connections::publish() {
  metrics_.idle.set(static_cast<double>(idle_.size()));
  metrics_.shared.set(static_cast<double>(shared_.size()));
  const auto committing =
      std::ranges::count(all_, true, &PooledConnection::committing);  // leased ones
  metrics_.used.set(static_cast<double>(count(Use::kLeased)) - static_cast<double>(committing));
  metrics_.committing.set(static_cast<double>(committing));
  metrics_.connecting.set(static_cast<double>(count(Use::kConnecting)));
}

}  // namespace souk::postgres
