#include "confirmation/message.h"

#include <fmt/format.h>

#include "base/text.h"

namespace souk::confirmation {
namespace {

std::string name_of(const orders::Order& order) {
  return order.number.value_or(order.id.value.to_string());
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

mail::Message message_of(const jobs::Event& event, const orders::Order& order,
                         const accounts::User& buyer) {
  return {.id = event.id,
          .date = event.created_at,
          .to_address = buyer.email,
          .to_name = buyer.name,
          .subject = fmt::format("Your order {}", name_of(order)),
          .text = text_of(order, buyer.name)};
}

}  // namespace souk::confirmation
