#include "runtime/scope.h"

namespace souk::runtime {

// The frame that owns a spawned task; frees itself when the task has ended.
struct Scope::Root {
  struct promise_type {
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }
    Root get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

Scope::Root Scope::run(Scope& scope, Task<void> task) {
  // Destroys the task's frame, which releases what it borrowed, before the task counts as ended.
  {
    auto running = std::move(task);
    try {
      co_await std::move(running);
    } catch (...) {
      if (!scope.failure_) scope.failure_ = std::current_exception();
    }
  }
  if (--scope.active_ == 0) scope.ended_.wake_all();
}

void Scope::spawn(Task<void> task) {
  ++active_;
  run(*this, std::move(task));
}

Task<bool> Scope::join(std::chrono::steady_clock::duration bound) {
  const auto begun = std::chrono::steady_clock::now();
  while (active_ > 0) {  // what ended last may have been followed by something new
    const auto left =
        bound == WaitQueue::kForever ? bound : bound - (std::chrono::steady_clock::now() - begun);
    if (!co_await ended_.wait(left)) co_return false;
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  co_return true;
}

}  // namespace souk::runtime
