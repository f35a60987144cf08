// The OpenAPI 3.1 document, made of the operations' declarations.
// Threading: pure functions.
#pragma once

#include <span>
#include <string>

#include "api/operation/operation.h"

namespace souk::api {

// REQUIRES: operations of one path stand together.
std::string openapi_document(std::span<const Operation* const> operations);

}  // namespace souk::api
