#include "postgres/database_clock.h"

namespace souk::postgres {
namespace {

constexpr Statement kReadClock{.name = "postgres_read_clock",
                               .sql = "SELECT clock_timestamp()",
                               .kind = Statement::Kind::kPoint};

}  // namespace

void DatabaseClock::observe(FollowedClock::Steady asked, Timestamp time) {
  const auto leap = clock_.observe(asked, time, std::chrono::steady_clock::now());
  if (!leap) return;
  leaps_.increment();
  log_.error(
      "database_clock_leapt",
      {{"seconds", std::chrono::floor<std::chrono::seconds>(*leap).count()},
       {"housekeepingPausesSeconds", std::chrono::seconds(FollowedClock::kProbation).count()}});
}

runtime::Task<void> DatabaseClock::read(Pool& pool, runtime::Context& context) {
  const auto asked = std::chrono::steady_clock::now();
  observe(asked, (co_await pool.query(context, kReadClock)).one<Timestamp>());
}

}  // namespace souk::postgres
