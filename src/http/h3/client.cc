#include "http/h3/client.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <sodium/randombytes.h>

#include <array>
#include <charconv>
#include <cstring>

#include "http/h3/session.h"

namespace souk::http::h3 {
namespace {

using Steady = std::chrono::steady_clock;

constexpr const char* kPriorities =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
    "%DISABLE_TLS13_COMPAT_MODE";
constexpr std::size_t kIdBytes = 16;
constexpr auto kHandshakeTimeout = 10 * NGTCP2_SECONDS;
constexpr auto kIdleTimeout = 60 * NGTCP2_SECONDS;

ngtcp2_tstamp now() {
  return static_cast<ngtcp2_tstamp>(Steady::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

std::string_view view_of(nghttp3_rcbuf* buffer) {
  const auto bytes = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

ngtcp2_cid random_id() {
  ngtcp2_cid id{};
  id.datalen = kIdBytes;
  randombytes_buf(id.data, id.datalen);
  return id;
}

}  // namespace

std::string_view ClientResponse::field(std::string_view name) const {
  for (const auto& [known, value] : fields) {
    if (known == name) return value;
  }
  return {};
}

struct Client::Callbacks {
  static Client& self(void* data) { return *static_cast<Client*>(data); }
  static int result_of(long result) { return result < 0 ? NGTCP2_ERR_CALLBACK_FAILURE : 0; }

  static ngtcp2_conn* connection_of(ngtcp2_crypto_conn_ref* reference) {
    return self(reference->user_data).conn_.get();
  }
  static int ticket_arrived(gnutls_session_t session, unsigned, unsigned, unsigned incoming,
                            const gnutls_datum_t*) {
    if (incoming == 0) return 0;
    auto* const reference = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
    gnutls_datum_t data;
    if (gnutls_session_get_data2(session, &data) == 0) {
      self(reference->user_data)
          .memory_.ticket.assign(reinterpret_cast<const char*>(data.data), data.size);
      gnutls_free(data.data);
    }
    return 0;
  }

  // QUIC
  static void random(std::uint8_t* to, std::size_t size, const ngtcp2_rand_ctx*) {
    randombytes_buf(to, size);
  }
  static int new_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t, void*) {
    *id = random_id();
    randombytes_buf(token, NGTCP2_STATELESS_RESET_TOKENLEN);
    return 0;
  }
  static int key_installed(ngtcp2_conn*, ngtcp2_crypto_level level, void* data) {
    if (level != NGTCP2_CRYPTO_LEVEL_APPLICATION) return 0;
    return self(data).begin_http() ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }
  static int handshake_completed(ngtcp2_conn*, void* data) {
    self(data).ready_ = true;
    return 0;
  }
  static int retried(ngtcp2_conn* conn, const ngtcp2_pkt_hd* head, void* data) {
    self(data).retried_ = true;
    return ngtcp2_crypto_recv_retry_cb(conn, head, data);
  }
  static int token_arrived(ngtcp2_conn*, const ngtcp2_vec* token, void* data) {
    self(data).memory_.token.assign(reinterpret_cast<const char*>(token->base), token->len);
    return 0;
  }
  static int stateless_reset(ngtcp2_conn*, const ngtcp2_pkt_stateless_reset*, void* data) {
    self(data).reset_ = true;
    return 0;
  }
  static int received(ngtcp2_conn* conn, std::uint32_t flags, std::int64_t stream, std::uint64_t,
                      const std::uint8_t* bytes, std::size_t size, void* data, void*) {
    const auto taken = nghttp3_conn_read_stream(self(data).http_.get(), stream, bytes, size,
                                                (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0 ? 1 : 0);
    if (taken < 0) return NGTCP2_ERR_CALLBACK_FAILURE;
    ngtcp2_conn_extend_max_stream_offset(conn, stream, static_cast<std::uint64_t>(taken));
    ngtcp2_conn_extend_max_offset(conn, static_cast<std::uint64_t>(taken));
    return 0;
  }
  static int acknowledged(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t size,
                          void* data, void*) {
    return result_of(nghttp3_conn_add_ack_offset(self(data).http_.get(), stream, size));
  }
  static int closed(ngtcp2_conn*, std::uint32_t flags, std::int64_t stream, std::uint64_t code,
                    void* data, void*) {
    auto& client = self(data);
    if ((flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) == 0) code = NGHTTP3_H3_NO_ERROR;
    nghttp3_conn_close_stream(client.http_.get(), stream, code);
    client.uploads_.erase(stream);
    const auto known = client.responses_.find(stream);
    if (known != client.responses_.end() && !known->second.ended) {
      known->second.ended = true;
      known->second.error = code;
      --client.waiting_;
    }
    return 0;
  }
  static int reset(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t, void* data,
                   void*) {
    return result_of(nghttp3_conn_shutdown_stream_read(self(data).http_.get(), stream));
  }
  static int more_stream_data(ngtcp2_conn*, std::int64_t stream, std::uint64_t, void* data, void*) {
    return result_of(nghttp3_conn_unblock_stream(self(data).http_.get(), stream));
  }

  // HTTP/3
  static int header(nghttp3_conn*, std::int64_t id, std::int32_t, nghttp3_rcbuf* name,
                    nghttp3_rcbuf* value, std::uint8_t, void* data, void*) {
    auto& response = self(data).responses_[id];
    const auto text = view_of(value);
    if (view_of(name) == ":status") {
      std::from_chars(text.data(), text.data() + text.size(), response.status);
    } else {
      response.fields.emplace_back(view_of(name), text);
    }
    return 0;
  }
  static int end_headers(nghttp3_conn*, std::int64_t id, int, void* data, void*) {
    auto& response = self(data).responses_[id];
    if (response.status < 200) {
      response.interim.push_back(response.status);
      response.fields.clear();
    }
    return 0;
  }
  static int body(nghttp3_conn*, std::int64_t id, const std::uint8_t* bytes, std::size_t size,
                  void* data, void*) {
    auto& client = self(data);
    client.responses_[id].body.append(reinterpret_cast<const char*>(bytes), size);
    if (client.reading_) return consumed(nullptr, id, size, data, nullptr);
    client.unread_[id] += size;
    return 0;
  }
  static int consumed(nghttp3_conn*, std::int64_t id, std::size_t size, void* data, void*) {
    ngtcp2_conn_extend_max_stream_offset(self(data).conn_.get(), id, size);
    ngtcp2_conn_extend_max_offset(self(data).conn_.get(), size);
    return 0;
  }
  static int end_stream(nghttp3_conn*, std::int64_t id, void* data, void*) {
    auto& response = self(data).responses_[id];
    if (!std::exchange(response.ended, true)) --self(data).waiting_;
    return 0;
  }
  static int stop_sending(nghttp3_conn*, std::int64_t id, std::uint64_t code, void* data, void*) {
    return result_of(ngtcp2_conn_shutdown_stream_read(self(data).conn_.get(), id, code));
  }
  static int reset_stream(nghttp3_conn*, std::int64_t id, std::uint64_t code, void* data, void*) {
    return result_of(ngtcp2_conn_shutdown_stream_write(self(data).conn_.get(), id, code));
  }
  static int goaway(nghttp3_conn*, std::int64_t, void* data) {
    self(data).goaway_ = true;
    return 0;
  }
  static nghttp3_ssize read(nghttp3_conn*, std::int64_t id, nghttp3_vec* pieces, std::size_t count,
                            std::uint32_t* flags, void* data, void*) {
    auto& upload = self(data).uploads_[id];
    std::size_t given = 0;
    while (given < count && upload.given < upload.pieces.size()) {
      auto& piece = upload.pieces[upload.given++];
      pieces[given++] = {reinterpret_cast<std::uint8_t*>(piece.data()), piece.size()};
    }
    if (upload.complete && upload.given == upload.pieces.size()) {
      *flags = NGHTTP3_DATA_FLAG_EOF;
    } else if (given == 0) {
      return NGHTTP3_ERR_WOULDBLOCK;
    }
    return static_cast<nghttp3_ssize>(given);
  }

  static ngtcp2_callbacks of_quic() {
    ngtcp2_callbacks table{};
    table.client_initial = ngtcp2_crypto_client_initial_cb;
    table.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    table.encrypt = ngtcp2_crypto_encrypt_cb;
    table.decrypt = ngtcp2_crypto_decrypt_cb;
    table.hp_mask = ngtcp2_crypto_hp_mask_cb;
    table.update_key = ngtcp2_crypto_update_key_cb;
    table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    table.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    table.rand = random;
    table.get_new_connection_id = new_id;
    table.recv_retry = retried;
    table.recv_new_token = token_arrived;
    table.recv_stateless_reset = stateless_reset;
    table.handshake_completed = handshake_completed;
    table.recv_tx_key = key_installed;
    table.recv_stream_data = received;
    table.acked_stream_data_offset = acknowledged;
    table.stream_close = closed;
    table.stream_reset = reset;
    table.extend_max_stream_data = more_stream_data;
    return table;
  }
  static nghttp3_callbacks of_http() {
    nghttp3_callbacks table{};
    table.recv_header = header;
    table.end_headers = end_headers;
    table.recv_data = body;
    table.deferred_consume = consumed;
    table.end_stream = end_stream;
    table.stop_sending = stop_sending;
    table.reset_stream = reset_stream;
    table.shutdown = goaway;
    return table;
  }
};

Result<std::unique_ptr<Client>> Client::open(const ClientOptions& options,
                                             const SocketAddress& local,
                                             const SocketAddress& remote) {
  std::unique_ptr<Client> client(new Client(local, remote));
  if (auto begun = client->begin(options); !begun) return std::unexpected(begun.error());
  return client;
}

Client::~Client() = default;

Result<> Client::begin(const ClientOptions& options) {
  host_ = options.host;
  authority_ = options.authority.empty() ? host_ : options.authority;
  window_ = options.window;
  memory_ = options.memory;
  gnutls_certificate_credentials_t authorities = nullptr;
  gnutls_certificate_allocate_credentials(&authorities);
  authorities_.reset(authorities);
  if (const int error = gnutls_certificate_set_x509_trust_file(authorities, options.ca_file.c_str(),
                                                               GNUTLS_X509_FMT_PEM);
      error < 0) {
    return souk::fail(ErrorCode::kUnavailable, options.ca_file + ": " + gnutls_strerror(error));
  }

  gnutls_session_t session = nullptr;
  gnutls_init(&session, GNUTLS_CLIENT);
  tls_.reset(session);
  reference_ = {.get_conn = Callbacks::connection_of, .user_data = this};
  gnutls_session_set_ptr(session, &reference_);
  gnutls_priority_set_direct(session, kPriorities, nullptr);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, authorities);
  gnutls_session_set_verify_cert(session, host_.c_str(), 0);
  gnutls_server_name_set(session, GNUTLS_NAME_DNS, host_.data(), host_.size());
  std::array<unsigned char, 2> h3 = {'h', '3'};
  const gnutls_datum_t alpn{h3.data(), h3.size()};
  gnutls_alpn_set_protocols(session, &alpn, 1, GNUTLS_ALPN_MANDATORY);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST,
                                     Callbacks::ticket_arrived);
  ngtcp2_crypto_gnutls_configure_client_session(session);
  if (!memory_.ticket.empty()) {
    gnutls_session_set_data(session, memory_.ticket.data(), memory_.ticket.size());
  }

  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = now();
  settings.handshake_timeout = kHandshakeTimeout;
  settings.max_tx_udp_payload_size = UdpSocket::kMaxPacketBytes;
  settings.token = {reinterpret_cast<std::uint8_t*>(memory_.token.data()), memory_.token.size()};
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_stream_data_bidi_local = options.window;
  params.initial_max_stream_data_uni = options.window;
  params.initial_max_data = options.connection_window;
  params.initial_max_streams_uni = 3;
  params.max_idle_timeout = kIdleTimeout;
  const auto callbacks = Callbacks::of_quic();
  const auto destination = random_id();
  const auto source = random_id();
  const auto where = path();
  ngtcp2_conn* conn = nullptr;
  if (ngtcp2_conn_client_new(&conn, &destination, &source, &where, options.version, &callbacks,
                             &settings, &params, nullptr, this) != 0) {
    return souk::fail(ErrorCode::kUnavailable, "out of memory");
  }
  conn_.reset(conn);
  ngtcp2_conn_set_tls_native_handle(conn, session);
  return {};
}

bool Client::begin_http() {
  const auto callbacks = Callbacks::of_http();
  nghttp3_settings settings;
  nghttp3_settings_default(&settings);
  nghttp3_conn* http = nullptr;
  if (nghttp3_conn_client_new(&http, &callbacks, &settings, nghttp3_mem_default(), this) != 0) {
    return false;
  }
  http_.reset(http);
  std::array<std::int64_t, 3> streams;
  for (auto& stream : streams) {
    if (ngtcp2_conn_open_uni_stream(conn_.get(), &stream, nullptr) != 0) return false;
  }
  return nghttp3_conn_bind_control_stream(http, streams[0]) == 0 &&
         nghttp3_conn_bind_qpack_streams(http, streams[1], streams[2]) == 0;
}

ngtcp2_path Client::path() const {
  // ngtcp2 does not write to the addresses.
  const auto part = [](const SocketAddress& address) {
    return ngtcp2_addr{const_cast<sockaddr*>(address.get()), address.size()};
  };
  return {.local = part(local_), .remote = part(remote_), .user_data = nullptr};
}

void Client::receive(std::span<const std::uint8_t> datagram) {
  if (ended_) return;
  const auto where = path();
  const ngtcp2_pkt_info info{};
  const int error =
      ngtcp2_conn_read_pkt(conn_.get(), &where, &info, datagram.data(), datagram.size(), now());
  if (error != 0) fail(error);
}

std::size_t Client::write(std::span<std::uint8_t> room) {
  if (!close_packet_.empty()) {
    std::ranges::copy(close_packet_, room.begin());
    return std::exchange(close_packet_, {}).size();
  }
  if (ended_) return 0;
  const auto time = now();
  const auto limit = std::min(room.size(), ngtcp2_conn_get_max_tx_udp_payload_size(conn_.get()));
  for (;;) {
    std::array<nghttp3_vec, 16> pieces;
    std::int64_t stream = -1;
    int end = 0;
    nghttp3_ssize count = 0;
    if (http_ && ngtcp2_conn_get_max_data_left(conn_.get()) > 0) {
      count = nghttp3_conn_writev_stream(http_.get(), &stream, &end, pieces.data(), pieces.size());
      if (count < 0) return fail(NGTCP2_ERR_INTERNAL), 0;
    }
    ngtcp2_path_storage where;
    ngtcp2_path_storage_zero(&where);
    ngtcp2_pkt_info info{};
    ngtcp2_ssize accepted = -1;
    const auto size = ngtcp2_conn_writev_stream(
        conn_.get(), &where.path, &info, room.data(), limit, &accepted,
        NGTCP2_WRITE_STREAM_FLAG_MORE | (end != 0 ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0U), stream,
        reinterpret_cast<const ngtcp2_vec*>(pieces.data()), static_cast<std::size_t>(count), time);
    if (accepted >= 0 && stream >= 0) {
      nghttp3_conn_add_write_offset(http_.get(), stream, static_cast<std::size_t>(accepted));
    }
    if (size >= 0) {
      ngtcp2_conn_update_pkt_tx_time(conn_.get(), time);
      return static_cast<std::size_t>(size);
    }
    if (size == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
      nghttp3_conn_block_stream(http_.get(), stream);
    } else if (size == NGTCP2_ERR_STREAM_SHUT_WR || size == NGTCP2_ERR_STREAM_NOT_FOUND) {
      nghttp3_conn_shutdown_stream_write(http_.get(), stream);
    } else if (size != NGTCP2_ERR_WRITE_MORE) {
      fail(static_cast<int>(size));
      return 0;
    }
  }
}

Client::Time Client::due() const {
  if (ended_) return Time::max();
  const auto expiry = ngtcp2_conn_get_expiry(conn_.get());
  if (expiry > static_cast<ngtcp2_tstamp>(INT64_MAX)) return Time::max();
  return Time(std::chrono::nanoseconds(static_cast<std::int64_t>(expiry)));
}

void Client::on_due() {
  if (ended_ || due() > Steady::now()) return;
  if (const int error = ngtcp2_conn_handle_expiry(conn_.get(), now()); error != 0) fail(error);
}

bool Client::is_resumed() const { return gnutls_session_is_resumed(tls_.get()) != 0; }

// ---- requests

std::optional<Client::Id> Client::request(const ClientRequest& request) {
  Id id = -1;
  if (ended_ || !http_ || ngtcp2_conn_open_bidi_stream(conn_.get(), &id, nullptr) != 0) {
    return std::nullopt;
  }
  std::vector<nghttp3_nv> fields = {field(":method", request.method), field(":scheme", "https"),
                                    field(":authority", authority_), field(":path", request.path)};
  for (const auto& [name, value] : request.fields) fields.push_back(field(name, value));
  const bool has_body = !request.complete || !request.body.empty();
  if (has_body) {
    auto& upload = uploads_[id];
    if (!request.body.empty()) upload.pieces.push_back(request.body);
    upload.complete = request.complete;
  }
  const nghttp3_data_reader reader{.read_data = Callbacks::read};
  nghttp3_conn_submit_request(http_.get(), id, fields.data(), fields.size(),
                              has_body ? &reader : nullptr, nullptr);
  responses_[id] = {};
  ++waiting_;
  return id;
}

void Client::send_body(Id id, std::string_view bytes, bool end) {
  const auto known = uploads_.find(id);
  if (known == uploads_.end()) return;
  if (!bytes.empty()) known->second.pieces.emplace_back(bytes);
  known->second.complete = end;
  nghttp3_conn_resume_stream(http_.get(), id);
}

void Client::cancel(Id id) {
  nghttp3_conn_shutdown_stream_write(http_.get(), id);
  ngtcp2_conn_shutdown_stream(conn_.get(), id, NGHTTP3_H3_REQUEST_CANCELLED);
}

void Client::read_on(bool on) {
  reading_ = on;
  if (!on) return;
  for (const auto& [id, size] : std::exchange(unread_, {})) {
    Callbacks::consumed(nullptr, id, size, this, nullptr);
  }
}

// ---- the connection

bool Client::update_keys() { return ngtcp2_conn_initiate_key_update(conn_.get(), now()) == 0; }

bool Client::migrate(const SocketAddress& local) {
  local_ = local;
  const auto where = path();
  return ngtcp2_conn_initiate_migration(conn_.get(), &where, now()) == 0;
}

void Client::close(std::uint64_t http_error) {
  if (ended_) return;
  ngtcp2_connection_close_error error;
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_application_error(&error, http_error, nullptr, 0);
  end(error);
}

void Client::fail(int error) {
  ngtcp2_connection_close_error reason;
  ngtcp2_connection_close_error_default(&reason);
  if (error == NGTCP2_ERR_DRAINING) {
    ngtcp2_conn_get_connection_close_error(conn_.get(), &reason);
    error_ = reason;
    ended_ = true;
  } else if (error == NGTCP2_ERR_CRYPTO) {
    ngtcp2_connection_close_error_set_transport_error_tls_alert(
        &reason, ngtcp2_conn_get_tls_alert(conn_.get()), nullptr, 0);
    end(reason);
  } else {
    ngtcp2_connection_close_error_set_transport_error_liberr(&reason, error, nullptr, 0);
    end(reason);
  }
  for (auto& [id, response] : responses_) {
    if (response.ended) continue;
    response.ended = true;
    response.error = reason.error_code;
    --waiting_;
  }
}

void Client::end(const ngtcp2_connection_close_error& error) {
  ended_ = true;
  error_ = error;
  std::array<std::uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> packet;
  ngtcp2_path_storage where;
  ngtcp2_path_storage_zero(&where);
  ngtcp2_pkt_info info{};
  const auto size = ngtcp2_conn_write_connection_close(conn_.get(), &where.path, &info,
                                                       packet.data(), packet.size(), &error, now());
  if (size > 0) close_packet_.assign(packet.begin(), packet.begin() + size);
}

}  // namespace souk::http::h3
