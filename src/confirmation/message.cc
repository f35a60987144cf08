#include "confirmation/message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace souk::confirmation {
namespace {

std::string name_of(const orders::Order& order) {
  return order.number.value_or(order.id.value.to_string());
}

std::string text_of(const orders::Order& order, const orders::Shipment& shipment,
                    std::string_view name) {
  auto text = fmt::format("Hello {},\n\nthese units of your order {} are on their way:\n\n",
                          one_line(name), name_of(order));
  for (const auto& [product, quantity] : shipment.items) {
    const auto item = std::ranges::find(order.items, product, &orders::OrderItem::product_id);
    if (item == order.items.end()) continue;
    text += fmt::format("{} x {}\n", quantity, one_line(item->product_name));
  }
  if (order.status != orders::Status::kShipped) text += "\nThe rest follows later.\n";
  if (shipment.carrier) text += fmt::format("\nCarrier: {}\n", one_line(*shipment.carrier));
  if (shipment.tracking_number) {
    text += fmt::format("\nTracking number: {}\n", one_line(*shipment.tracking_number));
  }
  if (shipment.tracking_url) text += fmt::format("\nFollow it at {}\n", *shipment.tracking_url);
  return text;
}

std::string text_of(const orders::Order& order, const Money& returned, std::string_view name) {
  auto text = fmt::format("Hello {},\n\nwe have returned {} of your order {}.\n", one_line(name),
                          to_text(returned), name_of(order));
  if (order.refunded != returned) {
    text += fmt::format("\nReturned so far: {}\n", to_text(order.refunded));
  }
  return text;
}

std::string text_of(const orders::Order& order, std::string_view name) {
  auto text =
      fmt::format("Hello {},\n\nthank you for your order {}.\n\n", one_line(name), name_of(order));
  for (const auto& item : order.items) {
    const auto price = checked_multiply(item.unit_price, item.quantity);
    text += fmt::format("{} x {}: {}\n", item.quantity, one_line(item.product_name),
                        to_text(price.value()));
  }
  text += fmt::format("\nTotal: {}\n", to_text(order.total));
  if (const auto& to = order.delivery_address) {
    text += "\nDelivery to:\n";
    for (const auto* part : {&to->recipient, &to->line1, &to->line2}) {
      if (!part->empty()) text += fmt::format("{}\n", one_line(*part));
    }
    text += fmt::format("{} {}\n{}\n", one_line(to->postal_code), one_line(to->city),
                        one_line(to->country));
  }
  return text;
}

}  // namespace

mail::Message message_of(const Told& told, const accounts::User& buyer) {
  const auto& [event, order, details] = told;
  const auto& [shipment, returned] = details;
  return {.id = event.id,
          .date = event.created_at,
          .to_address = buyer.email,
          .to_name = buyer.name,
          .subject = fmt::format("Your order {}{}", name_of(order),
                                 shipment   ? " is on its way"
                                 : returned ? ": refund"
                                            : ""),
          .text = shipment   ? text_of(order, *shipment, buyer.name)
                  : returned ? text_of(order, *returned, buyer.name)
                             : text_of(order, buyer.name)};
}

}  // namespace souk::confirmation
