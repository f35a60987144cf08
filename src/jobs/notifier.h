// Notifies the node's job runner, which notifies other nodes by NOTIFY, that jobs were appended and
// committed. Notifications before clear() are joined into one. Only a hint: the outbox is polled
// too, so a lost notification only costs time.
//
// Threading: notify() from any thread; the rest on the runner's loop. Ownership: outlives the
// callers of notify(); borrows loop and event from connect() to disconnect().
#pragma once

#include <atomic>
#include <mutex>

#include "runtime/wait_queue.h"

namespace souk::jobs {

class Notifier {
 public:
  // After COMMIT. Never waits; while a notification is pending it costs one atomic exchange.
  void notify();

  // Sets the event now, and at the first notify() after each clear().
  void connect(runtime::Loop& loop, runtime::Event& event);
  void disconnect();
  // Before the outbox is read, so that a later notify() sets the event again.
  void clear() { pending_ = false; }

 private:
  void wake();

  std::atomic<bool> pending_ = false;
  std::mutex mutex_;
  runtime::Loop* loop_ = nullptr;    // guarded by mutex_
  runtime::Event* event_ = nullptr;  // guarded by mutex_
};

}  // namespace souk::jobs
