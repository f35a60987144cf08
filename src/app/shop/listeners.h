// The two addresses of a shop: the one that its customers reach, and the operator's, for metrics,
// reasons and administration. Unless operator.port is set, the operator's port follows from the
// shop's: commands and Prometheus know it, and two nodes on one host do not collide. (A free port
// told in a file lost: no scraper finds it, and whoever may write there would get the token.)
// Threading: pure functions, but for bind_listeners(), which is for one thread.
#pragma once

#include "app/settings.h"
#include "http/server/listener.h"

namespace souk::app {

struct Listeners {
  std::vector<http::Listener> shop;       // one for each worker
  std::vector<http::Listener> operators;  // one, the first worker's
};

inline constexpr std::uint16_t kOperatorPortOffset = 10'000;

// Above the shop's port by the offset, or below it where that would be no port.
std::uint16_t operator_port(const Settings& settings, std::uint16_t shop_port);

// As http.*, but for the address, the limits on connections, and proxies: there are none.
http::ServerConfig operator_server(const Settings& settings, std::uint16_t shop_port);

// Takes both; nobody can connect yet. Errors: unavailable where one cannot be had, saying what to
// do.
Result<Listeners> bind_listeners(const Settings& settings, std::size_t workers);

}  // namespace souk::app
