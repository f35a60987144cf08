// Texts as cached values. Only for tests.
// Threading: pure functions.
#pragma once

#include <string>
#include <vector>

#include "cache/entry.h"

namespace souk::cache {

inline constexpr const ValueType* kText = &kValueType<std::string>;

inline Value text(std::string bytes, std::int64_t version = 0, std::vector<std::string> tags = {}) {
  return make_value(std::move(bytes), version, std::move(tags));
}
// "none" when there is no entry.
inline std::string text_of(const EntryPtr& entry) {
  return entry ? entry->as<std::string>() : "none";
}

}  // namespace souk::cache
