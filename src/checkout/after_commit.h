// Who hears of what was committed.
// Threading: one worker, but for the bell. Ownership: borrows both, which outlive it.
#pragma once

#include "inventory/inventory.h"
#include "jobs/doorbell.h"

namespace souk::checkout {

struct AfterCommit {
  inventory::Inventory& inventory;  // what it shows is written through
  jobs::Doorbell& bell;
};

}  // namespace souk::checkout
