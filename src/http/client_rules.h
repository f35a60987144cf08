// Identifies the client that per-client limits count: the socket's peer, or the client named by a
// trusted proxy in X-Forwarded-For or Forwarded (RFC 7239). Only the configured one of the two is
// read: a proxy writes one and forwards the other unchanged, so anybody could forge it.
// Threading: immutable once made.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/client_network.h"
#include "http/message.h"
#include "http/server_config.h"

namespace souk::http {

class ClientRules {
 public:
  static constexpr std::size_t kMaxHops = 32;  // proxies in a row; beyond them no client is named

  // REQUIRES: check(config).
  explicit ClientRules(const ServerConfig& config);
  // Errors: validation_failed, naming the first item that is neither an address nor an address
  // block.
  static Result<> check(const ServerConfig& config);

  Peer peer(const IpAddress& address) const;
  // For a request from a trusted proxy, the header is read from its end: the first hop that is not
  // a trusted proxy is the client; the hops before it may be forged by the client. None when that
  // hop is missing or is not an address ("unknown", "_hidden").
  ClientNetwork of_request(const Peer& peer, const Headers& headers) const {
    return peer.is_proxy ? named_by_proxies(headers) : peer.network;
  }
  // Whether either field is present, from a proxy or forged by a client.
  static bool names_client(const Headers& headers);

 private:
  ClientNetwork named_by_proxies(const Headers& headers) const;

  const AddressBlocks trusted_;
  const AddressBlocks proxies_;
  const ProxyHeader header_;
};

}  // namespace souk::http
