#include "api/catalog/rendering.h"

#include <unordered_map>

#include "api/wire/writer.h"

namespace souk::api {

template <>
void write(JsonWriter& json, const StockedProduct& stocked) {
  json.begin_object();
  write_members(json, stocked.product);
  json.key("stock");
  write(json, stocked.stock);
  json.end_object();
}

// Without recursion: how deep the tree is is the data's business.
Buffer tree_of(const std::vector<catalog::Category>& categories) {
  constexpr auto kNobody = std::optional<CategoryId>();
  std::unordered_map<std::optional<CategoryId>, std::vector<const catalog::Category*>> children;
  for (const auto& category : categories) children[category.parent_id].push_back(&category);

  Buffer out(128 * (categories.size() + 1));
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  json.begin_array();
  struct Level {
    const std::vector<const catalog::Category*>& siblings;
    std::size_t next = 0;
  };
  std::vector<Level> path{{children[kNobody]}};
  while (true) {
    auto& [siblings, next] = path.back();
    if (next == siblings.size()) {
      json.end_array();
      path.pop_back();
      if (path.empty()) break;
      json.end_object();
      continue;
    }
    const auto& category = *siblings[next++];
    json.begin_object();
    json.member("id", category.id.value);
    json.member("name", category.name);
    json.member("slug", category.slug);
    json.member("position", category.position);
    json.member("version", category.version);
    json.key("children");
    json.begin_array();
    path.push_back({children[category.id]});
  }
  json.key("nextCursor");
  json.null();
  json.end_object();
  return out;
}

}  // namespace souk::api
