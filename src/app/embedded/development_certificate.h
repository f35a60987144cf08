// The certificate that `souk up` serves https:// with on this machine, issued by an authority of
// the data folder's own, which browsers and clients can be told to trust:
//
//   tls/authority.pem, tls/authority.key     may issue for this machine's names only
//   tls/server.pem, tls/server.key           for localhost, 127.0.0.1, ::1 and the host name
//
// Threading: blocks; not for an event loop.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace souk::app {

struct DevelopmentCertificate {
  // The files in a data folder, which need not exist yet.
  explicit DevelopmentCertificate(const std::filesystem::path& data);

  std::filesystem::path authority;
  std::filesystem::path authority_key;
  std::filesystem::path certificate;
  std::filesystem::path key;

  // Makes what is missing, damaged, about to expire, or without a name of this machine. Keys have
  // mode 0600. Errors: internal, naming the file that cannot be written.
  Result<> renew() const;
};

}  // namespace souk::app
