// The OpenAPI 3.1 document, generated from the operations' declarations.
// Threading: pure functions.
#pragma once

#include <span>
#include <string>

#include "api/operation/operation.h"

namespace souk::api {

// REQUIRES: operations with the same path are adjacent.
std::string openapi_document(std::span<const Operation* const> operations);

}  // namespace souk::api
