// The JSON and the entity tag (RFC 9110 section 8.8.3) of cached values. Threading: pure functions.
#pragma once

#include <string>
#include <vector>

#include "catalog/types.h"
#include "inventory/types.h"

namespace souk::api {

struct Document {
  std::string bytes;
  std::string etag;  // with its quotes
};

Document document_of(const catalog::Product& product);
Document document_of(const catalog::ProductPage& page);
Document document_of(const std::vector<catalog::Category>& categories);
Document document_of(const inventory::Stock& stock);

}  // namespace souk::api
