#include "checkout/refund_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "checkout/rules.h"

namespace souk::checkout::rules {
namespace {

std::unexpected<Error> invalid(std::string pointer, std::string reason) {
  return fail(ErrorCode::kValidationFailed, "the refund is not valid",
              {{std::move(pointer), std::move(reason)}});
}

std::string pointer(std::size_t line, std::string_view member) {
  return fmt::format("/items/{}/{}", line, member);
}

Result<Money> price_of(const std::vector<payments::Refund::Item>& items,
                       const orders::Order& order) {
  Money sum{0, order.total.currency};
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto line =
        std::ranges::find(order.items, items[i].product_id, &orders::OrderItem::product_id);
    if (line == order.items.end()) {
      return invalid(pointer(i, "productId"), "must be a product of the order");
    }
    if (const auto left = line->quantity - line->refunded; items[i].quantity > left) {
      return invalid(pointer(i, "quantity"),
                     fmt::format("must be at most {}: the others are refunded already", left));
    }
    const auto price = checked_multiply(line->unit_price, items[i].quantity);
    const auto more = price ? checked_add(sum, *price) : std::nullopt;
    if (!more) return invalid("/items", "the amount is too large");
    sum = *more;
  }
  return sum;
}

}  // namespace

Result<> check(const RefundPart& wanted) {
  if (wanted.amount.has_value() == wanted.items.has_value()) {
    return invalid("", "must have either `amount` or `items`");
  }
  if (wanted.items) {
    const auto& items = *wanted.items;
    if (items.empty() || items.size() > orders::kMaxLines) {
      return invalid("/items", fmt::format("must have 1 to {} lines", orders::kMaxLines));
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].quantity < 1) return invalid(pointer(i, "quantity"), "must be at least 1");
      const auto first =
          std::ranges::find(items, items[i].product_id, &payments::Refund::Item::product_id);
      if (first - items.begin() < static_cast<std::ptrdiff_t>(i)) {
        return invalid(pointer(i, "productId"), "must not be there twice");
      }
    }
  }
  if (!wanted.reason.empty() && !is_line(wanted.reason, payments::kMaxReasonLength)) {
    return invalid("/reason", fmt::format("must be at most {} characters on one line",
                                          payments::kMaxReasonLength));
  }
  if (wanted.reference && !is_line(*wanted.reference, payments::kMaxReferenceLength)) {
    return invalid("/reference", fmt::format("must be 1 to {} characters on one line",
                                             payments::kMaxReferenceLength));
  }
  return {};
}

Result<Money> amount_of(const RefundPart& wanted, const orders::Order& order,
                        const payments::Payment& payment) {
  if (wanted.reference.has_value() != payment.pays_later) {
    return invalid("/reference", payment.pays_later
                                     ? "must be there: a person has returned the money"
                                     : "must not be there: the provider returns the money");
  }
  const auto amount =
      wanted.amount ? Result<Money>(*wanted.amount) : price_of(*wanted.items, order);
  if (!amount) return amount;
  const std::string at = wanted.amount ? "/amount" : "/items";
  if (amount->currency != payment.amount.currency) {
    return invalid(at, fmt::format("must be in {}", payment.amount.currency.text()));
  }
  if (amount->amount < 1) return invalid(at, "must return something");
  if (amount->amount > payment.left().amount) {
    return invalid(at, fmt::format("must be at most {}: the rest is returned already",
                                   to_text(payment.left())));
  }
  return amount;
}

std::string canonical(const RefundPart& wanted) {
  auto text = fmt::format("{}:{}\n{}:{}\n", wanted.reason.size(), wanted.reason,
                          wanted.reference.value_or("").size(), wanted.reference.value_or(""));
  if (wanted.amount) text += to_text(*wanted.amount);
  for (const auto& item : wanted.items.value_or(std::vector<payments::Refund::Item>{})) {
    fmt::format_to(std::back_inserter(text), "{} x {}{}\n", item.quantity,
                   item.product_id.value.to_string(), item.restocked ? " back" : "");
  }
  return text;
}

}  // namespace souk::checkout::rules
