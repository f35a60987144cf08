#include "runtime/transport.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>

#include "runtime/tls/receive.h"
#include "runtime/tls/stream.h"

namespace souk::runtime {
namespace {

using boost::system::error_code;
using Status = Io::Status;

// Gathers the pieces of one record: each record costs a system call, and 22 bytes.
Io write_record(TlsStream& tls, std::span<const iovec> pieces) {
  const auto& first = pieces.front();
  if (pieces.size() == 1 || first.iov_len >= TlsStream::kRecordBytes) {
    return tls.write({static_cast<const char*>(first.iov_base), first.iov_len});
  }
  std::array<char, TlsStream::kRecordBytes> record;
  std::size_t size = 0;
  for (const auto& [base, piece] : pieces) {
    const auto taken = std::min(piece, record.size() - size);
    std::memcpy(record.data() + size, base, taken);
    size += taken;
  }
  return tls.write({record.data(), size});
}

}  // namespace

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

Task<Result<>> Transport::secure(const TlsContext& context, std::string host) {
  tls_ = std::make_unique<TlsStream>(context, host, socket_.native_handle());
  return shake_hands();
}

Task<Result<>> Transport::secure(std::shared_ptr<const TlsServerContext> context) {
  tls_ = std::make_unique<TlsStream>(std::move(context), socket_.native_handle());
  return shake_hands();
}

Task<Result<>> Transport::shake_hands() {
  for (;;) {
    const auto io = tls_->handshake();
    if (io.status == Status::kDone) co_return Result<>();
    if (io.status == Status::kClosed) {
      co_return fail(ErrorCode::kUnavailable, "TLS handshake failed: " + tls_->reason());
    }
    if (tls_->wants_write()) {
      co_await wait_writable();
    } else {
      co_await wait_readable();
    }
    if (!socket_.is_open()) co_return fail(ErrorCode::kUnavailable, "closed");
  }
}

void Transport::abandon_tls() {
  tls_->detach();
  tls_.reset();
}

std::string_view Transport::alpn() const { return tls_ ? tls_->alpn() : std::string_view(); }

void Transport::close() {
  if (tls_) {
    tls_->end_writing();
    tls_->detach();
  }
  error_code ignored;
  socket_.close(ignored);
}

void Transport::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
}

void Transport::end_writing() {
  if (tls_) tls_->end_writing();
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

Io Transport::plain(long result) {
  if (result > 0) return {.status = Status::kDone, .bytes = static_cast<std::size_t>(result)};
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return {.status = Status::kBlocked, .drained = errno != EINTR};
  }
  errno_ = result == 0 ? 0 : errno;
  return {.status = Status::kClosed, .drained = true};
}

bool Transport::has_pending() const { return tls_ && tls_->has_pending(); }

bool Transport::ended_orderly() const { return tls_ ? tls_->ended_orderly() : errno_ == 0; }

std::string Transport::reason() const {
  if (tls_) return tls_->reason();
  return errno_ == 0 ? std::string() : std::strerror(errno_);
}

bool Transport::is_reset() {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error != 0;
}

Io Transport::read(char* to, std::size_t size) {
  if (tls_) return tls_->read(to, size);
  const auto [result, waited] = receive(socket_.native_handle(), to, size);
  auto io = plain(result);
  if (io.status == Status::kDone) {
    io.drained = io.bytes < size;
    io.waited = waited;
  }
  return io;
}

Io Transport::write(std::string_view bytes) {
  if (tls_) return tls_->write(bytes);
  return plain(::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

Io Transport::write(std::span<const iovec> pieces) {
  if (tls_) return write_record(*tls_, pieces);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return plain(::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL));
}

}  // namespace souk::runtime
