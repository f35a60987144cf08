// Reads what the events "order.placed" tell, which name their orders only: each as it was when it
// was placed, whatever has become of it, but for what was erased since. Threading: any loop.
// Ownership: borrows the pool.
#pragma once

#include "jobs/consumer.h"
#include "postgres/pool.h"

namespace souk::orders {

class PlacedEvents final : public jobs::EventReader {
 public:
  explicit PlacedEvents(postgres::Pool& pool) : pool_(pool) {}

  std::string_view kind() const override;
  runtime::Task<std::unordered_map<Uuid, std::string>> read(runtime::Context& context,
                                                            std::span<const Uuid> orders) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::orders
