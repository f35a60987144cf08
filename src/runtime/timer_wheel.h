// A coarse timer wheel: arming, moving and cancelling a time-out costs a few pointer writes, so
// every request can do it. Fires up to one tick late, never early.
//
// Threading: loop thread only. Ownership: a Timer is a member of the object it times and leaves the
// wheel in its destructor; the wheel owns nothing.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace souk::runtime {

class TimerWheel {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kTick{20};

  class Timer {
   public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    virtual ~Timer() { cancel(); }
    // Called once per arming, after the timer has left the wheel: may arm or destroy the timer.
    virtual void on_timer() = 0;
    void cancel();
    bool armed() const { return next_ != nullptr; }

   private:
    friend TimerWheel;
    Timer* next_ = nullptr;
    Timer* previous_ = nullptr;
    std::uint64_t due_tick_ = 0;
    std::size_t* armed_count_ = nullptr;
  };

  explicit TimerWheel(Time now);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // A timer that is armed already is moved.
  void arm(Timer& timer, Time due);
  // Fires everything due at `now`.
  void advance(Time now);
  // The time of the last advance().
  Time now() const { return now_; }
  bool empty() const { return armed_ == 0; }

 private:
  static constexpr std::size_t kSlots = 1024;  // one turn of the wheel is 20 s
  struct Head final : Timer {
    void on_timer() override {}
  };

  static void link(Timer& head, Timer& timer);
  void fire_slot(Timer& head, std::uint64_t tick);

  Time start_;
  Time now_;
  std::uint64_t tick_ = 0;
  std::size_t armed_ = 0;
  std::array<Head, kSlots> slots_;
};

}  // namespace souk::runtime
