// The limits of a node's jobs.
#pragma once

#include <chrono>
#include <cstddef>

namespace souk::jobs {

struct JobsConfig {
  std::size_t channel_capacity = 1'000;  // jobs claimed and not begun; then claiming waits
  std::size_t concurrency = 16;          // jobs that run at once
  // A node that has not renewed its lease for so long has lost what it had claimed.
  std::chrono::milliseconds lease{60'000};
  std::chrono::milliseconds handler_timeout{20'000};  // at most half of the lease
  // How often the outbox is looked at without being told to.
  std::chrono::milliseconds poll_interval{500};
  int max_attempts = 12;
  std::chrono::milliseconds min_backoff{1'000};
  std::chrono::milliseconds max_backoff{3'600'000};
  // Time what runs has to finish when Souk stops.
  std::chrono::milliseconds drain_timeout{10'000};
};

// Of a BatchWriter, by default as RFC-004 has them.
struct BatchLimits {
  std::size_t max_items = 100;
  std::chrono::milliseconds max_delay{30'000};
};

}  // namespace souk::jobs
