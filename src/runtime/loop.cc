#include "runtime/loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "runtime/await.h"

namespace souk::runtime {
namespace detail {
namespace {

// Ends with the task and frees its own frame; the caller keeps the task.
struct Starter {
  struct promise_type {
    Starter get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

Starter start_now(Task<void>& task) { co_await std::move(task); }

}  // namespace

void start(Task<void>& task) { start_now(task); }

}  // namespace detail

Loop::Loop()
    : work_(boost::asio::make_work_guard(io_)),
      tick_timer_(io_),
      timers_(std::chrono::steady_clock::now()) {}

Loop::~Loop() = default;

void Loop::run() {
  io_.restart();
  io_.run();
}

void Loop::stop() { io_.stop(); }

void Loop::arm(TimerWheel::Timer& timer, std::chrono::steady_clock::duration delay) {
  if (!ticking_) {
    // The wheel stood still: its time must be current before a delay is added to it.
    timers_.advance(std::chrono::steady_clock::now());
    ticking_ = true;
    wait_for_tick();
  }
  timers_.arm(timer, timers_.now() + delay + TimerWheel::kTick);
}

void Loop::wait_for_tick() {
  tick_timer_.expires_after(TimerWheel::kTick);
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const auto now = std::chrono::steady_clock::now();
    const auto left = resuming_.empty() ? Time::duration::zero() : now - resuming_since_;
    lag_.observe(std::max(now - tick_timer_.expiry(), left), now);
    timers_.advance(now);
    if (timers_.empty()) {
      ticking_ = false;
    } else {
      wait_for_tick();
    }
  });
}

void Loop::schedule(std::coroutine_handle<> coroutine) {
  ready_.push_back(coroutine);
  request_drain();
}

void Loop::at_turn_end(TurnEndHook& hook) {
  if (hook.queued_) return;
  hook.queued_ = true;
  hooks_.push_back(&hook);
  request_drain();
}

void Loop::cancel(TurnEndHook& hook) {
  if (!hook.queued_) return;
  hook.queued_ = false;
  std::ranges::replace(hooks_, &hook, nullptr);
  std::ranges::replace(running_hooks_, &hook, nullptr);
}

void Loop::request_drain() {
  if (drain_requested_) return;
  drain_requested_ = true;
  boost::asio::post(io_, [this] { drain(); });
}

void Loop::resume_ready() {
  const auto begun = std::chrono::steady_clock::now();
  if (resuming_.empty()) {
    resuming_.swap(ready_);
    resuming_since_ = begun;
  }
  while (resumed_ < resuming_.size()) {
    resuming_[resumed_++].resume();
    if (std::chrono::steady_clock::now() - begun >= kTurnTime) break;
  }
  const bool all = resumed_ == resuming_.size();
  if (all) {
    resuming_.clear();
    resumed_ = 0;
  }
  // What was scheduled between two turns of one batch requested no drain of its own.
  if (!all || !ready_.empty()) request_drain();
}

void Loop::drain() {
  drain_requested_ = false;
  resume_ready();
  running_hooks_.swap(hooks_);
  for (std::size_t i = 0; i < running_hooks_.size(); ++i) {
    TurnEndHook* const hook = running_hooks_[i];
    if (hook == nullptr) continue;
    running_hooks_[i] = nullptr;
    hook->queued_ = false;
    hook->at_turn_end();
  }
  running_hooks_.clear();
}

void Loop::post(std::function<void()> work) { boost::asio::post(io_, std::move(work)); }

Task<void> Loop::sleep(std::chrono::steady_clock::duration delay) {
  boost::asio::steady_timer timer(io_, delay);
  co_await timer.async_wait(await);
}

}  // namespace souk::runtime
