#include "runtime/tls/stream.h"

#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/tls/openssl.h"
#include "runtime/tls/receive.h"
#include "runtime/tls/server_context.h"

namespace souk::runtime {
namespace {

using Status = Io::Status;

bool is_temporary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

TlsFailure failure_of(int reason) {
  if (reason >= SSL_AD_REASON_OFFSET) return TlsFailure::kAlert;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return TlsFailure::kPlainHttp;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return TlsFailure::kVersion;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return TlsFailure::kSuite;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TlsFailure::kProtocol;
    default:
      return TlsFailure::kMalformed;
  }
}

}  // namespace

// A BIO of our own over the socket: OpenSSL's raises SIGPIPE, and does not tell whether a read
// emptied the socket.
struct TlsStream::Method {
  static Wire& wire(BIO* bio) { return *static_cast<Wire*>(::BIO_get_data(bio)); }

  static int finish(BIO* bio, ssize_t result, int retry) {
    ::BIO_clear_retry_flags(bio);
    if (result < 0 && is_temporary(errno)) {
      ::BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    } else if (result < 0) {
      wire(bio).error = errno;
    }
    return static_cast<int>(result);
  }
  static int read(BIO* bio, char* to, int size) {
    const auto [result, waited] = receive(wire(bio).fd, to, static_cast<std::size_t>(size));
    wire(bio).drained = result < size;
    if (result > 0) {
      wire(bio).silent = false;
      wire(bio).waited = waited;
    }
    return finish(bio, result, BIO_FLAGS_READ);
  }
  static int write(BIO* bio, const char* from, int size) {
    const auto result = ::send(wire(bio).fd, from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    return finish(bio, result, BIO_FLAGS_WRITE);
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* get() {
    static const BIO_METHOD* const method = [] {
      auto* const made = ::BIO_meth_new(
          ::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "souk");
      ::BIO_meth_set_read(made, &read);
      ::BIO_meth_set_write(made, &write);
      ::BIO_meth_set_ctrl(made, &control);
      return made;
    }();
    return method;
  }
};

void TlsStream::FreeSession::operator()(ssl_st* session) const { ::SSL_free(session); }

TlsStream::TlsStream(const TlsContext& context, const std::string& host, int fd) : wire_{.fd = fd} {
  attach(::SSL_new(context.context_.get()));
  auto* const session = session_.get();
  // Where `host` is an address, the certificate must list it, and no server name (SNI) is sent.
  if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), host.c_str()) != 1) {
    ::SSL_set1_host(session, host.c_str());
    ::SSL_set_tlsext_host_name(session, host.c_str());
  }
  ::SSL_set_connect_state(session);
  ::ERR_clear_error();
}

TlsStream::TlsStream(std::shared_ptr<const TlsServerContext> context, int fd)
    : server_(std::move(context)), wire_{.fd = fd} {
  attach(::SSL_new(server_->openssl()));
  ::SSL_set_accept_state(session_.get());
}

TlsStream::~TlsStream() {
  if (wire_.fd >= 0) end_writing();
}

void TlsStream::attach(ssl_st* session) {
  session_.reset(session);
  auto* const bio = ::BIO_new(Method::get());
  ::BIO_set_data(bio, &wire_);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(session, bio, bio);
  ::SSL_set_mode(session, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
  ::SSL_set_read_ahead(session, 1);
}

Io TlsStream::outcome(int result) {
  if (result > 0) return {.status = Status::kDone, .bytes = static_cast<std::size_t>(result)};
  const int error = ::SSL_get_error(session_.get(), result);
  wants_write_ = error == SSL_ERROR_WANT_WRITE;
  if (wants_write_ || error == SSL_ERROR_WANT_READ) {
    return {.status = Status::kBlocked, .drained = true};
  }
  tls_error_ = tls::take_error();
  errno_ = 0;
  if (error != SSL_ERROR_ZERO_RETURN && tls_error_ == 0) {
    errno_ = wire_.error == 0 ? ECONNRESET : wire_.error;
  }
  return {.status = Status::kClosed, .drained = true};
}

void TlsStream::offer(std::string_view protocol) {
  std::string list(1, static_cast<char>(protocol.size()));
  list += protocol;
  ::SSL_set_alpn_protos(session_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
}

Io TlsStream::handshake() {
  tls::clear_errors();
  auto io = outcome(::SSL_do_handshake(session_.get()));
  if (io.status == Status::kDone) io.drained = wire_.drained;
  return io;
}

// What came out of OpenSSL's buffer tells nothing of the socket: more may have arrived since its
// last recv, and been announced.
Io TlsStream::read(char* to, std::size_t size) {
  tls::clear_errors();
  wire_.drained = false;
  auto io = outcome(::SSL_read(session_.get(), to, static_cast<int>(size)));
  if (io.status == Status::kDone) {
    io.drained = io.bytes < size && wire_.drained && !has_pending();
    io.waited = wire_.waited;
  }
  return io;
}

Io TlsStream::write(std::string_view bytes) {
  tls::clear_errors();
  const auto size = std::min(bytes.size(), kRecordBytes);
  return outcome(::SSL_write(session_.get(), bytes.data(), static_cast<int>(size)));
}

bool TlsStream::has_pending() const { return ::SSL_has_pending(session_.get()) == 1; }

void TlsStream::end_writing() {
  // After a failure, and during a handshake, TLS allows no close_notify.
  if (!ended_orderly() || ::SSL_in_init(session_.get()) == 1) return;
  ::SSL_shutdown(session_.get());
  ::ERR_clear_error();
}

std::string_view TlsStream::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  ::SSL_get0_alpn_selected(session_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view TlsStream::version() const { return ::SSL_get_version(session_.get()); }

bool TlsStream::resumed() const { return ::SSL_session_reused(session_.get()) == 1; }

std::string TlsStream::reason() const {
  const auto verified = ::SSL_get_verify_result(session_.get());
  if (verified != X509_V_OK) return ::X509_verify_cert_error_string(verified);
  if (tls_error_ != 0) return tls::error_text(tls_error_);
  return errno_ == 0 ? std::string() : std::strerror(errno_);
}

TlsFailure TlsStream::failure() const {
  return tls_error_ == 0 ? TlsFailure::kClosed : failure_of(ERR_GET_REASON(tls_error_));
}

}  // namespace souk::runtime
