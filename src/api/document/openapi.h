// The OpenAPI 3.1 document, generated from the operations' declarations.
// Threading: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/operation/operation.h"
#include "api/wire/schema.h"

namespace souk::api {

// What a webhook may receive.
struct Event {
  std::string_view type;
  std::string_view summary;
  const Component* component;  // of the body
};

// REQUIRES: operations with the same path are adjacent.
std::string openapi_document(std::span<const Operation* const> operations,
                             std::span<const Event> events);

}  // namespace souk::api
