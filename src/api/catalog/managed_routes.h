// /api/admin/products: all products with their stock, for administrators.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "api/catalog/types.h"
#include "api/operation/operation.h"
#include "api/operation/routes.h"
#include "api/wire/query.h"
#include "catalog/managed.h"
#include "inventory/ledger.h"

namespace souk::api {

enum class Sale : std::uint8_t { kYes, kNo };
inline constexpr std::array<std::string_view, 2> kSaleNames = {"true", "false"};

struct ManagedListing {
  std::optional<Sale> is_active;
  std::optional<CategoryId> category;
  std::string search;
  std::optional<std::string> cursor;
  std::size_t limit = catalog::kDefaultPageSize;
};

template <>
inline constexpr auto describe<ManagedListing> = query_object(
    std::tuple_cat(std::tuple{field("isActive", &ManagedListing::is_active, kSaleNames,
                                    {.meaning = "Only products that are for sale, or that are not.",
                                     .presence = Presence::kOptional}),
                              field("category", &ManagedListing::category,
                                    {.meaning = "A category, including its subcategories.",
                                     .presence = Presence::kOptional}),
                              field("q", &ManagedListing::search,
                                    {.meaning = "Words to search for in name and description.",
                                     .presence = Presence::kOptional,
                                     .max_length = catalog::kMaxSearchLength})},
                   kPageFields<ManagedListing>));

inline constexpr Operation kManageProducts{
    .name = "manageProducts",
    .tag = Tag::kProducts,
    .summary = "List all products, with their stock",
    .description =
        "Those that are not for sale too; the newest first, as they are in the database. If more "
        "than 5,000 products match `q`, only 5,000 of them are listed.",
    .path = "/api/admin/products",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .query = &kComponent<ManagedListing>,
    .answers = {page<catalog::Product>("A page.")}};

class ManagedRoutes {
 public:
  ManagedRoutes(catalog::Managed& managed, inventory::Ledger& ledger)
      : managed_(managed), ledger_(ledger) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  Answer list(runtime::Context& context, const http::Request& request, ManagedListing listing);

  catalog::Managed& managed_;
  inventory::Ledger& ledger_;
};

}  // namespace souk::api
