// Who hears of what was committed.
// Threading: one worker, but for bell and log. Ownership: borrows all, which outlive it.
#pragma once

#include "inventory/inventory.h"
#include "jobs/doorbell.h"
#include "telemetry/log.h"

namespace souk::checkout {

struct AfterCommit {
  inventory::Inventory& inventory;  // what it shows is written through
  jobs::Doorbell& bell;
  telemetry::Log& log;  // of who could not be told
};

}  // namespace souk::checkout
