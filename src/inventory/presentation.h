// How a stock is written down, so that it is written once and kept. The bytes are the API's
// business. Threading: called on the worker's loop. Ownership: outlives the inventory that uses it.
#pragma once

#include "cache/entry.h"
#include "inventory/types.h"

namespace souk::inventory {

class Presentation {
 public:
  Presentation() = default;
  Presentation(const Presentation&) = delete;
  Presentation& operator=(const Presentation&) = delete;
  virtual ~Presentation() = default;

  virtual cache::Document stock(const Stock& stock) const = 0;
};

}  // namespace souk::inventory
