// Orders and their steps, as JSON.
// Threading: constants.
#pragma once

#include "api/wire/common_types.h"
#include "checkout/types.h"
#include "orders/search.h"
#include "orders/types.h"

namespace souk::api {

// Common members of an order and an exported order.
template <class T>
inline constexpr auto kOrderItemDescription = object(
    {.name = "OrderItem", .meaning = "A line of an order, at the price it was sold for."},
    field("productId", &T::product_id),
    field("productName", &T::product_name, {.min_length = 1, .max_length = 200}),
    field("quantity", &T::quantity, {.meaning = "Units.", .minimum = 1, .maximum = 100'000'000}),
    field("unitPrice", &T::unit_price),
    field("shipped", &T::shipped,
          {.meaning = "Units that were shipped.", .minimum = 0, .maximum = 100'000'000}),
    field("refunded", &T::refunded,
          {.meaning = "Units whose price was refunded.", .minimum = 0, .maximum = 100'000'000}));

template <>
inline constexpr auto describe<orders::OrderItem> = kOrderItemDescription<orders::OrderItem>;

// Common members of the address of an order and of an exported order.
template <class T>
inline constexpr auto kDeliveryAddressDescription = object(
    {.name = "DeliveryAddress",
     .meaning = "Where an order goes, as it was when the order was placed."},
    field("recipient", &T::recipient,
          {.min_length = 1, .max_length = 200, .example = R"("Ada Lovelace")"}),
    field("line1", &T::line1,
          {.min_length = 1, .max_length = 200, .example = R"("12 St James's Square")"}),
    field("line2", &T::line2,
          {.presence = Presence::kOptional, .max_length = 200, .default_value = R"("")"}),
    field("city", &T::city, {.min_length = 1, .max_length = 100, .example = R"("London")"}),
    field("postalCode", &T::postal_code,
          {.min_length = 1, .max_length = 20, .example = R"("SW1Y 4JH")"}),
    field("country", &T::country,
          {.meaning = "ISO 3166-1 alpha-2.", .pattern = "^[A-Z]{2}$", .example = R"("GB")"}));

template <>
inline constexpr auto describe<orders::DeliveryAddress> =
    kDeliveryAddressDescription<orders::DeliveryAddress>;

inline constexpr std::string_view kOrderNumberPattern =
    "^([0-9A-HJKMNP-TV-Z]{3}-){2}[0-9A-HJKMNP-TV-Z]{3}$";

template <class T>
inline constexpr auto kOrderMembers =
    std::tuple{field("id", &T::id),
               field("number", &T::number,
                     {.meaning = "For people; null for orders of before there were numbers.",
                      .pattern = kOrderNumberPattern}),
               field("status", &T::status, orders::kStatusNames),
               field("orderDate", &T::order_date),
               field("total", &T::total),
               field("refunded", &T::refunded, {.meaning = "What was returned of the total."}),
               field("email", &T::email,
                     {.meaning = "The buyer's when the order was placed; null for orders of before "
                                 "it was kept.",
                      .max_length = 254}),
               field("deliveryAddress", &T::delivery_address,
                     {.meaning = "Null if the order was placed without one."}),
               field("items", &T::items, {.min_length = 1, .max_length = orders::kMaxLines})};

template <>
inline constexpr auto describe<orders::Order> = object(
    {.name = "Order",
     .meaning = "An order.",
     .example =
         R"({"id":"018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33","number":"7KQ-2M9-XAC","status":"pending",)"
         R"("orderDate":"2025-01-31T12:00:00.000000Z",)"
         R"("total":{"amount":3998,"currency":"EUR"},)"
         R"("refunded":{"amount":0,"currency":"EUR"},)"
         R"("email":"ada@example.com",)"
         R"("deliveryAddress":{"recipient":"Ada Lovelace",)"
         R"("line1":"12 St James's Square","line2":"","city":"London",)"
         R"("postalCode":"SW1Y 4JH","country":"GB"},)"
         R"("items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01",)"
         R"("productName":"Copper kettle","quantity":2,)"
         R"("unitPrice":{"amount":1999,"currency":"EUR"},"shipped":0,"refunded":0}]})"},
    kOrderMembers<orders::Order>);

template <>
inline constexpr auto describe<orders::FoundOrder> =
    object({.name = "FoundOrder", .meaning = "An order with its buyer."},
           std::tuple_cat(std::tuple{field("userId", &orders::FoundOrder::user_id),
                                     field("buyerName", &orders::FoundOrder::buyer_name,
                                           {.meaning = "The account's name.", .max_length = 200})},
                          kOrderMembers<orders::FoundOrder>));

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
          {.meaning = "One of the buyer's addresses. Without it and `deliveryAddress`, the buyer's "
                      "default address.",
           .presence = Presence::kNullable}),
    field("deliveryAddress", &checkout::PlaceOrder::deliver_to,
          {.meaning = "An address for this order alone, in place of `addressId`.",
           .presence = Presence::kNullable}));

inline constexpr Facets kCarrier{.meaning = "Who carries it.",
                                 .min_length = 1,
                                 .max_length = orders::kMaxCarrierLength,
                                 .example = R"("DHL")"};
inline constexpr Facets kTrackingNumber{.meaning = "The carrier's number of the shipment.",
                                        .min_length = 1,
                                        .max_length = orders::kMaxTrackingNumberLength,
                                        .example = R"("00340434161094042557")"};
inline constexpr Facets kTrackingUrl{
    .meaning = "Where the buyer follows it: http or https.",
    .min_length = 1,
    .max_length = orders::kMaxTrackingUrlLength,
    .example = R"("https://carrier.example/00340434161094042557")"};

constexpr Facets nullable(Facets facets) {
  facets.presence = Presence::kNullable;
  return facets;
}

template <>
inline constexpr auto describe<checkout::Ship> = object(
    {.name = "ShipmentDraft",
     .meaning = "Units that leave the warehouse together.",
     .example = R"({"items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","quantity":1}],)"
                R"("carrier":"DHL","trackingNumber":"00340434161094042557"})"},
    field("items", &checkout::Ship::lines,
          {.meaning = "Default: all that is not shipped yet.",
           .presence = Presence::kNullable,
           .min_length = 1,
           .max_length = orders::kMaxLines}),
    field("carrier", &checkout::Ship::carrier, nullable(kCarrier)),
    field("trackingNumber", &checkout::Ship::tracking_number, nullable(kTrackingNumber)),
    field("trackingUrl", &checkout::Ship::tracking_url, nullable(kTrackingUrl)));

template <>
inline constexpr auto describe<orders::Shipment::Item> =
    object({.name = "ShipmentItem", .meaning = "Units of a product in a shipment."},
           field("productId", &orders::Shipment::Item::product_id),
           field("quantity", &orders::Shipment::Item::quantity,
                 {.meaning = "Units.", .minimum = 1, .maximum = 100'000'000}));

template <>
inline constexpr auto describe<orders::Shipment> = object(
    {.name = "Shipment", .meaning = "Units of an order that left the warehouse together."},
    field("id", &orders::Shipment::id), field("shippedAt", &orders::Shipment::shipped_at),
    field("by", &orders::Shipment::actor), field("carrier", &orders::Shipment::carrier, kCarrier),
    field("trackingNumber", &orders::Shipment::tracking_number, kTrackingNumber),
    field("trackingUrl", &orders::Shipment::tracking_url, kTrackingUrl),
    field("items", &orders::Shipment::items, {.min_length = 1, .max_length = orders::kMaxLines}));

template <>
inline constexpr auto describe<orders::Transition> = object(
    {.name = "Transition", .meaning = "A change of an order's status, with its actor and time."},
    field("from", &orders::Transition::from, orders::kStatusNames),
    field("to", &orders::Transition::to, orders::kStatusNames),
    field("at", &orders::Transition::at), field("by", &orders::Transition::actor),
    field("note", &orders::Transition::note, {.max_length = orders::kMaxNoteLength}));

}  // namespace souk::api
