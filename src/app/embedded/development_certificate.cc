#include "app/embedded/development_certificate.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include "base/files.h"
#include "runtime/tls/authority.h"
#include "seed/tokens.h"

namespace souk::app {
namespace {

using runtime::Authority;
using runtime::CertificateAndKey;
using std::chrono::days;

constexpr days kAuthorityLifetime{3650};
constexpr days kCertificateLifetime{90};
constexpr days kRenewedBefore{30};

const std::vector<std::string> kNames = {"localhost", "127.0.0.1", "::1"};

// Nothing when a file is missing, damaged or about to expire.
std::optional<Authority> read(const std::filesystem::path& certificate,
                              const std::filesystem::path& key) {
  const auto certificate_pem = read_file(certificate);
  const auto key_pem = read_file(key);
  if (!certificate_pem || !key_pem) return std::nullopt;
  const auto left = runtime::remaining_lifetime(*certificate_pem);
  if (!left || *left < kRenewedBefore) return std::nullopt;
  auto pair = Authority::read({.certificate = *certificate_pem, .key = *key_pem});
  if (!pair) return std::nullopt;
  return *std::move(pair);
}

// The key first: who finds the certificate finds its key.
Result<> write(const CertificateAndKey& pem, const std::filesystem::path& certificate,
               const std::filesystem::path& key) {
  if (auto written = seed::write_private_file(key, pem.key); !written) return written;
  return seed::write_private_file(certificate, pem.certificate);
}

}  // namespace

DevelopmentCertificate::DevelopmentCertificate(const std::filesystem::path& data)
    : authority(data / "tls" / "authority.pem"),
      authority_key(data / "tls" / "authority.key"),
      certificate(data / "tls" / "server.pem"),
      key(data / "tls" / "server.key") {}

Result<> DevelopmentCertificate::renew() const {
  const auto folder = authority.parent_path();
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(ErrorCode::kInternal,
                fmt::format("cannot make {}: {}", folder.string(), std::strerror(errno)));
  }
  auto issuer = read(authority, authority_key);
  if (!issuer) {
    issuer.emplace(Authority::make("Souk development on this machine", kNames, kAuthorityLifetime));
    if (auto written = write(issuer->pem(), authority, authority_key); !written) return written;
  } else if (read(certificate, key)) {
    return {};
  }
  return write(issuer->issue({.names = kNames, .lifetime = kCertificateLifetime}), certificate,
               key);
}

}  // namespace souk::app
