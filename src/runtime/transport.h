// The byte stream of one connection, to a server or from a client: a socket, with TLS where asked
// for. read() and write() never wait; wait_readable() and wait_writable() do. A TLS server's
// certificate must come from a known authority and name the host (RFC 6125). OpenSSL writes without
// MSG_NOSIGNAL: a process that uses TLS must ignore SIGPIPE.
//
// Threading: loop thread only. Ownership: owns the socket; borrows the loop.
#pragma once

#include <sys/uio.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/await.h"
#include "runtime/loop.h"

struct ssl_ctx_st;
struct ssl_st;

namespace souk::runtime {

// Trusted certificate authorities, for any number of connections of one thread.
class TlsContext {
 public:
  // `ca_file` is in PEM; empty: the system's authorities. Errors: unavailable, naming the file.
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

  // Not connected yet.
  explicit Transport(Loop& loop);
  // Takes ownership of an accepted TCP connection's descriptor, which is non-blocking.
  Transport(Loop& loop, int fd);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  Task<boost::system::error_code> connect(Endpoint endpoint);
  // Makes the TLS handshake with the server called `host`, a name or an address; close() ends it.
  // Errors: unavailable, with the reason.
  Task<Result<>> secure(const TlsContext& context, std::string host);
  // Every wait ends, with an error code.
  void close();
  // Sends what is queued, then the end of the stream; reading remains possible.
  void end_writing();

  struct Io {
    enum class Status : std::uint8_t { kDone, kBlocked, kClosed };
    Status status = Status::kDone;
    bool drained = false;   // of a read: the socket's buffer is probably empty now
    std::size_t bytes = 0;  // transferred, when kDone
  };
  // As much as is there and fits, without waiting. kClosed at the end of the stream and after any
  // error; ended_orderly() distinguishes them.
  Io read(char* to, std::size_t size);
  Io write(std::string_view bytes);
  // Several pieces; without TLS in one system call.
  Io write(std::span<const iovec> pieces);
  bool ended_orderly() const { return errno_ == 0 && tls_error_ == 0; }
  // Why the last operation found the connection closed; empty for an orderly end.
  std::string reason() const;
  // Whether the peer has reset the connection, after the end of its stream too.
  bool is_reset();

  auto wait_readable() { return socket_.async_wait(Socket::wait_read, await); }
  auto wait_writable() { return socket_.async_wait(Socket::wait_write, await); }
  // As above, but calls `done` with an error code from the loop. At most one wait of each kind.
  template <class Done>
  void on_readable(Done done) {
    socket_.async_wait(Socket::wait_read, std::move(done));
  }
  template <class Done>
  void on_writable(Done done) {
    socket_.async_wait(Socket::wait_write, std::move(done));
  }
  // Calls `done` when the peer resets the connection, even while input is unread.
  template <class Done>
  void on_reset(Done done) {
    socket_.async_wait(Socket::wait_error, std::move(done));
  }
  // Ends every wait, with an error code.
  void cancel();

 private:
  // The loop's own executor type: any_io_executor costs at each operation.
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };

  void prepare_session(const TlsContext& context, const std::string& host);
  Io plain(long result);
  Io secured(int result);

  Socket socket_;
  std::unique_ptr<ssl_st, FreeSession> session_;  // null: without TLS
  int errno_ = 0;                                 // of the last failure; 0: none, or TLS's
  unsigned long tls_error_ = 0;                   // of the last failure
};

}  // namespace souk::runtime
