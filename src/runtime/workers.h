// One thread with one event loop per core; they share nothing. Each runs `main` until the workers
// are stopped; main awaits `stopping` and closes what it opened.
//
// Threading: made, stopped and joined by the process's main thread; stop() is thread-safe.
// Ownership: owns threads and loops; `main` is called once per worker and must remain valid.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/loop.h"
#include "runtime/wait_queue.h"

namespace souk::runtime {

struct Worker {
  explicit Worker(std::size_t number) : index(number) {}
  const std::size_t index;
  Loop loop;
  Event stopping{loop};
};

class Workers {
 public:
  using Main = std::function<Task<void>(Worker&)>;

  // The threads are named NAME-0, NAME-1, ...
  Workers(std::size_t count, Main main, const std::string& name = "worker");
  ~Workers();  // stops and joins
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Sets every worker's `stopping`. May be called more than once.
  void stop();
  // Waits until every main has ended. The first exception that ends a main stops the others and is
  // rethrown here.
  void join();
  std::size_t size() const { return workers_.size(); }

 private:
  Main main_;
  std::mutex mutex_;
  std::exception_ptr failure_;  // guarded by mutex_
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace souk::runtime
