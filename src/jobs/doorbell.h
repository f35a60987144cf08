// Tells the node's jobs that something was appended and committed, and through them, by NOTIFY, the
// other nodes. Rings that come while one has not been answered are one. Only a hint: the outbox is
// looked at by itself too, so nothing is lost where nobody hears it.
//
// Threading: ring() from any thread; the rest on the loop it is answered on. Ownership: outlives
// whoever rings; borrows loop and event from connect() to disconnect().
#pragma once

#include <atomic>
#include <mutex>

#include "runtime/wait_queue.h"

namespace souk::jobs {

class Doorbell {
 public:
  // After COMMIT. Never waits; while a ring is pending it costs one atomic exchange.
  void ring();

  // Sets the event with the first ring after each answer().
  void connect(runtime::Loop& loop, runtime::Event& rung);
  void disconnect();
  // Before looking, so that who rings later is heard again.
  void answer() { pending_ = false; }

 private:
  void tell();

  std::atomic<bool> pending_ = false;
  std::mutex mutex_;
  runtime::Loop* loop_ = nullptr;   // guarded by mutex_
  runtime::Event* rung_ = nullptr;  // guarded by mutex_
};

}  // namespace souk::jobs
