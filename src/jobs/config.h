// The limits of a node's jobs.
#pragma once

#include <chrono>
#include <cstddef>

namespace souk::jobs {

struct JobsConfig {
  std::size_t channel_capacity = 1'000;  // jobs claimed and not begun; when full, claiming waits
  std::size_t concurrency = 16;          // jobs that run at once
  // After this time without a renewal a node loses its claimed jobs.
  std::chrono::milliseconds lease{60'000};
  std::chrono::milliseconds handler_timeout{20'000};  // at most half of the lease
  // How often the outbox is read without a notification.
  std::chrono::milliseconds poll_interval{500};
  int max_attempts = 12;
  std::chrono::milliseconds min_backoff{1'000};
  std::chrono::milliseconds max_backoff{3'600'000};
  // Time for running jobs to finish when Souk stops.
  std::chrono::milliseconds drain_timeout{10'000};
};

// Limits of a BatchWriter; the defaults are RFC-004's.
struct BatchLimits {
  std::size_t max_items = 100;
  std::chrono::milliseconds max_delay{30'000};
};

}  // namespace souk::jobs
