// The categories by their paths: "Kitchen/Kettles", each part by its name or its slug; a slug alone
// is a path too. What a path lacks can be planned: it is found from then on, and is made when a
// product of it is written.
// Threading: one task at a time. Ownership: owns its texts.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/uuid.h"
#include "catalog/types.h"

namespace souk::bulk {

// A category that is not in the database yet.
struct PlannedCategory {
  CategoryId id;
  catalog::CategoryDraft draft;
};

class CategoryPaths {
 public:
  // `categories`: parents before children.
  explicit CategoryPaths(const std::vector<catalog::Category>& categories);

  std::optional<CategoryId> find(std::string_view path) const;
  // By names; by the slug where a name has a slash. Empty for an unknown category.
  std::string_view path_of(CategoryId id) const;

  // The category at the path, the missing ones planned by their names. Errors: the reason.
  std::expected<CategoryId, std::string> find_or_plan(std::string_view path, UuidGenerator& ids);
  // Those of `wanted`, and above them, that are planned and not made yet; parents first.
  std::vector<PlannedCategory> unmade(std::span<const CategoryId> wanted) const;
  void set_made(std::span<const PlannedCategory> categories);
  std::size_t made() const { return made_; }

 private:
  struct Parts {
    std::unordered_map<std::string, CategoryId, KeyedHash> by_name;
    std::unordered_map<std::string, CategoryId, KeyedHash> by_slug;
  };
  std::optional<CategoryId> find_below(std::optional<CategoryId> parent,
                                       const std::string& part) const;
  void plan(PlannedCategory category);

  std::unordered_map<std::optional<CategoryId>, Parts> children_;
  std::unordered_map<std::string, CategoryId, KeyedHash> by_slug_;
  std::unordered_map<CategoryId, std::string> paths_;
  std::vector<PlannedCategory> planned_;
  std::unordered_map<CategoryId, std::size_t> unmade_;  // their places in planned_
  std::size_t made_ = 0;
};

}  // namespace souk::bulk
