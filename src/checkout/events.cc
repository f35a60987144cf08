#include "checkout/events.h"

#include "base/json_writer.h"

namespace souk::checkout {

std::optional<std::string_view> event_kind(orders::Status status) {
  using enum orders::Status;
  switch (status) {
    case kPending:
      return "order.placed";
    case kConfirmed:
      return std::nullopt;
    case kPaid:
      return "order.paid";
    case kShipped:
      return "order.shipped";
    case kDelivered:
      return "order.delivered";
    case kCancelled:
      return "order.cancelled";
    case kRefunded:
      return "order.refunded";
  }
  std::unreachable();
}

std::string event_payload(const orders::Order& order) {
  Buffer out(256 + 192 * order.items.size());
  JsonWriter json(out);
  json.begin_object();
  json.member("orderId", order.id.value);
  json.member("userId", order.user_id.value);
  json.member("total", order.total.amount);
  json.member("currency", order.total.currency.text());
  json.member("status", order.status);
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

}  // namespace souk::checkout
