// A few threads for the rare work that would hold up an event loop (password hashing).
// Threading: run() is called on any loop and resumes there. Ownership: outlives the coroutines that
// wait for it; the destructor finishes what was accepted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "runtime/loop.h"

namespace souk::runtime {

class Offload {
 public:
  // At most `max_waiting` pieces of work wait for one of the `threads`.
  Offload(std::size_t threads, std::size_t max_waiting);
  ~Offload();
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;

  // Runs `work` on one of the threads. Errors: overloaded, when the queue is full.
  template <class F>
  Task<Result<std::invoke_result_t<F>>> run(Loop& loop, F work);

  std::size_t waiting() const;
  // Pieces of work so far that the queue had no place for.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  bool enqueue(std::function<void()> work);
  void serve();

  const std::size_t max_waiting_;
  std::atomic<std::uint64_t> refused_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_
  std::vector<std::thread> threads_;
};

template <class F>
Task<Result<std::invoke_result_t<F>>> Offload::run(Loop& loop, F work) {
  using T = std::invoke_result_t<F>;
  struct Awaiter {
    Offload& offload;
    Loop& loop;
    F& work;
    std::optional<T> value = std::nullopt;
    std::exception_ptr exception = nullptr;
    bool accepted = true;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) {
      accepted = offload.enqueue([this, awaiting] {
        try {
          value.emplace(work());
        } catch (...) {
          exception = std::current_exception();
        }
        loop.post([awaiting] { awaiting.resume(); });
      });
      return accepted;
    }
    Result<T> await_resume() {
      if (!accepted) return fail(ErrorCode::kOverloaded, "too much work is waiting; try again");
      if (exception) std::rethrow_exception(exception);
      return std::move(*value);
    }
  };
  co_return co_await Awaiter{*this, loop, work};
}

}  // namespace souk::runtime
