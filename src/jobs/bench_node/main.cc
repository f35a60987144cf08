// What bench/job_claims measures: a node that runs jobs that do nothing, and a producer that
// appends them at a steady rate. Prints, once a second and as one line of JSON, how many jobs were
// run, and percentiles of the time from append to handler and of finding and claiming a batch.
//
//   jobs_bench_node DATABASE_URL RATE BATCH     a RATE of 0: as fast as they are run
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "jobs/runner.h"
#include "runtime/scope.h"

namespace souk::jobs {
namespace {

using runtime::Context;
using runtime::Task;
using namespace std::chrono_literals;

constexpr std::string_view kKind = "bench.nothing";
constexpr std::size_t kMaxAhead = 5'000;  // appended and not run, where the rate is 0
constexpr std::string_view kPayload =
    R"({"orderId":"01890a5d-ac96-774b-bcce-b302099a8057","userId":"01890a5d-ac96-774b-bcce-b302099a8058",)"
    R"("total":{"amount":12900,"currency":"EUR"},"status":"confirmed","items":[{"productId":)"
    R"("01890a5d-ac96-774b-bcce-b302099a8059","productName":"Walnut coffee table","quantity":1,)"
    R"("unitPrice":{"amount":12900,"currency":"EUR"}}]})";

volatile std::sig_atomic_t stop_asked = 0;

double percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

class Measuring final : public Handler {
 public:
  explicit Measuring(const Clock& clock) : clock_(clock) {}
  Task<void> run(Context&, const Job& job) override {
    ++run_;
    delays_ms_.push_back(
        std::chrono::duration<double, std::milli>(clock_.now() - job.created_at).count());
    co_return;
  }
  std::size_t run_so_far() const { return run_; }
  void report() {
    std::ranges::sort(delays_ms_);
    fmt::print(R"({{"jobs":{},"p50":{:.3f},"p99":{:.3f}}})"
               "\n",
               delays_ms_.size(), percentile(delays_ms_, 0.5), percentile(delays_ms_, 0.99));
    std::fflush(stdout);
    delays_ms_.clear();
  }

 private:
  const Clock& clock_;
  std::size_t run_ = 0;
  std::vector<double> delays_ms_;
};

struct Bench {
  runtime::Loop loop;
  SystemClock clock;
  telemetry::Registry registry;
  telemetry::Log log{telemetry::LogLevel::kWarning, STDERR_FILENO, clock, registry};
  SystemRandom random;
  UuidGenerator ids{clock, random};
  postgres::PoolConfig config;
  std::size_t rate = 0;
  std::size_t batch = 0;
};

// Each job has an aggregate of its own, as the jobs of new orders have.
Task<void> produce(Bench& bench, postgres::Pool& pool, Notifier& notifier,
                   const Measuring& handler) {
  const auto begun = std::chrono::steady_clock::now();
  std::size_t appended = 0;
  while (stop_asked == 0) {
    const auto elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const bool ahead =
        bench.rate == 0 ? appended > handler.run_so_far() + kMaxAhead
                        : static_cast<double>(appended) > elapsed * static_cast<double>(bench.rate);
    if (ahead) {
      co_await bench.loop.sleep(1ms);
      continue;
    }
    std::vector<NewJob> jobs;
    for (std::size_t i = 0; i < bench.batch; ++i) {
      jobs.push_back({std::string(kKind), bench.ids.next(), std::string(kPayload)});
    }
    Context context;
    auto transaction = co_await pool.begin(context);
    co_await transaction.pipeline(store::append(jobs, bench.ids));
    co_await transaction.commit();
    appended += bench.batch;
    notifier.notify();
  }
}

Task<void> measure(Bench& bench) {
  postgres::Pool pool(bench.loop, bench.registry, bench.config);
  co_await pool.start();
  Notifier notifier;
  Measuring handler(bench.clock);
  Runner runner(bench.loop, {}, bench.config, {{kKind, &handler}}, notifier,
                {bench.registry, bench.log});
  runtime::Scope scope(bench.loop);
  scope.spawn(runner.run());
  scope.spawn(produce(bench, pool, notifier, handler));
  while (stop_asked == 0) {
    co_await bench.loop.sleep(1s);
    handler.report();
  }
  runner.stop();
  co_await scope.join();
  co_await pool.close();
}

}  // namespace
}  // namespace souk::jobs

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: jobs_bench_node DATABASE_URL RATE BATCH\n");
    return 2;
  }
  std::signal(SIGTERM, [](int) { souk::jobs::stop_asked = 1; });
  souk::jobs::Bench bench;
  bench.config.conninfo = argv[1];
  bench.rate = std::strtoul(argv[2], nullptr, 10);
  bench.batch = std::max(1UL, std::strtoul(argv[3], nullptr, 10));
  bench.loop.run_until_done(souk::jobs::measure(bench));
}
