#include "http/client/blocking_request.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "http/h1/request_writer.h"
#include "http/h1/response_parser.h"

namespace souk::http {
namespace {

constexpr timeval kTimeout{.tv_sec = 30, .tv_usec = 0};
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kMaxBodyBytes = 64 * 1024 * 1024;

class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) return;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof(kTimeout));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof(kTimeout));
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }  // negative: socket() failed

 private:
  int fd_;
};

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::unexpected<Error> unavailable(const Target& target, std::string_view what) {
  return fail(ErrorCode::kUnavailable, fmt::format("http://{}: {}", target.host, what));
}

}  // namespace

static Buffer to_bytes(const Target& target, const BlockingRequest& request) {
  HeaderList headers;
  if (!request.token.empty()) headers.add("Authorization", fmt::format("Bearer {}", request.token));
  if (!request.json.empty()) headers.add("Content-Type", kJsonType);
  Buffer bytes;
  h1::write_request(bytes, {.method = request.method,
                            .target = request.path_and_query,
                            .authority = target.host,
                            .headers = &headers,
                            .body = request.json,
                            .close = true});
  return bytes;
}

Result<BlockingResponse> request_blocking(const Target& target, const BlockingRequest& request) {
  const Socket socket(target.address.ss_family);
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address);
  if (socket.fd() < 0 || ::connect(socket.fd(), address, target.address_length) != 0 ||
      !send_all(socket.fd(), to_bytes(target, request).view())) {
    return unavailable(target, std::strerror(errno));
  }
  using h1::Event;
  h1::ResponseParser parser({.max_body_bytes = kMaxBodyBytes});
  parser.start(0);
  Buffer input;
  auto event = Event::kNeedMore;
  while (event != Event::kComplete && event != Event::kError) {
    const auto n = ::recv(socket.fd(), input.prepare(kReadBytes), kReadBytes, 0);
    if (n < 0) return unavailable(target, std::strerror(errno));
    input.commit(static_cast<std::size_t>(n));
    event = n == 0 ? parser.finish(input) : parser.parse(input);
    if (event == Event::kHead) event = parser.parse(input);
  }
  if (event == Event::kError) {
    return unavailable(target, fmt::format("{} was not answered in HTTP/1.1: {}",
                                           request.path_and_query, parser.error().detail));
  }
  return BlockingResponse{parser.status(), std::string(parser.body(input))};
}

}  // namespace souk::http
