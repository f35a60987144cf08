#include "runtime/tls/receive.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

namespace souk::runtime {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// The wall clock may be set between the arrival and the read.
constexpr nanoseconds kLongestWait = std::chrono::minutes(1);

nanoseconds duration_of(const timespec& time) {
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

nanoseconds age_of(const timespec& arrived) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::clamp(duration_of(now) - duration_of(arrived), nanoseconds(0), kLongestWait);
}

}  // namespace

Received receive(int socket, char* to, std::size_t size) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
  iovec room{to, size};
  msghdr message{};
  message.msg_iov = &room;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  Received received{.bytes = ::recvmsg(socket, &message, 0)};
  if (received.bytes <= 0) return received;
  const auto* const header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET &&
      header->cmsg_type == SCM_TIMESTAMPNS) {
    timespec arrived{};
    std::memcpy(&arrived, CMSG_DATA(header), sizeof(arrived));
    received.waited = age_of(arrived);
  }
  return received;
}

}  // namespace souk::runtime
