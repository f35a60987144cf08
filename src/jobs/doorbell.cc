#include "jobs/doorbell.h"

namespace souk::jobs {

void Doorbell::ring() {
  if (!pending_.exchange(true)) tell();
}

void Doorbell::tell() {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return;
  loop_->post([this] {
    const std::lock_guard again(mutex_);
    if (rung_ != nullptr) rung_->set();
  });
}

// What was rung before is looked for as well.
void Doorbell::connect(runtime::Loop& loop, runtime::Event& rung) {
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    rung_ = &rung;
  }
  rung.set();
}

void Doorbell::disconnect() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  rung_ = nullptr;
}

}  // namespace souk::jobs
