// Simulates a share of a load test's users on one thread: thousands of non-blocking sockets on one
// epoll instance, with HTTP/1.1 two system calls per request, to use as little as possible of the
// machine that it shares with the shop. (runtime::Loop's timer wheel of 20 ms is too coarse: a load
// generator must send on time.)
//
// Threading: created and run on one thread; other threads may read the recording and set the stop
// flag. Ownership: borrows target, workload, plan, recording and ledger file, which outlive it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "http/client/target.h"
#include "loadtest/arrival.h"
#include "loadtest/ledger.h"
#include "loadtest/link.h"
#include "loadtest/recorder.h"
#include "loadtest/workload.h"

namespace souk::loadtest {

inline constexpr std::chrono::seconds kRequestTimeout{30};
// The minimum wait after a failed connection, like a person's.
inline constexpr std::chrono::milliseconds kReconnectPause{100};
// Open model: the most arrivals that wait for a connection, per thread; above it the oldest is
// dropped.
inline constexpr std::size_t kMaxBacklog = 1'000'000;

struct Plan {
  std::size_t users = 0;  // at the peak; open model: connections
  LoadShape shape;        // of users, or of arrivals a second
  std::chrono::nanoseconds warm_up{};
  std::optional<Spacing> open;  // else the closed model
  std::chrono::nanoseconds request_timeout = kRequestTimeout;
  std::uint64_t seed = 1;
  std::size_t threads = 1;
  Protocol protocol = Protocol::kHttp1;
  std::uint64_t max_requests = 0;  // then the run ends; 0: no limit
  std::size_t streams = 1;         // users of one connection, in a row; HTTP/1.1: 1
};

// A run in progress, shared by its drivers.
struct Run {
  const http::Target& target;
  const Workload& workload;
  const Plan& plan;
  const LedgerFile* ledger;  // or null
  SteadyTime start;
  const std::atomic<bool>& stop;  // ends the run early; pending answers are awaited
};

class Driver {
 public:
  // Driver number `thread` of plan.threads: simulates the users whose number has this remainder.
  // Throws std::system_error when the kernel refuses the descriptors.
  Driver(const Run& run, std::size_t thread, Recording& recording);
  ~Driver();

  // Returns when the shape has ended and every answer has come or timed out.
  void run();

  // After run().
  const std::vector<Acknowledged>& acknowledged() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace souk::loadtest
