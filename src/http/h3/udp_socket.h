// One UDP socket of a worker: datagrams in by recvmmsg and GRO, packets out by sendmmsg and GSO,
// where the kernel has them. Sent packets are queued in one bounded buffer; while it is full, the
// writers wait.
//
// Threading: loop thread only. Ownership: owns its descriptor and its buffers.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/client_network.h"
#include "http/h3/metrics.h"
#include "runtime/loop.h"

namespace souk::http::h3 {

// An IPv4 or IPv6 address with its port.
class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(const sockaddr* address, socklen_t size);

  sockaddr* get() { return &storage_.any; }
  const sockaddr* get() const { return &storage_.any; }
  socklen_t size() const {
    return storage_.any.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  }
  int family() const { return storage_.any.sa_family; }
  IpAddress ip() const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b);

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_{};
};

struct Datagram {
  std::span<const std::uint8_t> bytes;
  SocketAddress local;
  SocketAddress remote;
  std::uint8_t ecn = 0;
  // In the kernel, before it was read; zero: unknown.
  std::chrono::nanoseconds waited{0};
};

class UdpSocket {
 public:
  using Visit = std::function<void(const Datagram&)>;

  // A packet is at most so large (Ethernet, IPv6: RFC 9000 section 14).
  static constexpr std::size_t kMaxPacketBytes = 1452;
  static constexpr std::size_t kQueueBytes = 256 * 1024;

  // Takes ownership of a bound, non-blocking descriptor.
  UdpSocket(runtime::Loop& loop, int fd, Metrics& metrics);
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // Reads one batch of what is waiting. True: more may be waiting.
  bool receive(const Visit& visit);
  // Calls `done` when datagrams are waiting, or the socket was closed.
  template <class Done>
  void on_readable(Done done) {
    socket_.async_wait(boost::asio::ip::udp::socket::wait_read, std::move(done));
  }

  // Room for one packet to be queued, or nothing while the queue is full.
  std::span<std::uint8_t> room();
  // Queues the packet of `size` bytes written to room(); packets in a row between the same
  // addresses are sent as one message.
  void queue(std::size_t size, const SocketAddress& local, const SocketAddress& remote,
             std::uint8_t ecn);
  // Sends what is queued. When the kernel accepts no more, the rest follows by itself, and then
  // `on_room` is called.
  void flush();
  std::function<void()> on_room;

  void close();
  bool is_open() const { return socket_.is_open(); }
  const SocketAddress& address() const { return address_; }

 private:
  struct Message {
    std::size_t begin;
    std::size_t size;
    std::size_t segment;  // the size of each packet but the last
    std::size_t packets;
    SocketAddress local;
    SocketAddress remote;
    std::uint8_t ecn;
  };
  struct Reading;
  struct FreeReading {
    void operator()(Reading* reading) const;
  };

  void enable_options();
  void visit_message(std::size_t index, std::size_t size, const Visit& visit);
  SocketAddress local_address(const msghdr& message) const;
  bool joins_last(std::size_t size, const SocketAddress& local, const SocketAddress& remote,
                  std::uint8_t ecn) const;
  int send_some();
  void send_apart(const Message& message);
  void wait_for_room();

  using Socket = boost::asio::basic_datagram_socket<boost::asio::ip::udp,
                                                    boost::asio::io_context::executor_type>;

  Metrics& metrics_;
  SocketAddress address_;
  Socket socket_;
  std::unique_ptr<Reading, FreeReading> reading_;
  std::vector<std::uint8_t> buffer_;
  std::size_t used_ = 0;
  std::vector<Message> messages_;
  std::size_t sent_ = 0;  // messages
  bool joins_ = false;    // the kernel segments messages (GSO)
  bool waiting_ = false;
};

}  // namespace souk::http::h3
