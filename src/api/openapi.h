// The OpenAPI 3.1 document, src/api/openapi.json as it was when this was built.
#pragma once

#include <string_view>

namespace souk::api {

std::string_view openapi_document();

}  // namespace souk::api
