// Where a Redis is and who asks it, read from one URL:
//   redis://[[user]:password@]host[:port][/number], and rediss:// for the same over TLS
//   unix://[[user]:password@]/path and redis+unix://..., the number as ?db=N
// The queries db, user and password say the same as the places above. Parts are percent-encoded.
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
  std::string path;  // of a unix socket; empty where host and port count
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = kDefaultPort;
  std::string user;  // empty: the default user
  std::string password;
  int database = 0;
  bool tls = false;

  // "host:port/number" or "path/number": fit for a log, as it never holds user or password.
  std::string place() const;
};

// Errors: validation_failed with a sentence that quotes nothing of the URL but its scheme.
Result<Url> parse_url(std::string_view text);

}  // namespace souk::redis
