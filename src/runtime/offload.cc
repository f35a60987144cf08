#include "runtime/offload.h"

namespace souk::runtime {

Offload::Offload(std::size_t threads, std::size_t max_waiting, std::size_t max_of_network)
    : queue_(max_waiting, max_of_network) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Offload::~Offload() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::size_t Offload::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

Offload::Queue::Verdict Offload::enqueue(const Turn& turn, std::function<void()> work) {
  Queue::Verdict verdict = Queue::Verdict::kAccepted;
  {
    const std::lock_guard lock(mutex_);
    verdict = queue_.push(turn, std::move(work));
  }
  if (verdict == Queue::Verdict::kAccepted) {
    changed_.notify_one();
  } else {
    refused_.fetch_add(1, std::memory_order_relaxed);
  }
  return verdict;
}

void Offload::serve() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = queue_.pop();
    }
    work();
  }
}

}  // namespace souk::runtime
