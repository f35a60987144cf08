// Products, their stock and categories, as JSON.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"
#include "catalog/types.h"

namespace souk::api {

// The new units on hand: `quantity` is the member's former name. The rest is what a GET adds.
struct StockLevel {
  std::optional<std::int32_t> on_hand;
  std::optional<std::int32_t> quantity;
  std::optional<std::int64_t> available;
  std::optional<std::int64_t> reserved;
};

// A whole product, with the members that a GET adds.
struct ProductReplacement : catalog::ProductDraft {
  std::optional<ProductId> id;
  std::optional<std::int64_t> version;
  std::optional<StockLevel> stock;
};

// A category with its descendants; written by tree_of().
struct CategoryTree {
  CategoryId id;
  std::string name;
  std::string slug;
  std::int32_t position = 0;
  std::int64_t version = 1;
  std::vector<RawJson> children;
};

namespace catalog_facets {

inline constexpr Facets kName{.min_length = 1, .max_length = catalog::kMaxNameLength};
inline constexpr Facets kDescription{.max_length = catalog::kMaxDescriptionLength};
inline constexpr Facets kIsActive{.meaning = "Whether it is for sale."};
inline constexpr Facets kSku{.meaning = "The merchant's own number of it, unique; null: none.",
                             .min_length = 1,
                             .max_length = catalog::kMaxSkuLength,
                             .example = R"("KET-15-CU")"};

inline constexpr Facets kCategoryName{.min_length = 1,
                                      .max_length = catalog::kMaxCategoryNameLength};
inline constexpr Facets kSlug{.meaning = "Its name in URLs; unique, and kept when it is renamed.",
                              .min_length = 1,
                              .max_length = catalog::kMaxSlugLength,
                              .pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"};
inline constexpr Facets kPosition{
    .meaning = "Siblings are in the order of their positions, then of their names.",
    .minimum = 0,
    .maximum = catalog::kMaxPosition};
inline constexpr Facets kVersion{.meaning = "Rises with every change; the ETag is derived from it.",
                                 .minimum = 1};

constexpr Facets optional(Facets facets, std::string_view default_value = {}) {
  facets.presence = Presence::kOptional;
  facets.default_value = default_value;
  return facets;
}
constexpr Facets nullable(Facets facets) {
  facets.presence = Presence::kNullable;
  return facets;
}
constexpr Facets ignored(std::string_view meaning) {
  return {.meaning = meaning, .presence = Presence::kOptional};
}

template <class T>
inline constexpr auto kDraftFields =
    std::tuple{field("sku", &T::sku, nullable(kSku)),
               field("name", &T::name, kName),
               field("description", &T::description, optional(kDescription, R"("")")),
               field("categoryId", &T::category_id),
               field("price", &T::price),
               field("isActive", &T::is_active, optional(kIsActive, "true"))};

}  // namespace catalog_facets

template <>
inline constexpr auto describe<inventory::Stock> = object(
    {.name = "Stock",
     .meaning = "Units of a product.",
     .example = R"({"available":17,"onHand":20,"reserved":3})"},
    field("available", &inventory::Stock::available,
          {.meaning = "May be ordered: onHand less reserved.", .minimum = 0}),
    field("onHand", &inventory::Stock::on_hand, {.meaning = "In the warehouse.", .minimum = 0}),
    field("reserved", &inventory::Stock::reserved,
          {.meaning = "Reserved for orders and reservations; part of onHand.", .minimum = 0}));

template <>
inline constexpr auto describe<catalog::Product> = object(
    {.name = "Product",
     .meaning = "Something the shop sells, or once sold.",
     .example = R"({"id":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","sku":"KET-15-CU",)"
                R"("name":"Copper kettle","description":"Holds 1.5 litres.",)"
                R"("categoryId":"018f3d2a-7c1e-7000-8000-00000000c001",)"
                R"("price":{"amount":1999,"currency":"EUR"},"isActive":true,"version":3,)"
                R"("stock":{"available":17,"onHand":20,"reserved":3}})",
     .bounded_pages = "True where the list stopped at a limit, otherwise absent."},
    field("id", &catalog::Product::id), field("sku", &catalog::Product::sku, catalog_facets::kSku),
    field("name", &catalog::Product::name, catalog_facets::kName),
    field("description", &catalog::Product::description, catalog_facets::kDescription),
    field("categoryId", &catalog::Product::category_id), field("price", &catalog::Product::price),
    field("isActive", &catalog::Product::is_active, catalog_facets::kIsActive),
    field("version", &catalog::Product::version, catalog_facets::kVersion),
    written_elsewhere<inventory::Stock>("stock", {.meaning = "With `include=stock`."}));

template <>
inline constexpr auto describe<catalog::ProductDraft> =
    object({.name = "ProductDraft",
            .meaning = "A whole product, as an administrator writes it.",
            .example = R"({"sku":"KET-15-CU","name":"Copper kettle",)"
                       R"("description":"Holds 1.5 litres.",)"
                       R"("categoryId":"018f3d2a-7c1e-7000-8000-00000000c001",)"
                       R"("price":{"amount":1999,"currency":"EUR"},"isActive":true})"},
           catalog_facets::kDraftFields<catalog::ProductDraft>);

template <>
inline constexpr auto describe<catalog::ProductPatch> = object(
    {.name = "ProductPatch",
     .meaning = "Members that are present replace the product's.",
     .example = R"({"price":{"amount":1999,"currency":"EUR"}})"},
    field("sku", &catalog::ProductPatch::sku, catalog_facets::nullable(catalog_facets::kSku)),
    field("name", &catalog::ProductPatch::name, catalog_facets::optional(catalog_facets::kName)),
    field("description", &catalog::ProductPatch::description,
          catalog_facets::optional(catalog_facets::kDescription)),
    field("categoryId", &catalog::ProductPatch::category_id, {.presence = Presence::kOptional}),
    field("price", &catalog::ProductPatch::price, {.presence = Presence::kOptional}),
    field("isActive", &catalog::ProductPatch::is_active,
          catalog_facets::optional(catalog_facets::kIsActive)));

template <>
inline constexpr auto describe<StockLevel> =
    object({.name = "StockLevel",
            .meaning = "The units that are in the warehouse now; takes what a GET gave.",
            .example = R"({"onHand":20})"},
           field("onHand", &StockLevel::on_hand,
                 {.meaning = "The new onHand, required; at least the reserved units.",
                  .presence = Presence::kOptional,
                  .minimum = 0,
                  .maximum = inventory::kMaxQuantity}),
           field("quantity", &StockLevel::quantity,
                 {.meaning = "The former name of onHand, taken in its place.",
                  .presence = Presence::kOptional,
                  .minimum = 0,
                  .maximum = inventory::kMaxQuantity}),
           field("available", &StockLevel::available, catalog_facets::ignored("Ignored.")),
           field("reserved", &StockLevel::reserved, catalog_facets::ignored("Ignored.")));

template <>
inline constexpr auto describe<ProductReplacement> = object(
    {.name = "ProductReplacement",
     .meaning = "A whole product, as an administrator writes it or as a GET gave it.",
     .example = R"({"sku":"KET-15-CU","name":"Copper kettle","description":"Holds 1.5 litres.",)"
                R"("categoryId":"018f3d2a-7c1e-7000-8000-00000000c001",)"
                R"("price":{"amount":1999,"currency":"EUR"},"isActive":true,"version":3})"},
    std::tuple_cat(
        catalog_facets::kDraftFields<ProductReplacement>,
        std::tuple{field("id", &ProductReplacement::id,
                         {.meaning = "Must be that of the path.", .presence = Presence::kOptional}),
                   field("version", &ProductReplacement::version,
                         {.meaning = "The version that is to be replaced, as in `If-Match`; "
                                     "absent: any.",
                          .presence = Presence::kOptional,
                          .minimum = 1}),
                   field("stock", &ProductReplacement::stock,
                         catalog_facets::ignored("Ignored: it is set on its own."))}));

template <>
inline constexpr auto describe<catalog::Category> =
    object({.name = "Category",
            .meaning = "A shelf of products, below another one or at the top.",
            .example = R"({"id":"018f3d2a-7c1e-7000-8000-00000000c002",)"
                       R"("parentId":"018f3d2a-7c1e-7000-8000-00000000c001","name":"Tea pots",)"
                       R"("slug":"tea-pots","position":0,"version":1})"},
           field("id", &catalog::Category::id),
           field("parentId", &catalog::Category::parent_id, {.meaning = "null: at the top."}),
           field("name", &catalog::Category::name, catalog_facets::kCategoryName),
           field("slug", &catalog::Category::slug, catalog_facets::kSlug),
           field("position", &catalog::Category::position, catalog_facets::kPosition),
           field("version", &catalog::Category::version, catalog_facets::kVersion));

template <>
inline constexpr auto describe<catalog::CategoryDraft> = object(
    {.name = "CategoryDraft",
     .meaning = "A new category. Without a slug it gets one that is made of its name, and "
                "without a position it comes after its siblings.",
     .example = R"({"name":"Tea pots","parentId":"018f3d2a-7c1e-7000-8000-00000000c001"})"},
    field("name", &catalog::CategoryDraft::name, catalog_facets::kCategoryName),
    field("parentId", &catalog::CategoryDraft::parent_id,
          {.meaning = "Absent or null: at the top.", .presence = Presence::kNullable}),
    field("slug", &catalog::CategoryDraft::slug, catalog_facets::optional(catalog_facets::kSlug)),
    field("position", &catalog::CategoryDraft::position,
          catalog_facets::optional(catalog_facets::kPosition)));

template <>
inline constexpr auto describe<catalog::CategoryPatch> = object(
    {.name = "CategoryPatch",
     .meaning = "Members that are present replace the category's. Without a position a "
                "moved one comes after its new siblings.",
     .example = R"({"name":"Pots for tea","parentId":null})"},
    field("name", &catalog::CategoryPatch::name,
          catalog_facets::optional(catalog_facets::kCategoryName)),
    field("parentId", &catalog::CategoryPatch::parent_id,
          {.meaning = "null: to the top.", .presence = Presence::kNullable}),
    field("slug", &catalog::CategoryPatch::slug, catalog_facets::optional(catalog_facets::kSlug)),
    field("position", &catalog::CategoryPatch::position,
          catalog_facets::optional(catalog_facets::kPosition)));

template <>
inline constexpr auto describe<CategoryTree> =
    object({.name = "CategoryTree",
            .meaning = "A category and everything below it.",
            .example = R"({"id":"018f3d2a-7c1e-7000-8000-00000000c001","name":"Kitchen",)"
                       R"("slug":"kitchen","position":0,"version":1,"children":[]})"},
           field("id", &CategoryTree::id),
           field("name", &CategoryTree::name, catalog_facets::kCategoryName),
           field("slug", &CategoryTree::slug, catalog_facets::kSlug),
           field("position", &CategoryTree::position, catalog_facets::kPosition),
           field("version", &CategoryTree::version, catalog_facets::kVersion),
           field("children", &CategoryTree::children,
                 {.meaning = "The subcategories, in order.", .items_of = "CategoryTree"}));

}  // namespace souk::api
