// Fields that restrict what a browser does with responses.
// Threading: plain values, pure functions.
#pragma once

#include <string>
#include <vector>

#include "http/headers.h"

namespace souk::http {

// An empty text is not sent.
struct HeaderPolicy {
  bool nosniff = true;  // on every response: JSON or an error is never run as a script
  // On pages.
  std::string content_security =
      "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
      "frame-ancestors 'none'";
  std::string referrer = "strict-origin-when-cross-origin";
};

// Of every response.
std::vector<HeaderField> common_fields(const HeaderPolicy& policy);
// Of responses that no dispatcher has seen: refusals of a connection, and before a request is read.
const PreparedHeaders& default_common_fields();
// With a page's Cache-Control.
PreparedHeaders fields_of_page(const HeaderPolicy& policy, std::string_view caching);

}  // namespace souk::http
