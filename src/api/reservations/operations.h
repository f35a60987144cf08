// /api/reservations.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/reservations/types.h"
#include "checkout/error_codes.h"
#include "inventory/error_codes.h"

namespace souk::api {

inline constexpr std::size_t kMaxHoldBytes = 32 * 1024;

inline constexpr Operation kHoldStock{
    .name = "holdStock",
    .tag = Tag::kOrders,
    .summary = "Hold stock for a cart",
    .description =
        "Reserves every line for a while, or none. Ordering the reservation, releasing it or its "
        "end makes an end of it; orders of its user that name no reservation take from it first.",
    .method = http::Method::kPost,
    .path = "/api/reservations",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 20,
    .takes = body<StockHold>(kMaxHoldBytes),
    .answers = {one<inventory::Reservation>(201, "Held.", {.location = true})},
    .refusals = {
        {inventory::errors::kOutOfStock, "nothing is held; `lines` names what is short."},
        {ErrorCode::kLimitReached,
         "the user holds too many reservations, or too many units in them."},
        {ErrorCode::kTooManyRequests,
         "from this network there are too many reservations, or too many units in them."}}};

inline constexpr Operation kGetReservation{
    .name = "getReservation",
    .tag = Tag::kOrders,
    .summary = "Read an own reservation",
    .path = "/api/reservations/{id}",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 2,
    .answers = {one<inventory::Reservation>(200, "The reservation.")}};

inline constexpr Operation kReleaseReservation{
    .name = "releaseReservation",
    .tag = Tag::kOrders,
    .summary = "Let an own reservation go",
    .description = "Of no effect where its time is over or it was released before.",
    .method = http::Method::kDelete,
    .path = "/api/reservations/{id}",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 5,
    .answers = {nothing("Its units are free.")},
    .refusals = {{checkout::errors::kReservationNotHeld, "it was ordered."}}};

}  // namespace souk::api
