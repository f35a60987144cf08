// For tests: blocking clients of several protocol versions with one interface. The suite that uses
// them is transport_test.cc.
// Threading: one thread each. Ownership: a client owns its wire.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "http/server/test_certificate.h"
#include "runtime/tls/openssl.h"

namespace souk::http::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Ask {
  std::string method = "GET";
  std::string path;
  Fields fields = {};
  std::optional<std::string> body = {};
  bool has_length = true;   // of the body; false: it is announced as of unknown length
  bool keeps_open = false;  // more of the body follows by send_body()
};

struct Answer {
  int status = 0;  // 0: none came
  Fields fields;   // names in lower case
  std::string body;
  bool complete = false;  // false: its end did not come
  std::vector<int> interim = {};

  // The value of the first field of that name; empty: none.
  std::string_view field(std::string_view name) const {
    const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
    return found == fields.end() ? std::string_view() : found->second;
  }
};

// Bytes to a server and back.
class Wire {
 public:
  Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  virtual ~Wire() = default;
  // False when the server has gone.
  virtual bool send(std::string_view bytes) = 0;
  // 0: the server has closed the connection, or sent nothing for long.
  virtual std::size_t receive(char* to, std::size_t size) = 0;
  virtual void end_sending() = 0;
};

// To a port of 127.0.0.1; a small `receive_buffer` makes a slow reader.
class PlainWire final : public Wire {
 public:
  explicit PlainWire(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~PlainWire() override { ::close(fd_); }

  bool send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  std::size_t receive(char* to, std::size_t size) override {
    const auto n = ::recv(fd_, to, size, 0);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void end_sending() override { ::shutdown(fd_, SHUT_WR); }
  int descriptor() const { return fd_; }

 private:
  int fd_;
};

// The same under TLS; `protocol` is offered by ALPN.
class TlsWire final : public Wire {
 public:
  TlsWire(std::uint16_t port, std::string_view protocol, int receive_buffer = 0)
      : socket_(port, receive_buffer), context_(::SSL_CTX_new(::TLS_client_method())) {
    ::SSL_CTX_load_verify_file(context_.get(), TestCertificate::get().authority_file().c_str());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    session_.reset(::SSL_new(context_.get()));
    const auto offered = static_cast<char>(protocol.size()) + std::string(protocol);
    ::SSL_set_alpn_protos(session_.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned>(offered.size()));
    ::SSL_set_fd(session_.get(), socket_.descriptor());
    EXPECT_EQ(::SSL_connect(session_.get()), 1) << runtime::tls::error_text(::ERR_get_error());
  }

  bool send(std::string_view bytes) override {
    return bytes.empty() ||
           ::SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  std::size_t receive(char* to, std::size_t size) override {
    const int n = ::SSL_read(session_.get(), to, static_cast<int>(size));
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void end_sending() override { ::SSL_shutdown(session_.get()); }

 private:
  PlainWire socket_;
  runtime::tls::ContextPtr context_;
  runtime::tls::SessionPtr session_;
};

class Client {
 public:
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  // Sends a request, up to what `ask` has of its body; returns its id.
  virtual int send(const Ask& ask) = 0;
  virtual void send_body(int id, std::string_view bytes, bool ends) = 0;
  // Waits for its answer.
  virtual Answer receive(int id) = 0;
  // Waits for so many bytes of its body.
  virtual std::string receive_some(int id, std::size_t bytes) = 0;
  // Waits until an interim response, 100 (Continue), has come. False: the answer came first.
  virtual bool is_invited(int id) = 0;
  // Gives up a request; without streams, with the connection.
  virtual void cancel(int id) = 0;
  // Waits until the server closes the connection.
  virtual bool is_closed() = 0;

  Answer exchange(const Ask& ask) { return receive(send(ask)); }
};

}  // namespace souk::http::test
