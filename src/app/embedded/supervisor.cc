#include "app/embedded/supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <csignal>
#include <ranges>

#include "app/embedded/server_log.h"
#include "base/backoff.h"

namespace souk::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kReadyPollInterval = 10ms;
constexpr auto kLogLookInterval = 1s;

int poll_milliseconds(steady_clock::duration time) {
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return static_cast<int>(std::clamp<std::int64_t>(whole, 0, 60'000));
}

}  // namespace

Supervisor::Supervisor(std::vector<std::unique_ptr<Server>> servers, ServerEndedCallback on_ended,
                       std::uintmax_t log_bytes_max)
    : on_ended_(std::move(on_ended)),
      log_bytes_max_(log_bytes_max),
      wake_(eventfd(0, EFD_CLOEXEC)) {
  for (auto& server : servers) slots_.push_back({.server = std::move(server)});
  thread_ = std::thread([this] { run(); });
}

Supervisor::~Supervisor() { stop(); }

Result<> Supervisor::wait_until_ready() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return first_start_.has_value(); });
  return *first_start_;
}

void Supervisor::stop() {
  stopping_ = true;
  eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

void Supervisor::run() {
  while (!stopping_) {
    for (auto& slot : slots_) start_one(slot);
    see_who_is_ready();
    for (const auto& slot : slots_) limit_log(slot.server->log(), log_bytes_max_);
    if (!stopping_) wait_for_change();
  }
  for (auto& slot : slots_ | std::views::reverse) stop_one(slot);
  const std::lock_guard lock(mutex_);
  if (!first_start_) first_start_ = fail(ErrorCode::kUnavailable, "stopped while starting");
  changed_.notify_all();
}

void Supervisor::start_one(Slot& slot) {
  if (slot.process || stopping_ || steady_clock::now() < slot.start_at) return;
  slot.started = steady_clock::now();
  if (auto clear = slot.server->remove_leftovers(); !clear)
    return on_end(slot, clear.error().detail);
  auto process = Process::start(slot.server->process());
  if (!process) return on_end(slot, process.error().detail);
  slot.process = std::move(*process);
}

void Supervisor::see_who_is_ready() {
  for (auto& slot : slots_) {
    if (!slot.process || slot.ready) continue;
    slot.ready = slot.server->ready(slot.process->pid());
    slot.was_ready |= slot.ready;
    if (!slot.was_ready && steady_clock::now() - slot.started > kStartWaitMax) {
      give_up(slot, fmt::format("is not ready after {} minutes", kStartWaitMax.count()));
    }
  }
  if (!std::ranges::all_of(slots_, &Slot::was_ready)) return;
  const std::lock_guard lock(mutex_);
  if (first_start_) return;
  first_start_ = Result<>();
  changed_.notify_all();
}

void Supervisor::wait_for_change() {
  std::vector<pollfd> watched{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  steady_clock::duration wait = kLogLookInterval;
  const auto now = steady_clock::now();
  for (const auto& slot : slots_) {
    watched.push_back(
        {.fd = slot.process ? slot.process->descriptor() : -1, .events = POLLIN, .revents = 0});
    if (!slot.process) wait = std::min(wait, slot.start_at - now);
    if (slot.process && !slot.ready)
      wait = std::min<steady_clock::duration>(wait, kReadyPollInterval);
  }
  poll(watched.data(), watched.size(), poll_milliseconds(wait));
  for (auto& slot : slots_) {
    if (!slot.process || !slot.process->ended_within(0ms)) continue;
    on_end(slot, slot.process->ending());
  }
}

void Supervisor::on_end(Slot& slot, std::string how) {
  slot.process.reset();
  slot.ready = false;
  if (stopping_) return;
  const auto now = steady_clock::now();
  if (!slot.was_ready) {
    if (++slot.failures == kFirstStartTries) return give_up(slot, "ended with " + how);
    slot.start_at = now + kRestartDelayMin;
    return;
  }
  if (now - slot.started > kStableAfter) slot.failures = 0;
  const auto delay = exponential_backoff(kRestartDelayMin, kRestartDelayMax, ++slot.failures);
  slot.start_at = now + delay;
  on_ended_({.server = slot.server->name(), .how = std::move(how), .restart_in = delay});
}

void Supervisor::give_up(const Slot& slot, const std::string& why) {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (first_start_) return;
  first_start_ = fail(ErrorCode::kUnavailable, fmt::format("{} {}: {}", slot.server->name(), why,
                                                           log_tail(slot.server->log())));
  changed_.notify_all();
}

void Supervisor::stop_one(Slot& slot) {
  if (!slot.process) return;
  for (const auto& step : slot.server->stop_steps()) {
    slot.process->signal(step.signal);
    if (slot.process->ended_within(step.wait_max)) break;
  }
  slot.process.reset();  // kills it if it still runs
}

}  // namespace souk::app
