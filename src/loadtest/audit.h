// Checks the shop's books behind its back, in its database: every acknowledged order is there once
// and adds up, and no unit of stock came from nowhere or went away.
//
// It reads the tables of other modules on purpose: who audits does not ask the audited.
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
  std::uint64_t products = 0;        // whose stock was compared with the baseline
  std::uint64_t unacknowledged = 0;  // orders of this run whose answer did not reach the tester
  std::vector<Finding> findings;     // empty when all is well

  bool clean() const { return findings.empty(); }
};

// One consistent snapshot of the books. Errors as postgres::BlockingConnection.
Result<Baseline> take_baseline(const std::string& conninfo);

// All in one read-only snapshot. Without a baseline only orders are checked and that no stock is
// negative. Assumes that nobody else changes stock or deletes orders since the baseline.
Result<AuditReport> audit(const std::string& conninfo, const std::optional<Baseline>& baseline,
                          std::span<const Acknowledged> acknowledged);

}  // namespace souk::loadtest
