#include "http/h3/connection.h"

#include <algorithm>
#include <cstring>

namespace souk::http::h3 {
namespace {

using Steady = std::chrono::steady_clock;

// Of requests' bodies, before a reader asks for more.
constexpr std::uint64_t kStreamWindowBytes = 64 * 1024;
constexpr std::uint64_t kConnectionWindowBytes = 1024 * 1024;
// Control and QPACK streams, and some that clients open to keep servers tolerant.
constexpr std::uint64_t kMaxUniStreams = 8;
constexpr std::uint64_t kMaxConnectionIds = 4;

// Of QUIC's timers, as RFC 9002 section 6.1.2 recommends: pacing alone would ask for one per
// packet.
constexpr std::chrono::milliseconds kGranularity{1};

ngtcp2_tstamp stamp(Steady::time_point time) {
  return static_cast<ngtcp2_tstamp>(time.time_since_epoch() / std::chrono::nanoseconds(1));
}
ngtcp2_tstamp now() { return stamp(Steady::now()); }

ngtcp2_duration nanoseconds(std::chrono::microseconds time) {
  return static_cast<ngtcp2_duration>(time / std::chrono::nanoseconds(1));
}

Peer peer_of(Dispatcher& dispatcher, const SocketAddress& address) {
  auto peer = dispatcher.peer(address.ip());
  peer.secure = true;
  return peer;
}

SocketAddress address_of(const ngtcp2_addr& address) { return {address.addr, address.addrlen}; }

ngtcp2_path path_of(UdpSocket& socket, const Datagram& datagram) {
  // ngtcp2 does not write to the addresses.
  const auto part = [](const SocketAddress& address) {
    return ngtcp2_addr{const_cast<sockaddr*>(address.get()), address.size()};
  };
  return {.local = part(datagram.local), .remote = part(datagram.remote), .user_data = &socket};
}

}  // namespace

// ngtcp2 is C: an exception must not leave these functions. They allocate, and without memory the
// process ends.
struct ConnectionCallbacks {
  static Connection& self(void* data) { return *static_cast<Connection*>(data); }
  static int result_of(Connection& connection, std::uint64_t http_error) {
    connection.error_ = http_error;
    return http_error == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }

  static ngtcp2_conn* connection_of(ngtcp2_crypto_conn_ref* reference) noexcept {
    return self(reference->user_data).conn_.get();
  }
  static void random(std::uint8_t* to, std::size_t size, const ngtcp2_rand_ctx* context) noexcept {
    static_cast<Random*>(context->native_handle)->fill({to, size});
  }
  static int handshake_completed(ngtcp2_conn*, void* data) noexcept {
    self(data).handshake_completed();
    return 0;
  }
  static int key_installed(ngtcp2_conn*, ngtcp2_crypto_level level, void* data) noexcept {
    if (level != NGTCP2_CRYPTO_LEVEL_APPLICATION) return 0;
    return self(data).begin_session() ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }
  static int new_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t,
                    void* data) noexcept {
    auto& connection = self(data);
    auto& host = connection.host_;
    *id = host.ids.make();
    connection.ids_.push_back(*id);
    host.add_id(*id, connection);
    const auto& key = host.reset_key;
    return ngtcp2_crypto_generate_stateless_reset_token(token, key.data(), key.size(), id) == 0
               ? 0
               : NGTCP2_ERR_CALLBACK_FAILURE;
  }
  static int remove_id(ngtcp2_conn*, const ngtcp2_cid* id, void* data) noexcept {
    auto& connection = self(data);
    connection.host_.remove_id(*id);
    std::erase_if(connection.ids_,
                  [id](const ngtcp2_cid& known) { return ngtcp2_cid_eq(&known, id) != 0; });
    return 0;
  }
  static int update_key(ngtcp2_conn* conn, std::uint8_t* rx_secret, std::uint8_t* tx_secret,
                        ngtcp2_crypto_aead_ctx* rx_aead, std::uint8_t* rx_iv,
                        ngtcp2_crypto_aead_ctx* tx_aead, std::uint8_t* tx_iv,
                        const std::uint8_t* current_rx, const std::uint8_t* current_tx,
                        std::size_t size, void* data) noexcept {
    self(data).host_.metrics.key_updates.increment();
    return ngtcp2_crypto_update_key_cb(conn, rx_secret, tx_secret, rx_aead, rx_iv, tx_aead, tx_iv,
                                       current_rx, current_tx, size, data);
  }
  static int path_validated(ngtcp2_conn*, std::uint32_t, const ngtcp2_path* path,
                            ngtcp2_path_validation_result result, void* data) noexcept {
    auto& connection = self(data);
    if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS &&
        address_of(path->remote) != connection.client_) {
      connection.host_.metrics.migrations.increment();
    }
    return 0;
  }

  static int received(ngtcp2_conn*, std::uint32_t flags, std::int64_t stream, std::uint64_t,
                      const std::uint8_t* bytes, std::size_t size, void* data, void*) noexcept {
    auto& connection = self(data);
    if (!connection.session_) return 0;
    return result_of(connection,
                     connection.session_->received(stream, {bytes, size},
                                                   (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0,
                                                   connection.read_at_ - connection.waited_));
  }
  static int acknowledged(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t size,
                          void* data, void*) noexcept {
    auto& connection = self(data);
    if (!connection.session_) return 0;
    return result_of(connection,
                     connection.session_->acknowledged(stream, size, connection.read_at_));
  }
  static int closed(ngtcp2_conn* conn, std::uint32_t flags, std::int64_t stream, std::uint64_t code,
                    void* data, void*) noexcept {
    auto& connection = self(data);
    if ((stream & 3) == 2) ngtcp2_conn_extend_max_streams_uni(conn, 1);
    if (!connection.session_) return 0;
    if ((flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) == 0) code = NGHTTP3_H3_NO_ERROR;
    return result_of(connection, connection.session_->closed(stream, code, Steady::now()));
  }
  static int reset(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t, void* data,
                   void*) noexcept {
    auto& connection = self(data);
    if (!connection.session_) return 0;
    return result_of(connection, connection.session_->cancelled(stream, Steady::now()));
  }
  static int more_streams(ngtcp2_conn*, std::uint64_t streams, void* data) noexcept {
    if (auto& session = self(data).session_) session->set_max_streams(streams);
    return 0;
  }
  static int more_stream_data(ngtcp2_conn*, std::int64_t stream, std::uint64_t, void* data,
                              void*) noexcept {
    if (auto& session = self(data).session_) session->unblocked(stream);
    return 0;
  }

  static ngtcp2_callbacks table() {
    ngtcp2_callbacks table{};
    table.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    table.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    table.encrypt = ngtcp2_crypto_encrypt_cb;
    table.decrypt = ngtcp2_crypto_decrypt_cb;
    table.hp_mask = ngtcp2_crypto_hp_mask_cb;
    table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    table.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    table.rand = random;
    table.handshake_completed = handshake_completed;
    table.recv_tx_key = key_installed;
    table.get_new_connection_id = new_id;
    table.remove_connection_id = remove_id;
    table.update_key = update_key;
    table.path_validation = path_validated;
    table.recv_stream_data = received;
    table.acked_stream_data_offset = acknowledged;
    table.stream_close = closed;
    table.stream_reset = reset;
    table.extend_max_remote_streams_bidi = more_streams;
    table.extend_max_stream_data = more_stream_data;
    return table;
  }
};

Connection::Connection(Host& host, UdpSocket& socket, const Datagram& first, const Initial& initial)
    : host_(host),
      client_(first.remote),
      runner_(host.loop, host.server, host.dispatcher, peer_of(host.dispatcher, first.remote),
              *this),
      validated_(initial.validated),
      counted_(initial.validated ? &host.limits : &host.unproven),
      reference_{.get_conn = ConnectionCallbacks::connection_of, .user_data = this},
      over_(host.loop) {
  host_.metrics.handshakes.add(1);
  if (open(socket, first, initial)) {
    receive(socket, first);
  } else {
    host_.dispatcher.log().error("connection_failed", {{"reason", "out of memory"}});
    end(State::kGone);
  }
}

Connection::~Connection() {
  for (const auto& id : ids_) host_.remove_id(id);
  if (counted_ != nullptr) counted_->leave(client_.ip());
}

bool Connection::open(UdpSocket& socket, const Datagram& first, const Initial& initial) {
  const auto& head = initial.head;
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = now();
  settings.rand_ctx.native_handle = &host_.ids.random();
  settings.max_tx_udp_payload_size = UdpSocket::kMaxPacketBytes;
  settings.handshake_timeout = nanoseconds(host_.server.header_timeout);
  if (initial.validated) settings.token = head.token;

  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_stream_data_bidi_remote = kStreamWindowBytes;
  params.initial_max_stream_data_uni = kStreamWindowBytes;
  params.initial_max_data = kConnectionWindowBytes;
  params.initial_max_streams_bidi = host_.config.max_streams;
  params.initial_max_streams_uni = kMaxUniStreams;
  // A connection without requests is closed earlier, by on_due().
  params.max_idle_timeout = nanoseconds(host_.server.idle_timeout + host_.server.request_deadline);
  params.active_connection_id_limit = kMaxConnectionIds;
  params.original_dcid = initial.original == nullptr ? head.dcid : *initial.original;
  if (initial.original != nullptr) {
    params.retry_scid = head.dcid;
    params.retry_scid_present = 1;
  }
  const auto id = host_.ids.make();
  const auto& key = host_.reset_key;
  params.stateless_reset_token_present = 1;
  ngtcp2_crypto_generate_stateless_reset_token(params.stateless_reset_token, key.data(), key.size(),
                                               &id);

  const auto callbacks = ConnectionCallbacks::table();
  const auto path = path_of(socket, first);
  ngtcp2_conn* conn = nullptr;
  if (ngtcp2_conn_server_new(&conn, &head.scid, &id, &path, head.version, &callbacks, &settings,
                             &params, nullptr, this) != 0) {
    return false;
  }
  conn_.reset(conn);
  for (const auto& known : {id, head.dcid}) {
    ids_.push_back(known);
    host_.add_id(known, *this);
  }
  tls_ = TlsSession::server(host_.credentials.current(), reference_);
  if (!tls_) return false;
  ngtcp2_conn_set_tls_native_handle(conn, tls_->native());
  return true;
}

// The server's own streams can be opened as soon as the keys are there.
bool Connection::begin_session() {
  std::array<std::int64_t, 3> streams;
  for (auto& stream : streams) {
    if (ngtcp2_conn_open_uni_stream(conn_.get(), &stream, nullptr) != 0) return false;
  }
  session_ = std::make_unique<Session>(host_.protocol, static_cast<Streams&>(*this));
  return session_->begin(streams[0], streams[1], streams[2]);
}

// Only now is the client's address known to be its own: a stranger must not use up its limit.
void Connection::handshake_completed() {
  established_ = true;
  auto& metrics = host_.metrics;
  metrics.handshakes.add(-1);
  metrics.connections.add(1);
  host_.dispatcher.metrics().connections.add(1);
  (tls_->is_resumed() ? metrics.resumed_handshakes : metrics.full_handshakes).increment();
  if (counted_ == &host_.unproven) {
    counted_->leave(client_.ip());
    refused_ = host_.limits.enter(client_.ip()) != ConnectionLimits::Verdict::kAdmitted;
    counted_ = refused_ ? nullptr : &host_.limits;
    if (refused_) return;
  }
  host_.dispatcher.metrics().accepted.increment();
  tls_->send_ticket();
  send_token();
  idle_since_ = Steady::now();
  if (host_.notice_over) drain();
}

// The client's next connection needs no Retry.
void Connection::send_token() {
  std::array<std::uint8_t, NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN> token;
  const auto& key = tls_->credentials().secrets().tokens().front();
  const auto size = ngtcp2_crypto_generate_regular_token(
      token.data(), key.data(), key.size(), client_.get(), client_.size(),
      static_cast<ngtcp2_tstamp>(host_.dispatcher.clock().now().time_since_epoch() /
                                 std::chrono::nanoseconds(1)));
  if (size > 0) {
    ngtcp2_conn_submit_new_token(conn_.get(), token.data(), static_cast<std::size_t>(size));
  }
}

runtime::Task<void> Connection::run() {
  static_cast<void>(co_await over_.wait());
  co_await runner_.join();
  auto& metrics = host_.metrics;
  if (established_) {
    metrics.connections.add(-1);
    host_.dispatcher.metrics().connections.add(-1);
  } else {
    metrics.handshakes_failed.increment();
  }
  session_.reset();
  conn_.reset();
  tls_.reset();
  // Packets on their way are answered by the close, or ignored (RFC 9000 section 10.2); not those
  // of a stranger, whose connections would pile up beside the limit of handshakes.
  over_.reset();
  if (!host_.draining && (established_ || validated_)) {
    static_cast<void>(co_await over_.wait(linger_until_ - Steady::now()));
  }
  if (!established_) metrics.handshakes.add(-1);
}

// ---- datagrams

void Connection::receive(UdpSocket& socket, const Datagram& datagram) {
  if (state_ == State::kClosing) {
    // Exponentially fewer answers: two that close must not talk for ever.
    ++received_closing_;
    if ((received_closing_ & (received_closing_ - 1)) == 0) send_close();
    return;
  }
  if (state_ != State::kOpen) return;
  const auto path = path_of(socket, datagram);
  const ngtcp2_pkt_info info{.ecn = datagram.ecn};
  read_at_ = Steady::now();
  waited_ = datagram.waited;
  const int error = ngtcp2_conn_read_pkt(conn_.get(), &path, &info, datagram.bytes.data(),
                                         datagram.bytes.size(), stamp(read_at_));
  if (error != 0) return read_failed(error);
  if (refused_) {
    ngtcp2_connection_close_error refusal;
    ngtcp2_connection_close_error_default(&refusal);
    ngtcp2_connection_close_error_set_transport_error(&refusal, NGTCP2_CONNECTION_REFUSED, nullptr,
                                                      0);
    host_.metrics.closed_limit.increment();
    return close(refusal);
  }
  if (session_) {
    again_ = runner_.start(*session_, read_at_, waited_);
    runner_.output_sent();  // acknowledged: responses have room
  }
  host_.schedule(*this);
}

void Connection::read_failed(int error) {
  if (error == NGTCP2_ERR_DRAINING) {
    host_.metrics.closed_by_client.increment();
    return end(State::kDraining);
  }
  if (error == NGTCP2_ERR_DROP_CONN || error == NGTCP2_ERR_RETRY) return end(State::kGone);
  if (error_ != 0) return close_with(error_);
  host_.metrics.closed_error.increment();
  ngtcp2_connection_close_error reason;
  ngtcp2_connection_close_error_default(&reason);
  if (error == NGTCP2_ERR_CRYPTO) {
    ngtcp2_connection_close_error_set_transport_error_tls_alert(
        &reason, ngtcp2_conn_get_tls_alert(conn_.get()), nullptr, 0);
  } else {
    ngtcp2_connection_close_error_set_transport_error_liberr(&reason, error, nullptr, 0);
  }
  close(reason);
}

// Packets, at most as many as congestion control and pacing allow at once.
void Connection::write() {
  if (state_ != State::kOpen) return;
  const auto time = Steady::now();
  if (again_) again_ = runner_.start(*session_, time);
  if (session_) session_->begin_output(time);
  const auto quantum = ngtcp2_conn_get_send_quantum(conn_.get());
  std::size_t written = 0;
  while (written < quantum) {
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    auto& current = *static_cast<UdpSocket*>(ngtcp2_conn_get_path(conn_.get())->user_data);
    const auto room = current.room();
    if (room.empty()) break;  // the endpoint calls again when there is room
    ngtcp2_pkt_info info{};
    const auto size = write_packet(room, path, info, time);
    if (size < 0) return;
    if (size == 0) break;
    auto& socket = *static_cast<UdpSocket*>(path.path.user_data);
    if (&socket != &current) {
      // A probe of another path, through another socket.
      const auto other = socket.room();
      if (other.empty()) break;
      std::memcpy(other.data(), room.data(), static_cast<std::size_t>(size));
    }
    socket.queue(static_cast<std::size_t>(size), address_of(path.path.local),
                 address_of(path.path.remote), static_cast<std::uint8_t>(info.ecn));
    written += static_cast<std::size_t>(size);
  }
  ngtcp2_conn_update_pkt_tx_time(conn_.get(), stamp(time));
  if (written >= quantum || again_) host_.schedule(*this);
  if (written > 0) runner_.output_sent();
  update_due(time);
}

// The size of the packet; 0: nothing may be sent now; negative: the connection was closed.
long Connection::write_packet(std::span<std::uint8_t> room, ngtcp2_path_storage& path,
                              ngtcp2_pkt_info& info, Time time) {
  const auto limit = std::min(room.size(), ngtcp2_conn_get_max_tx_udp_payload_size(conn_.get()));
  for (;;) {
    Session::Output out;
    if (session_ && ngtcp2_conn_get_max_data_left(conn_.get()) > 0) {
      if (const auto result = session_->output(out); !result) {
        close_with(result.error());
        return -1;
      }
    }
    ngtcp2_ssize accepted = -1;
    const auto flags =
        NGTCP2_WRITE_STREAM_FLAG_MORE | (out.end ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0U);
    const auto size = ngtcp2_conn_writev_stream(
        conn_.get(), &path.path, &info, room.data(), limit, &accepted, flags, out.stream,
        reinterpret_cast<const ngtcp2_vec*>(out.pieces.data()), out.count, stamp(time));
    if (accepted >= 0 && out.stream >= 0) {
      session_->sent(out.stream, static_cast<std::size_t>(accepted), time);
    }
    if (size >= 0) return size;
    if (size == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
      session_->blocked(out.stream, time);
    } else if (size == NGTCP2_ERR_STREAM_SHUT_WR || size == NGTCP2_ERR_STREAM_NOT_FOUND) {
      if (const auto error = session_->unwanted(out.stream, time); error != 0) {
        close_with(error);
        return -1;
      }
    } else if (size != NGTCP2_ERR_WRITE_MORE) {
      read_failed(static_cast<int>(size));
      return -1;
    }
  }
}

// ---- time

void Connection::on_due(Time time) {
  if (state_ != State::kOpen) return;
  auto& metrics = host_.metrics;
  if (ngtcp2_conn_get_expiry(conn_.get()) <= stamp(time)) {
    const int error = ngtcp2_conn_handle_expiry(conn_.get(), stamp(time));
    if (error == NGTCP2_ERR_IDLE_CLOSE || error == NGTCP2_ERR_HANDSHAKE_TIMEOUT) {
      if (established_) metrics.closed_idle.increment();
      return end(State::kGone);
    }
    if (error != 0) return read_failed(error);
  }
  if (session_) {
    if (const auto error = session_->elapsed(time); error != 0) return close_with(error);
    if (idle_since_ != Time() && idle_since_ + host_.server.idle_timeout <= time) {
      host_.dispatcher.metrics().idle_timeouts.increment();
      metrics.closed_idle.increment();
      return close_with(NGHTTP3_H3_NO_ERROR);
    }
    if (drain_at_ <= time) {
      drain_at_ = Time::max();
      session_->drain();
    }
  }
  host_.schedule(*this);
}

void Connection::update_due(Time time) {
  if (established_ && session_) {
    if (!session_->is_idle()) {
      idle_since_ = Time();
    } else if (idle_since_ == Time()) {
      idle_since_ = time;
    }
    if (draining_ && drain_at_ == Time::max() && session_->is_empty()) {
      host_.metrics.closed_drain.increment();
      return close_with(NGHTTP3_H3_NO_ERROR);
    }
  }
  const auto expiry = ngtcp2_conn_get_expiry(conn_.get());
  auto due = drain_at_;
  if (expiry < static_cast<ngtcp2_tstamp>(INT64_MAX)) {
    const Time exact(std::chrono::nanoseconds(static_cast<std::int64_t>(expiry)));
    due = std::min(due, std::max(exact, time + kGranularity));
  }
  if (session_) {
    due = std::min(due, session_->due().value_or(Time::max()));
    if (idle_since_ != Time()) due = std::min(due, idle_since_ + host_.server.idle_timeout);
  }
  host_.set_due(*this, due);
}

// ---- what the session asks for

void Connection::consumed(std::int64_t stream, std::size_t bytes) {
  ngtcp2_conn_extend_max_stream_offset(conn_.get(), stream, bytes);
  ngtcp2_conn_extend_max_offset(conn_.get(), bytes);
}

void Connection::stop_reading(std::int64_t stream, std::uint64_t code) {
  ngtcp2_conn_shutdown_stream_read(conn_.get(), stream, code);
  written_to();
}

void Connection::reset(std::int64_t stream, std::uint64_t code) {
  ngtcp2_conn_shutdown_stream_write(conn_.get(), stream, code);
  written_to();
}

bool Connection::has_credit() const { return ngtcp2_conn_get_max_data_left(conn_.get()) > 0; }

void Connection::stream_ended() {
  ngtcp2_conn_extend_max_streams_bidi(conn_.get(), 1);
  written_to();
}

// ---- ending

// GOAWAY in two steps (RFC 9114 section 5.2).
void Connection::drain() {
  if (state_ != State::kOpen) return over_.set();
  if (!established_ || std::exchange(draining_, true)) return;
  session_->announce_drain();
  drain_at_ = Steady::now() + std::chrono::nanoseconds(ngtcp2_conn_get_pto(conn_.get()));
  host_.schedule(*this);
}

void Connection::cut() {
  cut_ = true;
  runner_.expire();
  close_with(NGHTTP3_H3_NO_ERROR);
}

void Connection::close_with(std::uint64_t http_error) {
  ngtcp2_connection_close_error error;
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_application_error(&error, http_error, nullptr, 0);
  if (http_error != NGHTTP3_H3_NO_ERROR) host_.metrics.closed_error.increment();
  close(error);
}

void Connection::close(const ngtcp2_connection_close_error& error) {
  if (state_ != State::kOpen) return;
  std::array<std::uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> packet;
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  const auto size = ngtcp2_conn_write_connection_close(conn_.get(), &path.path, &info,
                                                       packet.data(), packet.size(), &error, now());
  if (size > 0) {
    close_packet_.assign(packet.begin(), packet.begin() + size);
    close_socket_ = static_cast<UdpSocket*>(path.path.user_data);
    close_local_ = address_of(path.path.local);
    close_remote_ = address_of(path.path.remote);
    send_close();
  }
  end(State::kClosing);
}

void Connection::send_close() {
  if (close_packet_.empty()) return;
  const auto room = close_socket_->room();
  if (room.empty()) return;
  std::ranges::copy(close_packet_, room.begin());
  close_socket_->queue(close_packet_.size(), close_local_, close_remote_, 0);
  host_.schedule(*this);
}

void Connection::end(State state) {
  if (state_ != State::kOpen) return;
  state_ = state;
  const auto pto = conn_ && state != State::kGone ? ngtcp2_conn_get_pto(conn_.get()) : 0;
  linger_until_ = Steady::now() + 3 * std::chrono::nanoseconds(pto);
  host_.set_due(*this, Time::max());
  runner_.lose();
  over_.set();
}

}  // namespace souk::http::h3
