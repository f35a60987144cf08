// Who a client is to the limits: the peer of the socket, or whom a trusted proxy names in
// X-Forwarded-For or Forwarded (RFC 7239). Only one of the two is read, as configured: a proxy
// writes one of them and hands on the other as the client sent it, so that anybody could forge it.
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
  static constexpr std::size_t kMaxHops = 32;  // through proxies; more of them name nobody

  // REQUIRES: check(config).
  explicit ClientRules(const ServerConfig& config);
  // Errors: validation_failed, naming the item that is neither an address nor a block.
  static Result<> check(const ServerConfig& config);

  Peer peer(const IpAddress& address) const;
  // Of a request: what a proxy that is trusted appended to the header is read from its end, and the
  // first hop that is no trusted proxy is the client; what stands before it, the client may have
  // written. None where that hop is no address ("unknown", "_hidden", garbage), or is missing.
  ClientNetwork of_request(const Peer& peer, const Headers& headers) const {
    return peer.is_proxy ? named_by_proxies(headers) : peer.network;
  }
  // Whether a proxy, or who plays one, names a client in either field.
  static bool names_client(const Headers& headers);

 private:
  ClientNetwork named_by_proxies(const Headers& headers) const;

  const AddressBlocks trusted_;
  const AddressBlocks proxies_;
  const ProxyHeader header_;
};

}  // namespace souk::http
