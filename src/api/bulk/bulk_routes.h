// /api/products in bulk.
// Threading: one per worker. Ownership: borrows the writer, which outlives it.
#pragma once

#include "api/bulk/operations.h"
#include "api/operation/routes.h"
#include "bulk/import.h"
#include "bulk/writer.h"

namespace souk::api {

class BulkRoutes {
 public:
  explicit BulkRoutes(bulk::Writer& writer) : writer_(writer) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer import(runtime::Context& context, const http::Request& request, ImportOptions options);
  Answer change(runtime::Context& context, const http::Request& request, BulkChanges changes);

  runtime::Task<Result<ImportReport>> run_import(runtime::Context& context,
                                                 const http::Request& request, FileFormat format,
                                                 bulk::Mode mode);

  bulk::Writer& writer_;
};

}  // namespace souk::api
