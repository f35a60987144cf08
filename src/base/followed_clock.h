// The time of the database's clock, as this node follows it: the last time read there plus the
// monotonic time since. All stored times, and times compared with stored ones, come from it, so
// that a node whose own clock is wrong or jumps does no harm.
//
// Threading: any thread; observe() one at a time. Ownership: owns its memory.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace souk {

class FollowedClock final : public Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  using Offset = std::chrono::microseconds;

  // More than an adjusted clock drifts or steps.
  static constexpr std::chrono::seconds kMaxStep{60};
  // How long a clock must run evenly after a jump to be trusted: time to correct it.
  static constexpr std::chrono::hours kProbation{1};

  // Before the first observation it shows `own`, this node's clock.
  explicit FollowedClock(const Clock& own);

  Timestamp now() const override { return at(std::chrono::steady_clock::now()); }
  Timestamp at(Steady moment) const;

  // The other clock showed `time` at some moment between `asked` and `answered`. Returns the size
  // of its jump, if it jumped: relative to earlier observations or, the first time, to `own`.
  std::optional<Offset> observe(Steady asked, Timestamp time, Steady answered);

  // Whether it has not jumped recently; call it after now(). If false, nothing may be deleted
  // because of its age. False before the first observation.
  bool trusted(Steady now) const;

 private:
  std::atomic<Offset::rep> offset_;  // of the other clock from the monotonic one
  std::atomic<Steady::rep> trusted_from_;
  bool observed_ = false;
};

}  // namespace souk
