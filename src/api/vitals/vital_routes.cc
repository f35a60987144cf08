#include "api/vitals/vital_routes.h"

#include "api/vitals/operations.h"
#include "api/wire/wire.h"

namespace souk::api {

void VitalRoutes::add_to(Routes& routes) { routes.add(kReportVitals, *this, &VitalRoutes::take); }

void VitalRoutes::list_operations(std::vector<const Operation*>& operations) {
  operations.push_back(&kReportVitals);
}

Answer VitalRoutes::take(runtime::Context&, const http::Request&, vitals::Report report) {
  if (const auto valid = vitals::check(report); !valid) co_return std::unexpected(valid.error());
  vitals_.take(report);
  co_return http::no_content();
}

}  // namespace souk::api
