// A server program as a child that cannot outlive this process: the kernel kills it when the thread
// that started it ends, even after SIGKILL.
//
// Threading: one thread starts it, waits for it and must outlive it; signal() from any thread.
// Ownership: the destructor kills and reaps a child that still runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "app/embedded/file_descriptor.h"
#include "base/error.h"

namespace souk::app {

// The user and group of a child.
struct UserId {
  uid_t uid;
  gid_t gid;
  bool operator==(const UserId&) const = default;
};

// This process's own.
UserId current_user();

struct ProcessSpec {
  std::vector<std::string> arguments;  // the first is the program's absolute path
  UserId user;                         // another than ours only as root
  // The child's working folder. Entered with our rights, since the child's user may be unable to
  // traverse the path, and open in the child as descriptor kFolderDescriptor.
  std::filesystem::path folder;
  std::filesystem::path log;  // standard output and error, appended
  int parent_death_signal;
  int output = -1;  // instead of `log`: a descriptor of the caller
};

inline constexpr int kFolderDescriptor = 3;

class Process {
 public:
  // The child leads its own session, so that a terminal's Ctrl-C does not reach it, and gets none
  // of our environment. Errors: kUnavailable naming the program and the system's reason.
  static Result<Process> start(const ProcessSpec& spec);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }
  // Readable once the child has ended.
  int descriptor() const { return pidfd_.get(); }
  void signal(int number) const;
  // Whether it ended within `time`; it is then reaped.
  bool ended_within(std::chrono::milliseconds time);
  // REQUIRES: ended. "exit status 1", "signal 9 (Killed)".
  std::string ending() const;
  bool succeeded() const { return status_ == 0; }

 private:
  Process(pid_t pid, FileDescriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_;
  FileDescriptor pidfd_;
  bool running_ = true;
  int status_ = 0;
};

}  // namespace souk::app
