// The bytes between a connection and its Redis: a socket, with TLS over it where the URL asks for
// it. The server's certificate must be of a known authority and name the host (RFC 6125). OpenSSL
// writes without MSG_NOSIGNAL: with TLS the process must ignore SIGPIPE.
//
// Threading: loop thread only. Ownership: owns the socket; borrows loop and config.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "redis/config.h"
#include "runtime/await.h"
#include "runtime/loop.h"

struct ssl_ctx_st;
struct ssl_st;

namespace souk::redis {

class Transport {
 public:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  Transport(runtime::Loop& loop, const ClientConfig& config);
  ~Transport();

  runtime::Task<boost::system::error_code> connect(Endpoint endpoint);
  // Agrees on TLS, where it is wanted; to be given up by close(). Errors: unavailable, with a
  // sentence.
  runtime::Task<Result<>> secure();
  // Whatever waits is woken.
  void close();

  struct Io {
    enum class Status : std::uint8_t { kDone, kBlocked, kClosed };
    Status status = Status::kDone;
    std::size_t bytes = 0;    // where done
    std::string reason = {};  // where closed; empty for an orderly end
  };
  // As much as there is and fits, without waiting.
  Io read(char* to, std::size_t size);
  Io write(std::string_view bytes);

  auto wait_readable() { return socket_.async_wait(Socket::wait_read, runtime::await); }
  auto wait_writable() { return socket_.async_wait(Socket::wait_write, runtime::await); }

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };

  Result<> prepare_session();
  Io plain(long result) const;
  Io secured(int result);

  const ClientConfig& config_;
  Socket socket_;
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::unique_ptr<ssl_st, FreeSession> session_;  // null: without TLS
};

}  // namespace souk::redis
