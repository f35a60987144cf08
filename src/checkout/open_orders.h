// Limits what buyers and networks have open (unpaid orders) while the orders of a batch are decided
// one by one, so that nobody reserves the whole stock without paying. A buyer's free orders count
// as open until they are shipped; for a network they do not, since many buyers may share it. Pure.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/error.h"
#include "checkout/types.h"
#include "orders/store.h"

namespace souk::checkout {

// 0: no limit.
struct OpenLimits {
  std::size_t orders_per_user = 20;
  std::size_t units_per_user = 1'000;
  std::size_t orders_per_network = 1'000;
  std::size_t units_per_network = 20'000;

  bool bound_users() const { return orders_per_user != 0 || units_per_user != 0; }
  bool bound_networks() const { return orders_per_network != 0 || units_per_network != 0; }
};
// The most orders that orders::store::open_of_buyers() counts.
inline constexpr std::size_t kMaxOpenOrdersPerUser = orders::store::kMaxOpenCounted;

class OpenOrders {
 public:
  OpenOrders(OpenLimits limits, const std::vector<orders::store::OpenOfBuyer>& buyers,
             const std::vector<orders::store::OpenOfNetwork>& networks);

  // Errors: limit_reached for the buyer, too_many_requests for the network.
  Result<> check(const PlaceOrder& order, std::int64_t units) const;
  void add(const PlaceOrder& order, std::int64_t units);

 private:
  OpenLimits limits_;
  std::map<UserId, orders::store::Open> buyers_;
  std::map<NetworkKey, orders::store::Open> networks_;
};

}  // namespace souk::checkout
