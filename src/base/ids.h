// Distinct types for the ids that cross modules, so that a product's id cannot be passed as an
// order's.
#pragma once

#include <compare>
#include <functional>

#include "base/uuid.h"

namespace souk {

template <class Tag>
struct Id {
  Uuid value;
  friend auto operator<=>(const Id&, const Id&) = default;
};

using ProductId = Id<struct ProductTag>;
using CategoryId = Id<struct CategoryTag>;
using OrderId = Id<struct OrderTag>;
using UserId = Id<struct UserTag>;
using ReservationId = Id<struct ReservationTag>;
using AddressId = Id<struct AddressTag>;
using PaymentId = Id<struct PaymentTag>;

}  // namespace souk

template <class Tag>
struct std::hash<souk::Id<Tag>> {
  std::size_t operator()(const souk::Id<Tag>& id) const noexcept {
    return std::hash<souk::Uuid>{}(id.value);
  }
};
