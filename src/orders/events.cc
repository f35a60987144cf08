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

std::int32_t read_units(const JsonNode& node) {
  const auto units = node.integer();
  if (!std::in_range<std::int32_t>(units)) throw BadJson("a quantity is out of range");
  return static_cast<std::int32_t>(units);
}

std::optional<std::string> read_text(const JsonNode& parent, std::string_view member) {
  const auto node = parent.find(member);
  return node ? std::optional(std::string(node->text())) : std::nullopt;
}

void write_text(JsonWriter& json, std::string_view name, const std::optional<std::string>& text) {
  json.key(name);
  text ? json.value(*text) : json.null();
}

// Events of before amounts had their currency with them have one `currency` for all.
Money read_money(const JsonNode& money, const JsonNode& payload) {
  const bool has_currency = money.is_object();
  const auto currency = (has_currency ? money : payload)["currency"].text();
  return {(has_currency ? money["amount"] : money).integer(),
          value(Currency::parse(currency), "a currency")};
}

void write_money(JsonWriter& json, std::string_view name, const Money& money) {
  json.key(name);
  json.begin_object();
  json.member("amount", money.amount);
  json.member("currency", money.currency.text());
  json.end_object();
}

Order read(const JsonNode& payload) {
  const auto status = value_of<Status>(kStatusNames, payload["status"].text());
  Order order{.id = OrderId{payload["orderId"].uuid()},
              .user_id = UserId{payload["userId"].uuid()},
              .status = value(status, "a status"),
              .order_date = {},
              .total = read_money(payload["total"], payload),
              .items = {}};
  const auto refunded = payload.find("refunded");
  order.refunded = refunded ? read_money(*refunded, payload) : Money{0, order.total.currency};
  order.number = read_text(payload, "number");
  order.email = read_text(payload, "email");
  if (const auto to = payload.find("deliveryAddress")) order.delivery_address = read_address(*to);
  for (const auto& item : payload["items"].elements()) {
    order.items.push_back({.product_id = ProductId{item["productId"].uuid()},
                           .product_name = std::string(item["productName"].text()),
                           .quantity = read_units(item["quantity"]),
                           .unit_price = read_money(item["unitPrice"], payload),
                           .shipped = item.find("shipped") ? read_units(item["shipped"]) : 0});
  }
  return order;
}

void write_shipment(JsonWriter& json, const Shipment& shipment) {
  json.begin_object();
  json.member("id", shipment.id.value);
  json.member("shippedAt", shipment.shipped_at);
  write_text(json, "carrier", shipment.carrier);
  write_text(json, "trackingNumber", shipment.tracking_number);
  write_text(json, "trackingUrl", shipment.tracking_url);
  json.key("items");
  json.begin_array();
  for (const auto& item : shipment.items) {
    json.begin_object();
    json.member("productId", item.product_id.value);
    json.member("quantity", item.quantity);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

Shipment read_shipment(const JsonNode& node) {
  Shipment shipment{.id = ShipmentId{node["id"].uuid()},
                    .shipped_at = node["shippedAt"].time(),
                    .carrier = read_text(node, "carrier"),
                    .tracking_number = read_text(node, "trackingNumber"),
                    .tracking_url = read_text(node, "trackingUrl"),
                    .actor = {},
                    .idempotency_key = {},
                    .request_hash = {},
                    .items = {}};
  for (const auto& item : node["items"].elements()) {
    shipment.items.push_back({ProductId{item["productId"].uuid()}, read_units(item["quantity"])});
  }
  return shipment;
}

EventDetails read_details(const JsonNode& payload) {
  EventDetails details;
  if (const auto shipment = payload.find("shipment")) details.shipment = read_shipment(*shipment);
  if (const auto returned = payload.find("returned")) {
    details.returned = read_money(*returned, payload);
  }
  return details;
}

// What reading it returns, or why it is no event of an order.
template <class Read>
auto read_payload(std::string_view payload, Read read)
    -> Result<decltype(read(std::declval<JsonNode>()))> {
  try {
    return read(JsonReader(payload).root());
  } catch (const BadJson& error) {
    return fail(ErrorCode::kValidationFailed,
                fmt::format("not an order's event: {}", error.what()));
  }
}

}  // namespace

std::string event_payload(const Order& order, const EventDetails& details) {
  Buffer out(576 + 224 * order.items.size());
  JsonWriter json(out);
  json.begin_object();
  json.member("orderId", order.id.value);
  json.member("userId", order.user_id.value);
  write_text(json, "number", order.number);
  write_text(json, "email", order.email);
  write_money(json, "total", order.total);
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
    write_money(json, "unitPrice", item.unit_price);
    json.member("shipped", item.shipped);
    json.end_object();
  }
  json.end_array();
  write_money(json, "refunded", {order.refunded.amount, order.total.currency});
  if (details.shipment) {
    json.key("shipment");
    write_shipment(json, *details.shipment);
  }
  if (details.returned) write_money(json, "returned", *details.returned);
  json.end_object();
  return std::string(out.view());
}

Result<Order> read_event_payload(std::string_view payload) { return read_payload(payload, read); }

Result<EventDetails> read_event_details(std::string_view payload) {
  return read_payload(payload, read_details);
}

}  // namespace souk::orders
