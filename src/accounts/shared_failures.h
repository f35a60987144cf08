// The counts of the sign-in guard, of all nodes, in Redis. One script judges an attempt and counts
// it if it is admitted: of attempts at the same time none is judged by an old count, and a refused
// one leaves no trace. While Redis is away, or the secret for the names is unknown, each node
// judges alone, by its own counts.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/failure_counts.h"
#include "redis/client.h"
#include "redis/secret.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "telemetry/metrics.h"

namespace souk::accounts {

// A count by what it is of, the same on every node; Redis never sees that.
struct SharedCount {
  std::string name;
  FailureCounts::Policy policy;
};

class SharedFailures {
 public:
  // `redis` may be null.
  SharedFailures(redis::Client* redis, const redis::SharedSecret& secret,
                 telemetry::Registry& registry);

  // How long the attempt has to wait; zero: it is admitted, and each count is one higher. Of a
  // known network, while the first count is below its free failures, only that one is judged.
  // Nothing: Redis is away.
  runtime::Task<std::optional<std::chrono::microseconds>> admit(const runtime::Context& context,
                                                                std::vector<SharedCount> counts,
                                                                bool known_network);
  // Undoes the counting of an admitted attempt that was no failure.
  runtime::Task<void> take_back(const runtime::Context& context, std::vector<SharedCount> counts);

 private:
  // The script's answer. `span_name`: a constant.
  runtime::Task<std::optional<std::chrono::microseconds>> run(const runtime::Context& context,
                                                              std::string_view span_name,
                                                              std::string_view what,
                                                              std::vector<SharedCount> counts);

  redis::Client* const redis_;
  const redis::SharedSecret& secret_;
  const redis::Script script_;
  telemetry::Counter& shared_;
  telemetry::Counter& local_;
};

}  // namespace souk::accounts
