// Imports and bulk changes of products, as JSON.
// Threading: constants.
#pragma once

#include "api/catalog/types.h"
#include "api/wire/common_types.h"
#include "bulk/types.h"

namespace souk::api {

// A line of an NDJSON file.
struct ProductLine {
  std::string sku;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::string> category;
  std::optional<Money> price;
  std::optional<bool> is_active;
  std::optional<std::int64_t> stock;
};

struct RowProblem {
  std::size_t row = 0;
  std::string sku;
  std::string column;
  std::string reason;
};

struct ImportReport {
  std::size_t rows = 0;
  std::size_t created = 0;
  std::size_t updated = 0;
  std::size_t unchanged = 0;
  std::size_t refused = 0;
  std::size_t new_categories = 0;
  std::vector<RowProblem> problems;
};

struct BulkChange {
  std::optional<ProductId> id;
  std::optional<std::string> sku;
  std::optional<Money> price;
  std::optional<std::int64_t> stock;
};

struct BulkChanges {
  std::vector<BulkChange> items;
};

struct BulkResult {
  std::optional<ProductId> id;
  std::optional<std::string> sku;
  bulk::Outcome outcome = bulk::Outcome::kUnchanged;
  std::optional<bulk::Problem> problem;
};

namespace bulk_facets {

inline constexpr Facets kStock{.meaning = "Units on hand.",
                               .presence = Presence::kOptional,
                               .minimum = 0,
                               .maximum = inventory::kMaxQuantity};
inline constexpr Facets kColumn{.meaning = "Empty: the row as a whole."};

}  // namespace bulk_facets

template <>
inline constexpr auto describe<ProductLine> = object(
    {.name = "ProductLine",
     .meaning = "A product in a file: absent members stay as they are.",
     .example = R"({"sku":"KET-15-CU","name":"Copper kettle","category":"Kitchen/Kettles",)"
                R"("price":{"amount":1999,"currency":"EUR"},"isActive":true,"stock":20})"},
    field("sku", &ProductLine::sku, catalog_facets::kSku),
    field("name", &ProductLine::name, catalog_facets::optional(catalog_facets::kName)),
    field("description", &ProductLine::description,
          catalog_facets::optional(catalog_facets::kDescription)),
    field("category", &ProductLine::category,
          {.meaning = "Its path, by names or slugs.", .presence = Presence::kOptional}),
    field("price", &ProductLine::price, {.presence = Presence::kOptional}),
    field("isActive", &ProductLine::is_active, catalog_facets::optional(catalog_facets::kIsActive)),
    field("stock", &ProductLine::stock, bulk_facets::kStock));

template <>
inline constexpr auto describe<bulk::Problem> =
    object({.name = "BulkProblem", .meaning = "Why a product was refused."},
           field("column", &bulk::Problem::column, bulk_facets::kColumn),
           field("reason", &bulk::Problem::reason));

template <>
inline constexpr auto describe<RowProblem> = object(
    {.name = "RowProblem", .meaning = "A row that changed nothing, and why."},
    field("row", &RowProblem::row,
          {.meaning = "Its number; 1 is the first line, or the header.", .minimum = 1}),
    field("sku", &RowProblem::sku), field("column", &RowProblem::column, bulk_facets::kColumn),
    field("reason", &RowProblem::reason));

template <>
inline constexpr auto describe<ImportReport> = object(
    {.name = "ImportReport",
     .meaning = "What became of the rows of a file.",
     .example = R"({"rows":2,"created":1,"updated":0,"unchanged":0,"refused":1,)"
                R"("newCategories":0,"problems":)"
                R"([{"row":3,"sku":"KET-2","column":"price",)"
                R"("reason":"is needed for a new product"}]})"},
    field("rows", &ImportReport::rows), field("created", &ImportReport::created),
    field("updated", &ImportReport::updated), field("unchanged", &ImportReport::unchanged),
    field("refused", &ImportReport::refused), field("newCategories", &ImportReport::new_categories),
    field("problems", &ImportReport::problems, {.meaning = "Of the first 1,000 refused rows."}));

template <>
inline constexpr auto describe<BulkChange> = object(
    {.name = "BulkChange",
     .meaning = "A product's new price and stock; absent members stay as they are. It is "
                "named by its id or its SKU.",
     .example = R"({"sku":"KET-15-CU","price":{"amount":1899,"currency":"EUR"},"stock":20})"},
    field("id", &BulkChange::id, {.presence = Presence::kOptional}),
    field("sku", &BulkChange::sku, catalog_facets::optional(catalog_facets::kSku)),
    field("price", &BulkChange::price, {.presence = Presence::kOptional}),
    field("stock", &BulkChange::stock, bulk_facets::kStock));

template <>
inline constexpr auto describe<BulkChanges> =
    object({.name = "BulkChanges",
            .meaning = "Many changes at once.",
            .example = R"({"items":[{"sku":"KET-15-CU","stock":20}]})"},
           field("items", &BulkChanges::items, {.min_length = 1, .max_length = bulk::kMaxChanges}));

template <>
inline constexpr auto describe<BulkResult> = object(
    {.name = "BulkResult", .meaning = "What became of a change."}, field("id", &BulkResult::id),
    field("sku", &BulkResult::sku, {.meaning = "As it was given."}),
    field("outcome", &BulkResult::outcome, bulk::kOutcomeNames),
    field("problem", &BulkResult::problem, {.meaning = "Where it was refused."}));

}  // namespace souk::api
