// A job. Its kind says what happened ("order.placed"), its aggregate to what: jobs of one aggregate
// run in the order they were appended, each after the previous one is done. Threading: plain
// values.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/uuid.h"

namespace souk::jobs {

// A job of this kind names several events, each the first of its aggregate (event.h). Later events
// wait until it is done (fan_out.h).
inline constexpr std::string_view kNamedEvents = "events.named";
// As kNamedEvents, with the events' payloads: by earlier versions.
inline constexpr std::string_view kFirstEvents = "events.first";

struct NewJob {
  std::string kind;
  Uuid aggregate;
  std::string payload;  // JSON text
  // What it is done for, as a W3C traceparent; empty: nothing that is traced.
  std::string trace = {};
};

struct Job {
  std::int64_t position = 0;  // in the outbox; 0: no longer or not yet in it
  Uuid id;                    // the same in each run: receivers detect repetitions by it
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
