// Where a node has got to in the outbox: by snapshot, not by position. A window holds what is
// visible in one snapshot and was not in the one before: transactions that had not begun, and those
// that were under way. So nothing that commits late is missed, nothing is walked over twice, and
// neither an open reader nor an open writer makes a window larger.
//
// Threading: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace souk::jobs {

inline constexpr std::size_t kLookRows = 256;  // a page of a window

struct Found {
  std::int64_t xid = 0;
  std::int64_t position = 0;
};

// One look into the window, in the order of xid and position.
struct Look {
  std::string snapshot;  // of the look
  std::string history;   // of this run of the server and this outbox: snapshots mean nothing beyond
  std::vector<Found> found;
};

struct Cursor {
  std::string history;        // that the snapshots are of; empty before the first look
  std::string from = "1:1:";  // what is visible there has been seen
  std::optional<std::string>
      to;       // end of the window that is being read; none before its first page
  Found after;  // last of the page before
  Timestamp due_since = Timestamp::min();  // deferred jobs due before that have been seen

  // The window ends where it ended when its first page was read: what was committed since belongs
  // to the next, or it would never end under load. True when there may be more in it.
  bool advance(const Look& look) {
    if (!to) to = look.snapshot;
    if (look.found.size() == kLookRows) {
      after = look.found.back();
      return true;
    }
    from = *std::move(to);
    to.reset();
    after = {};
    return false;
  }
};

}  // namespace souk::jobs
