// The byte stream of one connection, to a server or from a client: a socket, with TLS where asked
// for. read() and write() never wait; wait_readable() and wait_writable() do.
//
// Threading: loop thread only. Ownership: owns the socket; borrows the loop.
#pragma once

#include <sys/uio.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/loop.h"
#include "runtime/poller.h"
#include "runtime/tls/client_context.h"
#include "runtime/tls/io.h"

namespace souk::runtime {

class TlsServerContext;
class TlsStream;

class Transport {
 public:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;
  using Io = runtime::Io;

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
  // Makes the TLS handshake with a client; close() ends it. Errors: unavailable, with the reason;
  // tls()->failure() has its kind.
  Task<Result<>> secure(std::shared_ptr<const TlsServerContext> context);
  // Null without TLS.
  const TlsStream* tls() const { return tls_.get(); }
  // Of a failed handshake: what follows is sent in plain text.
  void abandon_tls();
  // The application protocol that TLS has negotiated; empty: none, or no TLS.
  std::string_view alpn() const;
  // Every wait ends, with an error code.
  void close();
  // Sends what is queued, then the end of the stream; reading remains possible.
  void end_writing();

  // As much as is there and fits, without waiting; with TLS at most one record. kClosed at the end
  // of the stream and after any error; ended_orderly() distinguishes them.
  Io read(char* to, std::size_t size);
  // After kBlocked the next write must begin with the same bytes.
  Io write(std::string_view bytes);
  // Several pieces in one system call; with TLS, in one record if they fit.
  Io write(std::span<const iovec> pieces);
  // Whether read() can make progress without the socket: TLS has read ahead.
  bool has_pending() const;
  bool ended_orderly() const;
  // Why the last operation found the connection closed; empty for an orderly end.
  std::string reason() const;
  // Whether the peer has reset the connection, after the end of its stream too.
  bool is_reset() { return static_cast<bool>(pending_error()); }

  auto wait_readable() { return watch_.wait(Poller::Event::kReadable); }
  auto wait_writable() { return watch_.wait(Poller::Event::kWritable); }
  // As above, but calls `done` with an error code from the loop. At most one wait of each kind.
  void on_readable(Poller::Done done) { watch_.on(Poller::Event::kReadable, std::move(done)); }
  void on_writable(Poller::Done done) { watch_.on(Poller::Event::kWritable, std::move(done)); }
  // Calls `done` when the peer resets the connection, even while input is unread.
  void on_reset(Poller::Done done) { watch_.on(Poller::Event::kReset, std::move(done)); }
  // Ends every wait, with an error code.
  void cancel();

 private:
  Task<Result<>> shake_hands();
  Io plain(long result);
  boost::system::error_code pending_error() const;
  // Notes that the socket must be waited for.
  Io noted(Io io, Poller::Event event);

  int fd_ = -1;
  Poller::Watch watch_;
  std::unique_ptr<TlsStream> tls_;  // null: without TLS
  int errno_ = 0;                   // of the last failure without TLS; 0: none
};

}  // namespace souk::runtime
