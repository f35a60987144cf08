// The addresses of a shop: the public one, with a port for plain text and one for TLS, and the
// operator's, for metrics, readiness reasons and administration. Unless operator.port is set, the
// operator's port is derived from the shop's: commands and Prometheus can compute it, and two nodes
// on one host do not collide. (Rejected: a free port published in a file. Scrapers cannot find it,
// and anybody who can write there would receive the token.) Threading: pure functions, except
// bind_listeners(), which is for one thread.
#pragma once

#include "app/settings.h"
#include "http/server/listener.h"

namespace souk::app {

struct Listeners {
  std::vector<http::Listener> shop;       // one for each worker
  std::vector<http::Listener> tls;        // the same; none without TLS
  std::vector<http::Listener> http3;      // the same, of UDP, on the port of TLS; none without
  std::vector<http::Listener> operators;  // one, the first worker's
};

inline constexpr std::uint16_t kOperatorPortOffset = 10'000;
inline constexpr std::uint16_t kTlsPortOffset = 363;  // 80: 443, 8080: 8443
// Of the programs of `souk up --monitoring`.
inline constexpr std::uint16_t kPrometheusPortOffset = 20'000;
inline constexpr std::uint16_t kAlertmanagerPortOffset = 20'001;

// The shop's port plus the offset, or minus it if that is not a valid port.
std::uint16_t derived_port(std::uint16_t shop_port, std::uint16_t offset);
// Derived where no port is set.
std::uint16_t operator_port(const Settings& settings, std::uint16_t shop_port);
std::uint16_t tls_port(const Settings& settings, std::uint16_t shop_port);
// The port in plain text of a shop with this port of TLS: the settings' if it is theirs.
std::uint16_t shop_port_of(const Settings& settings, std::uint16_t port);

// Whether other hosts can reach the address: all but loopback, names included. A private network is
// no exception: whoever is in it could read passwords, tokens and orders.
bool is_public(const std::string& address);
// Why these settings must not be served: plain text would travel over a network, and was not asked
// for. Empty: they may.
std::string exposure(const Settings& settings);
// The shop's HTTP settings with what follows from its TLS: whether plain text is only redirected.
http::ServerConfig shop_server(const Settings& settings, std::uint16_t bound_tls_port);

// As http.*, except the address, the limits on connections, and proxies: there are none.
http::ServerConfig operator_server(const Settings& settings, std::uint16_t shop_port);

// `preferred`, or, if that is taken on 127.0.0.1, a port that is free now.
std::uint16_t free_port(std::uint16_t preferred);

// Binds both; clients cannot connect yet. Errors: unavailable, with a remedy, when one is not
// available.
Result<Listeners> bind_listeners(const Settings& settings, std::size_t workers);

}  // namespace souk::app
