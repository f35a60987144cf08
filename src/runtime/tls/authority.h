// A certificate authority of its own, for development and tests: makes keys and certificates.
// Threading: one thread at a time. Ownership: owns its key.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

struct evp_pkey_st;
struct x509_st;

namespace souk::runtime {

// In PEM.
struct CertificateAndKey {
  std::string certificate;
  std::string key;
};

class Authority {
 public:
  enum class KeyType : std::uint8_t { kEcdsa, kRsa };  // P-256; 2048 bits
  struct Request {
    std::vector<std::string> names;  // DNS names and IP addresses
    std::chrono::seconds lifetime;
    KeyType key = KeyType::kEcdsa;
  };

  // May only issue for these DNS names and their subdomains, and these IP addresses: a stolen key
  // is then worthless for others. No names: for all.
  static Authority make(const std::string& name, const std::vector<std::string>& permitted,
                        std::chrono::seconds lifetime);
  // Errors: unavailable when they are not a certificate and its key.
  static Result<Authority> read(const CertificateAndKey& pem);
  ~Authority();
  Authority(Authority&&) noexcept;

  CertificateAndKey pem() const;
  // The issued certificate, for TLS servers, with its key.
  CertificateAndKey issue(const Request& request) const;
  // Whether whoever trusts this authority accepts the certificate, in PEM, for each of these names.
  bool vouches_for(const std::string& certificate, std::span<const std::string> names) const;

 private:
  struct FreeKey {
    void operator()(evp_pkey_st* key) const;
  };
  struct FreeCertificate {
    void operator()(x509_st* certificate) const;
  };
  using Key = std::unique_ptr<evp_pkey_st, FreeKey>;
  using Certificate = std::unique_ptr<x509_st, FreeCertificate>;

  Authority(Key key, Certificate certificate);

  Key key_;
  Certificate certificate_;
};

// How long the certificate is valid from now on; negative when it has expired. Errors: unavailable
// when it is none.
Result<std::chrono::seconds> remaining_lifetime(const std::string& certificate_pem);

}  // namespace souk::runtime
