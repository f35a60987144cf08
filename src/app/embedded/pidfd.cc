#include "app/embedded/pidfd.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

extern "C" {  // missing in glibc 2.36
#include <sys/pidfd.h>
}

namespace souk::app {

FileDescriptor open_process(pid_t pid) { return FileDescriptor(pidfd_open(pid, 0)); }

void signal_process(const FileDescriptor& process, int number) {
  pidfd_send_signal(process.get(), number, nullptr, 0);
}

bool process_ends_within(const FileDescriptor& process, std::chrono::milliseconds time) {
  using std::chrono::steady_clock;
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  const auto deadline = steady_clock::now() + time;
  int changes = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    changes = poll(&ended, 1, std::max(0, static_cast<int>(left.count())));
  } while (changes < 0 && errno == EINTR);
  return changes > 0;
}

}  // namespace souk::app
