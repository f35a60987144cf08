// What a job is. A kind says what happened ("order.placed"), the aggregate to what it happened:
// jobs of one aggregate are run in the order they were appended, each when the one before it is
// done. Threading: plain values.
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
};

struct Job {
  Uuid id;  // the same however often it is run: what receivers know repetitions by
  std::string kind;
  Uuid aggregate;
  std::string payload;  // JSON text
  int attempt = 0;      // 1 the first time
  Timestamp created_at;
};

// Thrown by a handler that cannot even try now: the job comes again after about `delay`, and this
// was no attempt.
class Postponed : public std::runtime_error {
 public:
  Postponed(const std::string& why, std::chrono::milliseconds delay)
      : std::runtime_error(why), delay_(delay) {}
  std::chrono::milliseconds delay() const { return delay_; }

 private:
  std::chrono::milliseconds delay_;
};

// Thrown by a handler for what no retry will make better: the job becomes a dead letter at once.
class Rejected : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace souk::jobs
