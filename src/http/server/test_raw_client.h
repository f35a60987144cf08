// For tests: a client that sends raw bytes and blocks. SOUK_TEST_TRANSPORT=tls in the environment
// puts it on TLS, and the servers of tests with it.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "http/h1/response_parser.h"
#include "http/server/test_certificate.h"
#include "runtime/tls/openssl.h"

namespace souk::http {

inline constexpr std::chrono::seconds kPatience{20};

// Waits until the condition holds; false on time-out.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline bool over_tls() {
  const char* const transport = std::getenv("SOUK_TEST_TRANSPORT");
  return transport != nullptr && std::string_view(transport) == "tls";
}

struct RawResponse {
  int status = 0;  // 0: the connection ended, or nothing came in time
  std::string head;
  std::string body;
  bool has(std::string_view line) const { return head.contains(line); }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0, bool tls = over_tls())
      : tls_(tls), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (port != 0) connect(port);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    if (tls_) secure();
  }
  // False when the server has gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = session_
                         ? ::SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()))
                         : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  RawResponse receive(bool to_head = false) {
    in_.consume(begin_);
    begin_ = 0;
    h1::ResponseParser parser({.max_body_bytes = std::size_t{256} << 20});
    parser.start(0, to_head);
    std::string head;
    for (;;) {
      auto event = parser.parse(in_);
      if (event == h1::Event::kNeedMore && !read_more()) event = parser.finish(in_);
      if (event == h1::Event::kError) return {};
      if (event == h1::Event::kHead) {
        const auto message = in_.view().substr(parser.begin());
        head = message.substr(0, message.find("\r\n\r\n") + 2);
      }
      if (event != h1::Event::kComplete) continue;
      begin_ = parser.end();
      return {parser.status(), head, std::string(parser.body(in_))};
    }
  }
  RawResponse exchange(std::string_view request) {
    send(request);
    return receive();
  }
  // Everything up to the end of the connection.
  std::string receive_all() {
    while (read_more()) {
    }
    return std::string(in_.view().substr(begin_));
  }
  // Waits for that many bytes.
  std::string receive_bytes(std::size_t count) {
    while (in_.size() - begin_ < count && read_more()) {
    }
    const auto bytes = std::string(in_.view().substr(begin_, count));
    begin_ += bytes.size();
    return bytes;
  }
  // Whether the server closes the connection without sending more.
  bool is_closed() {
    char byte = 0;
    return begin_ == in_.size() && receive(&byte, 1) == 0;
  }
  void end_sending() {
    if (session_) ::SSL_shutdown(session_.get());
    ::shutdown(fd_, SHUT_WR);
  }
  // Closes the connection with a reset.
  void reset() {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  void secure() {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own BIO may raise it
    context_.reset(::SSL_CTX_new(::TLS_client_method()));
    ::SSL_CTX_load_verify_file(context_.get(), TestCertificate::get().authority_file().c_str());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    session_.reset(::SSL_new(context_.get()));
    ::SSL_set_fd(session_.get(), fd_);
    EXPECT_EQ(::SSL_connect(session_.get()), 1) << runtime::tls::error_text(::ERR_get_error());
  }
  // 0 at the end of the stream, orderly for TLS.
  ssize_t receive(char* to, std::size_t size) {
    if (!session_) return ::recv(fd_, to, size, 0);
    const int n = ::SSL_read(session_.get(), to, static_cast<int>(size));
    if (n > 0) return n;
    return ::SSL_get_error(session_.get(), n) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }
  bool read_more() {
    const auto n = receive(in_.prepare(65536), 65536);
    if (n > 0) in_.commit(static_cast<std::size_t>(n));
    return n > 0;
  }

  const bool tls_;
  int fd_;
  runtime::tls::ContextPtr context_;
  runtime::tls::SessionPtr session_;
  Buffer in_;
  std::size_t begin_ = 0;
};

}  // namespace souk::http
