// What a TLS server says about itself, loaded from files once: certificates with their keys,
// stapled OCSP responses, versions, suites and application protocols. One certificate is chosen by
// the name that the client asks for (SNI); an RSA and an ECDSA certificate of the same names are
// chosen between by what the client supports.
//
// Threading: immutable once made; for any thread. Ownership: shared by its connections.
#pragma once

#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/tls/ticket_keys.h"

struct ssl_ctx_st;
struct ssl_st;

namespace souk::runtime {

enum class TlsVersion : std::uint8_t { k12, k13 };

struct TlsServerConfig {
  // Files in PEM: a certificate with its chain; the first is for clients that name no host.
  std::vector<std::string> certificates;
  std::vector<std::string> keys;  // of each certificate, in the same order
  std::vector<std::string> ocsp;  // responses in DER, each for one of the certificates
  std::string ticket_keys;        // see TicketKeys; empty: keys of this process
  TlsVersion min_version = TlsVersion::k12;
  std::vector<std::string> protocols = {"h2", "http/1.1"};  // of ALPN, the preferred first
};

class TlsServerContext {
 public:
  // Errors: unavailable with a sentence that names the file and no secret.
  static Result<std::shared_ptr<const TlsServerContext>> load(
      const TlsServerConfig& config, std::shared_ptr<TicketKeys> ticket_keys);
  ~TlsServerContext();
  TlsServerContext(const TlsServerContext&) = delete;
  TlsServerContext& operator=(const TlsServerContext&) = delete;

  // The time at which the first certificate expires.
  std::time_t expiry() const { return expiry_; }
  ssl_ctx_st* openssl() const;

 private:
  struct Certificates;
  struct Staple;
  struct Callbacks;

  TlsServerContext(const TlsServerConfig& config, std::shared_ptr<TicketKeys> ticket_keys);
  Result<> add_certificate(const std::string& certificate, const std::string& key);
  Result<> add_staple(const std::string& file);
  ssl_ctx_st* context_for(std::string_view host) const;

  const TlsServerConfig config_;
  const std::shared_ptr<TicketKeys> ticket_keys_;
  std::string protocols_;  // as the extension has them
  std::vector<std::unique_ptr<Certificates>> certificates_;
  std::map<std::string, ssl_ctx_st*, std::less<>> by_name_;
  std::vector<Staple> staples_;
  std::time_t expiry_ = 0;
};

}  // namespace souk::runtime
