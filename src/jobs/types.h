// A job. Its kind says what happened ("order.placed"), its aggregate to what: jobs of one aggregate
// run in the order they were appended, each after the previous one is done. Threading: plain
// values.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "base/clock.h"
#include "base/uuid.h"

namespace souk::jobs {

struct NewJob {
  std::string kind;
  Uuid aggregate;
  std::string payload;  // JSON text
  // What it is done for, as a W3C traceparent; empty: nothing that is traced.
  std::string trace = {};
};

struct Job {
  Uuid id;  // the same in each run: receivers detect repetitions by it
  std::string kind;
  Uuid aggregate;
  std::string payload;  // JSON text
  int attempt = 0;      // 1 the first time
  Timestamp created_at;
  std::string trace = {};  // as in NewJob
};

// Thrown by a handler that cannot try now: the job runs again after about `delay`, and this run
// does not count as an attempt.
class Postponed : public std::runtime_error {
 public:
  Postponed(const std::string& why, std::chrono::milliseconds delay)
      : std::runtime_error(why), delay_(delay) {}
  std::chrono::milliseconds delay() const { return delay_; }

 private:
  std::chrono::milliseconds delay_;
};

// Thrown by a handler when retries cannot help: the job becomes a dead letter at once.
class Rejected : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace souk::jobs
