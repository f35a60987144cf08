#include "app/shop/listeners.h"

#include <fmt/format.h>

#include <limits>

namespace souk::app {
namespace {

// Attempts when the shop takes any free port and the derived operator's port may be occupied.
constexpr int kMaxPortPairs = 16;

Result<Listeners> bind_pair(const Settings& settings, std::size_t workers) {
  auto shop = http::bind_listeners(settings.http, workers);
  if (!shop) return std::unexpected(std::move(shop.error()));
  auto operators = http::bind_listeners(operator_server(settings, shop->front().port()), 1);
  if (!operators) {
    auto& error = operators.error();
    error.detail += "; this is the operator's address: see operator.address and operator.port";
    return std::unexpected(std::move(error));
  }
  return Listeners{*std::move(shop), *std::move(operators)};
}

}  // namespace

std::uint16_t operator_port(const Settings& settings, std::uint16_t shop_port) {
  if (settings.operators.port != 0) return settings.operators.port;
  constexpr int kHighest = std::numeric_limits<std::uint16_t>::max() - kOperatorPortOffset;
  return static_cast<std::uint16_t>(shop_port > kHighest ? shop_port - kOperatorPortOffset
                                                         : shop_port + kOperatorPortOffset);
}

http::ServerConfig operator_server(const Settings& settings, std::uint16_t shop_port) {
  auto config = settings.http;
  config.address = settings.operators.address;
  config.port = operator_port(settings, shop_port);
  config.max_connections = settings.operators.max_connections;
  config.max_connections_per_address = settings.operators.max_connections;
  config.trusted_addresses.clear();
  config.trusted_proxies.clear();
  return config;
}

Result<Listeners> bind_listeners(const Settings& settings, std::size_t workers) {
  auto bound = bind_pair(settings, workers);
  const bool any_shop_port = settings.http.port == 0 && settings.operators.port == 0;
  for (int pairs = 1; !bound && any_shop_port && pairs < kMaxPortPairs; ++pairs) {
    bound = bind_pair(settings, workers);
  }
  return bound;
}

}  // namespace souk::app
