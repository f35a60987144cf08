// Which resource ends a shop's capacity, from what was in use and what was waited for.
// Threading: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace souk::capacity {

// Means over a run.
struct Usage {
  // In cores.
  double machine = 0;
  double shop = 0;
  double postgres = 0;
  double redis = 0;
  double generator = 0;
  // What there is of them.
  double cores = 0;
  double workers = 0;  // of the shop, one core each
  double generator_threads = 0;
  // Sessions of the database that run a statement, and those of them that wait.
  double active = 0;
  double waiting_for_locks = 0;
  double waiting_for_disk = 0;     // reads, writes and flushes of the log
  double waiting_for_latches = 0;  // PostgreSQL's lightweight locks and other processes
  // Seconds.
  double loop_delay = 0;
  double connection_wait = 0;  // p95
  double latency = 0;
};

enum class Resource : std::uint8_t {
  kGeneratorCpu,
  kShopCpu,
  kRedisCpu,
  kMachineCpu,
  kLocks,
  kDisk,
  kLatches,
  kConnections,
  kLoop,
  kNone,
};
std::string_view resource_name(Resource resource);  // stable: "machineCpu"

// How much of a resource is used up, between 0 and 1; of waits, the part of the time that they are.
struct Saturation {
  Resource resource = Resource::kNone;
  double share = 0;
};

inline constexpr double kBusy = 0.85;     // of a processor: above, queues grow without bound
inline constexpr double kWaiting = 0.50;  // of the time

// All, in the order of the enumeration.
std::vector<Saturation> saturations(const Usage& usage);
// The busiest processor that is at kBusy, else the longest wait above kWaiting, else kNone: more
// concurrency would be served. A processor comes first, since what waits for it waits elsewhere,
// too; among equals that with the narrower meaning.
Saturation binding(const Usage& usage);
// A sentence for people, with the figures it rests on.
std::string explain(const Saturation& binding, const Usage& usage);

}  // namespace souk::capacity
