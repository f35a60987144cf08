// The stock's books, for administrators.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/stock/types.h"
#include "api/wire/query.h"
#include "checkout/error_codes.h"

namespace souk::api {

inline constexpr std::size_t kMaxAdjustmentBytes = 4 * 1024;
inline constexpr std::size_t kStockPageSize = 20;

struct MovementListing {
  std::optional<std::string> cursor;
  std::size_t limit = kStockPageSize;
};
template <>
inline constexpr auto describe<MovementListing> = query_object(kPageFields<MovementListing>);

struct LowStockListing {
  std::optional<std::int64_t> below;
  std::optional<std::string> cursor;
  std::size_t limit = kStockPageSize;
};
template <>
inline constexpr auto describe<LowStockListing> = query_object(
    std::tuple_cat(std::tuple{field("below", &LowStockListing::below,
                                    {.meaning = "Products with fewer available units than this.",
                                     .presence = Presence::kOptional,
                                     .minimum = 1,
                                     .maximum = inventory::kMaxQuantity,
                                     .default_value = "5"})},
                   kPageFields<LowStockListing>));

inline constexpr Operation kAdjustStock{
    .name = "adjustStock",
    .tag = Tag::kProducts,
    .summary = "Add to the units on hand, or take from them",
    .description = "Relative to what is there, and with a reason that the list of movements shows.",
    .method = http::Method::kPost,
    .path = "/api/products/{id}/stock/adjustments",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 5,
    .takes = body<AdjustmentRequest>(kMaxAdjustmentBytes),
    .is_idempotent = true,
    .answers = {one<inventory::Adjustment>(201, "Changed.")},
    .refusals = {{checkout::errors::kIdempotencyKeyReused, "for another adjustment."}}};

inline constexpr Operation kListMovements{.name = "listStockMovements",
                                          .tag = Tag::kProducts,
                                          .summary = "List what moved a product's stock",
                                          .description = "The latest first.",
                                          .path = "/api/products/{id}/stock/movements",
                                          .access = kAdmin,
                                          .priority = http::Priority::kOperator,
                                          .statements = 3,
                                          .query = &kComponent<MovementListing>,
                                          .answers = {page<inventory::ListedMovement>("A page.")}};

inline constexpr Operation kListLowStock{
    .name = "listLowStock",
    .tag = Tag::kProducts,
    .summary = "List products that are running out",
    .description =
        "Products that are for sale and had stock, by id. A page may have fewer than `limit`, or "
        "none, although more follow: only `nextCursor: null` is the end.",
    .path = "/api/stock",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 2,
    .query = &kComponent<LowStockListing>,
    .answers = {page<inventory::LowStock>("A page.")}};

}  // namespace souk::api
