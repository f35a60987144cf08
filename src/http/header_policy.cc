#include "http/header_policy.h"

namespace souk::http {

std::vector<HeaderField> common_fields(const HeaderPolicy& policy) {
  std::vector<HeaderField> fields;
  if (policy.nosniff) fields.push_back({"X-Content-Type-Options", "nosniff"});
  return fields;
}

const PreparedHeaders& default_common_fields() {
  static const PreparedHeaders fields(common_fields(HeaderPolicy()));
  return fields;
}

PreparedHeaders fields_of_page(const HeaderPolicy& policy, std::string_view caching) {
  std::vector<HeaderField> fields{{"Cache-Control", caching}};
  if (!policy.content_security.empty()) {
    fields.push_back({"Content-Security-Policy", policy.content_security});
  }
  if (!policy.referrer.empty()) fields.push_back({"Referrer-Policy", policy.referrer});
  return PreparedHeaders(fields);
}

}  // namespace souk::http
