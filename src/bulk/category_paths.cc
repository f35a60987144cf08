#include "bulk/category_paths.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "bulk/types.h"
#include "catalog/rules.h"
#include "catalog/slug.h"

namespace souk::bulk {
namespace {

constexpr std::string_view kSpaces = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) + 1 - first);
}

// The next part of a path, taken off it; nothing is left of the path after the last one.
std::string next_part(std::optional<std::string_view>& path) {
  const auto slash = path->find('/');
  std::string part(trimmed(path->substr(0, slash)));
  path = slash == std::string_view::npos ? std::nullopt : std::optional(path->substr(slash + 1));
  return part;
}

}  // namespace

CategoryPaths::CategoryPaths(const std::vector<catalog::Category>& categories) {
  for (const auto& category : categories) {
    auto& siblings = children_[category.parent_id];
    siblings.by_name.emplace(category.name, category.id);
    siblings.by_slug.emplace(category.slug, category.id);
    by_slug_.emplace(category.slug, category.id);
    const bool plain = category.name.find('/') == std::string::npos &&
                       trimmed(category.name).size() == category.name.size();
    auto path = category.parent_id ? paths_[*category.parent_id] + '/' : std::string();
    paths_.emplace(category.id, std::move(path) + (plain ? category.name : category.slug));
  }
}

std::optional<CategoryId> CategoryPaths::find_below(std::optional<CategoryId> parent,
                                                    const std::string& part) const {
  const auto siblings = children_.find(parent);
  if (siblings == children_.end()) return std::nullopt;
  const auto& [by_name, by_slug] = siblings->second;
  if (const auto named = by_name.find(part); named != by_name.end()) return named->second;
  const auto at = by_slug.find(part);
  return at == by_slug.end() ? std::nullopt : std::optional(at->second);
}

std::optional<CategoryId> CategoryPaths::find(std::string_view path) const {
  std::optional<CategoryId> id;
  for (std::optional rest(path); rest;) {
    id = find_below(id, next_part(rest));
    if (!id) break;
  }
  if (id || path.find('/') != std::string_view::npos) return id;
  const auto at = by_slug_.find(std::string(trimmed(path)));
  return at == by_slug_.end() ? std::nullopt : std::optional(at->second);
}

std::string_view CategoryPaths::path_of(CategoryId id) const {
  const auto at = paths_.find(id);
  return at == paths_.end() ? std::string_view() : std::string_view(at->second);
}

std::expected<CategoryId, std::string> CategoryPaths::find_or_plan(std::string_view path,
                                                                   UuidGenerator& ids) {
  if (const auto id = find(path)) return *id;
  std::optional<CategoryId> id;
  std::vector<PlannedCategory> missing;
  std::size_t depth = 0;
  for (std::optional rest(path); rest;) {
    if (++depth > kMaxPathParts) {
      return std::unexpected(fmt::format("has more than {} parts", kMaxPathParts));
    }
    auto part = next_part(rest);
    const auto found = missing.empty() ? find_below(id, part) : std::nullopt;
    if (!found) {
      missing.push_back({CategoryId{ids.next()}, {.name = std::move(part), .parent_id = id}});
      if (const auto valid = catalog::rules::check(missing.back().draft); !valid) {
        return std::unexpected("each part " + valid.error().fields.front().reason);
      }
    }
    id = found ? found : missing.back().id;
  }
  if (paths_.size() + missing.size() > static_cast<std::size_t>(catalog::kMaxCategories)) {
    return std::unexpected(
        fmt::format("a shop has at most {} categories", catalog::kMaxCategories));
  }
  for (auto& category : missing) plan(std::move(category));
  return *id;
}

void CategoryPaths::plan(PlannedCategory category) {
  auto& siblings = children_[category.draft.parent_id];
  const auto slug = catalog::slug_of(category.draft.name);
  siblings.by_name.emplace(category.draft.name, category.id);
  siblings.by_slug.emplace(slug, category.id);
  by_slug_.emplace(slug, category.id);
  paths_.emplace(category.id, std::string());
  unmade_.emplace(category.id, planned_.size());
  planned_.push_back(std::move(category));
}

std::vector<PlannedCategory> CategoryPaths::unmade(std::span<const CategoryId> wanted) const {
  std::set<std::size_t> places;  // a parent is planned before what is below it
  for (std::optional<CategoryId> id : wanted) {
    while (id) {
      const auto at = unmade_.find(*id);
      if (at == unmade_.end() || !places.insert(at->second).second) break;
      id = planned_[at->second].draft.parent_id;
    }
  }
  std::vector<PlannedCategory> found;
  for (const auto place : places) found.push_back(planned_[place]);
  return found;
}

void CategoryPaths::set_made(std::span<const PlannedCategory> categories) {
  for (const auto& category : categories) made_ += unmade_.erase(category.id);
}

}  // namespace souk::bulk
