// One QUIC connection of a server (RFC 9000) with its HTTP/3 session: ngtcp2's state machine
// between the endpoint's datagrams and the session's streams. Ends by the client, an error, a
// time-out or a drain, whichever is first.
//
// Threading: loop thread only. Ownership: borrows its Host, which outlives it.
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "http/dispatcher.h"
#include "http/h3/connection_ids.h"
#include "http/h3/credentials.h"
#include "http/h3/session.h"
#include "http/h3/udp_socket.h"
#include "http/server/connection_limits.h"
#include "http/server/exchange_runner.h"
#include "runtime/wait_queue.h"

namespace souk::http::h3 {

class Connection;

// What the connections of one worker share; all outlive them.
struct HostParts {
  runtime::Loop& loop;
  const ServerConfig& server;
  const Config& config;
  Dispatcher& dispatcher;
  ConnectionLimits& limits;
  ConnectionLimits& unproven;  // of handshakes whose clients' addresses are not proven
  ConnectionIds& ids;
  const Secrets::Key& reset_key;
  const CredentialStore& credentials;
  Metrics& metrics;
  Protocol protocol;
};

// A connection's endpoint.
class Host : public HostParts {
 public:
  explicit Host(HostParts parts) : HostParts(std::move(parts)) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  bool draining = false;
  bool notice_over = false;  // then: no new connections

  virtual void add_id(const ngtcp2_cid& id, Connection& connection) = 0;
  virtual void remove_id(const ngtcp2_cid& id) = 0;
  // Calls write() at the end of the loop's turn.
  virtual void schedule(Connection& connection) = 0;
  // Calls on_due() then.
  virtual void set_due(Connection& connection, Session::Time due) = 0;
};

// What a client's first packet says.
struct Initial {
  const ngtcp2_pkt_hd& head;
  const ngtcp2_cid* original = nullptr;  // after a Retry: the first destination id
  bool validated = false;                // a token proves the client's address
};

using AutoUnlink = boost::intrusive::link_mode<boost::intrusive::auto_unlink>;
struct AllTag;
struct WritingTag;
struct DueTag;

class Connection final
    : public boost::intrusive::list_base_hook<boost::intrusive::tag<AllTag>, AutoUnlink>,
      public boost::intrusive::list_base_hook<boost::intrusive::tag<WritingTag>, AutoUnlink>,
      public boost::intrusive::set_base_hook<boost::intrusive::tag<DueTag>, AutoUnlink>,
      private Streams,
      private ExchangeRunner::Carrier {
 public:
  using Time = Session::Time;

  // REQUIRES: it has entered the host's limits, or `unproven` without a valid token.
  Connection(Host& host, UdpSocket& socket, const Datagram& first, const Initial& initial);
  ~Connection() override;

  // Ends when everything of the connection has ended; call it once.
  runtime::Task<void> run();

  void receive(UdpSocket& socket, const Datagram& datagram);
  void write();
  void on_due(Time now);
  Time due() const { return due_; }
  void set_due(Time due) { due_ = due; }  // for the host's order

  // Takes no more requests, and ends after those in progress.
  void drain();
  // Ends it now; handlers still run to their ends.
  void cut();
  bool was_cut() const { return cut_; }
  bool in_handshake() const { return !established_; }

 private:
  friend struct ConnectionCallbacks;
  enum class State : std::uint8_t { kOpen, kClosing, kDraining, kGone };
  struct Free {
    void operator()(ngtcp2_conn* conn) const { ngtcp2_conn_del(conn); }
  };

  // Streams
  void consumed(std::int64_t stream, std::size_t bytes) override;
  void stop_reading(std::int64_t stream, std::uint64_t code) override;
  void reset(std::int64_t stream, std::uint64_t code) override;
  bool has_credit() const override;
  void stream_ended() override;
  void written_to() override { host_.schedule(*this); }
  // Carrier
  void wake() override { host_.schedule(*this); }
  void abort() override { close_with(NGHTTP3_H3_INTERNAL_ERROR); }

  bool open(UdpSocket& socket, const Datagram& first, const Initial& initial);
  bool begin_session();
  void handshake_completed();
  void send_token();
  void read_failed(int error);
  long write_packet(std::span<std::uint8_t> room, ngtcp2_path_storage& path, ngtcp2_pkt_info& info,
                    Time time);
  void update_due(Time now);
  void take_result(std::uint64_t http_error);

  void close_with(std::uint64_t http_error);
  void close(const ngtcp2_connection_close_error& error);
  void send_close();
  void end(State state);

  Host& host_;
  const SocketAddress client_;
  ExchangeRunner runner_;
  const bool validated_;       // the client's address, by a token
  ConnectionLimits* counted_;  // where it has entered; null: nowhere
  ngtcp2_crypto_conn_ref reference_;
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<ngtcp2_conn, Free> conn_;
  std::unique_ptr<Session> session_;
  std::vector<ngtcp2_cid> ids_;
  runtime::Event over_;

  State state_ = State::kOpen;
  std::uint64_t error_ = 0;  // of the session, found within a callback of ngtcp2
  std::vector<std::uint8_t> close_packet_;
  UdpSocket* close_socket_ = nullptr;
  SocketAddress close_local_;
  SocketAddress close_remote_;
  std::size_t received_closing_ = 0;  // datagrams
  Time linger_until_{};

  Time read_at_{};                      // the last datagram
  std::chrono::nanoseconds waited_{0};  // it, in the kernel
  Time due_ = Time::max();
  Time idle_since_{};  // no request is in progress; zero: some are
  Time drain_at_ = Time::max();
  bool established_ = false;
  bool refused_ = false;  // by the limits
  bool again_ = false;    // more exchanges may be startable
  bool draining_ = false;
  bool cut_ = false;
};

}  // namespace souk::http::h3
