#include "bulk/rules.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "catalog/rules.h"

namespace souk::bulk::rules {
namespace {

using catalog::Product;

// The column of a JSON pointer: "/price/amount" is in "price".
std::string column_of(std::string_view pointer) {
  pointer.remove_prefix(pointer.starts_with('/') ? 1 : 0);
  const auto column = pointer.substr(0, pointer.find('/'));
  return std::string(column == "categoryId" ? "category" : column);
}

class Index {
 public:
  explicit Index(const Known& known) {
    for (const auto& product : known.products) {
      by_id_.emplace(product.id, &product);
      if (product.sku) by_sku_.emplace(*product.sku, &product);
    }
    for (const auto& stock : known.stocks) stocks_.emplace(stock.product_id, &stock);
  }
  const Product* product(const Row& row) const {
    return row.id ? found(by_id_, *row.id) : found(by_sku_, std::string_view(row.sku));
  }
  inventory::Stock stock(ProductId id) const {
    const auto* stock = found(stocks_, id);
    return stock == nullptr ? inventory::Stock{.product_id = id} : *stock;
  }

 private:
  template <class Map>
  static typename Map::mapped_type found(const Map& map, const typename Map::key_type& key) {
    const auto at = map.find(key);
    return at == map.end() ? nullptr : at->second;
  }

  std::unordered_map<ProductId, const Product*> by_id_;
  std::unordered_map<std::string_view, const Product*, KeyedHash> by_sku_;
  std::unordered_map<ProductId, const inventory::Stock*> stocks_;
};

// The product with the row's members; true when one of them differs.
bool apply(const catalog::ProductPatch& patch, Product& product) {
  bool changed = false;
  const auto set = [&changed](const auto& wanted, auto& member) {
    if (!wanted || *wanted == member) return;
    member = *wanted;
    changed = true;
  };
  set(patch.name, product.name);
  set(patch.description, product.description);
  set(patch.category_id, product.category_id);
  set(patch.price, product.price);
  set(patch.is_active, product.is_active);
  return changed;
}

Verdict refused(std::string column, std::string reason) {
  return {.outcome = Outcome::kRefused, .problem = {std::move(column), std::move(reason)}};
}

Verdict create(const Row& row, const Mode& mode, UuidGenerator& ids, Plan& plan) {
  constexpr auto kNeeded = "is needed for a new product";
  if (!mode.creates) return refused(row.id ? "id" : "sku", "no product has it");
  if (!row.patch.name) return refused("name", kNeeded);
  if (!row.patch.category_id) return refused("category", kNeeded);
  if (!row.patch.price) return refused("price", kNeeded);
  Product product{.id = ProductId{ids.next()}, .sku = row.sku};
  apply(row.patch, product);
  if (row.stock.value_or(0) != 0) plan.counts.push_back({product.id, *row.stock});
  plan.created.push_back(std::move(product));
  return {.outcome = Outcome::kCreated, .id = plan.created.back().id};
}

Verdict change(const Row& row, const Product& old, const inventory::Stock& stock, Plan& plan) {
  const bool counted = row.stock && *row.stock != stock.on_hand;
  if (counted && *row.stock < stock.reserved) {
    return refused("stock", fmt::format("must not be below what is reserved, {}", stock.reserved));
  }
  auto product = old;
  const bool changed = apply(row.patch, product);
  if (counted) plan.counts.push_back({old.id, *row.stock});
  if (changed) plan.updated.push_back(std::move(product));
  return {.outcome = changed || counted ? Outcome::kUpdated : Outcome::kUnchanged, .id = old.id};
}

}  // namespace

std::optional<Problem> problem_of(const Row& row) {
  if (row.problem) return row.problem;
  if (!row.id) {
    if (row.sku.empty()) return Problem{"sku", "is missing"};
    if (auto problem = catalog::rules::sku_problem(row.sku)) return Problem{"sku", *problem};
  }
  if (const auto valid = catalog::rules::check(row.patch); !valid) {
    const auto& first = valid.error().fields.front();
    return Problem{column_of(first.pointer), first.reason};
  }
  if (row.stock && (*row.stock < 0 || *row.stock > inventory::kMaxQuantity)) {
    return Problem{"stock", fmt::format("must be 0 to {}", inventory::kMaxQuantity)};
  }
  return std::nullopt;
}

Plan decide(std::span<const Row> rows, const Known& known, const Mode& mode, UuidGenerator& ids) {
  Plan plan;
  const Index index(known);
  std::unordered_set<ProductId> met;
  std::unordered_set<std::string_view, KeyedHash> created;
  plan.verdicts.reserve(rows.size());
  for (const auto& row : rows) {
    const auto* const product = index.product(row);
    const bool again = product != nullptr ? !met.insert(product->id).second
                                          : !row.id && !created.insert(row.sku).second;
    if (auto problem = problem_of(row)) {
      plan.verdicts.push_back(refused(std::move(problem->column), std::move(problem->reason)));
    } else if (again) {
      plan.verdicts.push_back(
          refused(row.id ? "id" : "sku", "an earlier row has the same product"));
    } else if (product == nullptr) {
      plan.verdicts.push_back(create(row, mode, ids, plan));
    } else {
      plan.verdicts.push_back(change(row, *product, index.stock(product->id), plan));
    }
  }
  return plan;
}

}  // namespace souk::bulk::rules
