#include "http/socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace souk::http {
namespace {

IoResult failure() {
  const bool blocked = errno == EAGAIN || errno == EWOULDBLOCK;
  return {blocked ? IoResult::Status::kBlocked : IoResult::Status::kClosed};
}

}  // namespace

Socket::Socket(runtime::Loop& loop, int fd) : socket_(loop.io(), boost::asio::ip::tcp::v4(), fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

IoResult Socket::receive(char* to, std::size_t size) {
  for (;;) {
    const auto n = ::recv(socket_.native_handle(), to, size, 0);
    if (n > 0) return {IoResult::Status::kDone, static_cast<std::size_t>(n)};
    if (n == 0) return {IoResult::Status::kClosed};
    if (errno != EINTR) return failure();
  }
}

IoResult Socket::send(std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  for (;;) {
    const auto n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (n >= 0) return {IoResult::Status::kDone, static_cast<std::size_t>(n)};
    if (errno != EINTR) return failure();
  }
}

void Socket::cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Socket::end_sending() {
  boost::system::error_code ignored;
  socket_.shutdown(Native::shutdown_send, ignored);
}

}  // namespace souk::http
