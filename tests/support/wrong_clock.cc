// Preloaded into a program, it makes the program's wall clock wrong by WRONG_CLOCK_SECONDS: nothing
// else. Waiting and the monotonic clock stay right, as on a machine whose date is wrong.
// libfaketime moves absolute timers of timerfd too, those of the monotonic clock included.

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

int read_clock(clockid_t clock, timespec* time) {
  static const long off = [] {
    const char* const seconds = std::getenv("WRONG_CLOCK_SECONDS");
    return seconds != nullptr ? std::atol(seconds) : 0;
  }();
  const auto status = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += off;
  }
  return status;
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
}
