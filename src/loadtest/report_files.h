// A report as files for other programs: a page that needs nothing else, and JUnit's XML for CI.
// Threading: plain functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadtest/report.h"

namespace souk::loadtest {

// One self-contained page; `json` is the report of write_json().
std::string html_report(std::string_view json);

// A test suite with one case for each judgement, and one for the audit. What was not measured is
// skipped.
std::string junit_report(const Measurements& measured, const std::vector<Judgement>& judgements,
                         const AuditOutcome& audit);

}  // namespace souk::loadtest
