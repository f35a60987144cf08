// Validation and pricing of an order; pure.
#pragma once

#include "base/error.h"
#include "catalog/types.h"
#include "checkout/types.h"

namespace souk::checkout::rules {

// Errors: validation_failed naming every wrong line by JSON pointer.
Result<> check(const PlaceOrder& request);

// The same for lines alone.
Result<> check_lines(const std::vector<inventory::Line>& lines);

// Lines of one product joined, in the order of their first mention. REQUIRES: checked.
std::vector<inventory::Line> joined(const std::vector<inventory::Line>& lines);

std::int64_t units_of(const std::vector<inventory::Line>& lines);

// Prices the lines. REQUIRES: products sorted by id. Errors: unknown_product for one that is
// missing from `products` or not active; validation_failed when currencies differ or the total
// overflows.
Result<orders::Order> price(const std::vector<inventory::Line>& lines,
                            const std::vector<catalog::SaleItem>& products);

// Errors: validation_failed.
Result<> check(const Ship& request);
// The units that a shipment takes. REQUIRES: checked. Errors: validation_failed for lines that are
// not of the order, or of more than is not shipped yet; limit_reached.
Result<std::vector<orders::Shipment::Item>> shipment_units(const Ship& request,
                                                           const orders::Order& order,
                                                           std::size_t earlier_shipments);

// UTF-8 text of 1 to `max` characters on one line.
bool is_line(std::string_view text, std::size_t max);

// The canonical form of a request: its hash distinguishes a retry from another request.
std::string canonical(const PlaceOrder& request);
std::string canonical(const Ship& request);
// The refusal of a key that belongs to another request. `what` was requested: order, payment, ...
Error key_reused(std::string_view what);

}  // namespace souk::checkout::rules
