#include "app/embedded/development_certificate.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
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

// By which this machine's own programs, and others of its network, reach it.
std::vector<std::string> names_of_this_machine() {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  std::array<char, HOST_NAME_MAX + 1> host{};
  static_cast<void>(::gethostname(host.data(), host.size() - 1));
  const std::string name(host.data());
  const bool is_dns_name = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
  if (is_dns_name && name != names.front()) names.push_back(name);
  return names;
}

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
  const auto names = names_of_this_machine();
  const auto issue = [&names](const Authority& issuer) {
    return issuer.issue({.names = names, .lifetime = kCertificateLifetime});
  };
  auto issuer = read(authority, authority_key);
  if (issuer && read(certificate, key) && issuer->vouches_for(*read_file(certificate), names)) {
    return {};
  }
  std::optional<CertificateAndKey> issued;
  if (issuer) issued = issue(*issuer);
  // The machine may have another name since, which its authority may not issue for.
  if (!issued || !issuer->vouches_for(issued->certificate, names)) {
    issuer.emplace(Authority::make("Souk development on this machine", names, kAuthorityLifetime));
    if (auto written = write(issuer->pem(), authority, authority_key); !written) return written;
    issued = issue(*issuer);
  }
  return write(*issued, certificate, key);
}

}  // namespace souk::app
