#include "orders/events.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/enum_names.h"
#include "base/json_writer.h"

namespace souk::orders {

namespace {

using simdjson::dom::element;

[[noreturn]] void refuse() { throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE); }

template <class T>
T get(element of, std::string_view name) {
  return of[name].get<T>().value();  // throws if missing or of another type
}

Uuid get_id(element of, std::string_view name) {
  const auto id = Uuid::parse(get<std::string_view>(of, name));
  if (!id) refuse();
  return *id;
}

Status get_status(element of) {
  const auto status = value_of<Status>(kStatusNames, get<std::string_view>(of, "status"));
  if (!status) refuse();
  return *status;
}

Order read(element payload) {
  const auto currency = Currency::parse(get<std::string_view>(payload, "currency"));
  if (!currency) refuse();
  Order order{.id = OrderId{get_id(payload, "orderId")},
              .user_id = UserId{get_id(payload, "userId")},
              .status = get_status(payload),
              .order_date = {},
              .total = {get<std::int64_t>(payload, "total"), *currency},
              .items = {}};
  for (const auto item : get<simdjson::dom::array>(payload, "items")) {
    const auto quantity = get<std::int64_t>(item, "quantity");
    if (!std::in_range<std::int32_t>(quantity)) refuse();
    order.items.push_back({.product_id = ProductId{get_id(item, "productId")},
                           .product_name = std::string(get<std::string_view>(item, "productName")),
                           .quantity = static_cast<std::int32_t>(quantity),
                           .unit_price = {get<std::int64_t>(item, "unitPrice"), *currency}});
  }
  return order;
}

}  // namespace

std::string event_payload(const Order& order) {
  Buffer out(256 + 192 * order.items.size());
  JsonWriter json(out);
  json.begin_object();
  json.member("orderId", order.id.value);
  json.member("userId", order.user_id.value);
  json.member("total", order.total.amount);
  json.member("currency", order.total.currency.text());
  json.member("status", name_of(kStatusNames, order.status));
  json.key("items");
  json.begin_array();
  for (const auto& item : order.items) {
    json.begin_object();
    json.member("productId", item.product_id.value);
    json.member("productName", item.product_name);
    json.member("quantity", item.quantity);
    json.member("unitPrice", item.unit_price.amount);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::string(out.view());
}

Result<Order> read_event_payload(std::string_view payload) {
  try {
    simdjson::dom::parser parser;
    return read(parser.parse(payload.data(), payload.size()).value());
  } catch (const simdjson::simdjson_error& error) {
    return fail(ErrorCode::kValidationFailed,
                fmt::format("not an order's event: {}", error.what()));
  }
}

}  // namespace souk::orders
