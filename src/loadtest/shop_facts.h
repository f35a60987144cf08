// What a shop says about itself on its operator's address: the build and the settings that a
// measurement of it must name. The tester's own build may be another one.
// Threading: plain functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace souk::loadtest {

struct ShopFacts {
  std::string version;
  std::string commit;
  std::string build_type;
  std::int64_t workers = 0;
  // Those that are not the defaults, by key. The shop has redacted its secrets.
  std::vector<std::pair<std::string, std::string>> settings;
};

// Of the answer of GET /settings; nothing when it is none.
std::optional<ShopFacts> parse_shop_facts(std::string_view json);

}  // namespace souk::loadtest
