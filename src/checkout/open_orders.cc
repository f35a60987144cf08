#include "checkout/open_orders.h"

#include <fmt/format.h>

#include <utility>

namespace souk::checkout {

using orders::store::Open;

namespace {

bool above(std::int64_t count, std::size_t limit) {
  return limit != 0 && std::cmp_greater(count, limit);
}

template <class Key>
Open open_of(const std::map<Key, Open>& all, const Key& key) {
  const auto found = all.find(key);
  return found == all.end() ? Open{} : found->second;
}

Result<> check(Open open, std::int64_t units, std::size_t most_orders, std::size_t most_units,
               ErrorCode code, std::string_view whose) {
  if (above(open.orders + 1, most_orders)) {
    return fail(code,
                fmt::format("at most {} orders {} may be open at a time: not paid, or free and "
                            "not shipped",
                            most_orders, whose));
  }
  if (above(open.units + units, most_units)) {
    return fail(code, fmt::format("open orders {} may have at most {} units at a time, and {} are "
                                  "ordered already",
                                  whose, most_units, open.units));
  }
  return {};
}

}  // namespace

OpenOrders::OpenOrders(OpenLimits limits, const std::vector<orders::store::OpenOfBuyer>& buyers,
                       const std::vector<orders::store::OpenOfNetwork>& networks)
    : limits_(limits) {
  for (const auto& [buyer, open] : buyers) buyers_.emplace(buyer, open);
  for (const auto& [network, open] : networks) networks_.emplace(network, open);
}

Result<> OpenOrders::check(const PlaceOrder& order, std::int64_t units) const {
  const auto& [limited, network] = order.origin;
  if (!limited) return {};
  auto allowed = checkout::check(open_of(buyers_, order.buyer), units, limits_.orders_per_user,
                                 limits_.units_per_user, ErrorCode::kLimitReached, "of a buyer");
  if (allowed && network) {
    allowed =
        checkout::check(open_of(networks_, *network), units, limits_.orders_per_network,
                        limits_.units_per_network, ErrorCode::kTooManyRequests, "from one network");
  }
  return allowed;
}

void OpenOrders::add(const PlaceOrder& order, std::int64_t units) {
  const auto& [limited, network] = order.origin;
  if (!limited) return;
  const auto add_to = [units](Open& open) {
    ++open.orders;
    open.units += units;
  };
  add_to(buyers_[order.buyer]);
  if (network) add_to(networks_[*network]);
}

}  // namespace souk::checkout
