#include "observe/history/keeper.h"

#include "runtime/repeat.h"
#include "runtime/scope.h"
#include "telemetry/failure_reporter.h"

namespace souk::observe {

using runtime::Context;
using runtime::Task;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

namespace {

// After the end of a second: what happened in it has been counted.
constexpr std::chrono::milliseconds kAfterSecond{30};
constexpr hours kWeek{24 * 7};

Context context_for(seconds time) { return Context{.deadline = Steady::now() + time}; }

}  // namespace

Keeper::Keeper(History& history, postgres::Pool* pool, std::function<void()> on_tick,
               Environment environment)
    : history_(history),
      pool_(pool),
      on_tick_(std::move(on_tick)),
      loop_(environment.loop),
      clock_(environment.clock),
      registry_(environment.registry),
      log_(environment.log),
      sent_bytes_(registry_.cell(kMetrics.sent_bytes)),
      damaged_(registry_.cell(kMetrics.damaged)) {}

Task<void> Keeper::run(runtime::Event& stopping) {
  runtime::Scope scope(loop_);
  if (pool_ != nullptr) scope.spawn(exchange(stopping));
  co_await tick(stopping);
  co_await scope.join();
  if (pool_ == nullptr || !restored_) co_return;
  try {
    auto context = context_for(kLastTimeout);
    co_await keep(context, true);
  } catch (const std::exception& error) {
    log_.warning("history_not_kept", {{"reason", error.what()}});
  }
}

Task<void> Keeper::tick(runtime::Event& stopping) {
  auto& time = registry_.cell(kMetrics.tick);
  auto& nodes = registry_.cell(kMetrics.nodes);
  registry_.cell(kMetrics.bytes).set(static_cast<double>(history_.bytes()));
  auto last = Steady::now();
  for (;;) {
    const auto now = clock_.now();
    const auto next = std::chrono::floor<seconds>(now) + kInterval + kAfterSecond;
    if (co_await stopping.wait(next - now)) co_return;
    const auto begun = Steady::now();
    history_.tick(clock_.now(), std::chrono::duration<double>(begun - last).count());
    last = begun;
    on_tick_();
    time.observe(Steady::now() - begun);
    nodes.set(static_cast<double>(history_.nodes()));
  }
}

Task<void> Keeper::exchange(runtime::Event& stopping) {
  telemetry::FailureReporter failures(
      log_, registry_.cell(kMetrics.failures, {"exchange"}),
      {.failed = "history_not_exchanged", .resumed = "history_exchanged", .what = "exchange"});
  co_await runtime::repeat(stopping, {.interval = kInterval, .at_once = true}, failures,
                           [this] { return exchange_once(); });
}

Task<void> Keeper::exchange_once() {
  auto context = context_for(kTimeout);
  if (!restored_) co_await restore(context);
  const auto now = clock_.now();
  const auto own = history_.report();
  co_await store::report(*pool_, context, own, now);
  sent_bytes_.add(static_cast<double>(own.rows.size()));
  for (const auto& report : co_await store::reports(*pool_, context, now - seconds(kForgotten))) {
    if (!history_.take(report)) damaged_.increment();
  }
  co_await keep(context, false);
  if (exchanges_++ % kExchangesPerForget != 0) co_return;
  co_await store::forget(*pool_, context, now - hours(1) - minutes(5), now - kWeek - hours(1));
}

Task<void> Keeper::restore(Context& context) {
  constexpr auto kMost = static_cast<std::int64_t>(kWeekRows);
  const auto now = clock_.now();
  history_.restore(60, co_await store::kept(*pool_, context, 60, now - kWeek, kMost));
  history_.restore(1, co_await store::kept(*pool_, context, 1, now - hours(1), kMost));
  co_await store::add_start(*pool_, context, history_.self());
  history_.take(co_await store::starts(*pool_, context));
  restored_ = true;
}

Task<void> Keeper::keep(Context& context, bool unfinished) {
  for (const auto& due : history_.due(unfinished)) {
    co_await store::keep(*pool_, context, due.step, due.rows);
  }
  history_.stored();
}

}  // namespace souk::observe
