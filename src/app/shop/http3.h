// HTTP/3 of a node: what the workers' endpoints share.
//
// Threading: created and destroyed by the main thread, which reloads the certificates; the members
// have their own rules. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "app/settings.h"
#include "http/h3/endpoint.h"

namespace souk::app {

class Http3 {
 public:
  // `port`: of the node's UDP sockets.
  Http3(const Settings& settings, const http::ServerConfig& server, http::ConnectionLimits& limits,
        std::size_t workers, std::uint16_t port,
        std::shared_ptr<const http::h3::Credentials> credentials);
  Http3(const Http3&) = delete;
  Http3& operator=(const Http3&) = delete;

  http::h3::SharedEndpoint& shared() { return shared_; }
  // Reads the files again, and changes nothing. Errors: unavailable, naming the file.
  Result<std::shared_ptr<const http::h3::Credentials>> load() const;
  void use(std::shared_ptr<const http::h3::Credentials> credentials) {
    credentials_.replace(std::move(credentials));
  }

 private:
  const runtime::TlsServerConfig tls_;
  http::h3::CredentialStore credentials_;
  http::h3::SharedEndpoint shared_;
};

}  // namespace souk::app
