#include "checkout/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "accounts/rules.h"
#include "base/url.h"
#include "base/utf8.h"
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
  order.refunded.currency = order.total.currency;
  return order;
}

bool is_line(std::string_view text, std::size_t max) {
  return !text.empty() && is_utf8(text) && utf8_length(text) <= max &&
         std::ranges::none_of(
             text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// It is shown to the buyer, who follows it.
static bool is_web_address(std::string_view text) {
  if (text.size() > orders::kMaxTrackingUrlLength ||
      !std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; })) {
    return false;
  }
  const auto url = parse_url(text);
  return url && (url->scheme == "https" || url->scheme == "http") && !url->host.empty() &&
         !url->has_credentials;
}

Result<> check(const Ship& request) {
  std::vector<FieldError> errors;
  if (request.lines) errors = wrong_lines(*request.lines);
  const auto check_line = [&errors](std::string_view pointer, const auto& text, std::size_t max) {
    if (!text || is_line(*text, max)) return;
    errors.push_back(
        {std::string(pointer), fmt::format("must be 1 to {} characters on one line", max)});
  };
  check_line("/carrier", request.carrier, orders::kMaxCarrierLength);
  check_line("/trackingNumber", request.tracking_number, orders::kMaxTrackingNumberLength);
  if (request.tracking_url && !is_web_address(*request.tracking_url)) {
    errors.push_back({"/trackingUrl", "must be an http or https URL without a user"});
  }
  if (errors.empty()) return {};
  return fail(ErrorCode::kValidationFailed, "the shipment is not valid", std::move(errors));
}

Result<std::vector<orders::Shipment::Item>> shipment_units(const Ship& request,
                                                           const orders::Order& order,
                                                           std::size_t earlier_shipments) {
  std::vector<orders::Shipment::Item> units;
  if (!request.lines) {
    for (const auto& item : order.items) {
      if (item.unshipped() > 0) units.push_back({item.product_id, item.unshipped()});
    }
    return units;
  }
  std::vector<FieldError> errors;
  std::int64_t left = 0;
  for (const auto& item : order.items) left += item.unshipped();
  for (const auto& [product, quantity] : joined(*request.lines)) {
    const auto line = std::ranges::find(*request.lines, product, &inventory::Line::product_id);
    const auto index = static_cast<std::size_t>(line - request.lines->begin());
    const auto item = std::ranges::find(order.items, product, &orders::OrderItem::product_id);
    if (item == order.items.end()) {
      errors.push_back({pointer(index, "productId"), "must be a product of the order"});
    } else if (quantity > item->unshipped()) {
      errors.push_back(
          {pointer(index, "quantity"),
           fmt::format("must be at most {}: the others are shipped already", item->unshipped())});
    }
    units.push_back({product, quantity});
    left -= quantity;
  }
  if (!errors.empty()) {
    return fail(ErrorCode::kValidationFailed, "the shipment is not valid", std::move(errors));
  }
  if (left > 0 && earlier_shipments + 1 >= orders::kMaxShipments) {
    return fail(ErrorCode::kLimitReached,
                fmt::format("an order has at most {} shipments: ship all that is left",
                            orders::kMaxShipments));
  }
  return units;
}

// In any order.
static void append_lines(std::string& text, const std::vector<inventory::Line>& lines) {
  auto sorted = joined(lines);
  std::ranges::sort(sorted, {}, &inventory::Line::product_id);
  for (const auto& line : sorted) {
    fmt::format_to(std::back_inserter(text), "{} x {}\n", line.quantity,
                   line.product_id.value.to_string());
  }
}

std::string canonical(const Ship& request) {
  std::string text;
  for (const auto* part : {&request.carrier, &request.tracking_number, &request.tracking_url}) {
    text += *part ? fmt::format("by {}:{}\n", (*part)->size(), **part) : "-\n";
  }
  if (request.lines) append_lines(text, *request.lines);
  return text;
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
  append_lines(text, request.lines);
  return text;
}

Error key_reused(std::string_view what) {
  return {errors::kIdempotencyKeyReused,
          fmt::format("this Idempotency-Key was used before with a different {}", what)};
}

}  // namespace souk::checkout::rules
