// Which operations leave a row in the audit log, and what that adds to their statements.
// Threading: pure functions.
#pragma once

#include "api/operation/operation.h"

namespace souk::api {

// Every change that only administrators may ask for.
constexpr bool is_audited(http::Access access, http::Method method) {
  return access == kAdmin && method != http::Method::kGet;
}

// The maximum of statements, including that of the audit log.
constexpr std::uint32_t statement_budget(const Operation& operation) {
  return operation.statements + (is_audited(operation.access, operation.method) ? 1 : 0);
}

}  // namespace souk::api
