#include "runtime/transport.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/tls/receive.h"
#include "runtime/tls/stream.h"

namespace souk::runtime {
namespace {

using boost::system::error_code;
using Status = Io::Status;

error_code last_error() { return {errno, boost::system::system_category()}; }

// Of no effect on a unix socket.
void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// Gathers the pieces of one record: each record costs a system call, and 22 bytes.
Io write_record(TlsStream& tls, std::span<const iovec> pieces) {
  const auto& first = pieces.front();
  if (first.iov_len >= TlsStream::kRecordBytes) {
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

Transport::Transport(Loop& loop) : watch_(Poller::of(loop.io())) {}

Transport::Transport(Loop& loop, int fd) : watch_(Poller::of(loop.io())) {
  if (const auto error = watch_.open(fd)) throw boost::system::system_error(error, "epoll");
  fd_ = fd;
  send_at_once(fd);
}

Transport::~Transport() {
  tls_.reset();  // says goodbye
  close();
}

Task<error_code> Transport::connect(Endpoint endpoint) {
  close();
  const auto& protocol = endpoint.protocol();
  fd_ = ::socket(protocol.family(), protocol.type() | SOCK_NONBLOCK | SOCK_CLOEXEC,
                 protocol.protocol());
  if (fd_ < 0) co_return last_error();
  send_at_once(fd_);
  const int connected = ::connect(fd_, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  if (connected != 0 && errno != EINPROGRESS) co_return last_error();
  if (const auto error = watch_.open(fd_)) co_return error;
  if (connected == 0) co_return error_code();
  watch_.blocked(Poller::Event::kWritable);
  if (const auto error = co_await wait_writable()) co_return error;
  co_return pending_error();
}

Task<Result<>> Transport::secure(const TlsContext& context, std::string host) {
  tls_ = std::make_unique<TlsStream>(context, host, fd_);
  return shake_hands();
}

Task<Result<>> Transport::secure(std::shared_ptr<const TlsServerContext> context) {
  tls_ = std::make_unique<TlsStream>(std::move(context), fd_);
  return shake_hands();
}

Task<Result<>> Transport::shake_hands() {
  for (;;) {
    const auto io = tls_->handshake();
    const auto event = tls_->wants_write() ? Poller::Event::kWritable : Poller::Event::kReadable;
    noted(io, event);
    if (io.status == Status::kDone) co_return Result<>();
    if (io.status == Status::kClosed) {
      co_return fail(ErrorCode::kUnavailable, "TLS handshake failed: " + tls_->reason());
    }
    co_await watch_.wait(event);
    if (fd_ < 0) co_return fail(ErrorCode::kUnavailable, "closed");
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
  watch_.close();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Transport::cancel() { watch_.cancel(); }

void Transport::end_writing() {
  if (tls_) tls_->end_writing();
  ::shutdown(fd_, SHUT_WR);
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

error_code Transport::pending_error() const {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return {error, boost::system::system_category()};
}

Io Transport::noted(Io io, Poller::Event event) {
  if (io.status == Status::kBlocked || io.drained) watch_.blocked(event);
  return io;
}

Io Transport::read(char* to, std::size_t size) {
  if (tls_) return noted(tls_->read(to, size), Poller::Event::kReadable);
  const auto [result, waited] = receive(fd_, to, size);
  auto io = plain(result);
  if (io.status == Status::kDone) {
    io.drained = io.bytes < size;
    io.waited = waited;
  }
  return noted(io, Poller::Event::kReadable);
}

Io Transport::write(std::string_view bytes) {
  return noted(
      tls_ ? tls_->write(bytes) : plain(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)),
      Poller::Event::kWritable);
}

Io Transport::write(std::span<const iovec> pieces) {
  // send() costs less than sendmsg().
  if (pieces.size() == 1) {
    return write({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
  }
  if (tls_) return noted(write_record(*tls_, pieces), Poller::Event::kWritable);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return noted(plain(::sendmsg(fd_, &message, MSG_NOSIGNAL)), Poller::Event::kWritable);
}

}  // namespace souk::runtime
