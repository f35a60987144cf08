// Primary-key SELECTs of a 300 byte row through one worker's pool. Compare with pgbench on
// the same table (created by the first run):
//   tools/with-servers sh -c 'build/release/postgres_bench &&
//     echo "\set id random(1, 100000)
//     SELECT id, payload FROM bench_rows WHERE id = :id;" > /tmp/select.sql &&
//     pgbench -n -M prepared -c 8 -T 5 -f /tmp/select.sql "$SOUK_TEST_DATABASE_URL"'
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <stdexcept>

#include "postgres/blocking.h"
#include "postgres/pool.h"
#include "runtime/scope.h"

namespace souk::postgres {
namespace {

using runtime::Task;

constexpr std::int32_t kRows = 100'000;
constexpr int kQueriesPerReader = 200;
constexpr Statement kSelect{.name = "bench_select",
                            .sql = "SELECT id, payload FROM bench_rows WHERE id = $1",
                            .kind = Statement::Kind::kPoint};
constexpr Statement kScan{.name = "bench_scan",
                          .sql = "SELECT id, payload FROM bench_rows WHERE id = $1",
                          .kind = Statement::Kind::kScan};

struct BenchRow {
  std::int32_t id = 0;
  std::string_view payload;
};
constexpr auto kBenchRow = row_of(&BenchRow::id, &BenchRow::payload);

std::string database() {
  const char* const url = std::getenv("SOUK_TEST_DATABASE_URL");
  if (url == nullptr) throw std::runtime_error("run under tools/with-servers");
  return url;
}

void create_table() {
  auto connection = BlockingConnection::open(database(), "souk bench");
  const auto created = connection->execute(
      "CREATE TABLE IF NOT EXISTS bench_rows AS SELECT n AS id, repeat('x', 280) AS payload FROM "
      "generate_series(1, 100000) n; CREATE UNIQUE INDEX IF NOT EXISTS bench_rows_id ON "
      "bench_rows (id); ANALYZE bench_rows");
  if (!created) throw std::runtime_error(created.error().detail);
}

Task<void> read(Pool& pool, const Statement& statement, std::int32_t seed) {
  runtime::Context context;
  auto id = seed;
  for (int i = 0; i < kQueriesPerReader; ++i) {
    id = static_cast<std::int32_t>((std::int64_t{id} * 48'271 + 11) % kRows) + 1;
    const auto rows = co_await pool.query(context, statement, id);
    benchmark::DoNotOptimize(rows.one(kBenchRow).payload.data());
  }
}

Task<void> read_together(runtime::Loop& loop, Pool& pool, const Statement& statement, int readers) {
  runtime::Scope scope(loop);
  for (int i = 0; i < readers; ++i) scope.spawn(read(pool, statement, i * 997));
  co_await scope.join();
}

void run(benchmark::State& state, const Statement& statement) {
  create_table();
  runtime::Loop loop;
  telemetry::Registry registry;
  Pool pool(loop, registry, {.conninfo = database()});
  loop.run_until_done(pool.start());
  const auto readers = static_cast<int>(state.range(0));
  for (auto _ : state) loop.run_until_done(read_together(loop, pool, statement, readers));
  state.SetItemsProcessed(state.iterations() * readers * kQueriesPerReader);
  loop.run_until_done(pool.close());
}

void PointsInFlight(benchmark::State& state) { run(state, kSelect); }
BENCHMARK(PointsInFlight)->Arg(1)->Arg(8)->Arg(64)->Arg(256)->UseRealTime();

void ScansInFlight(benchmark::State& state) { run(state, kScan); }
BENCHMARK(ScansInFlight)->Arg(8)->UseRealTime();

}  // namespace
}  // namespace souk::postgres
