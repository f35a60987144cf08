// An HTTP/3 client without its socket (sans-I/O), for tests and the load tester: datagrams in and
// out, any number of requests at a time.
//
// Threading: one thread at a time. Ownership: owns its connection.
#pragma once

#include <gnutls/gnutls.h>
#include <nghttp3/nghttp3.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/h3/udp_socket.h"

namespace souk::http::h3 {

struct ClientRequest {
  std::string method = "GET";
  std::string path;
  std::vector<std::pair<std::string, std::string>> fields = {};  // names in lower case
  std::string body = {};
  bool complete = true;  // false: the rest of the body follows by Client::send_body()
};

struct ClientResponse {
  int status = 0;
  std::vector<int> interim;  // statuses 1xx before it
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool ended = false;                  // completely, or by `error`
  std::optional<std::uint64_t> error;  // of the reset stream, or of the connection

  std::string_view field(std::string_view name) const;  // empty: there is none
};

// What a server gave a client for its next connection.
struct ClientMemory {
  std::string ticket;  // of TLS
  std::string token;   // NEW_TOKEN
};

struct ClientOptions {
  std::string host = "localhost";  // whose certificate is expected
  std::string authority = {};      // of requests; empty: the host
  std::string ca_file;             // in PEM
  ClientMemory memory = {};
  std::uint32_t version = NGTCP2_PROTO_VER_V1;
  std::uint64_t window = 256 * 1024;              // of one response
  std::uint64_t connection_window = 1024 * 1024;  // of all
};

class Client {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Id = std::int64_t;

  // Errors: unavailable, when the authorities cannot be read.
  static Result<std::unique_ptr<Client>> open(const ClientOptions& options,
                                              const SocketAddress& local,
                                              const SocketAddress& remote);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void receive(std::span<const std::uint8_t> datagram);
  // The next datagram to be sent, written to `room`; 0: none.
  std::size_t write(std::span<std::uint8_t> room);
  // When on_due() must be called.
  Time due() const;
  void on_due();

  bool is_ready() const { return ready_; }  // the handshake is complete
  bool has_ended() const { return ended_; }
  // Why it has ended, from either side: QUIC's or HTTP/3's code.
  const std::optional<ngtcp2_connection_close_error>& close_error() const { return error_; }
  bool is_resumed() const;
  bool was_retried() const { return retried_; }
  bool was_reset() const { return reset_; }  // by a stateless reset
  bool got_goaway() const { return goaway_; }
  const ClientMemory& memory() const { return memory_; }

  // Nothing: the server takes no more requests now.
  std::optional<Id> request(const ClientRequest& request);
  void send_body(Id id, std::string_view bytes, bool end);
  void cancel(Id id);
  const ClientResponse& response(Id id) const { return responses_.at(id); }
  void forget(Id id) { responses_.erase(id); }
  std::size_t waiting() const { return waiting_; }  // for responses
  // Whether windows are opened as responses arrive; false: the server may send one window of each.
  void read_on(bool on);

  bool update_keys();
  // Continues from another local address, after probes of its path.
  bool migrate(const SocketAddress& local);
  void close(std::uint64_t http_error);
  ngtcp2_conn* quic() { return conn_.get(); }

 private:
  struct Callbacks;
  struct Upload {
    std::deque<std::string> pieces;
    std::size_t given = 0;
    bool complete = false;
  };
  template <auto kFree>
  struct Free {
    template <class T>
    void operator()(T* object) const {
      kFree(object);
    }
  };

  Client(const SocketAddress& local, const SocketAddress& remote)
      : local_(local), remote_(remote) {}
  Result<> begin(const ClientOptions& options);
  bool begin_http();
  void fail(int error);
  void end(const ngtcp2_connection_close_error& error);
  ngtcp2_path path() const;

  SocketAddress local_;
  SocketAddress remote_;
  std::string host_;  // GnuTLS keeps a view of it
  std::string authority_;
  std::uint64_t window_ = 0;
  std::unique_ptr<gnutls_certificate_credentials_st, Free<gnutls_certificate_free_credentials>>
      authorities_;
  ngtcp2_crypto_conn_ref reference_{};
  std::unique_ptr<gnutls_session_int, Free<gnutls_deinit>> tls_;
  std::unique_ptr<ngtcp2_conn, Free<ngtcp2_conn_del>> conn_;
  std::unique_ptr<nghttp3_conn, Free<nghttp3_conn_del>> http_;
  std::map<Id, ClientResponse> responses_;
  std::map<Id, Upload> uploads_;
  std::size_t waiting_ = 0;
  ClientMemory memory_;
  std::optional<ngtcp2_connection_close_error> error_;
  std::string close_packet_;
  bool ready_ = false;
  bool ended_ = false;
  bool retried_ = false;
  bool reset_ = false;
  bool goaway_ = false;
  bool reading_ = true;
  std::map<Id, std::size_t> unread_;  // while not reading
};

}  // namespace souk::http::h3
