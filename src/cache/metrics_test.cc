#include "cache/metrics.h"

#include <fcntl.h>
#include <gmock/gmock.h>

namespace souk::cache {
namespace {

using testing::HasSubstr;

constexpr Kind kPlums{.name = "plums"};
constexpr Kind kCocoa{.name = "cocoa"};
static_assert(kPlums.slot == kCocoa.slot);

TEST(WorkerMetrics, KindsOfOneSlotAreCountedApart) {
  telemetry::Registry registry;
  const SystemClock clock;
  telemetry::Log log(telemetry::LogLevel::kError, ::open("/dev/null", O_WRONLY | O_CLOEXEC), clock,
                     registry);
  WorkerMetrics metrics(registry, log);
  for (const auto& kind : {kPlums, kCocoa, kPlums, kCocoa, kCocoa}) {
    metrics.of(kind).memory_hits.increment();
  }
  Buffer page;
  registry.render(page);
  EXPECT_THAT(page.view(), HasSubstr("souk_cache_hits_total{kind=\"plums\",level=\"memory\"} 2\n"));
  EXPECT_THAT(page.view(), HasSubstr("souk_cache_hits_total{kind=\"cocoa\",level=\"memory\"} 3\n"));
}

}  // namespace
}  // namespace souk::cache
