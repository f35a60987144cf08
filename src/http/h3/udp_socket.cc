#include "http/h3/udp_socket.h"

#include <netinet/udp.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "runtime/tls/receive.h"

namespace souk::http::h3 {
namespace {

constexpr std::size_t kBatch = 16;                // messages read, and written, by one system call
constexpr std::size_t kReadBytes = 64 * 1024;     // the largest message that GRO makes
constexpr std::size_t kMaxSegments = 64;          // packets of one message (UDP_MAX_SEGMENTS)
constexpr std::size_t kMaxMessageBytes = 65'000;  // below the largest UDP payload
constexpr int kSocketBufferBytes = 2 * 1024 * 1024;

// GSO's segment size, the local address, ECN and the time of arrival.
constexpr std::size_t kControlBytes = 128;

bool set_option(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

template <class T>
void add_control(msghdr& message, int level, int type, const T& value) {
  auto* const header =
      reinterpret_cast<cmsghdr*>(static_cast<char*>(message.msg_control) + message.msg_controllen);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof(T));
  std::memcpy(CMSG_DATA(header), &value, sizeof(T));
  message.msg_controllen += CMSG_SPACE(sizeof(T));
}

// Room for the control data of a message to be sent.
struct alignas(cmsghdr) Control {
  std::array<char, kControlBytes> bytes{};
};

void add_addresses(msghdr& message, const SocketAddress& local, const SocketAddress& remote,
                   std::uint8_t ecn) {
  message.msg_name = const_cast<sockaddr*>(remote.get());
  message.msg_namelen = remote.size();
  if (local.family() == AF_INET) {
    in_pktinfo from{};
    from.ipi_spec_dst = reinterpret_cast<const sockaddr_in*>(local.get())->sin_addr;
    add_control(message, IPPROTO_IP, IP_PKTINFO, from);
    if (ecn != 0) add_control(message, IPPROTO_IP, IP_TOS, static_cast<int>(ecn));
  } else {
    in6_pktinfo from{};
    from.ipi6_addr = reinterpret_cast<const sockaddr_in6*>(local.get())->sin6_addr;
    add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, from);
    if (ecn != 0) add_control(message, IPPROTO_IPV6, IPV6_TCLASS, static_cast<int>(ecn));
  }
}

bool is_blocked(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS; }

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size) {
  std::memcpy(&storage_, address, std::min<std::size_t>(size, sizeof(storage_)));
}

IpAddress SocketAddress::ip() const {
  if (family() == AF_INET6)
    return IpAddress(std::bit_cast<IpAddress::Bytes>(storage_.v6.sin6_addr));
  return IpAddress(std::bit_cast<std::array<std::uint8_t, 4>>(storage_.v4.sin_addr));
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  return a.family() == b.family() && std::memcmp(&a.storage_, &b.storage_, a.size()) == 0;
}

struct UdpSocket::Reading {
  std::array<std::array<std::uint8_t, kReadBytes>, kBatch> bytes;
  std::array<Control, kBatch> controls;
  std::array<SocketAddress, kBatch> remotes;
  std::array<iovec, kBatch> pieces;
  std::array<mmsghdr, kBatch> messages;
};

void UdpSocket::FreeReading::operator()(Reading* reading) const { delete reading; }

UdpSocket::UdpSocket(runtime::Loop& loop, int fd, Metrics& metrics)
    : metrics_(metrics), socket_(loop.io()), reading_(new Reading), buffer_(kQueueBytes) {
  socklen_t size = sizeof(sockaddr_in6);
  ::getsockname(fd, address_.get(), &size);
  socket_.assign(
      address_.family() == AF_INET6 ? boost::asio::ip::udp::v6() : boost::asio::ip::udp::v4(), fd);
  enable_options();
}

// All but the local address are improvements: an older kernel works without them.
void UdpSocket::enable_options() {
  const int fd = socket_.native_handle();
  const bool v6 = address_.family() == AF_INET6;
  set_option(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
  set_option(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVTCLASS : IP_RECVTOS, 1);
  // Packets are never fragmented (RFC 9000 section 14): ngtcp2 finds the path's size by probes.
  set_option(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
             IP_PMTUDISC_PROBE);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, kSocketBufferBytes);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, kSocketBufferBytes);
  set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
  joins_ = set_option(fd, IPPROTO_UDP, UDP_SEGMENT, 0);
}

bool UdpSocket::receive(const Visit& visit) {
  auto& [bytes, controls, remotes, pieces, messages] = *reading_;
  for (std::size_t i = 0; i < kBatch; ++i) {
    pieces[i] = {bytes[i].data(), bytes[i].size()};
    messages[i] = {};
    auto& header = messages[i].msg_hdr;
    header.msg_name = remotes[i].get();
    header.msg_namelen = sizeof(SocketAddress);
    header.msg_iov = &pieces[i];
    header.msg_iovlen = 1;
    header.msg_control = controls[i].bytes.data();
    header.msg_controllen = kControlBytes;
  }
  const int count =
      ::recvmmsg(socket_.native_handle(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    metrics_.received_bytes.add(messages[index].msg_len);
    visit_message(index, messages[index].msg_len, visit);
  }
  return count == static_cast<int>(kBatch);
}

// Undoes GRO: a message is one datagram, or several of `segment` bytes each.
void UdpSocket::visit_message(std::size_t index, std::size_t size, const Visit& visit) {
  auto& header = reading_->messages[index].msg_hdr;
  Datagram datagram{.bytes = {}, .local = address_, .remote = reading_->remotes[index]};
  std::size_t segment = size;
  for (auto* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    const auto level = control->cmsg_level;
    const auto type = control->cmsg_type;
    const void* const data = CMSG_DATA(control);
    auto* const local = datagram.local.get();
    if (level == IPPROTO_UDP && type == UDP_GRO) {
      int announced = 0;
      std::memcpy(&announced, data, sizeof(announced));
      if (announced > 0) segment = static_cast<std::size_t>(announced);
    } else if (level == IPPROTO_IP && type == IP_PKTINFO) {
      reinterpret_cast<sockaddr_in*>(local)->sin_addr =
          static_cast<const in_pktinfo*>(data)->ipi_addr;
    } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
      reinterpret_cast<sockaddr_in6*>(local)->sin6_addr =
          static_cast<const in6_pktinfo*>(data)->ipi6_addr;
    } else if ((level == IPPROTO_IP && type == IP_TOS) ||
               (level == IPPROTO_IPV6 && type == IPV6_TCLASS)) {
      datagram.ecn = *static_cast<const std::uint8_t*>(data) & 3;
    } else if (level == SOL_SOCKET && type == SCM_TIMESTAMPNS) {
      timespec arrival{};
      std::memcpy(&arrival, data, sizeof(arrival));
      datagram.waited = runtime::time_since(arrival);
    }
  }
  std::span<const std::uint8_t> rest(reading_->bytes[index].data(), size);
  while (!rest.empty()) {
    datagram.bytes = rest.first(std::min(segment, rest.size()));
    rest = rest.subspan(datagram.bytes.size());
    metrics_.received_packets.increment();
    visit(datagram);
  }
}

std::span<std::uint8_t> UdpSocket::room() {
  if (buffer_.size() - used_ < kMaxPacketBytes) {
    flush();
    if (buffer_.size() - used_ < kMaxPacketBytes) return {};
  }
  return {buffer_.data() + used_, kMaxPacketBytes};
}

// GSO wants packets of one size, of which the last may be shorter.
bool UdpSocket::joins_last(std::size_t size, const SocketAddress& local,
                           const SocketAddress& remote, std::uint8_t ecn) const {
  if (!joins_ || messages_.size() == sent_) return false;
  const auto& last = messages_.back();
  return last.size == last.packets * last.segment && size <= last.segment &&
         last.packets < kMaxSegments && last.size + size <= kMaxMessageBytes && last.ecn == ecn &&
         last.remote == remote && last.local == local;
}

void UdpSocket::queue(std::size_t size, const SocketAddress& local, const SocketAddress& remote,
                      std::uint8_t ecn) {
  if (joins_last(size, local, remote, ecn)) {
    messages_.back().size += size;
    ++messages_.back().packets;
  } else {
    messages_.push_back({.begin = used_,
                         .size = size,
                         .segment = size,
                         .packets = 1,
                         .local = local,
                         .remote = remote,
                         .ecn = ecn});
  }
  used_ += size;
}

// 0, or the error of the first message that was not sent.
int UdpSocket::send_some() {
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> pieces;
  std::array<Control, kBatch> controls;
  const auto count = std::min(kBatch, messages_.size() - sent_);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& message = messages_[sent_ + i];
    auto& header = headers[i].msg_hdr;
    pieces[i] = {buffer_.data() + message.begin, message.size};
    header.msg_iov = &pieces[i];
    header.msg_iovlen = 1;
    header.msg_control = controls[i].bytes.data();
    add_addresses(header, message.local, message.remote, message.ecn);
    if (message.packets > 1) {
      add_control(header, IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(message.segment));
    }
  }
  const int sent = ::sendmmsg(socket_.native_handle(), headers.data(), static_cast<unsigned>(count),
                              MSG_DONTWAIT);
  if (sent < 0) return errno;
  for (int i = 0; i < sent; ++i) {
    const auto& message = messages_[sent_++];
    metrics_.sent_bytes.add(static_cast<double>(message.size));
    metrics_.sent_packets.add(static_cast<double>(message.packets));
  }
  return 0;
}

// For a network device that cannot segment. Best effort: QUIC sends lost packets again.
void UdpSocket::send_apart(const Message& message) {
  for (std::size_t at = 0; at < message.size; at += message.segment) {
    iovec piece{buffer_.data() + message.begin + at, std::min(message.segment, message.size - at)};
    Control control;
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.data();
    add_addresses(header, message.local, message.remote, message.ecn);
    static_cast<void>(::sendmsg(socket_.native_handle(), &header, MSG_DONTWAIT));
  }
}

void UdpSocket::flush() {
  while (sent_ < messages_.size()) {
    const int error = send_some();
    if (error == 0) continue;
    if (is_blocked(error)) return wait_for_room();
    if (error == EIO && messages_[sent_].packets > 1) {
      joins_ = false;
      send_apart(messages_[sent_]);
    } else {
      // The path's business (unreachable, too large a probe): QUIC treats the packet as lost.
      metrics_.unsent_messages.increment();
    }
    ++sent_;
  }
  messages_.clear();
  sent_ = used_ = 0;
}

void UdpSocket::wait_for_room() {
  metrics_.send_pauses.increment();
  if (std::exchange(waiting_, true)) return;
  socket_.async_wait(Socket::wait_write, [this](const boost::system::error_code& error) {
    if (error) return;  // closed: `this` may be gone
    waiting_ = false;
    flush();
    if (!waiting_ && on_room) on_room();
  });
}

void UdpSocket::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace souk::http::h3
