// The categories by their paths: "Kitchen/Kettles", each part by its name or its slug; a slug alone
// is a path too.
// Threading: immutable once made. Ownership: owns its texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "catalog/types.h"

namespace souk::bulk {

class CategoryPaths {
 public:
  // `categories`: parents before children.
  explicit CategoryPaths(const std::vector<catalog::Category>& categories);

  std::optional<CategoryId> find(std::string_view path) const;
  // By names; by the slug where a name has a slash. Empty for an unknown category.
  std::string_view path_of(CategoryId id) const;

 private:
  struct Parts {
    std::unordered_map<std::string, CategoryId, KeyedHash> by_name;
    std::unordered_map<std::string, CategoryId, KeyedHash> by_slug;
  };
  static std::optional<CategoryId> find_part(const Parts& parts, const std::string& part);

  std::unordered_map<std::optional<CategoryId>, Parts> children_;
  std::unordered_map<std::string, CategoryId, KeyedHash> by_slug_;
  std::unordered_map<CategoryId, std::string> paths_;
};

}  // namespace souk::bulk
