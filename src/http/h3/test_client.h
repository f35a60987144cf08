// For tests: a Client with a socket, that blocks until a condition holds.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "http/h3/client.h"
#include "http/server/test_server.h"

namespace souk::http::h3 {

// An address of this host; port 0: any free one.
inline SocketAddress loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof(address)};
}

inline SocketAddress loopback6(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return {reinterpret_cast<const sockaddr*>(&address), sizeof(address)};
}

// A UDP socket on a free port.
class TestSocket {
 public:
  explicit TestSocket(const SocketAddress& local = loopback(0))
      : fd_(::socket(local.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    EXPECT_EQ(::bind(fd_, local.get(), local.size()), 0);
    socklen_t size = sizeof(sockaddr_in6);
    ::getsockname(fd_, address_.get(), &size);
  }
  ~TestSocket() { ::close(fd_); }
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  const SocketAddress& address() const { return address_; }
  void send(std::span<const std::uint8_t> bytes, std::uint16_t port) {
    send(bytes, loopback(port));
  }
  void send(std::span<const std::uint8_t> bytes, const SocketAddress& to) {
    ::sendto(fd_, bytes.data(), bytes.size(), 0, to.get(), to.size());
  }
  void wait(std::chrono::milliseconds patience) const {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, static_cast<int>(patience.count()));
  }
  // Empty: none arrived within the time.
  std::span<const std::uint8_t> receive(std::chrono::milliseconds patience = {}) {
    if (patience.count() > 0) wait(patience);
    const auto n = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
    return {buffer_.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  }

 private:
  int fd_;
  SocketAddress address_ = loopback(0);
  std::array<std::uint8_t, 65536> buffer_;
};

class TestClient {
 public:
  TestClient(std::uint16_t port, const ClientOptions& options)
      : TestClient(loopback(port), options) {}
  TestClient(const SocketAddress& server, const ClientOptions& options)
      : server_(server),
        socket_(
            std::make_unique<TestSocket>(server.family() == AF_INET ? loopback(0) : loopback6(0))),
        client_(*Client::open(options, socket_->address(), server)) {}

  ~TestClient() {
    if (!client_) return;
    client_->close(NGHTTP3_H3_NO_ERROR);
    send();
  }
  TestClient(TestClient&&) = default;
  TestClient& operator=(TestClient&&) = delete;

  Client& operator*() { return *client_; }
  Client* operator->() { return client_.get(); }

  // Exchanges datagrams until the condition holds; false on time-out.
  template <class Condition>
  bool until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      send();
      if (condition()) return true;
      if (std::chrono::steady_clock::now() > deadline) return false;
      const auto due = client_->due() - std::chrono::steady_clock::now();
      const auto wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(due),
                                   std::chrono::milliseconds(0), std::chrono::milliseconds(10));
      socket_->wait(wait);
      receive();
    }
  }
  bool connect() {
    return until([this] { return client_->is_ready() || client_->has_ended(); }) &&
           client_->is_ready();
  }
  // The response to a request; its status is 0 when none came.
  ClientResponse fetch(const ClientRequest& request) {
    if (!connect()) return {};
    std::optional<Client::Id> id;
    until([&] { return (id = client_->request(request)) || client_->has_ended(); });
    if (!id) return {};
    until([&] { return client_->response(*id).ended; });
    auto response = client_->response(*id);
    client_->forget(*id);
    return response;
  }
  ClientResponse get(std::string path) { return fetch({.path = std::move(path)}); }

  // Sends what pacing allows; returns the number of packets.
  std::size_t send() {
    std::array<std::uint8_t, UdpSocket::kMaxPacketBytes> room;
    std::size_t packets = 0;
    for (; const auto size = client_->write(room); ++packets) {
      socket_->send(std::span(room).first(size), server_);
    }
    return packets;
  }
  // Takes what there is.
  void receive() {
    for (auto bytes = socket_->receive(); !bytes.empty(); bytes = socket_->receive()) {
      client_->receive(bytes);
    }
    client_->on_due();
  }
  // What has arrived and was not taken is lost.
  void lose() {
    while (!socket_->receive().empty()) {
    }
  }
  // Another socket, so another port, as after a change of the network.
  void change_socket() { socket_ = std::make_unique<TestSocket>(); }
  const SocketAddress& address() const { return socket_->address(); }
  TestSocket& socket() { return *socket_; }

 private:
  const SocketAddress server_;
  std::unique_ptr<TestSocket> socket_;
  std::unique_ptr<Client> client_;
};

}  // namespace souk::http::h3
