#include "runtime/workers.h"

#include <pthread.h>

#include <string>

namespace souk::runtime {

Workers::Workers(std::size_t count, Main main, const std::string& name) : main_(std::move(main)) {
  for (std::size_t i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(i));
  for (auto& worker : workers_) {
    threads_.emplace_back([this, &w = *worker, name] {
      ::pthread_setname_np(::pthread_self(), (name + "-" + std::to_string(w.index)).c_str());
      try {
        w.loop.run_until_done(main_(w));
      } catch (...) {
        {
          const std::lock_guard lock(mutex_);
          if (!failure_) failure_ = std::current_exception();
        }
        stop();
      }
    });
  }
}

Workers::~Workers() {
  stop();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Workers::stop() {
  for (auto& worker : workers_) {
    worker->loop.post([&w = *worker] { w.stopping.set(); });
  }
}

void Workers::join() {
  for (auto& thread : threads_) thread.join();
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace souk::runtime
