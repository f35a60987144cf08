#include "checkout/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "accounts/rules.h"
#include "catalog/rules.h"
#include "checkout/error_codes.h"

namespace souk::checkout::rules {
namespace {

std::string pointer(std::size_t line, std::string_view member) {
  return fmt::format("/items/{}/{}", line, member);
}

}  // namespace

static std::vector<FieldError> wrong_lines(const std::vector<inventory::Line>& lines) {
  if (lines.empty() || lines.size() > orders::kMaxLines) {
    return {{"/items", fmt::format("must have 1 to {} lines", orders::kMaxLines)}};
  }
  std::vector<FieldError> errors;
  for (std::size_t i = 0; i < lines.size() && errors.empty(); ++i) {
    if (lines[i].quantity < 1 || lines[i].quantity > orders::kMaxLineQuantity) {
      errors.push_back(
          {pointer(i, "quantity"), fmt::format("must be 1 to {}", orders::kMaxLineQuantity)});
    }
  }
  return errors;
}

Result<> check_lines(const std::vector<inventory::Line>& lines) {
  auto errors = wrong_lines(lines);
  if (errors.empty()) return {};
  return fail(ErrorCode::kValidationFailed, "the lines are not valid", std::move(errors));
}

// By the rules of the addresses that users keep.
static std::vector<FieldError> wrong_members(const orders::DeliveryAddress& to) {
  const auto valid = accounts::rules::check(accounts::AddressDraft{.label = "",
                                                                   .recipient = to.recipient,
                                                                   .line1 = to.line1,
                                                                   .line2 = to.line2,
                                                                   .city = to.city,
                                                                   .postal_code = to.postal_code,
                                                                   .country = to.country});
  if (valid) return {};
  auto errors = valid.error().fields;
  for (auto& error : errors) error.pointer.insert(0, "/deliveryAddress");
  return errors;
}

Result<> check(const PlaceOrder& request) {
  std::vector<FieldError> errors;
  if (!request.reservation) {
    errors = wrong_lines(request.lines);
  } else if (!request.lines.empty()) {
    errors.push_back({"/items", "must not be there beside a reservation"});
  }
  if (request.deliver_to) {
    if (request.address)
      errors.push_back({"/deliveryAddress", "must not be there beside addressId"});
    std::ranges::move(wrong_members(*request.deliver_to), std::back_inserter(errors));
  }
  const auto& key = request.idempotency_key;
  if (key && (key->empty() || key->size() > kMaxIdempotencyKeyLength)) {
    errors.push_back(
        {"Idempotency-Key", fmt::format("must be 1 to {} characters", kMaxIdempotencyKeyLength)});
  }
  if (errors.empty()) return {};
  return fail(ErrorCode::kValidationFailed, "the order is not valid", std::move(errors));
}

std::vector<inventory::Line> joined(const std::vector<inventory::Line>& lines) {
  std::vector<inventory::Line> result;
  for (const auto& line : lines) {
    const auto same = std::ranges::find(result, line.product_id, &inventory::Line::product_id);
    if (same == result.end()) {
      result.push_back(line);
    } else {
      same->quantity += line.quantity;  // at most kMaxLines * kMaxLineQuantity
    }
  }
  return result;
}

std::int64_t units_of(const std::vector<inventory::Line>& lines) {
  std::int64_t units = 0;
  for (const auto& line : lines) units += line.quantity;
  return units;
}

Result<orders::Order> price(const std::vector<inventory::Line>& lines,
                            const std::vector<catalog::SaleItem>& products) {
  orders::Order order;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto found = catalog::rules::for_sale(products, lines[i].product_id);
    if (!found) return std::unexpected(found.error());
    const auto* const product = *found;
    order.items.push_back({product->id, product->name, lines[i].quantity, product->price});
    const auto line_total = checked_multiply(product->price, lines[i].quantity);
    if (i == 0) order.total.currency = product->price.currency;
    const auto total = line_total ? checked_add(order.total, *line_total) : std::nullopt;
    if (!total) {
      return fail(ErrorCode::kValidationFailed, "the order has no total",
                  {{"/items", product->price.currency == order.total.currency
                                  ? "the total is too large"
                                  : "the products have different currencies"}});
    }
    order.total = *total;
  }
  return order;
}

std::string canonical(const PlaceOrder& request) {
  auto text = fmt::format("to {}\n", request.address ? request.address->value.to_string() : "-");
  if (request.reservation) {
    text += fmt::format("as reserved by {}\n", request.reservation->value.to_string());
  }
  if (const auto& to = request.deliver_to) {
    for (const auto* part :
         {&to->recipient, &to->line1, &to->line2, &to->city, &to->postal_code, &to->country}) {
      text += fmt::format("at {}:{}\n", part->size(), *part);
    }
  }
  auto lines = joined(request.lines);
  std::ranges::sort(lines, {}, &inventory::Line::product_id);
  for (const auto& line : lines) {
    fmt::format_to(std::back_inserter(text), "{} x {}\n", line.quantity,
                   line.product_id.value.to_string());
  }
  return text;
}

Error key_reused(std::string_view what) {
  return {errors::kIdempotencyKeyReused,
          fmt::format("this Idempotency-Key was used before with a different {}", what)};
}

}  // namespace souk::checkout::rules
