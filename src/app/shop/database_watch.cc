#include "app/shop/database_watch.h"

#include <optional>

#include "app/metrics.h"
#include "cache/metrics.h"

namespace souk::app {

using postgres::DatabaseState;
using runtime::Task;

DatabaseWatch::DatabaseWatch(bool read_only, FollowedClock& clock, telemetry::Registry& registry,
                             telemetry::Log& log)
    : read_only_(read_only),
      log_(log),
      clock_(clock, registry.cell(cache::kMetrics.clock_leaps), log),
      usable_(registry.cell(kMetrics.database_ready)) {}

bool DatabaseWatch::usable() const {
  const auto state = this->state();
  return state == DatabaseState::kUp ||
         (read_only_ && (state == DatabaseState::kStandby || state == DatabaseState::kReadOnly));
}

Task<void> DatabaseWatch::run(postgres::Pool& pool, runtime::Event& stopping,
                              runtime::Event& found_usable) {
  std::optional<DatabaseState> last;
  std::string last_reason;
  do {
    std::string reason = last_reason;
    const auto found = co_await look(pool, reason);
    if (stopping.is_set()) break;  // the pool is closing
    state_.store(found, std::memory_order_release);
    usable_.set(usable() ? 1 : 0);
    if (usable()) found_usable.set();
    if (found == last && reason == last_reason) continue;
    last = found;
    last_reason = reason;
    log_.write(usable() ? telemetry::LogLevel::kInfo : telemetry::LogLevel::kWarning,
               "database_state", {{"state", name_of(found)}, {"reason", std::string_view(reason)}});
  } while (!co_await stopping.wait(kInterval));
}

Task<DatabaseState> DatabaseWatch::look(postgres::Pool& pool, std::string& reason) {
  runtime::Context context{.deadline = std::chrono::steady_clock::now() + kLookTimeout};
  try {
    if (read_only_) co_await clock_.read(pool, context);
    const auto found = co_await look_at_database(pool, context, postgres::embedded_migrations());
    reason.clear();
    co_return found;
  } catch (const Overloaded&) {
    co_return state();  // other connections work
  } catch (const std::exception& error) {
    reason = error.what();
    co_return DatabaseState::kDown;
  }
}

}  // namespace souk::app
