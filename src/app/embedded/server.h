// The supervisor's interface to a server program.
// Threading: the supervisor's thread; name() from any thread.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "app/embedded/process.h"
#include "base/error.h"

namespace souk::app {

// A signal that asks a child to end, and the time to wait for it.
struct StopStep {
  int signal;
  std::chrono::milliseconds wait_max;
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string_view name() const = 0;
  // Removes leftovers of an earlier run: waits for its process to end, or ends it.
  virtual Result<> remove_leftovers() = 0;
  virtual ProcessSpec process() const = 0;
  virtual const std::filesystem::path& log() const = 0;
  // Whether the running child accepts connections.
  virtual bool ready(pid_t pid) const = 0;
  // From the gentlest on; the supervisor adds SIGKILL.
  virtual std::span<const StopStep> stop_steps() const = 0;
};

// Where a process works, as far as visible: root without CAP_SYS_PTRACE (in a container) cannot see
// it for other users' processes.
enum class ProcessOwner : std::uint8_t { kGone, kWorksInFolder, kElsewhere, kHidden };
ProcessOwner find_owner(pid_t pid, const std::filesystem::path& folder);

// Ends a server that a killed earlier run left in `folder`; `pid` is from its pid file. A process
// that works elsewhere is not touched; one whose folder is hidden is only waited for. Errors:
// kUnavailable when it does not end.
Result<> end_leftover(std::string_view name, pid_t pid, const std::filesystem::path& folder,
                      std::span<const StopStep> steps);

// The first number in a pid file; 0 if there is none.
pid_t read_pid_file(const std::filesystem::path& path);

}  // namespace souk::app
