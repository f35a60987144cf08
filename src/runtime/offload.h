// A few threads for rare work that would block an event loop (password hashing). Work waits for a
// thread in a FairQueue.
// Threading: run() is called on any loop and resumes there. Ownership: outlives the coroutines in
// run(); the destructor finishes accepted work.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "runtime/fair_queue.h"
#include "runtime/loop.h"

namespace souk::runtime {

class Offload {
 public:
  // At most `max_waiting` pieces of work wait for a thread, `max_of_network` of them from one
  // network.
  Offload(std::size_t threads, std::size_t max_waiting, std::size_t max_of_network = SIZE_MAX);
  ~Offload();
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;

  // Runs `work` on one of the threads. Errors: overloaded when the queue is full,
  // too_many_requests when the network has reached its limit.
  template <class F>
  Task<Result<std::invoke_result_t<F>>> run(Loop& loop, F work, Turn turn = {});

  std::size_t waiting() const;
  // Pieces of work refused so far because the queue was full.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  using Queue = FairQueue<std::function<void()>>;

  Queue::Verdict enqueue(const Turn& turn, std::function<void()> work);
  void serve();

  std::atomic<std::uint64_t> refused_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Queue queue_;            // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

template <class F>
Task<Result<std::invoke_result_t<F>>> Offload::run(Loop& loop, F work, Turn turn) {
  using T = std::invoke_result_t<F>;
  struct Awaiter {
    Offload& offload;
    Loop& loop;
    F& work;
    Turn turn;
    std::optional<T> value = std::nullopt;
    std::exception_ptr exception = nullptr;
    Queue::Verdict verdict = Queue::Verdict::kAccepted;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) {
      verdict = offload.enqueue(turn, [this, awaiting] {
        try {
          value.emplace(work());
        } catch (...) {
          exception = std::current_exception();
        }
        loop.post([awaiting] { awaiting.resume(); });
      });
      return verdict == Queue::Verdict::kAccepted;
    }
    Result<T> await_resume() {
      if (verdict == Queue::Verdict::kFull) {
        return fail(ErrorCode::kOverloaded, "too much work is waiting; try again");
      }
      if (verdict == Queue::Verdict::kNetworkHasItsShare) {
        return fail(ErrorCode::kTooManyRequests,
                    "too many requests of this kind are waiting from your network; try again");
      }
      if (exception) std::rethrow_exception(exception);
      return std::move(*value);
    }
  };
  co_return co_await Awaiter{*this, loop, work, turn};
}

}  // namespace souk::runtime
