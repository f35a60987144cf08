// The reference of the API, at /docs: Swagger UI, which shows /openapi.json of the same shop.
// Threading: the routes' handlers on any worker. Ownership: all is static.
#pragma once

#include "http/router.h"

namespace souk::site {

// `at_root`: at "/", too.
void add_reference(http::Router& shop, bool at_root);

}  // namespace souk::site
