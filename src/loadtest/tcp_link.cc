#include "loadtest/tcp_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "http/h1/client_session.h"
#include "http/h2/client_session.h"

namespace souk::loadtest {
namespace {

using Status = runtime::Io::Status;

constexpr std::string_view kHttp2 = "h2";  // of ALPN
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::uint32_t kPeerClosed = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

ErrorKind kind_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ErrorKind::kRefused;
    case ECONNRESET:
    case EPIPE:
      return ErrorKind::kReset;
    case ETIMEDOUT:
      return ErrorKind::kTimeout;
    default:
      return ErrorKind::kNetwork;
  }
}

}  // namespace

std::optional<ErrorKind> TcpLink::open(int epoll, std::uint32_t index) {
  fd_ = ::socket(target_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return kind_of(errno);
  constexpr int kOn = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = index}};
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event) != 0) return kind_of(errno);
  if (http2_) {
    session_ = std::make_unique<http::h2::ClientSession>(answers_, target_.tls != nullptr);
  } else {
    session_ = std::make_unique<http::h1::ClientSession>(answers_);
  }
  if (target_.tls) {
    tls_ = std::make_unique<runtime::TlsStream>(*target_.tls, target_.name, fd_);
    if (http2_) tls_->offer(kHttp2);
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&target_.address);
  const bool begun = ::connect(fd_, address, target_.address_length) == 0 || errno == EINPROGRESS;
  if (begun) return std::nullopt;
  return kind_of(errno);
}

void TcpLink::close() {
  tls_.reset();
  session_.reset();
  connected_ = false;
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::optional<ErrorKind> TcpLink::advance(std::uint32_t events) {
  if (!connected_) {
    // Without an event nothing has changed since the last attempt.
    if (events == 0) return std::nullopt;
    if (auto error = connect(); error || !connected_) return error;
  }
  if (auto error = flush()) return error;
  if ((events & ~std::uint32_t{EPOLLOUT}) == 0) return std::nullopt;
  if (auto error = read((events & kPeerClosed) != 0)) return error;
  return flush();  // e.g. what acknowledges the input
}

std::optional<ErrorKind> TcpLink::connect() {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return kind_of(error);
  if (tls_) {
    const auto io = tls_->handshake();
    if (io.status == Status::kClosed) return ErrorKind::kNetwork;
    if (io.status == Status::kBlocked) return std::nullopt;
    if (http2_ && tls_->alpn() != kHttp2) return ErrorKind::kProtocol;
  }
  connected_ = true;
  return std::nullopt;
}

std::optional<ErrorKind> TcpLink::read(bool peer_closed) {
  static thread_local std::array<char, kReadBytes> room;
  for (;;) {
    const auto io = receive_some(room.data(), room.size());
    if (io.status == Status::kBlocked) return std::nullopt;
    if (io.status == Status::kClosed) {
      if (errno != 0) return kind_of(errno);
      session_->ended();
      return ErrorKind::kClosed;
    }
    if (!session_->received({room.data(), io.bytes})) return ErrorKind::kProtocol;
    // A short read has emptied the socket, unless the end of the stream is pending.
    if (io.drained && !peer_closed) return std::nullopt;
  }
}

std::optional<ErrorKind> TcpLink::flush() {
  for (auto bytes = session_->pending(); !bytes.empty(); bytes = session_->pending()) {
    const auto io = send_some(bytes);
    if (io.status == Status::kBlocked) return std::nullopt;
    if (io.status == Status::kClosed) return kind_of(errno);
    session_->sent(io.bytes);
  }
  return std::nullopt;
}

// With errno when kClosed, 0 for an orderly end; so does send_some().
runtime::Io TcpLink::receive_some(char* to, std::size_t size) {
  if (tls_) {
    const auto io = tls_->read(to, size);
    errno = io.status != Status::kClosed || tls_->ended_orderly() ? 0 : ECONNRESET;
    return io;
  }
  errno = 0;
  const auto n = ::recv(fd_, to, size, 0);
  if (n <= 0) return {.status = errno == EAGAIN ? Status::kBlocked : Status::kClosed};
  const auto bytes = static_cast<std::size_t>(n);
  return {.status = Status::kDone, .drained = bytes < size, .bytes = bytes};
}

runtime::Io TcpLink::send_some(std::string_view bytes) {
  if (tls_) {
    const auto io = tls_->write(bytes);
    if (io.status == Status::kClosed) errno = ECONNRESET;
    return io;
  }
  const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return {.status = Status::kDone, .bytes = static_cast<std::size_t>(n)};
  return {.status = errno == EAGAIN ? Status::kBlocked : Status::kClosed};
}

}  // namespace souk::loadtest
