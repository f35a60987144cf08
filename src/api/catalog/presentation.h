// The bytes of everything that is cached: what the domains show, in the wire contract's form.
// Threading: no state; any thread.
#pragma once

#include "catalog/presentation.h"
#include "inventory/presentation.h"

namespace souk::api {

class JsonPresentation final : public catalog::Presentation, public inventory::Presentation {
 public:
  cache::Document product(const catalog::Product& product) const override;
  cache::Document page(const catalog::ProductPage& page) const override;
  cache::Document categories(const std::vector<catalog::Category>& categories) const override;
  cache::Document stock(const inventory::Stock& stock) const override;
};

}  // namespace souk::api
