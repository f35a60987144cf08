#include "app/shop/warm_up.h"

#include <string>
#include <vector>

#include "app/metrics.h"
#include "runtime/scope.h"
#include "statistics/store.h"

namespace souk::app {

using runtime::Context;
using runtime::Task;

namespace {

// How often it looks whether its time is over.
constexpr std::chrono::milliseconds kTick{20};

bool is_on(const Settings& settings) {
  const auto& cache = settings.cache;
  return cache.warm_up > 0 && cache.warm_up_time.count() > 0 && cache.config.max_memory > 0 &&
         !settings.serve.read_only;
}

}  // namespace

struct WarmUp::Progress {
  Context context;  // of all loads
  std::vector<ProductId> products = {};
  std::size_t next = 0;
  std::size_t cached = 0;
  std::string failure = {};  // the first

  void failed(const std::exception& error) {
    if (failure.empty()) failure = error.what();
  }
  bool goes_on() const { return !context.cancelled && failure.empty(); }
};

WarmUp::WarmUp(const Settings& settings, telemetry::Registry& registry, telemetry::Log& log)
    : products_(settings.cache.warm_up),
      time_(settings.cache.warm_up_time),
      warmed_(registry.cell(kMetrics.warmed_products)),
      seconds_(registry.cell(kMetrics.warm_up_seconds)),
      log_(log),
      ended_(!is_on(settings)) {}

Task<void> WarmUp::run(Sources sources, runtime::Worker& worker, runtime::Event& usable) {
  if (ended()) co_return;
  co_await usable.wait();
  if (worker.stopping.is_set()) co_return;
  const auto begun = std::chrono::steady_clock::now();
  Progress progress{.context = {.deadline = begun + time_}};
  runtime::Scope scope(worker.loop);
  scope.spawn(fill(sources, worker.loop, progress));
  while (!co_await scope.join(kTick)) {
    const bool late = std::chrono::steady_clock::now() >= begun + time_;
    if (!progress.context.cancelled && (late || worker.stopping.is_set())) {
      progress.context.cancel();
    }
  }
  report(progress, std::chrono::steady_clock::now() - begun);
  ended_.store(true, std::memory_order_release);
}

Task<void> WarmUp::fill(Sources sources, runtime::Loop& loop, Progress& progress) {
  try {
    // What is loaded before the first look at the change log is not kept.
    co_await sources.cache.catch_up(progress.context);
    co_await load_pages(sources.catalog, progress);
    progress.products =
        co_await statistics::store::best_sellers(sources.pool, progress.context, products_);
  } catch (const std::exception& error) {
    progress.failed(error);
  }
  runtime::Scope scope(loop);
  for (std::size_t i = 0; i < kAtOnce; ++i) scope.spawn(load_products(sources.catalog, progress));
  co_await scope.join();
}

Task<void> WarmUp::load_pages(catalog::Catalog& catalog, Progress& progress) {
  static_cast<void>(co_await catalog.categories(progress.context));
  static_cast<void>(co_await catalog.list(progress.context, {}));
}

Task<void> WarmUp::load_products(catalog::Catalog& catalog, Progress& progress) {
  while (progress.goes_on() && progress.next < progress.products.size()) {
    const auto id = progress.products[progress.next++];
    try {
      if (co_await catalog.product(progress.context, id)) ++progress.cached;
    } catch (const std::exception& error) {
      progress.failed(error);
    }
  }
}

void WarmUp::report(const Progress& progress, std::chrono::steady_clock::duration took) {
  const auto seconds = std::chrono::duration<double>(took).count();
  warmed_.set(static_cast<double>(progress.cached));
  seconds_.set(seconds);
  const bool complete = progress.failure.empty() && !progress.context.cancelled;
  log_.write(complete ? telemetry::LogLevel::kInfo : telemetry::LogLevel::kWarning,
             "cache_warmed_up",
             {{"products", progress.cached},
              {"wanted", progress.products.size()},
              {"seconds", seconds},
              {"reason", std::string_view(progress.failure)}});
}

}  // namespace souk::app
