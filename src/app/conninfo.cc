#include "app/conninfo.h"

#include <cstdlib>

namespace souk::app {

Conninfo::Conninfo(const std::string& text)
    : given_(PQconninfoParse(text.c_str(), nullptr), &PQconninfoFree),
      defaults_(PQconndefaults(), &PQconninfoFree) {}

std::string Conninfo::value(std::string_view keyword) const {
  if (!given_ || !defaults_) return {};
  for (const auto* option = given_.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword && option->val != nullptr) return option->val;
  }
  for (const auto* option = defaults_.get(); option->keyword != nullptr; ++option) {
    const bool set = option->envvar != nullptr && std::getenv(option->envvar) != nullptr;
    if (set && option->keyword == keyword && option->val != nullptr) return option->val;
  }
  return {};
}

}  // namespace souk::app
