#include "base/followed_clock.h"

#include <algorithm>

namespace souk {
namespace {

using std::chrono::steady_clock;

FollowedClock::Offset offset_of(Timestamp time, FollowedClock::Steady moment) {
  return std::chrono::floor<FollowedClock::Offset>(time.time_since_epoch()) -
         std::chrono::floor<FollowedClock::Offset>(moment.time_since_epoch());
}

}  // namespace

FollowedClock::FollowedClock(const Clock& own)
    : offset_(offset_of(own.now(), steady_clock::now()).count()),
      trusted_from_(Steady::max().time_since_epoch().count()) {}

Timestamp FollowedClock::at(Steady moment) const {
  const Offset since(offset_.load(std::memory_order_acquire));
  return Timestamp(std::chrono::floor<Offset>(moment.time_since_epoch()) + since);
}

std::optional<FollowedClock::Offset> FollowedClock::observe(Steady asked, Timestamp time,
                                                            Steady answered) {
  const Offset known(offset_.load(std::memory_order_relaxed));
  // After a slow answer the known offset is kept if it is still possible.
  const auto next = std::clamp(known, offset_of(time, answered), offset_of(time, asked));
  const auto step = next - known;
  const bool leapt = std::chrono::abs(step) > kMaxStep;
  if (leapt || !observed_) {
    const auto from = leapt ? answered + kProbation : answered;
    trusted_from_.store(from.time_since_epoch().count(), std::memory_order_relaxed);
  }
  observed_ = true;
  // Stored last: a reader that sees the new offset also sees whether it is trusted.
  offset_.store(next.count(), std::memory_order_release);
  if (!leapt) return std::nullopt;
  return step;
}

bool FollowedClock::trusted(Steady now) const {
  return now.time_since_epoch().count() >= trusted_from_.load(std::memory_order_relaxed);
}

}  // namespace souk
