// How the statements of orders read an order with its lines: one row for each line.
// Threading: constants and pure functions.
#pragma once

#include "orders/types.h"
#include "postgres/enum_codec.h"
#include "postgres/rows.h"

template <>
struct souk::postgres::Codec<souk::orders::Status>
    : EnumCodec<souk::orders::Status, souk::orders::kStatusNames> {};

// Of orders o and order_items i, as the functions below read them; further columns may follow.
#define SOUK_ORDER_COLUMNS                                                            \
  "o.id, o.user_id, o.status, o.order_date, o.total, o.currency, o.number, o.email, " \
  "CASE WHEN o.status = 'refunded' THEN o.total ELSE o.refunded END, o.currency, "    \
  "o.recipient, o.line1, o.line2, o.city, o.postal_code, o.country, "                 \
  "i.product_id, i.product_name, i.quantity, i.unit_price, o.currency, "              \
  "shipped_units(o.status, o.cancelled_at, i.quantity - i.released, i.shipped), "     \
  "i.refunded, i.released "

namespace souk::orders::store {

inline constexpr auto kOrderRow =
    postgres::row_of(&Order::id, &Order::user_id, &Order::status, &Order::order_date, &Order::total,
                     &Order::number, &Order::email, &Order::refunded);
inline constexpr auto kAddressRow = postgres::row_of(
    &DeliveryAddress::recipient, &DeliveryAddress::line1, &DeliveryAddress::line2,
    &DeliveryAddress::city, &DeliveryAddress::postal_code, &DeliveryAddress::country);
inline constexpr auto kItemRow = postgres::row_of(
    &OrderItem::product_id, &OrderItem::product_name, &OrderItem::quantity, &OrderItem::unit_price,
    &OrderItem::shipped, &OrderItem::refunded, &OrderItem::released);
inline constexpr std::size_t kFirstItemColumn = kOrderRow.kColumns + kAddressRow.kColumns;
inline constexpr std::size_t kOrderColumns = kFirstItemColumn + kItemRow.kColumns;

// The rows of an order follow one another. `begin` is called with the first row of each.
template <class Found = Order>
std::vector<Found> read_orders(const postgres::Rows& rows, auto begin) {
  std::vector<Found> orders;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    if (orders.empty() || orders.back().id != row.template get<OrderId>(0)) {
      orders.push_back(begin(row));
      if (!row.is_null(kOrderRow.kColumns)) {
        orders.back().delivery_address = kAddressRow(row, kOrderRow.kColumns);
      }
    }
    orders.back().items.push_back(kItemRow(row, kFirstItemColumn));
  }
  return orders;
}

inline std::vector<Order> read_orders(const postgres::Rows& rows) {
  return read_orders(rows, [](const postgres::Row& row) { return kOrderRow(row); });
}

}  // namespace souk::orders::store
