// Reservations, as they look on the wire.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"
#include "inventory/reservation.h"
#include "orders/types.h"

namespace souk::api {

// The lines to hold for a cart, and the duration.
struct StockHold {
  std::vector<inventory::Line> lines;
  std::optional<std::int32_t> seconds;
};

// What to hold instead; what is missing stays.
struct StockHoldChange {
  std::optional<std::vector<inventory::Line>> lines;
  std::optional<std::int32_t> seconds;
};

template <>
inline constexpr auto describe<StockHold> = object(
    {.name = "StockHold",
     .meaning = "The lines to reserve, and for how long; default: the shop's time.",
     .example = R"({"items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","quantity":2}],)"
                R"("seconds":600})"},
    field("items", &StockHold::lines, {.min_length = 1, .max_length = orders::kMaxLines}),
    field("seconds", &StockHold::seconds, {.presence = Presence::kOptional, .minimum = 1}));

template <>
inline constexpr auto describe<StockHoldChange> = object(
    {.name = "StockHoldChange",
     .meaning = "What to hold instead, and for how long from now on; what is missing stays.",
     .example = R"({"items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","quantity":3}],)"
                R"("seconds":600})"},
    field("items", &StockHoldChange::lines,
          {.presence = Presence::kOptional, .min_length = 1, .max_length = orders::kMaxLines}),
    field("seconds", &StockHoldChange::seconds, {.presence = Presence::kOptional, .minimum = 1}));

template <>
inline constexpr auto describe<inventory::Reservation> =
    object({.name = "Reservation", .meaning = "Units that are reserved for a cart."},
           field("id", &inventory::Reservation::id),
           field("status", &inventory::Reservation::status, inventory::kReservationStatusNames),
           field("expiresAt", &inventory::Reservation::expires_at),
           field("items", &inventory::Reservation::lines,
                 {.min_length = 1, .max_length = orders::kMaxLines}));

}  // namespace souk::api
