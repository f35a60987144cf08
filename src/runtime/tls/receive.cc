#include "runtime/tls/receive.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <ctime>
#include <optional>

namespace souk::runtime {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// A longer wait is a wall clock that was set between the arrival and the read.
constexpr nanoseconds kLongestWait = std::chrono::minutes(1);
constexpr nanoseconds kLargestSkew = std::chrono::seconds(1);

nanoseconds duration_of(const timespec& time) {
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

nanoseconds wall_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return duration_of(now);
}

struct Stamped {
  long bytes;
  std::optional<timespec> arrived;  // by the kernel's wall clock
};

Stamped receive_stamped(int socket, char* to, std::size_t size) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
  iovec room{to, size};
  msghdr message{};
  message.msg_iov = &room;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  Stamped received{.bytes = ::recvmsg(socket, &message, 0), .arrived = {}};
  const auto* const header = received.bytes > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header != nullptr && header->cmsg_level == SOL_SOCKET &&
      header->cmsg_type == SCM_TIMESTAMPNS) {
    std::memcpy(&received.arrived.emplace(), CMSG_DATA(header), sizeof(timespec));
  }
  return received;
}

// Whether this process sees the kernel's wall clock: a library like libfaketime shows another one.
// A datagram sent to its own socket tells.
bool sees_kernels_clock() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;
  constexpr int kOn = 1;
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(own);
  auto* const address = reinterpret_cast<sockaddr*>(&own);
  char byte = 0;
  const bool sent = ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &kOn, sizeof(kOn)) == 0 &&
                    ::bind(fd, address, size) == 0 && ::getsockname(fd, address, &size) == 0 &&
                    ::sendto(fd, &byte, 1, 0, address, size) == 1;
  const auto arrived = sent ? receive_stamped(fd, &byte, 1).arrived : std::nullopt;
  ::close(fd);
  if (!arrived) return true;
  const auto skew = wall_clock() - duration_of(*arrived);
  return skew < kLargestSkew && skew > -kLargestSkew;
}

}  // namespace

Received receive(int socket, char* to, std::size_t size) {
  const auto [bytes, arrived] = receive_stamped(socket, to, size);
  return {.bytes = bytes, .waited = arrived ? time_since(*arrived) : nanoseconds(0)};
}

nanoseconds time_since(const timespec& arrival) {
  static const bool is_comparable = sees_kernels_clock();
  if (!is_comparable) return nanoseconds(0);
  const auto waited = wall_clock() - duration_of(arrival);
  const bool plausible = waited > nanoseconds(0) && waited <= kLongestWait;
  return plausible ? waited : nanoseconds(0);
}

}  // namespace souk::runtime
