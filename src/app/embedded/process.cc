#include "app/embedded/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "app/embedded/pidfd.h"
#include "base/assert.h"

namespace souk::app {
namespace {

// Between fork and exec only async-signal-safe calls are allowed: all allocations come before.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  FileDescriptor folder;
  FileDescriptor log;
  FileDescriptor nothing;  // standard input
  FileDescriptor failure;  // the child writes errno here if exec fails
  UserId user;
  bool changes_user;
  int parent_death_signal;
  pid_t parent;
};

// The child's whole environment. Ours has secrets (DATABASE_URL), and PG* variables would change
// how a server starts.
constexpr std::array kEnvironment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};

constexpr int kFailureDescriptor = kFolderDescriptor + 1;
constexpr int kFirstCopy = 10;  // above any number that is assigned below

void restore_default_signals() {
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool take_descriptors(const Prepared& prepared) {
  const std::array<std::pair<int, int>, 5> moves{{{prepared.nothing.get(), STDIN_FILENO},
                                                  {prepared.log.get(), STDOUT_FILENO},
                                                  {prepared.log.get(), STDERR_FILENO},
                                                  {prepared.folder.get(), kFolderDescriptor},
                                                  {prepared.failure.get(), kFailureDescriptor}}};
  std::array<int, moves.size()> copies{};
  for (std::size_t i = 0; i < moves.size(); ++i) {
    copies[i] = fcntl(moves[i].first, F_DUPFD_CLOEXEC, kFirstCopy);
    if (copies[i] < 0) return false;
  }
  for (std::size_t i = 0; i < moves.size(); ++i) {
    if (dup2(copies[i], moves[i].second) < 0) return false;
  }
  return fcntl(kFailureDescriptor, F_SETFD, FD_CLOEXEC) == 0 &&
         close_range(kFailureDescriptor + 1, ~0U, 0) == 0;
}

bool take_identity(const Prepared& prepared) {
  if (fchdir(kFolderDescriptor) != 0) return false;
  if (!prepared.changes_user) return true;
  return setgroups(0, nullptr) == 0 && setgid(prepared.user.gid) == 0 &&
         setuid(prepared.user.uid) == 0;
}

[[noreturn]] void become(const Prepared& prepared) {
  restore_default_signals();
  umask(077);
  setsid();
  // Before the change of user, which would clear it; a parent that died before is detected by its
  // changed id.
  if (take_descriptors(prepared) && take_identity(prepared) &&
      prctl(PR_SET_PDEATHSIG, prepared.parent_death_signal) == 0 && getppid() == prepared.parent) {
    execve(prepared.arguments.front(), prepared.arguments.data(), prepared.environment.data());
  }
  const int reason = errno;
  [[maybe_unused]] const auto written = write(kFailureDescriptor, &reason, sizeof(reason));
  _exit(127);
}

FileDescriptor open_output(const ProcessSpec& spec) {
  if (spec.output >= 0) return FileDescriptor(fcntl(spec.output, F_DUPFD_CLOEXEC, 0));
  return FileDescriptor(
      open(spec.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
}

std::unexpected<Error> not_started(const ProcessSpec& spec, std::string_view what) {
  return fail(ErrorCode::kUnavailable, fmt::format("cannot start {}: {}: {}", spec.arguments[0],
                                                   what, std::strerror(errno)));
}

}  // namespace

UserId current_user() { return {geteuid(), getegid()}; }

Result<Process> Process::start(const ProcessSpec& spec) {
  SOUK_ASSERT(!spec.arguments.empty());
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return not_started(spec, "pipe");
  const FileDescriptor failure_reader(pipe_ends[0]);
  Prepared prepared{
      .arguments = {},
      .environment = {},
      .folder = FileDescriptor(open(spec.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      .log = open_output(spec),
      .nothing = FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)),
      .failure = FileDescriptor(pipe_ends[1]),
      .user = spec.user,
      .changes_user = spec.user != current_user(),
      .parent_death_signal = spec.parent_death_signal,
      .parent = getpid(),
  };
  if (!prepared.folder) return not_started(spec, spec.folder.string());
  if (!prepared.log) return not_started(spec, spec.output < 0 ? spec.log.string() : "output");
  for (const auto& argument : spec.arguments) {
    prepared.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  prepared.arguments.push_back(nullptr);
  for (const char* const variable : kEnvironment) {
    prepared.environment.push_back(const_cast<char*>(variable));
  }
  prepared.environment.push_back(nullptr);

  const pid_t pid = fork();
  if (pid < 0) return not_started(spec, "fork");
  if (pid == 0) become(prepared);
  Process process(pid, open_process(pid));
  prepared.failure = FileDescriptor();
  int reason = 0;
  if (read(failure_reader.get(), &reason, sizeof(reason)) == sizeof(reason)) {
    process.ended_within(std::chrono::seconds(10));
    errno = reason;
    return not_started(spec, "exec");
  }
  if (!process.pidfd_) return not_started(spec, "pidfd");
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(other.pid_),
      pidfd_(std::move(other.pidfd_)),
      running_(std::exchange(other.running_, false)),
      status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(running_, other.running_);
  std::swap(status_, other.status_);
  return *this;
}

Process::~Process() {
  if (!running_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const { signal_process(pidfd_, number); }

bool Process::ended_within(std::chrono::milliseconds time) {
  if (!running_) return true;
  if (!process_ends_within(pidfd_, time)) return false;
  waitpid(pid_, &status_, 0);
  running_ = false;
  return true;
}

std::string Process::ending() const {
  if (WIFSIGNALED(status_)) {
    const int number = WTERMSIG(status_);
    return fmt::format("signal {} ({})", number, strsignal(number));
  }
  return fmt::format("exit status {}", WEXITSTATUS(status_));
}

}  // namespace souk::app
