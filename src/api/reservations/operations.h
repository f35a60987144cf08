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
        "Reserves all lines for a limited time, or none. The reservation ends when it is ordered "
        "or released, or expires; orders of its user without a `reservationId` take units from it "
        "first.",
    .method = http::Method::kPost,
    .path = "/api/reservations",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 20,
    .takes = body<StockHold>(kMaxHoldBytes),
    .answers = {one<inventory::Reservation>(201, "Reserved.", {.location = true})},
    .refusals = {
        {inventory::errors::kOutOfStock, "nothing is reserved; `lines` lists the missing units."},
        {ErrorCode::kLimitReached,
         "the user has too many reservations, or too many units in them."},
        {ErrorCode::kTooManyRequests,
         "there are too many reservations from this network, or too many units in them."}}};

inline constexpr Operation kGetReservation{
    .name = "getReservation",
    .tag = Tag::kOrders,
    .summary = "Read one of the caller's reservations",
    .path = "/api/reservations/{id}",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 2,
    .answers = {one<inventory::Reservation>(200, "The reservation.")}};

inline constexpr Operation kListReservations{
    .name = "listReservations",
    .tag = Tag::kOrders,
    .summary = "List the caller's reservations",
    .description = "Those that may still be ordered, the one that expires soonest first.",
    .path = "/api/reservations",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 2,
    .answers = {all<inventory::Reservation>("All of them, at most 100.")}};

inline constexpr Operation kChangeReservation{
    .name = "changeReservation",
    .tag = Tag::kOrders,
    .summary = "Change or extend one of the caller's reservations",
    .description =
        "Holds `items` instead of what it held: all lines, or nothing is changed. `seconds` count "
        "from now on, but a reservation is never held for longer than the shop allows in all "
        "(`checkout.max_hold_lifetime`): see `expiresAt`.",
    .method = http::Method::kPatch,
    .path = "/api/reservations/{id}",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 22,
    .takes = body<StockHoldChange>(kMaxHoldBytes),
    .answers = {one<inventory::Reservation>(200, "The reservation as it is now.")},
    .refusals = {
        {inventory::errors::kOutOfStock, "nothing is changed; `lines` lists the missing units."},
        {checkout::errors::kReservationNotHeld, "it has expired, or was ordered or released."},
        {ErrorCode::kLimitReached, "the user would have too many units in reservations."},
        {ErrorCode::kTooManyRequests,
         "there would be too many units in reservations from this network."}}};

inline constexpr Operation kReleaseReservation{
    .name = "releaseReservation",
    .tag = Tag::kOrders,
    .summary = "Release one of the caller's reservations",
    .description = "Has no effect if the reservation has expired or was released before.",
    .method = http::Method::kDelete,
    .path = "/api/reservations/{id}",
    .access = kUser,
    .priority = http::Priority::kHold,
    .statements = 5,
    .answers = {nothing("Its units are available again.")},
    .refusals = {{checkout::errors::kReservationNotHeld, "it was ordered."}}};

}  // namespace souk::api
