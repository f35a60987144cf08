#include "http/h3/credentials.h"

#include <fmt/format.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <sodium/randombytes.h>

#include <algorithm>
#include <bit>

#include "base/hmac.h"

namespace souk::http::h3 {
namespace {

constexpr const char* kPriorities =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:%DISABLE_TLS13_COMPAT_MODE";

std::unexpected<Error> cannot_use(std::string_view what, const std::string& file, int error) {
  return fail(ErrorCode::kUnavailable,
              fmt::format("HTTP/3 cannot use the {} {}: {}", what, file, gnutls_strerror(error)));
}

// Each response is for one of the certificates.
int add_staple(gnutls_certificate_credentials_t certificates, const std::string& file,
               std::size_t count) {
  int error = GNUTLS_E_FILE_ERROR;
  for (unsigned i = 0; i < count && error < 0; ++i) {
    error = gnutls_certificate_set_ocsp_status_request_file(certificates, file.c_str(), i);
  }
  return error;
}

// The handshake fails when the client does not offer HTTP/3 (RFC 9001 section 8.1).
int require_alpn(gnutls_session_t session, unsigned, unsigned, unsigned, const gnutls_datum_t*) {
  gnutls_datum_t alpn;
  return gnutls_alpn_get_selected_protocol(session, &alpn) == 0 ? 0
                                                                : GNUTLS_E_NO_APPLICATION_PROTOCOL;
}

Result<Secrets> secrets_of(const std::string& file, const Secrets& own) {
  if (file.empty()) return own;
  const auto keys = runtime::TicketKeys::read(file);
  if (!keys) return std::unexpected(keys.error());
  std::vector<std::string> texts;
  for (const auto& key : *keys)
    texts.emplace_back(std::bit_cast<std::array<char, 80>>(key).data(), 80);
  return Secrets(texts);
}

}  // namespace

Result<std::shared_ptr<const Credentials>> Credentials::load(const runtime::TlsServerConfig& config,
                                                             const Secrets& own) {
  auto secrets = secrets_of(config.ticket_keys, own);
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  std::shared_ptr<Credentials> made(new Credentials(*std::move(secrets)));
  gnutls_certificate_credentials_t certificates = nullptr;
  gnutls_priority_t priorities = nullptr;
  if (gnutls_certificate_allocate_credentials(&certificates) != 0) {
    return fail(ErrorCode::kUnavailable, "GnuTLS is out of memory");
  }
  made->certificates_.reset(certificates);
  if (const int error = gnutls_priority_init(&priorities, kPriorities, nullptr); error != 0) {
    return cannot_use("priorities", kPriorities, error);
  }
  made->priorities_.reset(priorities);
  for (std::size_t i = 0; i < config.certificates.size(); ++i) {
    const auto& certificate = config.certificates[i];
    if (const int error = gnutls_certificate_set_x509_key_file2(certificates, certificate.c_str(),
                                                                config.keys.at(i).c_str(),
                                                                GNUTLS_X509_FMT_PEM, nullptr, 0);
        error < 0) {
      return cannot_use("certificate", certificate, error);
    }
  }
  for (const auto& file : config.ocsp) {
    if (const int error = add_staple(certificates, file, config.certificates.size()); error < 0) {
      return cannot_use("OCSP response", file, error);
    }
  }
  return made;
}

Secrets::Secrets(std::span<const std::string> secrets) {
  for (const auto& secret : secrets) {
    tokens_.push_back(hmac_sha256(secret, {"quic address token"}));
  }
  const auto first = hmac_sha256(secrets.front(), {"quic session ticket 1"});
  const auto second = hmac_sha256(secrets.front(), {"quic session ticket 2"});
  std::ranges::copy(second, std::ranges::copy(first, tickets_.begin()).out);
}

Secrets Secrets::random() {
  std::string secret(32, '\0');
  randombytes_buf(secret.data(), secret.size());
  return Secrets({&secret, 1});
}

Secrets::Key Secrets::reset_key(std::string_view secret, std::string_view node) {
  return hmac_sha256(secret, {"quic stateless reset of ", node});
}

std::unique_ptr<TlsSession> TlsSession::server(std::shared_ptr<const Credentials> credentials,
                                               ngtcp2_crypto_conn_ref& connection) {
  std::unique_ptr<TlsSession> made(new TlsSession);
  made->credentials_ = std::move(credentials);
  // Early data stays off: GnuTLS's replay protection is a memory of one process.
  if (gnutls_init(&made->session_, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET) != 0) return nullptr;
  const auto session = made->session_;
  static constexpr std::array<unsigned char, 2> kH3 = {'h', '3'};
  const gnutls_datum_t alpn{const_cast<unsigned char*>(kH3.data()), kH3.size()};
  const auto tickets = made->credentials_->secrets().tickets();
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST,
                                     require_alpn);
  gnutls_session_set_ptr(session, &connection);
  const bool ready = gnutls_priority_set(session, made->credentials_->priorities()) == 0 &&
                     gnutls_session_ticket_enable_server(session, &tickets) == 0 &&
                     ngtcp2_crypto_gnutls_configure_server_session(session) == 0 &&
                     gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                                            made->credentials_->certificates()) == 0 &&
                     gnutls_alpn_set_protocols(session, &alpn, 1, GNUTLS_ALPN_MANDATORY) == 0;
  return ready ? std::move(made) : nullptr;
}

}  // namespace souk::http::h3
