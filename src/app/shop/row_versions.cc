#include "app/shop/row_versions.h"

#include <unordered_map>

#include "catalog/store.h"
#include "inventory/store.h"

namespace souk::app {
namespace {

using Versions = std::unordered_map<ProductId, cache::RowVersion>;

std::optional<ProductId> id_of(std::string_view key, std::string_view kind) {
  if (!key.starts_with(kind) || key.substr(kind.size()).size() < 2) return std::nullopt;
  const auto id = Uuid::parse(key.substr(kind.size() + 1));
  return id ? std::optional(ProductId{*id}) : std::nullopt;
}

std::vector<ProductId> ids_of(const std::vector<cache::EntryPtr>& entries, std::string_view kind) {
  std::vector<ProductId> ids;
  for (const auto& entry : entries) {
    if (const auto id = id_of(entry->key, kind)) ids.push_back(*id);
  }
  return ids;
}

template <class Rows>
Versions by_id(const Rows& rows) {
  Versions versions;
  for (const auto& row : rows) versions[row.id] = {row.version, row.age};
  return versions;
}

}  // namespace

runtime::Task<std::vector<std::optional<cache::RowVersion>>> row_versions(
    postgres::Pool& pool, runtime::Context& context, std::vector<cache::EntryPtr> entries) {
  constexpr std::string_view kProduct = "product";
  constexpr std::string_view kStock = "stock";
  const auto products =
      by_id(co_await catalog::store::versions(pool, context, ids_of(entries, kProduct)));
  const auto stocks =
      by_id(co_await inventory::store::versions(pool, context, ids_of(entries, kStock)));
  std::vector<std::optional<cache::RowVersion>> versions;
  for (const auto& entry : entries) {
    auto& version = versions.emplace_back();
    for (const auto& [kind, rows] : {std::pair(kProduct, &products), std::pair(kStock, &stocks)}) {
      const auto id = id_of(entry->key, kind);
      if (!id) continue;
      const auto row = rows->find(*id);
      version = row == rows->end() ? cache::RowVersion{} : row->second;
    }
  }
  co_return versions;
}

}  // namespace souk::app
