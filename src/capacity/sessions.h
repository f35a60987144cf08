// What the sessions of a database do while it is loaded: samples of pg_stat_activity.
// Threading: a thread of its own samples; read() is for one other. Ownership: its own connection.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.h"

namespace souk::capacity {

inline constexpr std::chrono::milliseconds kSampleEvery{50};

// Means over the samples: sessions at a time that run a statement, and what those wait for.
struct Sessions {
  std::size_t samples = 0;
  double active = 0;
  double locks = 0;
  double disk = 0;
  double latches = 0;
};

class SessionSampler {
 public:
  // Errors: as postgres::BlockingConnection.
  static Result<std::unique_ptr<SessionSampler>> start(const std::string& conninfo);
  ~SessionSampler();

  // Since the last call, or the start. Once the database does not answer any more, no samples.
  Sessions read();

 private:
  class Source;
  explicit SessionSampler(std::unique_ptr<Source> source);
  void run(const std::stop_token& stop);

  std::unique_ptr<Source> source_;  // used by the thread only
  std::mutex mutex_;
  std::condition_variable_any ended_;
  Sessions sum_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace souk::capacity
