// Trusted certificate authorities, for any number of connections to TLS servers.
// Threading: immutable once made; for any thread. Ownership: shared by its connections.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"

struct ssl_ctx_st;

namespace souk::runtime {

class TlsContext {
 public:
  // `ca_file` is in PEM; empty: the system's authorities. Errors: unavailable, naming the file.
  static Result<TlsContext> trusting(const std::string& ca_file);

 private:
  friend class TlsStream;
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace souk::runtime
