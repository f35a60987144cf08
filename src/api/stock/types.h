// The stock's books, as JSON.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"
#include "inventory/ledger_types.h"

namespace souk::api {

struct AdjustmentRequest {
  std::int64_t change = 0;
  std::string reason;
};

namespace stock_facets {

inline constexpr Facets kReason{.min_length = 1, .max_length = inventory::kMaxReasonLength};
inline constexpr Facets kChange{.meaning = "Units that came, or went.",
                                .minimum = -inventory::kMaxQuantity,
                                .maximum = inventory::kMaxQuantity};

}  // namespace stock_facets

template <>
inline constexpr auto describe<AdjustmentRequest> =
    object({.name = "StockAdjustmentRequest",
            .meaning = "A change of the units on hand, and why.",
            .example = R"({"change":-2,"reason":"broken in the warehouse"})"},
           field("change", &AdjustmentRequest::change, stock_facets::kChange),
           field("reason", &AdjustmentRequest::reason, stock_facets::kReason));

template <>
inline constexpr auto describe<inventory::Adjustment> = object(
    {.name = "StockAdjustment", .meaning = "A change that was made."},
    field("id", &inventory::Adjustment::id), field("productId", &inventory::Adjustment::product_id),
    field("change", &inventory::Adjustment::change, stock_facets::kChange),
    field("reason", &inventory::Adjustment::reason, stock_facets::kReason),
    field("onHand", &inventory::Adjustment::on_hand,
          {.meaning = "After it; later changes are not in it.", .minimum = 0}),
    field("createdAt", &inventory::Adjustment::created_at));

template <>
inline constexpr auto describe<inventory::ListedMovement> = object(
    {.name = "StockMovement",
     .meaning = "Units that came or went, or were promised or are free again. The sums of a "
                "product's movements are its stock."},
    field("onHand", &inventory::ListedMovement::on_hand, {.meaning = "Added to what is on hand."}),
    field("reserved", &inventory::ListedMovement::reserved,
          {.meaning = "Added to what is reserved."}),
    field("kind", &inventory::ListedMovement::kind,
          {.meaning = "`counted` and `adjusted` by hand, the others by orders and reservations."}),
    field("causeId", &inventory::ListedMovement::cause_id,
          {.meaning = "The order, the reservation or the adjustment."}),
    field("reason", &inventory::ListedMovement::reason, {.meaning = "Of an adjustment."}),
    field("at", &inventory::ListedMovement::moved_at));

template <>
inline constexpr auto describe<inventory::LowStock> =
    object({.name = "LowStock", .meaning = "A product of which few units are left."},
           field("productId", &inventory::LowStock::product_id),
           field("sku", &inventory::LowStock::sku), field("name", &inventory::LowStock::name),
           field("available", &inventory::LowStock::available,
                 {.meaning = "May be ordered: onHand less reserved.", .minimum = 0}),
           field("onHand", &inventory::LowStock::on_hand, {.minimum = 0}),
           field("reserved", &inventory::LowStock::reserved, {.minimum = 0}));

}  // namespace souk::api
