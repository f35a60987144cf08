// The result of a load test as a table for people and as JSON for machines. The JSON's names are
// stable within a version of its schema: members may be added, none changes its meaning.
// Threading: plain functions.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "loadtest/audit.h"
#include "loadtest/verdict.h"

namespace souk::loadtest {

// Of the JSON; raised when a member goes or changes its meaning.
// docs/loadtest-report.schema.json describes it.
inline constexpr int kSchemaVersion = 1;

struct AuditOutcome {
  bool wanted = true;
  std::optional<AuditReport> report;
  std::string why_not;  // when there is no report

  // A requested audit that did not run is not clean.
  bool clean() const { return report ? report->clean() : !wanted; }
};

void print_report(std::ostream& out, const Measurements& measured,
                  const std::vector<Judgement>& judgements, const AuditOutcome& audit);
void print_audit(std::ostream& out, const AuditOutcome& audit);

void write_json(Buffer& out, const Measurements& measured, const std::vector<Judgement>& judgements,
                const AuditOutcome& audit);

}  // namespace souk::loadtest
