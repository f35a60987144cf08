// Orders and their steps, as JSON.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"
#include "checkout/types.h"
#include "orders/types.h"

namespace souk::api {

// Common members of an order and an exported order.
template <class T>
inline constexpr auto kOrderItemDescription = object(
    {.name = "OrderItem", .meaning = "A line of an order, at the price it was sold for."},
    field("productId", &T::product_id),
    field("productName", &T::product_name, {.min_length = 1, .max_length = 200}),
    field("quantity", &T::quantity, {.meaning = "Units.", .minimum = 1, .maximum = 100'000'000}),
    field("unitPrice", &T::unit_price));

template <>
inline constexpr auto describe<orders::OrderItem> = kOrderItemDescription<orders::OrderItem>;

template <class T>
inline constexpr auto kOrderMembers =
    std::tuple{field("id", &T::id), field("status", &T::status, orders::kStatusNames),
               field("orderDate", &T::order_date), field("total", &T::total),
               field("items", &T::items, {.min_length = 1, .max_length = orders::kMaxLines})};

template <>
inline constexpr auto describe<orders::Order> =
    object({.name = "Order",
            .meaning = "An order.",
            .example = R"({"id":"018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33","status":"pending",)"
                       R"("orderDate":"2025-01-31T12:00:00.000000Z",)"
                       R"("total":{"amount":3998,"currency":"EUR"},)"
                       R"("items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01",)"
                       R"("productName":"Copper kettle","quantity":2,)"
                       R"("unitPrice":{"amount":1999,"currency":"EUR"}}]})"},
           kOrderMembers<orders::Order>);

template <>
inline constexpr auto describe<checkout::PlaceOrder> = object(
    {.name = "OrderDraft",
     .meaning = "What to order: `items`, or the `reservationId` that holds them. The shop "
                "determines prices and the total.",
     .example = R"({"items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","quantity":2}],)"
                R"("addressId":"018f1a00-2222-7aaa-8bbb-ccccdddd0002"})"},
    field("items", &checkout::PlaceOrder::lines,
          {.presence = Presence::kOptional, .min_length = 1, .max_length = orders::kMaxLines}),
    field("reservationId", &checkout::PlaceOrder::reservation,
          {.meaning = "One of the buyer's reservations, in place of `items`.",
           .presence = Presence::kNullable}),
    field("addressId", &checkout::PlaceOrder::address,
          {.meaning = "One of the buyer's addresses.", .presence = Presence::kNullable}));

template <>
inline constexpr auto describe<orders::Transition> = object(
    {.name = "Transition", .meaning = "A change of an order's status, with its actor and time."},
    field("from", &orders::Transition::from, orders::kStatusNames),
    field("to", &orders::Transition::to, orders::kStatusNames),
    field("at", &orders::Transition::at), field("by", &orders::Transition::actor),
    field("note", &orders::Transition::note, {.max_length = orders::kMaxNoteLength}));

}  // namespace souk::api
