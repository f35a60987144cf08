// /api/orders and the steps of an order.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/operation/parameters.h"
#include "api/orders/types.h"
#include "checkout/error_codes.h"
#include "inventory/error_codes.h"

namespace souk::api {

inline constexpr std::size_t kMaxOrderBytes = 32 * 1024;

inline constexpr Operation kPlaceOrder{
    .name = "placeOrder",
    .tag = Tag::kOrders,
    .summary = "Place an order",
    .description =
        "Takes the stock of every line, or of everything the reservation holds, or none. An order "
        "whose total is 0 is paid at once.",
    .method = http::Method::kPost,
    .path = "/api/orders",
    .access = kUser,
    .priority = http::Priority::kOrder,
    .statements = 25,
    .takes = body<checkout::PlaceOrder>(kMaxOrderBytes),
    .is_idempotent = true,
    .answers = {one<orders::Order>(
        201, "Placed: the stock is reserved, and the order survives whatever happens next.",
        {.location = true})},
    .refusals = {
        {ErrorCode::kNotFound, "there is no such thing, or it is not the caller's."},
        {inventory::errors::kOutOfStock, "nothing was ordered; `lines` names what is short."},
        {checkout::errors::kReservationNotHeld, "its time is over, or it was ordered before."},
        {ErrorCode::kLimitReached,
         "the buyer has too many orders that are not paid, or cost nothing and are not shipped, or "
         "too many units in them."},
        {ErrorCode::kTooManyRequests,
         "from this network there are too many unpaid orders, or too many units in them."}}};

inline constexpr Operation kListOrders{.name = "listOrders",
                                       .tag = Tag::kOrders,
                                       .summary = "List the own orders, newest first",
                                       .path = "/api/orders",
                                       .access = kUser,
                                       .priority = http::Priority::kAccount,
                                       .statements = 2,
                                       .parameters = {&kCursor, &kLimit},
                                       .answers = {page<orders::Order>("A page.")}};

inline constexpr Operation kGetOrder{.name = "getOrder",
                                     .tag = Tag::kOrders,
                                     .summary = "Read an own order",
                                     .description = "An administrator reads anybody's.",
                                     .path = "/api/orders/{id}",
                                     .access = kUser,
                                     .priority = http::Priority::kAccount,
                                     .statements = 2,
                                     .answers = {one<orders::Order>(200, "The order.")}};

inline constexpr Operation kCancelOrder{
    .name = "cancelOrder",
    .tag = Tag::kOrders,
    .summary = "Cancel an own order",
    .description =
        "An administrator cancels anybody's. What was paid meanwhile goes back; an order that is "
        "paid is refunded instead.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/cancel",
    .access = kUser,
    .priority = http::Priority::kOrder,
    .statements = 21,
    .answers = {one<orders::Order>(200, "The order, cancelled; its stock is back.")},
    .refusals = {{checkout::errors::kNotCancellable, "it is cancelled already, or on its way."}}};

inline constexpr Operation kConfirmOrder{
    .name = "confirmOrder",
    .tag = Tag::kOrders,
    .summary = "Confirm an order",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/confirm",
    .access = kAdmin,
    .priority = http::Priority::kOrder,
    .statements = 6,
    .answers = {one<orders::Order>(200, "The order.")},
    .refusals = {{checkout::errors::kIllegalTransition, "the order's state does not lead there."}}};

inline constexpr Operation kShipOrder{
    .name = "shipOrder",
    .tag = Tag::kOrders,
    .summary = "Ship a paid order",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/ship",
    .access = kAdmin,
    .priority = http::Priority::kOrder,
    .statements = 6,
    .answers = {one<orders::Order>(200, "The order.")},
    .refusals = {{checkout::errors::kIllegalTransition, "the order's state does not lead there."}}};

inline constexpr Operation kDeliverOrder{
    .name = "deliverOrder",
    .tag = Tag::kOrders,
    .summary = "Mark a shipped order as delivered",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/deliver",
    .access = kAdmin,
    .priority = http::Priority::kOrder,
    .statements = 6,
    .answers = {one<orders::Order>(200, "The order.")},
    .refusals = {{checkout::errors::kIllegalTransition, "the order's state does not lead there."}}};

inline constexpr Operation kListOrderTransitions{
    .name = "listOrderTransitions",
    .tag = Tag::kOrders,
    .summary = "What became of an own order since it was placed",
    .description = "Oldest first, each with who and when. An administrator reads anybody's.",
    .path = "/api/orders/{id}/transitions",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .answers = {all<orders::Transition>("All of them.")}};

}  // namespace souk::api
