// How far a node has read the outbox: by snapshot, not by position. A window holds the rows that
// are visible in one snapshot and were not in the previous one: of transactions that had not begun
// then, and of those that were open. So late commits are not missed, no row is read twice, and
// neither an open reader nor an open writer enlarges a window.
//
// Threading: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace souk::jobs {

inline constexpr std::size_t kLookRows = 256;  // rows a page

struct Found {
  std::int64_t xid = 0;
  std::int64_t position = 0;
};

// One page of the window, in the order of xid and position.
struct Look {
  std::string snapshot;  // of the look
  std::string history;   // identifies server run and outbox; snapshots are valid within it
  std::vector<Found> found;
};

struct Cursor {
  std::string history;                     // of the snapshots; empty before the first look
  std::string from = "1:1:";               // rows visible in it have been read
  std::optional<std::string> to;           // end of the current window; none before its first page
  Found after;                             // last row of the previous page
  Timestamp due_since = Timestamp::min();  // deferred jobs due earlier have been read

  // The window ends at the snapshot of its first page: later commits belong to the next window, or
  // a window would never end under load. True when the window may have more rows.
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
