#include "orders/events.h"

#include <fmt/format.h>

#include "base/enum_names.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

namespace souk::orders {

namespace {

// Throws BadJson for nothing.
template <class T>
T value(std::optional<T> parsed, std::string_view expected) {
  if (parsed) return *std::move(parsed);
  throw BadJson(fmt::format("a value is not {}", expected));
}

DeliveryAddress read_address(const JsonNode& address) {
  return {.recipient = std::string(address["recipient"].text()),
          .line1 = std::string(address["line1"].text()),
          .line2 = std::string(address["line2"].text()),
          .city = std::string(address["city"].text()),
          .postal_code = std::string(address["postalCode"].text()),
          .country = std::string(address["country"].text())};
}

void write_address(JsonWriter& json, const DeliveryAddress& address) {
  json.begin_object();
  json.member("recipient", address.recipient);
  json.member("line1", address.line1);
  json.member("line2", address.line2);
  json.member("city", address.city);
  json.member("postalCode", address.postal_code);
  json.member("country", address.country);
  json.end_object();
}

Order read(const JsonNode& payload) {
  const auto currency = value(Currency::parse(payload["currency"].text()), "a currency");
  const auto status = value_of<Status>(kStatusNames, payload["status"].text());
  Order order{.id = OrderId{payload["orderId"].uuid()},
              .user_id = UserId{payload["userId"].uuid()},
              .status = value(status, "a status"),
              .order_date = {},
              .total = {payload["total"].integer(), currency},
              .items = {}};
  if (const auto number = payload.find("number")) order.number = number->text();
  if (const auto email = payload.find("email")) order.email = email->text();
  if (const auto to = payload.find("deliveryAddress")) order.delivery_address = read_address(*to);
  for (const auto& item : payload["items"].elements()) {
    const auto quantity = item["quantity"].integer();
    if (!std::in_range<std::int32_t>(quantity)) throw BadJson("a quantity is out of range");
    order.items.push_back({.product_id = ProductId{item["productId"].uuid()},
                           .product_name = std::string(item["productName"].text()),
                           .quantity = static_cast<std::int32_t>(quantity),
                           .unit_price = {item["unitPrice"].integer(), currency}});
  }
  return order;
}

}  // namespace

std::string event_payload(const Order& order) {
  Buffer out(512 + 192 * order.items.size());
  JsonWriter json(out);
  json.begin_object();
  json.member("orderId", order.id.value);
  json.member("userId", order.user_id.value);
  json.key("number");
  order.number ? json.value(*order.number) : json.null();
  json.key("email");
  order.email ? json.value(*order.email) : json.null();
  json.member("total", order.total.amount);
  json.member("currency", order.total.currency.text());
  json.member("status", name_of(kStatusNames, order.status));
  json.key("deliveryAddress");
  order.delivery_address ? write_address(json, *order.delivery_address) : json.null();
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
    return read(JsonReader(payload).root());
  } catch (const BadJson& error) {
    return fail(ErrorCode::kValidationFailed,
                fmt::format("not an order's event: {}", error.what()));
  }
}

}  // namespace souk::orders
