// /api/orders and the steps of an order.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/orders/queries.h"
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
        "Reserves the stock of all lines (or of the whole reservation), or of none. An order whose "
        "total is 0 is paid at once. It goes to `addressId`, `deliveryAddress` or the buyer's "
        "default address, and keeps a copy; without any it is refused, "
        "unless the shop needs none (`checkout.require_address`).",
    .method = http::Method::kPost,
    .path = "/api/orders",
    .access = kUser,
    .priority = http::Priority::kOrder,
    .statements = 25,
    .takes = body<checkout::PlaceOrder>(kMaxOrderBytes),
    .is_idempotent = true,
    .answers = {one<orders::Order>(
        201, "Placed: the stock is reserved, and the order is stored durably.",
        {.location = true})},
    .refusals = {
        {ErrorCode::kNotFound, "it does not exist, or is not the caller's."},
        {inventory::errors::kOutOfStock, "nothing was ordered; `lines` lists the missing units."},
        {checkout::errors::kReservationNotHeld,
         "the reservation has expired, or was ordered before."},
        {ErrorCode::kLimitReached,
         "the buyer has too many open orders (unpaid, or free and not yet shipped), or too many "
         "units in them."},
        {ErrorCode::kTooManyRequests,
         "there are too many unpaid orders from this network, or too many units in them."}}};

inline constexpr Operation kListOrders{.name = "listOrders",
                                       .tag = Tag::kOrders,
                                       .summary = "List the caller's orders, newest first",
                                       .path = "/api/orders",
                                       .access = kUser,
                                       .priority = http::Priority::kAccount,
                                       .statements = 2,
                                       .query = &kComponent<OrderListing>,
                                       .answers = {page<orders::Order>("A page.")}};

inline constexpr Operation kSearchOrders{
    .name = "searchOrders",
    .tag = Tag::kOrders,
    .summary = "Search the orders of all buyers, newest first",
    .description =
        "All filters that are given must hold. One request examines at most 5,000 orders, so that "
        "a page may have fewer items than `limit`, or none, though there are more: follow "
        "`nextCursor` until it is null. Only filters by `product`, and by status for `pending` and "
        "`delivered`, meet that; with `buyer`, `email` or `text` pages are full.",
    .path = "/api/orders/search",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 6,
    .query = &kComponent<OrderSearch>,
    .answers = {page<orders::FoundOrder>("A page.")}};

inline constexpr Operation kGetOrder{.name = "getOrder",
                                     .tag = Tag::kOrders,
                                     .summary = "Read one of the caller's orders",
                                     .description = "An administrator reads any user's.",
                                     .path = "/api/orders/{id}",
                                     .access = kUser,
                                     .priority = http::Priority::kAccount,
                                     .statements = 2,
                                     .answers = {one<orders::Order>(200, "The order.")}};

inline constexpr Parameter kOrderNumber{
    .name = "number",
    .in = Parameter::In::kPath,
    .facets = {.meaning =
                   "As on the confirmation. Hyphens may be missing, letters be small, O stand "
                   "for 0 and I or L for 1.",
               .min_length = 1,
               .example = R"("7KQ-2M9-XAC")"}};

inline constexpr Operation kGetOrderByNumber{
    .name = "getOrderByNumber",
    .tag = Tag::kOrders,
    .summary = "Read one of the caller's orders by its number",
    .description = "An administrator reads any user's.",
    .path = "/api/order-numbers/{number}",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .parameters = {&kOrderNumber},
    .answers = {one<orders::Order>(200, "The order.")}};

inline constexpr Operation kCancelOrder{
    .name = "cancelOrder",
    .tag = Tag::kOrders,
    .summary = "Cancel one of the caller's orders",
    .description =
        "An administrator cancels any user's. Money received meanwhile is returned; a paid order "
        "is refunded instead.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/cancel",
    .access = kUser,
    .priority = http::Priority::kOrder,
    .statements = 21,
    .answers = {one<orders::Order>(200, "The cancelled order; its stock is available again.")},
    .refusals = {
        {checkout::errors::kNotCancellable, "the order is already cancelled or shipped."}}};

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
    .refusals = {{checkout::errors::kIllegalTransition, "not allowed in the order's state."}}};

inline constexpr Operation kShipOrder{
    .name = "shipOrder",
    .tag = Tag::kOrders,
    .summary = "Ship all that is left of a paid order",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/ship",
    .access = kAdmin,
    .priority = http::Priority::kOrder,
    .statements = 10,
    .answers = {one<orders::Order>(200, "The order.")},
    .refusals = {{checkout::errors::kIllegalTransition, "not allowed in the order's state."}}};

inline constexpr std::size_t kMaxShipmentBytes = 32 * 1024;

inline constexpr Operation kAddShipment{
    .name = "addShipment",
    .tag = Tag::kOrders,
    .summary = "Ship units of a paid order",
    .description =
        "They leave the stock. The order is then `shipped` if nothing is left of it, else "
        "`partially_shipped`. An Idempotency-Key is of its order.",
    .method = http::Method::kPost,
    .path = "/api/orders/{id}/shipments",
    .access = kAdmin,
    .priority = http::Priority::kOrder,
    .statements = 10,
    .takes = body<checkout::Ship>(kMaxShipmentBytes),
    .is_idempotent = true,
    .answers = {one<orders::Shipment>(201, "The shipment.")},
    .refusals = {
        {checkout::errors::kIllegalTransition, "not allowed in the order's state."},
        {ErrorCode::kLimitReached, "too many shipments: only all that is left can be shipped."}}};

inline constexpr Operation kListShipments{
    .name = "listShipments",
    .tag = Tag::kOrders,
    .summary = "List the shipments of one of the caller's orders",
    .description =
        "Oldest first. An administrator reads any user's. An order that was shipped "
        "before the shop kept shipments has none.",
    .path = "/api/orders/{id}/shipments",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .answers = {all<orders::Shipment>("All of them.")}};

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
    .refusals = {{checkout::errors::kIllegalTransition, "not allowed in the order's state."}}};

inline constexpr Operation kListOrderTransitions{
    .name = "listOrderTransitions",
    .tag = Tag::kOrders,
    .summary = "List the transitions of one of the caller's orders",
    .description = "Oldest first, each with its actor and time. An administrator reads any user's.",
    .path = "/api/orders/{id}/transitions",
    .access = kUser,
    .priority = http::Priority::kAccount,
    .statements = 3,
    .answers = {all<orders::Transition>("All of them.")}};

}  // namespace souk::api
