// The address and credentials of a Redis, from one URL:
//   redis://[[user]:password@]host[:port][/number], and rediss:// for the same over TLS
//   unix://[[user]:password@]/path and redis+unix://..., the number as ?db=N
// The queries db, user and password are alternatives to the positions above. Parts are
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace souk::redis {

inline constexpr std::uint16_t kDefaultPort = 6379;
inline constexpr std::size_t kMaxSocketPathBytes = 107;  // sockaddr_un, less its NUL

struct Url {
  std::string path;  // of a unix socket; empty: host and port are used
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = kDefaultPort;
  std::string user;  // empty: the default user
  std::string password;
  int database = 0;
  bool tls = false;

  std::string place() const;
};

// Errors: validation_failed with a sentence that quotes only the scheme of the URL.
Result<Url> parse_url(std::string_view text);

}  // namespace souk::redis
