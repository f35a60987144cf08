#include "runtime/transport.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>

namespace souk::runtime {
namespace {

using boost::system::error_code;
using Status = Transport::Io::Status;

// The first error in this thread's OpenSSL queue; empties the queue.
unsigned long take_tls_error() {
  const auto code = ::ERR_get_error();
  ::ERR_clear_error();
  return code;
}

std::string tls_reason(unsigned long code) {
  const char* const reason = ::ERR_reason_error_string(code);
  return reason == nullptr ? "the connection was closed" : reason;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { ::SSL_CTX_free(context); }
void Transport::FreeSession::operator()(ssl_st* session) const { ::SSL_free(session); }

Result<TlsContext> TlsContext::trusting(const std::string& ca_file) {
  TlsContext made;
  made.context_.reset(::SSL_CTX_new(::TLS_client_method()));
  auto* const context = made.context_.get();
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const int trusted = ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(context)
                                      : ::SSL_CTX_load_verify_file(context, ca_file.c_str());
  if (trusted != 1) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("tls_ca_file {}: {}", ca_file, tls_reason(take_tls_error())));
  }
  return made;
}

Transport::Transport(Loop& loop) : socket_(loop.io()) {}

Transport::Transport(Loop& loop, int fd)
    : socket_(loop.io(), boost::asio::generic::stream_protocol(AF_INET, IPPROTO_TCP), fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

Transport::~Transport() = default;

Task<error_code> Transport::connect(Endpoint endpoint) {
  error_code error;
  socket_.close(error);
  socket_.open(endpoint.protocol(), error);
  if (!error) error = co_await socket_.async_connect(endpoint, await);
  if (error || !socket_.is_open()) co_return error;
  ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  socket_.non_blocking(true);
  error_code ignored;  // a unix socket has no such option
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  co_return error;
}

void Transport::prepare_session(const TlsContext& context, const std::string& host) {
  session_.reset(::SSL_new(context.context_.get()));
  auto* const session = session_.get();
  // Where `host` is an address, the certificate must list it, and no server name (SNI) is sent.
  if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), host.c_str()) != 1) {
    ::SSL_set1_host(session, host.c_str());
    ::SSL_set_tlsext_host_name(session, host.c_str());
  }
  ::SSL_set_fd(session, socket_.native_handle());
  ::ERR_clear_error();
}

Task<Result<>> Transport::secure(const TlsContext& context, std::string host) {
  prepare_session(context, host);
  for (;;) {
    ::ERR_clear_error();
    const int result = ::SSL_connect(session_.get());
    if (result == 1) co_return Result<>();
    switch (::SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        co_await wait_readable();
        break;
      case SSL_ERROR_WANT_WRITE:
        co_await wait_writable();
        break;
      default: {
        const auto verified = ::SSL_get_verify_result(session_.get());
        const std::string reason = verified == X509_V_OK
                                       ? tls_reason(take_tls_error())
                                       : ::X509_verify_cert_error_string(verified);
        co_return fail(ErrorCode::kUnavailable, "TLS handshake failed: " + reason);
      }
    }
    if (!socket_.is_open()) co_return fail(ErrorCode::kUnavailable, "closed");
  }
}

void Transport::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Transport::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
}

void Transport::end_writing() {
  if (session_) ::SSL_shutdown(session_.get());
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

Transport::Io Transport::plain(long result) {
  if (result > 0) return {.status = Status::kDone, .bytes = static_cast<std::size_t>(result)};
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return {.status = Status::kBlocked, .drained = errno != EINTR};
  }
  errno_ = result == 0 ? 0 : errno;
  return {.status = Status::kClosed, .drained = true};
}

Transport::Io Transport::secured(int result) {
  if (result > 0) return {.status = Status::kDone, .bytes = static_cast<std::size_t>(result)};
  switch (::SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {.status = Status::kBlocked, .drained = true};
    case SSL_ERROR_ZERO_RETURN:
      tls_error_ = 0;
      break;
    default:
      tls_error_ = take_tls_error();
      errno_ = tls_error_ == 0 ? ECONNRESET : 0;
  }
  return {.status = Status::kClosed, .drained = true};
}

std::string Transport::reason() const {
  if (tls_error_ != 0) return tls_reason(tls_error_);
  return errno_ == 0 ? std::string() : std::strerror(errno_);
}

bool Transport::is_reset() {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error != 0;
}

Transport::Io Transport::read(char* to, std::size_t size) {
  if (!session_) {
    auto io = plain(::recv(socket_.native_handle(), to, size, 0));
    if (io.status == Status::kDone) io.drained = io.bytes < size;
    return io;
  }
  ::ERR_clear_error();
  return secured(::SSL_read(session_.get(), to, static_cast<int>(size)));
}

Transport::Io Transport::write(std::string_view bytes) {
  if (!session_) {
    return plain(::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  ::ERR_clear_error();
  return secured(::SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())));
}

Transport::Io Transport::write(std::span<const iovec> pieces) {
  if (!session_) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    return plain(::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL));
  }
  Io all{.status = Status::kBlocked};
  for (const auto& [base, size] : pieces) {
    const auto io = write({static_cast<const char*>(base), size});
    if (io.status != Status::kDone) return all.bytes > 0 ? all : io;
    all.status = Status::kDone;
    all.bytes += io.bytes;
    if (io.bytes < size) break;
  }
  return all;
}

}  // namespace souk::runtime
