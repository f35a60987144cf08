#include "app/shutdown_signals.h"

#include <csignal>

namespace souk::app {
namespace {

sigset_t shutdown_set() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

ShutdownSignals::ShutdownSignals() {
  const auto set = shutdown_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int ShutdownSignals::wait(std::chrono::milliseconds bound) {
  const auto set = shutdown_set();
  const timespec time{.tv_sec = bound.count() / 1000, .tv_nsec = bound.count() % 1000 * 1'000'000};
  const int signal = ::sigtimedwait(&set, nullptr, &time);
  if (signal == SIGHUP && hangup_reloads_) {
    reload_ = true;
    return 0;
  }
  return signal > 0 ? signal : 0;
}

}  // namespace souk::app
