// Preloaded into a program that runs under valgrind, it takes commands for both: the program's
// clocks can be made to stand still, so that what it does depends on its input alone. For
// tests/costs.
//
// A thread of its own accepts one connection on the Unix socket STILL_CLOCK_SOCKET. Each line is a
// command, and "done" its answer: "stop" stops all clocks for good, and no timer expires any more;
// anything else is a monitor command of valgrind's tool, such as "dump".

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::atomic<bool> stands_still{false};
timespec stopped_monotonic{};
timespec stopped_wall{};

int kernel_time(clockid_t clock, timespec* time) {
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}

// The clocks of processor time go on.
int read_clock(clockid_t clock, timespec* time) {
  if (!stands_still.load(std::memory_order_acquire)) return kernel_time(clock, time);
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
      *time = stopped_wall;
      return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
      *time = stopped_monotonic;
      return 0;
    default:
      return kernel_time(clock, time);
  }
}

void stop_time() {
  kernel_time(CLOCK_MONOTONIC, &stopped_monotonic);
  kernel_time(CLOCK_REALTIME, &stopped_wall);
  stands_still.store(true, std::memory_order_release);
}

void serve(int connection) {
  std::string line;
  for (char next = 0; ::read(connection, &next, 1) == 1;) {
    if (next != '\n') {
      line += next;
      continue;
    }
    if (line == "stop") {
      stop_time();
    } else {
      VALGRIND_MONITOR_COMMAND(line.c_str());
    }
    line.clear();
    if (::write(connection, "done\n", 5) != 5) return;
  }
}

void* listen_for_commands(void* argument) {
  const int listener = *static_cast<int*>(argument);
  const int connection = ::accept(listener, nullptr, nullptr);
  if (connection >= 0) serve(connection);
  return nullptr;
}

// Before main(), so that the thread has the same number in each run; it takes none of the program's
// signals.
[[gnu::constructor]] void start() {
  const char* const path = std::getenv("STILL_CLOCK_SOCKET");
  // Valgrind's launcher, which starts the program, has loaded this library too.
  if (path == nullptr || RUNNING_ON_VALGRIND == 0) return;
  static int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, 1) != 0) {
    std::abort();
  }
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread{};
  if (::pthread_create(&thread, nullptr, listen_for_commands, &listener) != 0) std::abort();
  ::pthread_detach(thread);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept { return read_clock(clock, now); }

int gettimeofday(timeval* now, void* /*zone*/) noexcept {
  timespec time{};
  const int status = read_clock(CLOCK_REALTIME, &time);
  *now = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1'000};
  return status;
}

time_t time(time_t* now) noexcept {
  timespec time{};
  read_clock(CLOCK_REALTIME, &time);
  if (now != nullptr) *now = time.tv_sec;
  return time.tv_sec;
}

int timerfd_settime(int fd, int flags, const itimerspec* next, itimerspec* before) noexcept {
  constexpr itimerspec kNever{};  // also takes back that it has expired
  const auto* const wanted = stands_still.load(std::memory_order_acquire) ? &kNever : next;
  return static_cast<int>(::syscall(SYS_timerfd_settime, fd, flags, wanted, before));
}
}
