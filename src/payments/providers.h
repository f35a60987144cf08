// The enabled payment providers, by name.
// Threading: one per worker. Ownership: borrows the providers, which outlive it.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "payments/provider.h"

namespace souk::payments {

class Providers {
 public:
  // The first one is the default.
  explicit Providers(std::vector<Provider*> on) : on_(std::move(on)) {}

  // Null if it is not enabled.
  Provider* find(std::string_view name) const;
  // Null if none is enabled.
  Provider* first() const { return on_.empty() ? nullptr : on_.front(); }

 private:
  std::vector<Provider*> on_;
};

}  // namespace souk::payments
