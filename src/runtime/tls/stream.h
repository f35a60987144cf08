// TLS over a connected, non-blocking socket. No call waits or raises SIGPIPE; the caller waits for
// the socket and calls again.
//
// Threading: one thread at a time. Ownership: borrows the socket, which detach() gives back; a
// server's context is shared and outlives the stream.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/tls/client_context.h"
#include "runtime/tls/io.h"

struct ssl_st;
struct bio_st;

namespace souk::runtime {

class TlsServerContext;

// Why a handshake with a client failed.
enum class TlsFailure : std::uint8_t {
  kClosed,     // the client went away
  kTimeout,    // counted by the owner of the timer
  kPlainHttp,  // a request in plain text
  kVersion,    // no common version
  kSuite,      // no common cipher suite, group or signature
  kProtocol,   // no common application protocol (ALPN)
  kAlert,      // the client refused, e.g. because it does not know the authority
  kMalformed,  // anything else
};
inline constexpr std::array<std::string_view, 8> kTlsFailureNames = {
    "closed", "timeout", "plain_http", "version", "suite", "protocol", "client_alert", "malformed"};

class TlsStream {
 public:
  // The largest plaintext of one record.
  static constexpr std::size_t kRecordBytes = 16 * 1024;

  // To the server called `host`, a name or an address. Its certificate must come from a known
  // authority and name the host (RFC 6125).
  TlsStream(const TlsContext& context, const std::string& host, int fd);
  // From a client.
  TlsStream(std::shared_ptr<const TlsServerContext> context, int fd);
  // Sends close_notify, unless the stream has failed or was detached.
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Of a client, before the handshake: the one application protocol that is offered (ALPN, RFC
  // 7301).
  void offer(std::string_view protocol);
  // kBlocked: call again when the socket is readable, or with wants_write() writable.
  Io handshake();
  bool wants_write() const { return wants_write_; }
  // Whether nothing of the peer's handshake has arrived.
  bool is_silent() const { return wire_.silent; }
  // At most one record. kClosed after close_notify and after any error.
  Io read(char* to, std::size_t size);
  // At most one record. After kBlocked the next call must begin with the same bytes, and may have
  // more.
  Io write(std::string_view bytes);
  // Whether read() can make progress without the socket.
  bool has_pending() const;
  // Sends close_notify; reading remains possible.
  void end_writing();
  // The socket is about to be closed.
  void detach() { wire_.fd = -1; }

  // The application protocol that was negotiated; empty: none.
  std::string_view alpn() const;
  std::string_view version() const;  // "TLSv1.3"
  bool resumed() const;
  bool ended_orderly() const { return errno_ == 0 && tls_error_ == 0; }
  // Why the last operation failed; empty after an orderly end.
  std::string reason() const;
  // Of a failed handshake.
  TlsFailure failure() const;

 private:
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };
  struct Wire {
    int fd;
    bool silent = true;                  // nothing has arrived
    bool drained = false;                // a recv of this call emptied the socket
    std::chrono::nanoseconds waited{0};  // of what it brought, in the kernel
    int error = 0;
  };
  struct Method;

  void attach(ssl_st* session);
  Io outcome(int result);

  const std::shared_ptr<const TlsServerContext> server_;  // null: of a client
  Wire wire_;
  std::unique_ptr<ssl_st, FreeSession> session_;
  bool wants_write_ = false;
  int errno_ = 0;                // of the last failure; 0: none, or TLS's
  unsigned long tls_error_ = 0;  // of the last failure
};

}  // namespace souk::runtime
