#include "app/embedded/server.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "app/embedded/pidfd.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::seconds kKilledWaitMax{5};

}  // namespace

static constexpr std::chrono::seconds kReapedWaitMax{10};
static constexpr std::chrono::milliseconds kReapedPoll{10};

ProcessOwner find_owner(pid_t pid, const fs::path& folder) {
  struct stat its{};
  struct stat ours{};
  if (stat(fmt::format("/proc/{}/cwd", pid).c_str(), &its) != 0) {
    return errno == ENOENT || errno == ESRCH ? ProcessOwner::kGone : ProcessOwner::kHidden;
  }
  if (stat(folder.c_str(), &ours) != 0) return ProcessOwner::kElsewhere;
  const bool same = its.st_dev == ours.st_dev && its.st_ino == ours.st_ino;
  return same ? ProcessOwner::kWorksInFolder : ProcessOwner::kElsewhere;
}

// A killed process keeps its pid until its new parent reaps it, and looks like a running one until
// then.
static void wait_until_reaped(pid_t pid) {
  const auto give_up = std::chrono::steady_clock::now() + kReapedWaitMax;
  while (::kill(pid, 0) == 0 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(kReapedPoll);
  }
}

Result<> end_leftover(std::string_view name, pid_t pid, const fs::path& folder,
                      std::span<const StopStep> steps) {
  if (pid <= 0) return {};
  // Opened before it is checked: the pid cannot be reused in between.
  const FileDescriptor leftover = open_process(pid);
  const auto owner = find_owner(pid, folder);
  if (owner == ProcessOwner::kGone) wait_until_reaped(pid);
  if (!leftover || owner == ProcessOwner::kGone || owner == ProcessOwner::kElsewhere) return {};
  const auto send = [&](int signal) {
    if (owner == ProcessOwner::kWorksInFolder) signal_process(leftover, signal);
  };
  for (const auto& step : steps) {
    send(step.signal);
    if (process_ends_within(leftover, step.wait_max)) return {};
  }
  send(SIGKILL);
  if (process_ends_within(leftover, kKilledWaitMax)) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} of an earlier run (process {}) does not end", name, pid));
}

pid_t read_pid_file(const fs::path& path) {
  std::ifstream file(path);
  pid_t pid = 0;
  file >> pid;
  return file ? pid : 0;
}

}  // namespace souk::app
