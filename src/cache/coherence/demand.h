// Whether anybody asks the cache: only then must the change log be read often. While nobody does,
// its follower rests; whoever asks next wakes it, and waits for its look where what it confirmed
// last is too old.
//
// Threading: any thread; the functions of the follower on its own. Ownership: borrows the waker,
// from begin() to end(); waiters are held weakly, as a worker may end before a look.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace souk::cache {

class Demand {
 public:
  // Waits for a look.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Called on the follower's thread. The look may have failed.
    virtual void on_look() = 0;
  };

  // ---- for requests

  // An entry is asked for.
  void note() {
    if (!noted_.load(std::memory_order_relaxed)) [[unlikely]]
      note_first();
  }
  // Waits for the look of a follower that rests, or was just woken; false, with no effect, when it
  // does not rest: its looks come anyway, or fail.
  bool await_look(const std::weak_ptr<Waiter>& waiter);

  // ---- for the follower

  // Begins with a rest: its first look is about to come. `wake` ends a rest; called on any thread.
  void begin(std::function<void()> wake);
  void end();
  // Whether anything was asked for since the last call.
  bool take() { return noted_.exchange(false, std::memory_order_relaxed); }
  // Begins a rest. False: something was asked for since take().
  bool rest();
  // A look has ended, and a rest with it.
  void looked();

 private:
  void note_first();

  std::atomic<bool> noted_{false};
  std::mutex mutex_;
  bool rests_ = false;                            // guarded by mutex_, as all below
  std::function<void()> wake_;                    // null without a follower
  std::vector<std::weak_ptr<Waiter>> waiters_{};  // at most one for each worker
};

}  // namespace souk::cache
