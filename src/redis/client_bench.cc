// The cost of a GET of 2 KB; run under tools/with-servers.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "redis/client.h"

namespace souk::redis {
namespace {

using runtime::Task;

constexpr int kGetsPerRound = 10'000;

Task<void> get_again_and_again(Client& client, int& left, std::size_t& bytes) {
  while (left-- > 0) {
    const auto answer = co_await client.command("GET", "souk:bench");
    if (answer) bytes += answer->text().value_or("").size();
  }
}

Task<std::size_t> get_many(runtime::Loop& loop, Client& client, int in_flight) {
  int left = kGetsPerRound;
  std::size_t bytes = 0;
  runtime::Scope scope(loop);
  for (int i = 0; i < in_flight; ++i) scope.spawn(get_again_and_again(client, left, bytes));
  co_await scope.join();
  co_return bytes;
}

Task<bool> prepare(Client& client) {
  if (!co_await client.start()) co_return false;
  const auto stored = co_await client.command("SET", "souk:bench", std::string(2'048, 'x'));
  co_return stored.has_value();
}

// The argument is the number of commands in flight.
void BM_Get2KiB(benchmark::State& state) {
  const char* const url = std::getenv("SOUK_TEST_REDIS_URL");
  if (url == nullptr) {
    state.SkipWithError("run me under tools/with-servers");
    return;
  }
  const SystemClock clock;
  SystemRandom random;
  telemetry::Registry registry;
  telemetry::Log log(telemetry::LogLevel::kWarning, STDERR_FILENO, clock, registry);
  runtime::Loop loop;
  ClientConfig config;
  config.url = parse_url(url).value();
  Client client(loop, registry, log, random, config);
  if (!loop.run_until_done(prepare(client))) state.SkipWithError("Redis is not available");
  while (state.KeepRunning()) {
    const auto bytes =
        loop.run_until_done(get_many(loop, client, static_cast<int>(state.range(0))));
    if (bytes != kGetsPerRound * 2'048u) state.SkipWithError("a command failed");
  }
  state.SetItemsProcessed(state.iterations() * kGetsPerRound);
  loop.run_until_done(client.close());
}
BENCHMARK(BM_Get2KiB)->Arg(1)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace souk::redis
