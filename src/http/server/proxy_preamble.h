// The header with which a proxy that forwards bytes announces the client of a connection: HAProxy's
// PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt).
// Exactly the header is read, so that TLS or HTTP finds its first byte next.
//
// Threading: loop thread only. Ownership: ProxyPreamble owns the descriptor until release().
#pragma once

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/client_network.h"
#include "runtime/loop.h"

namespace souk::http {

// Without a socket, for tests.
class ProxyHeaderParser {
 public:
  static constexpr std::size_t kMaxBytes = 4096;  // with the TLVs of version 2, which are ignored
  static constexpr std::size_t kMaxTextBytes = 107;

  // How many bytes may be read without taking any beyond the header; 0: it is complete or
  // malformed.
  std::size_t wants() const;
  void took(std::string_view bytes) { bytes_.append(bytes); }

  bool is_malformed() const;
  // REQUIRES: complete. Nothing: the proxy speaks for itself (a health check), or its client has no
  // address.
  std::optional<IpAddress> client() const;

 private:
  bool is_binary() const;
  bool is_text() const;

  std::string bytes_;
};

inline constexpr std::array<std::string_view, 4> kPreambleOutcomeNames = {"read", "malformed",
                                                                          "late", "closed"};

class ProxyPreamble final : public boost::intrusive::list_base_hook<>,
                            private runtime::TimerWheel::Timer {
 public:
  enum class Outcome : std::uint8_t { kRead, kMalformed, kLate, kClosed };

  ProxyPreamble(runtime::Loop& loop, int fd);

  // Reads the header, for `at_most` so long.
  runtime::Task<Outcome> read(std::chrono::steady_clock::duration at_most);
  // Ends read() with kClosed.
  void close();
  // REQUIRES: kRead.
  std::optional<IpAddress> client() const { return parser_.client(); }
  int release() { return socket_.release(); }

 private:
  void on_timer() override;
  void stop_waiting();

  runtime::Loop& loop_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> socket_;
  ProxyHeaderParser parser_;
  bool late_ = false;
  bool closed_ = false;
};

}  // namespace souk::http
