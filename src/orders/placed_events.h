// Reads what the events "order.placed" tell, which name their orders only: each as it was when it
// was placed, whatever has become of it. Threading: any loop. Ownership: borrows the pool.
#pragma once

#include "jobs/consumer.h"
#include "postgres/pool.h"

namespace souk::orders {

class PlacedEvents final : public jobs::EventReader {
 public:
  explicit PlacedEvents(postgres::Pool& pool) : pool_(pool) {}

  runtime::Task<std::vector<std::string>> read(runtime::Context& context,
                                               std::span<const jobs::Job> events) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::orders
