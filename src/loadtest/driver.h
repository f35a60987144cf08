// Drives a share of the users of a load test from one thread: thousands of non-blocking sockets
// over one epoll instance, two system calls and no allocation per request, so that the load costs
// the machine it shares with the shop as little as possible. (Not runtime::Loop: that turns a timer
// wheel of 20 ms, and a load generator must send on time.)
//
// Threading: made and run on one thread; the recorder and the stop flag may be read and set from
// others. Ownership: borrows target, workload, plan, recorder and ledger file, which outlive it.
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
#include "loadtest/recorder.h"
#include "loadtest/workload.h"

namespace souk::loadtest {

inline constexpr std::chrono::seconds kRequestTimeout{30};
// After a connection failed a user waits at least this long, as a browser's user would.
inline constexpr std::chrono::milliseconds kReconnectPause{100};
// Open model: arrivals that may wait for a connection, per thread; beyond it the oldest is given
// up.
inline constexpr std::size_t kMaxBacklog = 1'000'000;

struct OpenModel {
  double rate_per_second = 0;
  Spacing spacing = Spacing::kPoisson;
};

struct Plan {
  std::size_t users = 0;  // open model: connections
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds ramp_up{};
  std::chrono::nanoseconds think_time{};  // closed model
  std::optional<OpenModel> open;          // else closed
  std::chrono::nanoseconds request_timeout = kRequestTimeout;
  std::uint64_t seed = 1;
  std::size_t threads = 1;
};

// A run in progress, shared by its drivers.
struct Run {
  const http::Target& target;
  const Workload& workload;
  const Plan& plan;
  const LedgerFile* ledger;  // or null
  SteadyTime start;
  const std::atomic<bool>& stop;  // ends the run early, with what is in flight awaited
};

class Driver {
 public:
  // Of plan.threads drivers, the one numbered `thread`: every user whose number leaves that
  // remainder. Throws std::system_error where the kernel refuses the descriptors.
  Driver(const Run& run, std::size_t thread, Recorder& recorder);
  ~Driver();

  // Until the plan's duration has passed and every answer has come or is overdue.
  void run();

  // After run().
  const std::vector<Acknowledged>& acknowledged() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace souk::loadtest
