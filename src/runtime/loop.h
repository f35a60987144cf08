// One event loop: an Asio io_context that one thread runs, with a queue of coroutines to resume,
// hooks that run once at the end of a turn, and coarse timers.
//
// Threading: only post() may be called from another thread. Ownership: outlives everything that
// runs on it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <coroutine>
#include <functional>
#include <vector>

#include "runtime/queue_delay.h"
#include "runtime/task.h"
#include "runtime/timer_wheel.h"

namespace souk::runtime {

// Runs once, after the handlers that are ready now: several writes of a turn become one.
class TurnEndHook {
 public:
  TurnEndHook() = default;
  TurnEndHook(const TurnEndHook&) = delete;
  TurnEndHook& operator=(const TurnEndHook&) = delete;
  virtual ~TurnEndHook() = default;
  virtual void at_turn_end() = 0;

 private:
  friend class Loop;
  bool queued_ = false;
};

class Loop {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::microseconds kTurnTime{100};

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop().
  void run();
  void stop();
  // Runs until `task` has ended and returns its result; for tests, tools and a worker's main.
  template <class T>
  T run_until_done(Task<T> task);

  boost::asio::io_context& io() { return io_; }
  TimerWheel& timers() { return timers_; }
  // How long an event or a coroutine that is ready waits for its turn: sampled at each tick of the
  // wheel.
  const QueueDelay& lag() const { return lag_; }
  // Arms the timer on the wheel and starts the wheel's tick where it stands still.
  void arm(TimerWheel::Timer& timer, std::chrono::steady_clock::duration delay);

  // Resumes the coroutine from the loop, after the current handler, never inside the caller. In
  // order, and for kTurnTime at a time: a thousand time-outs of one tick delay no new event.
  void schedule(std::coroutine_handle<> coroutine);
  // Queues the hook once. It must stay alive until it has run or cancel() was called.
  void at_turn_end(TurnEndHook& hook);
  void cancel(TurnEndHook& hook);
  // Thread-safe.
  void post(std::function<void()> work);

  // Precise, cannot be cancelled: for short waits only. Event::wait() can be ended early.
  Task<void> sleep(std::chrono::steady_clock::duration delay);

 private:
  void request_drain();
  void drain();
  void resume_ready();
  void wait_for_tick();

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer tick_timer_;
  bool ticking_ = false;
  TimerWheel timers_;
  QueueDelay lag_;
  bool drain_requested_ = false;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> resuming_;
  std::size_t resumed_ = 0;  // of resuming_
  Time resuming_since_{};
  std::vector<TurnEndHook*> hooks_;
  std::vector<TurnEndHook*> running_hooks_;
};

namespace detail {

template <class T>
struct Outcome {
  std::optional<T> value;
  std::exception_ptr exception;
};
template <>
struct Outcome<void> {
  std::exception_ptr exception;
};

template <class T>
Task<void> run_and_stop(Loop& loop, Task<T> task, Outcome<T>& outcome) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
    } else {
      outcome.value.emplace(co_await std::move(task));
    }
  } catch (...) {
    outcome.exception = std::current_exception();
  }
  loop.stop();
}

// Starts a task without awaiting it; `task` must stay alive until it has ended.
void start(Task<void>& task);

}  // namespace detail

template <class T>
T Loop::run_until_done(Task<T> task) {
  detail::Outcome<T> outcome;
  auto root = detail::run_and_stop(*this, std::move(task), outcome);
  post([&root] { detail::start(root); });
  run();
  if (outcome.exception) std::rethrow_exception(outcome.exception);
  if constexpr (!std::is_void_v<T>) return std::move(*outcome.value);
}

}  // namespace souk::runtime
