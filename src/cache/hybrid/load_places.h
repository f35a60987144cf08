// The places of a worker's concurrent loads: more of them would only wait in the database. Whoever
// waits gets the next place that becomes free, first in, first out.
//
// Threading: loop thread only. Ownership: outlives its places and all that wait for one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "runtime/task.h"
#include "runtime/wait_queue.h"

namespace souk::cache {

class LoadPlaces {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = Time::duration;

  // Free again when it is destroyed; handed to the one that waited longest, since newcomers could
  // otherwise take it from those that wait.
  class Place {
   public:
    explicit Place(LoadPlaces& places)
        : places_(places), since_(std::chrono::steady_clock::now()) {}
    ~Place() { places_.leave(std::chrono::steady_clock::now() - since_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    LoadPlaces& places_;
    const Time since_;
  };

  LoadPlaces(runtime::Loop& loop, std::size_t count) : count_(count), free_(loop) {}

  // Waits until a place is free, and takes it for `place`.
  runtime::Task<void> take(std::optional<Place>& place);
  // How long a load that came now would wait for its place, from how long the last ones had theirs,
  // or from how long none has ended: all may hang behind one lock. It is known while a queue builds
  // up, not only when its first has waited.
  Duration expected_wait(Time now) const {
    const auto waiting = static_cast<Duration::rep>(free_.size());
    return std::max(load_time_, now - progress_) * waiting / static_cast<Duration::rep>(count_);
  }

 private:
  // The weight of the newest load in the smoothed time is 1/kSmoothing.
  static constexpr int kSmoothing = 16;

  void leave(Duration taken);

  const std::size_t count_;
  std::size_t taken_ = 0;
  Duration load_time_{0};  // smoothed; 0: no load yet
  Time progress_{};        // when a load last got a place, or gave one back
  runtime::WaitQueue free_;
};

}  // namespace souk::cache
