// The server's side of TLS 1.3 in QUIC, by GnuTLS: certificates from PEM files, and the secrets of
// tokens, session tickets and resets.
//
// Threading: Credentials are immutable and shared by all workers; CredentialStore is for any
// thread; a TlsSession belongs to one worker. Ownership: a session keeps its credentials alive.
#pragma once

#include <gnutls/gnutls.h>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/tls/server_context.h"

struct ngtcp2_crypto_conn_ref;

namespace souk::http::h3 {

// What a node makes its tokens and session tickets with: keys derived from those of
// TlsServerConfig::ticket_keys, so that nodes that share the file accept each other's.
class Secrets {
 public:
  using Key = std::array<std::uint8_t, 32>;

  // REQUIRES: at least one. The first makes tokens and tickets. All verify tokens; a ticket of
  // another one is ignored (GnuTLS has one key), and its handshake is a full one.
  explicit Secrets(std::span<const std::string> secrets);
  // Of this process alone.
  static Secrets random();
  // For stateless resets, which only the node that has the connection may make (RFC 9000 section
  // 10.3.2): another node behind the same address would answer anybody who sends it a connection's
  // id with what ends that connection.
  static Key reset_key(std::string_view secret, std::string_view node);

  std::span<const Key> tokens() const { return tokens_; }  // Retry and NEW_TOKEN
  gnutls_datum_t tickets() const {  // GnuTLS rotates keys that it derives from it
    return {const_cast<std::uint8_t*>(tickets_.data()), static_cast<unsigned>(tickets_.size())};
  }

 private:
  std::vector<Key> tokens_;
  std::array<std::uint8_t, 64> tickets_;
};

class Credentials {
 public:
  // With several certificates, the client's server name and algorithms choose. Of the settings for
  // TLS over TCP it reads the files of certificates, keys, OCSP responses and, instead of `own`,
  // ticket keys. Errors: unavailable, naming the file.
  static Result<std::shared_ptr<const Credentials>> load(const runtime::TlsServerConfig& config,
                                                         const Secrets& own = Secrets::random());

  const Secrets& secrets() const { return secrets_; }
  gnutls_certificate_credentials_t certificates() const { return certificates_.get(); }
  gnutls_priority_t priorities() const { return priorities_.get(); }

 private:
  struct Free {
    void operator()(gnutls_certificate_credentials_t certificates) const {
      gnutls_certificate_free_credentials(certificates);
    }
    void operator()(gnutls_priority_t priorities) const { gnutls_priority_deinit(priorities); }
  };
  explicit Credentials(Secrets secrets) : secrets_(std::move(secrets)) {}

  const Secrets secrets_;
  std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>, Free> certificates_;
  std::unique_ptr<std::remove_pointer_t<gnutls_priority_t>, Free> priorities_;
};

// The credentials of new connections.
class CredentialStore {
 public:
  explicit CredentialStore(std::shared_ptr<const Credentials> credentials)
      : current_(std::move(credentials)) {}

  std::shared_ptr<const Credentials> current() const {
    const std::scoped_lock lock(mutex_);
    return current_;
  }
  void replace(std::shared_ptr<const Credentials> credentials) {
    const std::scoped_lock lock(mutex_);
    current_.swap(credentials);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Credentials> current_;  // guarded by mutex_
};

class TlsSession {
 public:
  // `connection` gives GnuTLS's callbacks the QUIC connection; it outlives the session. Null when
  // out of memory.
  static std::unique_ptr<TlsSession> server(std::shared_ptr<const Credentials> credentials,
                                            ngtcp2_crypto_conn_ref& connection);
  ~TlsSession() { gnutls_deinit(session_); }
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  gnutls_session_t native() const { return session_; }
  const Credentials& credentials() const { return *credentials_; }
  bool is_resumed() const { return gnutls_session_is_resumed(session_) != 0; }
  // After the handshake.
  void send_ticket() { static_cast<void>(gnutls_session_ticket_send(session_, 1, 0)); }

 private:
  TlsSession() = default;

  gnutls_session_t session_ = nullptr;
  std::shared_ptr<const Credentials> credentials_;
};

}  // namespace souk::http::h3
