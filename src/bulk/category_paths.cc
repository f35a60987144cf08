#include "bulk/category_paths.h"

namespace souk::bulk {
namespace {

constexpr std::string_view kSpaces = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) + 1 - first);
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

std::optional<CategoryId> CategoryPaths::find_part(const Parts& parts, const std::string& part) {
  if (const auto named = parts.by_name.find(part); named != parts.by_name.end()) {
    return named->second;
  }
  const auto at = parts.by_slug.find(part);
  return at == parts.by_slug.end() ? std::nullopt : std::optional(at->second);
}

std::optional<CategoryId> CategoryPaths::find(std::string_view path) const {
  std::optional<CategoryId> id;
  for (auto rest = path;;) {
    const auto slash = rest.find('/');
    const auto parts = children_.find(id);
    const auto next = parts == children_.end()
                          ? std::nullopt
                          : find_part(parts->second, std::string(trimmed(rest.substr(0, slash))));
    id = next;
    if (!id || slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (id || path.find('/') != std::string_view::npos) return id;
  const auto at = by_slug_.find(std::string(trimmed(path)));
  return at == by_slug_.end() ? std::nullopt : std::optional(at->second);
}

std::string_view CategoryPaths::path_of(CategoryId id) const {
  const auto at = paths_.find(id);
  return at == paths_.end() ? std::string_view() : std::string_view(at->second);
}

}  // namespace souk::bulk
