#include "jobs/notifier.h"

namespace souk::jobs {

void Notifier::notify() {
  if (!pending_.exchange(true)) wake();
}

void Notifier::wake() {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return;
  loop_->post([this] {
    const std::lock_guard again(mutex_);
    if (event_ != nullptr) event_->set();
  });
}

// Jobs notified before the connection are found by the first look.
void Notifier::connect(runtime::Loop& loop, runtime::Event& event) {
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    event_ = &event;
  }
  event.set();
}

void Notifier::disconnect() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  event_ = nullptr;
}

}  // namespace souk::jobs
