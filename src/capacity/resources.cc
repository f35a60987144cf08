#include "capacity/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace souk::capacity {
namespace {

double share_of(double used, double all) { return all > 0 ? std::clamp(used / all, 0.0, 1.0) : 0; }

bool is_processor(Resource resource) { return resource <= Resource::kMachineCpu; }

std::string percent(double share) { return fmt::format("{:.0f} %", share * 100); }

}  // namespace

std::string_view resource_name(Resource resource) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "generatorCpu", "shopCpu", "redisCpu",    "machineCpu", "locks",
      "disk",         "latches", "connections", "loop",       "none"};
  return kNames.at(static_cast<std::size_t>(resource));
}

std::vector<Saturation> saturations(const Usage& usage) {
  using enum Resource;
  // With less than one session at a time the rest of the time is no wait.
  const double sessions = std::max(usage.active, 1.0);
  return {{kGeneratorCpu, share_of(usage.generator, usage.generator_threads)},
          {kShopCpu, share_of(usage.shop, usage.workers)},
          {kRedisCpu, share_of(usage.redis, 1)},  // it has one thread
          {kMachineCpu, share_of(usage.machine, usage.cores)},
          {kLocks, share_of(usage.waiting_for_locks, sessions)},
          {kDisk, share_of(usage.waiting_for_disk, sessions)},
          {kLatches, share_of(usage.waiting_for_latches, sessions)},
          {kConnections, share_of(usage.connection_wait, usage.latency)},
          {kLoop, share_of(usage.loop_delay, usage.latency)}};
}

Saturation binding(const Usage& usage) {
  const auto all = saturations(usage);
  const auto greatest = [&all](bool processors, double least) {
    Saturation found;
    for (const auto& one : all) {
      if (is_processor(one.resource) == processors && one.share >= least &&
          one.share > found.share) {
        found = one;
      }
    }
    return found;
  };
  const auto processor = greatest(true, kBusy);
  return processor.resource != Resource::kNone ? processor : greatest(false, kWaiting);
}

std::string explain(const Saturation& binding, const Usage& usage) {
  using enum Resource;
  const auto share = percent(binding.share);
  switch (binding.resource) {
    case kGeneratorCpu:
      return fmt::format(
          "the load generator: {} of its {:.0f} threads' time; the shop could carry more", share,
          usage.generator_threads);
    case kShopCpu:
      return fmt::format("the CPU of the shop: {} of its {:.0f} workers' time", share,
                         usage.workers);
    case kRedisCpu:
      return fmt::format("the CPU of Redis: {} of its thread's time", share);
    case kMachineCpu: {
      const double others =
          usage.machine - usage.shop - usage.postgres - usage.redis - usage.generator;
      return fmt::format(
          "the CPU of the machine: {} of {:.0f} cores, of which the shop uses {:.2f}, PostgreSQL "
          "{:.2f}, Redis {:.2f}, the load generator {:.2f}, and the kernel for no process and "
          "other programs {:.2f}",
          share, usage.cores, usage.shop, usage.postgres, usage.redis, usage.generator,
          std::max(others, 0.0));
    }
    case kLocks:
      return fmt::format("row locks: {} of the database's working sessions wait for them", share);
    case kDisk:
      return fmt::format("the disk: {} of the database's working sessions wait for it", share);
    case kLatches:
      return fmt::format("PostgreSQL's internal locks: {} of its working sessions wait for them",
                         share);
    case kConnections:
      return fmt::format("connections to the database: waits for one are {} of the latency", share);
    case kLoop:
      return fmt::format("the shop's event loops: their delay is {} of the latency", share);
    case kNone:
      break;
  }
  return "nothing is used up: more concurrency would be served";
}

}  // namespace souk::capacity
