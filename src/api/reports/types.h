// Exports and reports, as JSON.
// Threading: constants.
#pragma once

#include "api/orders/types.h"
#include "reports/types.h"

namespace souk::api {

template <>
inline constexpr auto describe<reports::ExportedOrder::Item> =
    kOrderItemDescription<reports::ExportedOrder::Item>;

template <>
inline constexpr auto describe<reports::ExportedOrder::Address> =
    kDeliveryAddressDescription<reports::ExportedOrder::Address>;

template <>
inline constexpr auto describe<reports::ExportedOrder> =
    object({.name = "ExportedOrder", .meaning = "An order with its buyer."},
           std::tuple_cat(std::tuple{field("userId", &reports::ExportedOrder::user_id)},
                          kOrderMembers<reports::ExportedOrder>));

template <>
inline constexpr auto describe<reports::OrderReport::Day> =
    object({.name = "DaySum", .meaning = "The orders of a day, in one currency."},
           field(
               "date", +[](const reports::OrderReport::Day& day) { return DateOnly{day.date}; }),
           field("orders", &reports::OrderReport::Day::orders, {.minimum = 1}),
           field("total", &reports::OrderReport::Day::total));

template <>
inline constexpr auto describe<reports::OrderReport::Status> =
    object({.name = "StatusCount", .meaning = "The number of orders with a status."},
           field("status", &reports::OrderReport::Status::status, orders::kStatusNames),
           field("orders", &reports::OrderReport::Status::orders, {.minimum = 1}));

template <>
inline constexpr auto describe<reports::OrderReport::Product> =
    object({.name = "ProductSum", .meaning = "The sales of a product, in one currency."},
           field("productId", &reports::OrderReport::Product::id),
           field("productName", &reports::OrderReport::Product::name),
           field("quantity", &reports::OrderReport::Product::quantity, {.minimum = 1}),
           field("total", &reports::OrderReport::Product::total));

template <>
inline constexpr auto describe<reports::OrderReport> = object(
    {.name = "OrderReport", .meaning = "The orders of a time span."},
    field(
        "from", +[](const reports::OrderReport& report) { return report.span.from; }),
    field(
        "to", +[](const reports::OrderReport& report) { return report.span.to; }),
    field("timezone", &reports::OrderReport::timezone, {.meaning = "Of the days."}),
    field("days", &reports::OrderReport::days,
          {.meaning = "By date in the time zone and currency; those without orders are left out."}),
    field("statuses", &reports::OrderReport::statuses,
          {.meaning = "Of all orders, the most frequent first."}),
    field("topProducts", &reports::OrderReport::top_products,
          {.meaning = "By units sold, a product once for each currency.",
           .max_length = reports::kTopProducts}));

template <>
inline constexpr auto describe<reports::ConversionReport::Day> = object(
    {.name = "ConversionDay",
     .meaning = "What happened on a day. A customer may order days after signing in."},
    field(
        "date", +[](const reports::ConversionReport::Day& day) { return DateOnly{day.date}; }),
    field("sessions", &reports::ConversionReport::Day::sessions,
          {.meaning = "Begun by customers, by signing in.", .minimum = 0}),
    field("customers", &reports::ConversionReport::Day::customers,
          {.meaning = "Who began these sessions.", .minimum = 0}),
    field("holds", &reports::ConversionReport::Day::holds,
          {.meaning = "Reservations made for a cart.", .minimum = 0}),
    field("orders", &reports::ConversionReport::Day::orders,
          {.meaning = "Placed, whatever became of them.", .minimum = 0}),
    field("paid", &reports::ConversionReport::Day::paid,
          {.meaning = "Of these orders, those paid until now, refunded ones included.",
           .minimum = 0}));

template <>
inline constexpr auto describe<reports::ConversionReport> = object(
    {.name = "ConversionReport", .meaning = "How many sessions became orders, by day."},
    field(
        "from", +[](const reports::ConversionReport& report) { return report.span.from; }),
    field(
        "to", +[](const reports::ConversionReport& report) { return report.span.to; }),
    field("timezone", &reports::ConversionReport::timezone, {.meaning = "Of the days."}),
    field("days", &reports::ConversionReport::days,
          {.meaning = "By date in the time zone; those on which nothing happened are left out."}));

template <>
inline constexpr auto describe<reports::VisitReport::Group> = object(
    {.name = "VisitGroup", .meaning = "Visits to which the shop answered about as fast."},
    field("slowerThanMs", &reports::VisitReport::Group::slower_than_ms,
          {.meaning = "The mean response time of each visit's reads was above so many "
                      "milliseconds, and not above those of the next group.",
           .minimum = 0}),
    field("visits", &reports::VisitReport::Group::visits, {.minimum = 1}),
    field("withHold", &reports::VisitReport::Group::with_hold,
          {.meaning = "In which stock was held for a cart.", .minimum = 0}),
    field("withOrder", &reports::VisitReport::Group::with_order,
          {.meaning = "In which an order was placed.", .minimum = 0}),
    field("withPayment", &reports::VisitReport::Group::with_payment,
          {.meaning = "In which a payment was begun, whatever became of it.", .minimum = 0}));

template <>
inline constexpr auto describe<reports::VisitReport> =
    object({.name = "VisitReport",
            .meaning = "How many visits became orders, by how fast the shop answered."},
           field("from", +[](const reports::VisitReport& report) { return report.span.from; },
                 {.meaning = "When the first of its days (UTC) begins."}),
           field("to", +[](const reports::VisitReport& report) { return report.span.to; },
                 {.meaning = "When its last day ends."}),
           field("groups", &reports::VisitReport::groups,
                 {.meaning = "The fastest first; those without visits are left out."}));

}  // namespace souk::api
