#include "loadtest/shop_facts.h"

#include <simdjson.h>

namespace souk::loadtest {

std::optional<ShopFacts> parse_shop_facts(std::string_view json) {
  try {
    simdjson::dom::parser parser;
    const simdjson::dom::element root = parser.parse(json);
    ShopFacts facts{.version = std::string(root["version"].get_string().value()),
                    .commit = std::string(root["commit"].get_string().value()),
                    .build_type = std::string(root["buildType"].get_string().value()),
                    .workers = root["workers"].get_int64()};
    for (const auto [key, value] : root["settings"].get_object()) {
      facts.settings.emplace_back(key, value.get_string().value());
    }
    return facts;
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

}  // namespace souk::loadtest
