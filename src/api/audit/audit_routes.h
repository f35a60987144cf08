// /api/audit-log, for administrators.
// Threading: one per worker. Ownership: borrows the pool, which outlives it and its answers.
#pragma once

#include "api/audit/queries.h"
#include "api/operation/routes.h"
#include "postgres/pool.h"

namespace souk::api {

class AuditRoutes {
 public:
  explicit AuditRoutes(postgres::Pool& pool) : pool_(pool) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer list(runtime::Context& context, const http::Request& request, AuditListing listing);
  Answer export_all(runtime::Context& context, const http::Request& request, AuditFilter filter);

  postgres::Pool& pool_;
};

}  // namespace souk::api
