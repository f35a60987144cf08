#include "api/wire/common_types.h"

#include "api/wire/error_codes.h"
#include "api/wire/problem.h"
#include "api/wire/writer.h"

namespace souk::api {

template void write(JsonWriter&, const inventory::Shortage&);

Names error_names() {
  static const auto names = [] {
    std::vector<std::string_view> all;
    for (const auto code : error_codes()) all.push_back(code.name());
    return all;
  }();
  return names;
}

}  // namespace souk::api
