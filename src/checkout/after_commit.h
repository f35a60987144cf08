// The receivers of a committed change: the cache, and the jobs.
// Threading: one worker, but for notifier and log. Ownership: borrows all, which outlive it.
#pragma once

#include "inventory/inventory.h"
#include "jobs/notifier.h"
#include "telemetry/log.h"

namespace souk::checkout {

struct AfterCommit {
  inventory::Inventory& inventory;  // its cached stocks are written through
  jobs::Notifier& notifier;
  telemetry::Log& log;  // for failures to notify them
};

}  // namespace souk::checkout
