// The sessions of which a use is to be noted in the database. A use is noted when the last noted
// one is kept_for() old, so that requests read sessions and only an interval's end writes them.
// Threading: loop thread only. Ownership: borrows the registry, which outlives it.
#pragma once

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

#include "accounts/metrics.h"
#include "accounts/token.h"

namespace souk::accounts {

class SessionUses {
 public:
  // Of one worker, between two notes; the use of a session above it is noted with a later one.
  static constexpr std::size_t kMaxWaiting = 4'096;
  static constexpr std::size_t kMaxTogether = 256;  // in one statement
  static constexpr std::chrono::milliseconds kLongestKept{300'000};

  explicit SessionUses(telemetry::Registry& registry)
      : noted_(registry.cell(kMetrics.session_uses, {"noted"})),
        postponed_(registry.cell(kMetrics.session_uses, {"postponed"})) {}

  // Much shorter than the time after which an unused session ends.
  static std::chrono::milliseconds kept_for(std::chrono::milliseconds idle_lifetime) {
    return std::min(kLongestKept, idle_lifetime / 8);
  }

  void add(const TokenHash& token) {
    if (waiting_.size() < kMaxWaiting) {
      waiting_.insert(token);
    } else if (!waiting_.contains(token)) {
      postponed_.increment();
    }
  }
  // Removes and returns up to kMaxTogether; empty: there is none.
  std::vector<TokenHash> take() {
    std::vector<TokenHash> taken;
    while (!waiting_.empty() && taken.size() < kMaxTogether) {
      taken.push_back(waiting_.extract(waiting_.begin()).value());
    }
    noted_.add(static_cast<double>(taken.size()));
    return taken;
  }

 private:
  telemetry::Counter& noted_;
  telemetry::Counter& postponed_;
  std::set<TokenHash> waiting_;
};

}  // namespace souk::accounts
