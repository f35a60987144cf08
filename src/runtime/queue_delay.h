// How long the items of a queue wait in it, and the part of that wait that stands: the least wait
// of a whole interval (CoDel, RFC 8289). A burst that the queue absorbs brings the least wait of an
// interval to zero; a queue that is fed faster than it is served does not.
//
// Threading: loop thread only. Ownership: plain value; the queue's owner writes it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace souk::runtime {

class QueueDelay {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = Time::duration;

  // An item's stay in the queue, until it is served or destroyed.
  class Stay {
   public:
    Stay(QueueDelay& queue, Time now) : queue_(queue), since_(now) { queue.entered(now); }
    ~Stay() {
      if (!served_) queue_.dropped();
    }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    void served(Time now) {
      served_ = true;
      queue_.left(now - since_, now);
    }

   private:
    QueueDelay& queue_;
    const Time since_;
    bool served_ = false;
  };

  explicit QueueDelay(Duration interval = std::chrono::milliseconds(100)) : interval_(interval) {}

  // An item has joined the queue. Each must leave, or be dropped.
  void entered(Time now) {
    if (waiting_++ == 0) progress_ = now;
  }
  // An item was served after this wait.
  void left(Duration waited, Time now) {
    dropped();
    progress_ = now;
    observe(waited, now);
  }
  // An item stopped waiting without being served.
  void dropped() {
    if (waiting_ > 0) --waiting_;
  }
  // The wait of an item that was not announced by entered().
  void observe(Duration waited, Time now) {
    waited = std::max(waited, Duration::zero());
    if (now - begun_ >= interval_) {
      previous_ = now - begun_ < 2 * interval_ ? least_ : Duration::zero();
      begun_ = now;
      least_ = waited;
    }
    least_ = std::min(least_, waited);
    latest_ = waited;
  }

  // The least wait of at least one whole interval until now; zero while no item waits.
  Duration standing(Time now) const {
    const auto stuck = now - progress_;
    if (waiting_ > 0 && stuck >= interval_) return stuck;
    return now - begun_ < 2 * interval_ ? std::min(previous_, least_) : Duration::zero();
  }
  // The wait of the item served last, or of the queue since it served one.
  Duration latest(Time now) const {
    return waiting_ > 0 ? std::max(latest_, now - progress_) : latest_;
  }

 private:
  Duration interval_;
  std::size_t waiting_ = 0;
  Time progress_{};      // when an item was served, or joined the empty queue
  Time begun_{};         // of the present interval
  Duration least_{};     // in the present interval
  Duration previous_{};  // in the one before it
  Duration latest_{};
};

}  // namespace souk::runtime
