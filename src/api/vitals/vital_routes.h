// /api/vitals: what a storefront's pages report of themselves.
// Threading: one per worker. Ownership: borrows its argument, which outlives it.
#pragma once

#include "api/operation/routes.h"
#include "api/vitals/types.h"

namespace souk::api {

class VitalRoutes {
 public:
  explicit VitalRoutes(vitals::Vitals& vitals) : vitals_(vitals) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  Answer take(runtime::Context& context, const http::Request& request, vitals::Report report);

  vitals::Vitals& vitals_;
};

}  // namespace souk::api
