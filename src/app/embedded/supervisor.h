// Keeps server programs running: starts them, restarts them after an unexpected end, stops them in
// order, and bounds their logs.
//
// Threading: one thread of its own starts, watches and stops the children, since the kernel ties a
// child's life to the thread that started it. The functions here may be called from any thread.
// Ownership: owns the servers. The destructor stops them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "app/embedded/server.h"

namespace souk::app {

// A server that ended unexpectedly.
struct ServerEnded {
  std::string_view server;
  std::string how;
  std::chrono::milliseconds restart_in;
};

// Called on the supervisor's thread; must not call back into the supervisor.
using ServerEndedCallback = std::function<void(const ServerEnded&)>;

class Supervisor {
 public:
  static constexpr std::chrono::milliseconds kRestartDelayMin{100};
  static constexpr std::chrono::milliseconds kRestartDelayMax{10'000};
  // An earlier run that was killed while starting a server may have left one without a pid file
  // yet: the next attempt finds it.
  static constexpr int kFirstStartTries = 3;
  // After running this long, a server's earlier failures are forgotten.
  static constexpr std::chrono::seconds kStableAfter{60};
  // Includes crash recovery.
  static constexpr std::chrono::minutes kStartWaitMax{5};

  // A server's log above `log_bytes_max` is rotated: see server_log.h.
  Supervisor(std::vector<std::unique_ptr<Server>> servers, ServerEndedCallback on_ended,
             std::uintmax_t log_bytes_max);
  ~Supervisor();

  // Returns once every server is ready, or one could not be started; then all are stopped. Errors:
  // kUnavailable, with the end of the server's log.
  Result<> wait_until_ready();
  // Stops in reverse order, each with its stop_steps() and then SIGKILL. May be called twice.
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Slot {
    std::unique_ptr<Server> server;
    std::optional<Process> process = {};
    bool ready = false;
    bool was_ready = false;
    int failures = 0;  // in a row
    Time started = {};
    Time start_at = {};
  };

  void run();
  void start_one(Slot& slot);
  void see_who_is_ready();
  void wait_for_change();
  void on_end(Slot& slot, std::string how);
  void stop_one(Slot& slot);
  void give_up(const Slot& slot, const std::string& why);

  std::vector<Slot> slots_;  // used by the thread only
  ServerEndedCallback on_ended_;
  std::uintmax_t log_bytes_max_;
  FileDescriptor wake_;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<>> first_start_;  // guarded by mutex_

  std::thread thread_;
};

}  // namespace souk::app
