// What the supervisor needs to know of a server program to keep it running.
// Threading: the supervisor's thread calls everything but name(); name() may be called by any.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "app/embedded/process.h"
#include "base/error.h"

namespace souk::app {

// A way to ask a child to end, and how long it is given.
struct StopStep {
  int signal;
  std::chrono::milliseconds wait_max;
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string_view name() const = 0;
  // Removes what an earlier run left: waits for its process to end, or ends it.
  virtual Result<> clear_the_way() = 0;
  virtual ProcessSpec process() const = 0;
  virtual const std::filesystem::path& log() const = 0;
  // Whether the running child takes connections.
  virtual bool ready(pid_t pid) const = 0;
  // From the gentlest on; SIGKILL follows by itself.
  virtual std::span<const StopStep> stop_steps() const = 0;
};

// Whose a process is, as far as we may see: as root without CAP_SYS_PTRACE (in a container) another
// user's processes hide it.
enum class ProcessOwner : std::uint8_t { kGone, kWorksInFolder, kElsewhere, kHidden };
ProcessOwner find_owner(pid_t pid, const std::filesystem::path& folder);

// Ends the server that an earlier run, killed outright, left in `folder`, if there is one; `pid` is
// what its pid file says. A process that works elsewhere is let alone, one that hides it is only
// waited for.
// Errors: kUnavailable where it does not end.
Result<> end_leftover(std::string_view name, pid_t pid, const std::filesystem::path& folder,
                      std::span<const StopStep> steps);

// The first number in a pid file; 0 where there is none.
pid_t read_pid_file(const std::filesystem::path& path);

}  // namespace souk::app
