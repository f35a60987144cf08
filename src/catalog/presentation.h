// How what the catalogue shows is written down, so that it is written once and kept. The bytes are
// the API's business.
// Threading: called on the worker's loop. Ownership: outlives the catalogue that uses it.
#pragma once

#include <vector>

#include "cache/entry.h"
#include "catalog/types.h"

namespace souk::catalog {

class Presentation {
 public:
  Presentation() = default;
  Presentation(const Presentation&) = delete;
  Presentation& operator=(const Presentation&) = delete;
  virtual ~Presentation() = default;

  virtual cache::Document product(const Product& product) const = 0;
  virtual cache::Document page(const ProductPage& page) const = 0;
  virtual cache::Document categories(const std::vector<Category>& categories) const = 0;
};

}  // namespace souk::catalog
