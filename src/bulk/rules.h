// Decides what becomes of rows; pure.
// Threading: pure functions.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/uuid.h"
#include "bulk/types.h"
#include "inventory/counts_store.h"
#include "inventory/types.h"

namespace souk::bulk::rules {

// What is wrong with the row whatever the shop holds; nothing when it is valid.
std::optional<Problem> problem_of(const Row& row);

// The rows of the database behind a batch.
struct Known {
  std::vector<catalog::Product> products;
  std::vector<inventory::Stock> stocks;
};

struct Plan {
  std::vector<Verdict> verdicts;  // of each row
  std::vector<catalog::Product> created;
  std::vector<catalog::Product> updated;
  std::vector<inventory::counts_store::Count> counts;

  bool empty() const { return created.empty() && updated.empty() && counts.empty(); }
};

// A row that changes nothing is in none of the lists; a refused one neither.
Plan decide(std::span<const Row> rows, const Known& known, const Mode& mode, UuidGenerator& ids);

}  // namespace souk::bulk::rules
