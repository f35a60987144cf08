// The bytes between us and a server: a socket, with TLS over it where it is asked for. The server's
// certificate must be of a known authority and name the host (RFC 6125). OpenSSL writes without
// MSG_NOSIGNAL: with TLS the process must ignore SIGPIPE.
//
// Threading: loop thread only. Ownership: owns the socket; borrows the loop.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/await.h"
#include "runtime/loop.h"

struct ssl_ctx_st;
struct ssl_st;

namespace souk::runtime {

// Whom to trust; good for any number of connections of one thread.
class TlsContext {
 public:
  // Authorities in PEM; an empty name: the system's. Errors: unavailable, naming the file.
  static Result<TlsContext> trusting(const std::string& ca_file);

 private:
  friend class Transport;
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

class Transport {
 public:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  explicit Transport(Loop& loop);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  Task<boost::system::error_code> connect(Endpoint endpoint);
  // Agrees on TLS with the one that is called `host`, a name or an address; to be given up by
  // close(). Errors: unavailable, with a sentence.
  Task<Result<>> secure(const TlsContext& context, std::string host);
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

  auto wait_readable() { return socket_.async_wait(Socket::wait_read, await); }
  auto wait_writable() { return socket_.async_wait(Socket::wait_write, await); }

 private:
  // The loop's own executor type: any_io_executor costs at each operation.
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };

  void prepare_session(const TlsContext& context, const std::string& host);
  Io plain(long result) const;
  Io secured(int result);

  Socket socket_;
  std::unique_ptr<ssl_st, FreeSession> session_;  // null: without TLS
};

}  // namespace souk::runtime
