// The counts of the sign-in guard, shared by the nodes through Redis. Before an attempt is judged
// it is counted for all nodes, and what was counted before is learned: attempts on several nodes at
// once are not judged by an old count. While Redis is away each node counts alone.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "redis/client.h"
#include "runtime/task.h"
#include "telemetry/metrics.h"

namespace souk::accounts {

// A count by its name on every node, and what it forgets.
struct SharedCount {
  std::string name;
  std::chrono::steady_clock::duration forget;
};
// What was counted: so many, at that time.
struct Counted {
  double count;
  std::chrono::steady_clock::time_point last;
};

class SharedFailures {
 public:
  // `redis` may be null.
  SharedFailures(redis::Client* redis, telemetry::Registry& registry);

  // Adds one to each count; returns what they were before. Nothing: Redis is away.
  runtime::Task<std::optional<std::vector<Counted>>> add(std::vector<SharedCount> counts);
  // Undoes an add() for something that did not happen.
  runtime::Task<void> take_back(std::vector<SharedCount> counts);

 private:
  runtime::Task<std::optional<std::vector<Counted>>> change(std::vector<SharedCount> counts,
                                                            std::string_view by);

  redis::Client* const redis_;
  const redis::Script script_;
  telemetry::Counter& shared_;
  telemetry::Counter& local_;
};

}  // namespace souk::accounts
