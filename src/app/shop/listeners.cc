#include "app/shop/listeners.h"

#include <fmt/format.h>

#include <limits>

#include "base/client_network.h"
#include "http/h3/connection_ids.h"

namespace souk::app {
namespace {

// Attempts when the shop takes any free port and a derived one may be occupied.
constexpr int kMaxPortSets = 16;

std::unexpected<Error> explained(Error error, std::string_view what) {
  error.detail += fmt::format("; this is {}", what);
  return std::unexpected(std::move(error));
}

Result<Listeners> bind_all(const Settings& settings, std::size_t workers) {
  auto shop = http::bind_listeners(settings.http, workers);
  if (!shop) return std::unexpected(std::move(shop.error()));
  const auto shop_port = shop->front().port();
  std::vector<http::Listener> tls;
  if (settings.tls.is_on()) {
    auto config = settings.http;
    config.port = tls_port(settings, shop_port);
    auto bound = http::bind_listeners(config, workers);
    if (!bound) return explained(std::move(bound.error()), "the port of https://: see tls.port");
    tls = *std::move(bound);
  }
  std::vector<http::Listener> http3;
  if (settings.http3.enabled && !tls.empty()) {
    auto bound = http::bind_datagrams(settings.http.address, tls.front().port(), workers);
    if (!bound) return explained(std::move(bound.error()), "the port of HTTP/3: see tls.port");
    http3 = *std::move(bound);
    // Without it workers hand packets on.
    for (const int fd : http3.front().descriptors()) {
      static_cast<void>(http::h3::ConnectionIds::attach(fd, workers));
    }
  }
  auto operators = http::bind_listeners(operator_server(settings, shop_port), 1);
  if (!operators) {
    return explained(std::move(operators.error()),
                     "the operator's address: see operator.address and operator.port");
  }
  return Listeners{*std::move(shop), std::move(tls), std::move(http3), *std::move(operators)};
}

}  // namespace

std::uint16_t derived_port(std::uint16_t shop_port, std::uint16_t offset) {
  const int highest = std::numeric_limits<std::uint16_t>::max() - offset;
  return static_cast<std::uint16_t>(shop_port > highest ? shop_port - offset : shop_port + offset);
}

std::uint16_t operator_port(const Settings& settings, std::uint16_t shop_port) {
  if (settings.operators.port != 0) return settings.operators.port;
  return derived_port(shop_port, kOperatorPortOffset);
}

std::uint16_t tls_port(const Settings& settings, std::uint16_t shop_port) {
  if (settings.tls.port != 0) return settings.tls.port;
  return derived_port(shop_port, kTlsPortOffset);
}

std::uint16_t shop_port_of(const Settings& settings, std::uint16_t port) {
  if (port == tls_port(settings, settings.http.port)) return settings.http.port;
  return static_cast<std::uint16_t>(port - kTlsPortOffset);
}

bool is_public(const std::string& address) {
  if (address == "localhost") return false;  // RFC 6761 section 6.3
  const auto parsed = IpAddress::parse(address);
  return !parsed || !parsed->is_loopback();
}

std::string exposure(const Settings& settings) {
  if (settings.tls.is_on() || settings.tls.plaintext) return {};
  constexpr auto kText =
      "{} is {}, which other hosts can reach: passwords, tokens and orders would travel in plain "
      "text. Give --tls-certificate and --tls-key, or say --plaintext if a proxy in front ends TLS";
  if (is_public(settings.http.address)) {
    return fmt::format(kText, "http.address", settings.http.address);
  }
  if (is_public(settings.operators.address)) {
    return fmt::format(kText, "operator.address", settings.operators.address);
  }
  return {};
}

http::ServerConfig shop_server(const Settings& settings, std::uint16_t bound_tls_port) {
  const auto& tls = settings.tls;
  auto config = settings.http;
  const bool exposed = is_public(config.address) && !tls.plaintext;
  const auto seen_port = tls.redirect_port == 0 ? bound_tls_port : tls.redirect_port;
  if (tls.is_on() && (tls.redirect || exposed)) config.redirect_port = seen_port;
  if (settings.http3.enabled) config.http3_port = seen_port;
  return config;
}

http::ServerConfig operator_server(const Settings& settings, std::uint16_t shop_port) {
  auto config = settings.http;
  config.address = settings.operators.address;
  config.port = operator_port(settings, shop_port);
  config.max_connections = settings.operators.max_connections;
  config.max_connections_per_address = settings.operators.max_connections;
  config.trusted_addresses.clear();
  config.trusted_proxies.clear();
  config.cors = {};
  return config;
}

std::uint16_t free_port(std::uint16_t preferred) {
  for (const std::uint16_t port : {preferred, std::uint16_t{0}}) {
    const auto bound = http::open_listeners({.address = "127.0.0.1", .port = port}, 1);
    if (bound) return bound->front().port();
  }
  return preferred;
}

Result<Listeners> bind_listeners(const Settings& settings, std::size_t workers) {
  auto bound = bind_all(settings, workers);
  for (int sets = 1; !bound && settings.http.port == 0 && sets < kMaxPortSets; ++sets) {
    bound = bind_all(settings, workers);
  }
  return bound;
}

}  // namespace souk::app
