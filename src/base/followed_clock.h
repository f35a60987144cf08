// The time of another machine's clock, the database's, as this node follows it: what was read there
// last, and what a monotonic clock has counted since. All times that are stored or compared with
// stored ones come from it, so that a node whose own clock is wrong or leaps does no harm.
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

  // A clock that is adjusted drifts and steps by less.
  static constexpr std::chrono::seconds kMaxStep{60};
  // A clock that leapt is believed when it has gone on evenly for so long: time to set it right.
  static constexpr std::chrono::hours kProbation{1};

  // Until something was observed it is `own`, this node's clock.
  explicit FollowedClock(const Clock& own);

  Timestamp now() const override { return at(std::chrono::steady_clock::now()); }
  Timestamp at(Steady moment) const;

  // The other clock showed `time` at some moment between `asked` and `answered`. Tells by how much
  // it leapt, if it did: against what was observed before, or, the first time, against `own`.
  std::optional<Offset> observe(Steady asked, Timestamp time, Steady answered);

  // Whether it has not leapt lately: to be asked after now(). Where not, nothing may be deleted for
  // its age. False before anything was observed.
  bool trusted(Steady now) const;

 private:
  std::atomic<Offset::rep> offset_;  // of the other clock from the monotonic one
  std::atomic<Steady::rep> trusted_from_;
  bool observed_ = false;
};

}  // namespace souk
