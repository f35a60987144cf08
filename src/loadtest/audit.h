// Audits the shop's data in its database: every acknowledged order exists once and adds up, and no
// unit of stock appeared or disappeared.
//
// Reads the tables of other modules on purpose: an independent check must not rely on the code
// under test.
// Threading: blocks. Ownership: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "loadtest/ledger.h"

namespace souk::loadtest {

struct Finding {
  std::string code;     // stable, e.g. "order_missing"
  std::string meaning;  // one sentence
  std::uint64_t count = 0;
  std::vector<std::string> examples;  // at most kMaxExamples ids
};
inline constexpr std::size_t kMaxExamples = 5;

struct AuditReport {
  std::uint64_t acknowledged = 0;    // orders looked up
  std::uint64_t products = 0;        // compared with the baseline
  std::uint64_t unacknowledged = 0;  // orders of this run without a received answer
  std::vector<Finding> findings;     // empty when all is well

  bool clean() const { return findings.empty(); }
};

// From one consistent snapshot. Errors as postgres::BlockingConnection.
Result<Baseline> take_baseline(const std::string& conninfo);

// In one read-only snapshot. Without a baseline it checks only the orders, and that no stock is
// negative. Assumes that nobody else has changed stock or deleted orders since the baseline.
Result<AuditReport> audit(const std::string& conninfo, const std::optional<Baseline>& baseline,
                          std::span<const Acknowledged> acknowledged);

}  // namespace souk::loadtest
