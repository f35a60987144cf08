// The payment providers that are on, by name.
// Threading: one per worker. Ownership: borrows the providers, which outlive it.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "payments/provider.h"

namespace souk::payments {

class Providers {
 public:
  // The first one serves requests that name none.
  explicit Providers(std::vector<Provider*> on) : on_(std::move(on)) {}

  // Null where it is not on.
  Provider* find(std::string_view name) const;
  // Null where none is on.
  Provider* first() const { return on_.empty() ? nullptr : on_.front(); }

 private:
  std::vector<Provider*> on_;
};

}  // namespace souk::payments
