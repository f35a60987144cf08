#include "http/h3/session.h"

#include <algorithm>
#include <utility>

#include "http/problem.h"
#include "http/request_head.h"
#include "http/server/exchange_runner.h"

namespace souk::http::h3 {
namespace {

// Of streamed responses, per connection: enough for 4 MiB/s over a round trip of 60 ms.
constexpr std::size_t kMaxStreamedBytes = 256 * 1024;
// Of the dynamic table that the client may fill, and of requests that may wait for its entries.
constexpr std::size_t kQpackTableBytes = 4'096;
constexpr std::size_t kQpackBlockedStreams = 16;
// Cancelled requests are counted over this time.
constexpr double kResetWindowSeconds = 10;

std::string_view view_of(nghttp3_rcbuf* buffer) {
  const auto bytes = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

std::uint64_t code_of(long error) {
  return nghttp3_err_infer_quic_app_error_code(static_cast<int>(error));
}

}  // namespace

struct Session::Stream final : Exchange, Waiting {
  Stream(std::int64_t number, Time at) : id(number) { arrived = at; }

  const std::int64_t id;
  RequestHead head;
  // Its body: what no reader has asked for yet is bounded by the stream's window.
  Buffer unread;
  std::uint64_t body_bytes = 0;
  // The response's body: whole, or the pieces that are not acknowledged.
  std::deque<Body> pieces;
  std::size_t given = 0;         // pieces that nghttp3 knows
  std::size_t acknowledged = 0;  // bytes of the first piece
  bool is_streamed = false;      // its pieces count in streamed_bytes_
  std::uint64_t left = 0;        // bytes to come of a stream of known length
  // While it waits for the client:
  std::uint64_t in_flight = 0;  // bytes sent and not acknowledged, of heads too
  std::uint64_t progress = 0;   // bytes acknowledged since late_at was set
  Time late_at;

  bool head_ended = false;
  bool expects_continue = false;
  bool input_ended = false;
  bool in_progress = false;  // next() has returned it, and it has not ended
  bool over = false;         // the exchange has ended
  bool complete = false;     // the response's body
  bool closed = false;       // by QUIC
  bool blocked = false;      // by flow control
};

void Session::lose(Stream& stream) {
  if (!stream.over) stream.cancel();
}

// nghttp3 is C: an exception must not leave these functions. They allocate, and without memory the
// process ends.
struct Session::Callbacks {
  static Session& session(void* data) { return *static_cast<Session*>(data); }

  static int header(nghttp3_conn*, std::int64_t id, std::int32_t, nghttp3_rcbuf* name,
                    nghttp3_rcbuf* value, std::uint8_t, void* data, void*) noexcept {
    if (auto* const stream = session(data).find(id)) {
      session(data).take_field(*stream, view_of(name), view_of(value));
    }
    return session(data).error_ == 0 ? 0 : NGHTTP3_ERR_CALLBACK_FAILURE;
  }
  static int end_headers(nghttp3_conn*, std::int64_t id, int end, void* data, void*) noexcept {
    if (auto* const stream = session(data).find(id)) session(data).take_head(*stream, end != 0);
    return 0;
  }
  static int data(nghttp3_conn*, std::int64_t id, const std::uint8_t* bytes, std::size_t size,
                  void* data, void*) noexcept {
    if (auto* const stream = session(data).find(id)) {
      session(data).take_data(*stream, {reinterpret_cast<const char*>(bytes), size});
    } else {
      session(data).quic_.consumed(id, size);
    }
    return 0;
  }
  static int deferred_consume(nghttp3_conn*, std::int64_t id, std::size_t size, void* data,
                              void*) noexcept {
    session(data).quic_.consumed(id, size);
    return 0;
  }
  static int end_stream(nghttp3_conn*, std::int64_t id, void* data, void*) noexcept {
    if (auto* const stream = session(data).find(id)) session(data).end_input(*stream);
    return 0;
  }
  static int stop_sending(nghttp3_conn*, std::int64_t id, std::uint64_t code, void* data,
                          void*) noexcept {
    session(data).quic_.stop_reading(id, code);
    return 0;
  }
  // A malformed request, or one beyond a GOAWAY.
  static int reset_stream(nghttp3_conn*, std::int64_t id, std::uint64_t code, void* data,
                          void*) noexcept {
    session(data).quic_.reset(id, code);
    if (auto* const stream = session(data).find(id)) {
      stream->unlink();
      if (code == NGHTTP3_H3_MESSAGE_ERROR) session(data).protocol_.requests.protocol_error(400);
      stream->head_ended = true;
      stream->complete = true;
      lose(*stream);
    }
    return 0;
  }
  static int acked(nghttp3_conn*, std::int64_t id, std::uint64_t bytes, void* data,
                   void*) noexcept {
    auto* const stream = session(data).find(id);
    if (stream == nullptr) return 0;
    if (stream->is_streamed) session(data).streamed_bytes_ -= bytes;
    stream->acknowledged += bytes;
    while (!stream->pieces.empty() &&
           stream->pieces.front().bytes().size() <= stream->acknowledged && stream->given > 0) {
      stream->acknowledged -= stream->pieces.front().bytes().size();
      stream->pieces.pop_front();
      --stream->given;
    }
    return 0;
  }
  static nghttp3_ssize read(nghttp3_conn*, std::int64_t id, nghttp3_vec* pieces, std::size_t count,
                            std::uint32_t* flags, void* data, void*) noexcept {
    auto* const stream = session(data).find(id);
    if (stream == nullptr) return NGHTTP3_ERR_CALLBACK_FAILURE;
    std::size_t given = 0;
    while (given < count && stream->given < stream->pieces.size()) {
      const auto bytes = stream->pieces[stream->given++].bytes();
      // nghttp3 does not write to it.
      pieces[given++] = {reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data())),
                         bytes.size()};
    }
    if (stream->complete && stream->given == stream->pieces.size()) {
      *flags = NGHTTP3_DATA_FLAG_EOF;
    } else if (given == 0) {
      return NGHTTP3_ERR_WOULDBLOCK;
    }
    return static_cast<nghttp3_ssize>(given);
  }
};

Session::Session(Protocol& protocol, Streams& streams) : protocol_(protocol), quic_(streams) {}

// Its exchanges have ended.
Session::~Session() = default;

bool Session::begin(std::int64_t control, std::int64_t encoder, std::int64_t decoder) {
  nghttp3_callbacks callbacks{};
  callbacks.acked_stream_data = Callbacks::acked;
  callbacks.recv_data = Callbacks::data;
  callbacks.deferred_consume = Callbacks::deferred_consume;
  callbacks.recv_header = Callbacks::header;
  callbacks.end_headers = Callbacks::end_headers;
  callbacks.stop_sending = Callbacks::stop_sending;
  callbacks.reset_stream = Callbacks::reset_stream;
  callbacks.end_stream = Callbacks::end_stream;
  nghttp3_settings settings;
  nghttp3_settings_default(&settings);
  settings.max_field_section_size = protocol_.server.max_header_bytes;
  settings.qpack_max_dtable_capacity = kQpackTableBytes;
  settings.qpack_blocked_streams = kQpackBlockedStreams;
  nghttp3_conn* conn = nullptr;
  if (nghttp3_conn_server_new(&conn, &callbacks, &settings, nghttp3_mem_default(), this) != 0) {
    return false;
  }
  conn_.reset(conn);
  set_max_streams(protocol_.config.max_streams);
  return nghttp3_conn_bind_control_stream(conn, control) == 0 &&
         nghttp3_conn_bind_qpack_streams(conn, encoder, decoder) == 0;
}

Session::Stream* Session::find(std::int64_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

// ---- input

std::uint64_t Session::received(std::int64_t id, std::span<const std::uint8_t> bytes, bool end,
                                Time at) {
  if ((id & 3) == 0 && find(id) == nullptr) {
    streams_.emplace(id, std::make_unique<Stream>(id, at));
    without_head_.push_back(id);
  }
  const auto taken =
      nghttp3_conn_read_stream(conn_.get(), id, bytes.data(), bytes.size(), end ? 1 : 0);
  if (error_ != 0) return error_;
  if (taken < 0) return code_of(taken);
  quic_.consumed(id, static_cast<std::size_t>(taken));
  return 0;
}

void Session::take_field(Stream& stream, std::string_view name, std::string_view value) {
  if (stream.head.take(protocol_.server, name, value)) return;
  protocol_.metrics.over_header.increment();
  error_ = NGHTTP3_H3_EXCESSIVE_LOAD;
}

void Session::take_head(Stream& stream, bool end) {
  stream.head_ended = true;
  const auto refusal = stream.head.bind(stream.request);
  stream.expects_continue = stream.head.expects_continue();
  stream.body.begin(stream.head.content_length());
  if (refusal) return refuse(stream, refusal);
  if (end) {
    stream.input_ended = true;
    stream.body.begin_empty();
  }
  ready_.push_back(stream.id);
}

void Session::take_data(Stream& stream, std::string_view bytes) {
  stream.body_bytes += bytes.size();
  if (stream.over || stream.cancelled) return quic_.consumed(stream.id, bytes.size());
  stream.unread.append(bytes);
  feed(stream);
}

void Session::end_input(Stream& stream) {
  stream.input_ended = true;
  if (!stream.over) feed(stream);
}

// The client may send more when a reader has asked for what it has sent.
void Session::feed(Stream& stream) {
  auto& body = stream.body;
  if (!body.wants_more()) return;
  if (stream.body_bytes > body.max_bytes()) {
    protocol_.requests.protocol_error(kBodyTooLarge.status);
    return body.fail(kBodyTooLarge);
  }
  if (const auto size = stream.unread.size(); size > 0) {
    body.put(stream.unread.view());
    stream.unread.recycle(0);
    quic_.consumed(stream.id, size);
    quic_.written_to();
  }
  if (stream.input_ended) body.end();
}

std::uint64_t Session::acknowledged(std::int64_t id, std::uint64_t bytes, Time at) {
  const auto result = nghttp3_conn_add_ack_offset(conn_.get(), id, bytes);
  if (result != 0) return code_of(result);
  auto* const stream = find(id);
  if (stream == nullptr || !stream->is_linked()) return 0;
  stream->in_flight -= bytes;
  stream->progress += bytes;
  const bool has_all = stream->in_flight == 0 && stream->pieces.empty();
  if (!has_all && stream->progress < kWriteProgressBytes) return 0;
  stream->unlink();
  if (!has_all) await_client(*stream, at);
  return 0;
}

void Session::await_client(Stream& stream, Time at) {
  if (stream.is_linked()) return;
  stream.progress = 0;
  stream.late_at = at + protocol_.server.write_timeout;
  waiting_.push_back(stream);
}

std::uint64_t Session::cancelled(std::int64_t id, Time at) {
  nghttp3_conn_shutdown_stream_read(conn_.get(), id);
  auto* const stream = find(id);
  if (stream != nullptr && (stream->cancelled || stream->over)) return 0;
  if (stream != nullptr) {
    stream->head_ended = true;
    reset(*stream, NGHTTP3_H3_REQUEST_CANCELLED);
    stream->cancel();
  }
  return count_reset(at);
}

// Of what was sent, nothing is awaited any more.
void Session::reset(Stream& stream, std::uint64_t code) {
  nghttp3_conn_shutdown_stream_write(conn_.get(), stream.id);
  quic_.stop_reading(stream.id, code);
  quic_.reset(stream.id, code);
  stream.unlink();
}

std::uint64_t Session::unwanted(std::int64_t id, Time at) {
  nghttp3_conn_shutdown_stream_write(conn_.get(), id);
  auto* const stream = find(id);
  if (stream != nullptr) stream->unlink();
  if (stream == nullptr || stream->cancelled || stream->over) return 0;
  stream->cancel();
  return count_reset(at);
}

// A token bucket: requests that are cancelled at once cost the server more than the client.
std::uint64_t Session::count_reset(Time at) {
  const auto limit = static_cast<double>(protocol_.config.max_resets);
  resets_ -= std::chrono::duration<double>(at - resets_at_).count() * limit;
  resets_ = std::max(resets_, 0.0) + 1;
  resets_at_ = at;
  if (resets_ <= limit * kResetWindowSeconds) return 0;
  protocol_.metrics.over_resets.increment();
  return NGHTTP3_H3_EXCESSIVE_LOAD;
}

std::uint64_t Session::closed(std::int64_t id, std::uint64_t code, Time at) {
  const auto result = nghttp3_conn_close_stream(conn_.get(), id, code);
  if (result != 0 && result != NGHTTP3_ERR_STREAM_NOT_FOUND) return code_of(result);
  auto* const stream = find(id);
  if (stream == nullptr) {
    if ((id & 3) == 0) quic_.stream_ended();
    return 0;
  }
  stream->closed = stream->head_ended = true;
  // What was not acknowledged never will be.
  stream->unlink();
  if (stream->is_streamed) {
    for (auto& piece : stream->pieces) streamed_bytes_ -= piece.bytes().size();
    streamed_bytes_ += stream->acknowledged;
  }
  stream->acknowledged = stream->given = 0;
  stream->pieces.clear();
  // STOP_SENDING alone comes without a callback: the stream closes before its response.
  const auto error = stream->over || stream->cancelled ? 0 : count_reset(at);
  lose(*stream);
  erase_if_ended(*stream);
  return error;
}

// The client may open another stream only when the handler of this one has ended: requests that are
// cancelled as soon as they are sent cannot pile up.
void Session::erase_if_ended(Stream& stream) {
  if (!stream.closed || stream.in_progress) return;
  std::erase(ready_, stream.id);
  streams_.erase(stream.id);
  quic_.stream_ended();
}

// ---- exchanges

Exchange* Session::next() {
  while (!ready_.empty()) {
    auto* const stream = find(ready_.front());
    ready_.pop_front();
    if (stream == nullptr || stream->cancelled) continue;
    stream->in_progress = true;
    return stream;
  }
  return nullptr;
}

void Session::body_wanted(Exchange& exchange) {
  auto& stream = static_cast<Stream&>(exchange);
  feed(stream);
  if (stream.body.ended() || stream.body.failed() || stream.closed) return;
  if (!std::exchange(stream.expects_continue, false)) return;
  nghttp3_nv status = field(":status", "100");
  nghttp3_conn_submit_info(conn_.get(), stream.id, &status, 1);
  quic_.written_to();
}

bool Session::respond(Exchange& exchange) {
  auto& stream = static_cast<Stream&>(exchange);
  auto& response = stream.response;
  const bool with_body =
      stream.request.method != Method::kHead && response.status != 204 && response.status != 304;
  auto* const pieces = with_body ? response.body.stream() : nullptr;
  submit(stream, with_body);
  if (pieces != nullptr) {
    stream.left = pieces->length().value_or(UINT64_MAX);
    return true;
  }
  end_exchange(stream);
  return false;
}

void Session::submit(Stream& stream, bool with_body) {
  auto& response = stream.response;
  const bool is_exchange = stream.in_progress;
  const bool timed = is_exchange && protocol_.server.server_timing;
  auto& fields = protocol_.nghttp3_fields;
  fields.clear();
  for (const auto& [name, value, is_unique] : protocol_.fields.assign(
           response, {.date = protocol_.date.now(),
                      .request_id = is_exchange ? &stream.request.ids.request : nullptr,
                      .timing = timed ? &stream.context : nullptr,
                      .has_length = response.status != 204 && response.status != 304})) {
    fields.push_back(field(name, value, is_unique ? NGHTTP3_NV_FLAG_NEVER_INDEX : 0));
  }
  const nghttp3_data_reader reader{.read_data = Callbacks::read};
  const bool streams = with_body && response.body.stream() != nullptr;
  const bool has_body = streams || (with_body && response.body.size().value_or(0) > 0);
  nghttp3_conn_submit_response(conn_.get(), stream.id, fields.data(), fields.size(),
                               has_body ? &reader : nullptr);
  stream.is_streamed = streams;
  if (!streams) {
    if (has_body) {
      stream.sent_bytes += response.body.bytes().size();
      stream.pieces.push_back(std::move(response.body));
    }
    stream.complete = true;
  }
  fresh_.push_back(stream.id);
  quic_.written_to();
}

bool Session::is_idle() const {
  return fresh_.empty() && waiting_.empty() &&
         std::ranges::none_of(streams_, [](const auto& known) {
           const auto& stream = *known.second;
           return stream.in_progress || (!stream.over && !stream.cancelled);
         });
}

bool Session::takes_piece(const Exchange&) const { return streamed_bytes_ < kMaxStreamedBytes; }

bool Session::send_piece(Exchange& exchange, std::string_view piece) {
  auto& stream = static_cast<Stream&>(exchange);
  if (piece.size() > stream.left) return false;
  if (stream.left != UINT64_MAX) stream.left -= piece.size();
  if (piece.empty()) return true;  // nghttp3 asserts that there is something
  Buffer copy;
  copy.append(piece);
  stream.pieces.emplace_back(std::move(copy));
  stream.sent_bytes += piece.size();
  streamed_bytes_ += piece.size();
  if (!stream.is_linked()) fresh_.push_back(stream.id);
  nghttp3_conn_resume_stream(conn_.get(), stream.id);
  quic_.written_to();
  return true;
}

bool Session::finish(Exchange& exchange) {
  auto& stream = static_cast<Stream&>(exchange);
  if (stream.left != UINT64_MAX && stream.left > 0) return false;
  stream.complete = true;
  nghttp3_conn_resume_stream(conn_.get(), stream.id);
  quic_.written_to();
  end_exchange(stream);
  return true;
}

bool Session::abandon(Exchange& exchange) {
  auto& stream = static_cast<Stream&>(exchange);
  if (!stream.closed) reset(stream, NGHTTP3_H3_INTERNAL_ERROR);
  stream.complete = true;
  end_exchange(stream);
  return true;
}

// A client whose body nobody needs is asked not to send the rest of it (RFC 9114 section 4.1).
void Session::end_exchange(Stream& stream) {
  stream.in_progress = false;
  stream.over = true;
  stream.response.body = {};
  if (!stream.closed && !stream.input_ended) quic_.stop_reading(stream.id, NGHTTP3_H3_NO_ERROR);
  if (const auto size = stream.unread.size(); size > 0 && !stream.closed) {
    quic_.consumed(stream.id, size);
  }
  stream.unread.recycle(0);
  erase_if_ended(stream);
}

// Answers a request that is no exchange.
void Session::refuse(Stream& stream, Refusal refusal) {
  protocol_.requests.protocol_error(refusal.status);
  stream.response = problem(refusal.status, code_of_refusal(refusal.status), refusal.detail);
  stream.response.headers.add("Cache-Control", "no-store");
  submit(stream, true);
  stream.over = true;
  if (!stream.input_ended) quic_.stop_reading(stream.id, NGHTTP3_H3_NO_ERROR);
}

// ---- output

void Session::begin_output(Time at) {
  for (const auto id : fresh_) {
    auto* const stream = find(id);
    if (stream != nullptr && !stream->closed && !stream->cancelled) await_client(*stream, at);
  }
  fresh_.clear();
}

std::expected<void, std::uint64_t> Session::output(Output& out) {
  int end = 0;
  const auto count = nghttp3_conn_writev_stream(conn_.get(), &out.stream, &end, out.pieces.data(),
                                                out.pieces.size());
  if (count < 0) return std::unexpected(code_of(count));
  out.count = static_cast<std::size_t>(count);
  out.end = end != 0;
  return {};
}

void Session::blocked(std::int64_t id, Time at) {
  nghttp3_conn_block_stream(conn_.get(), id);
  if (auto* const stream = find(id)) {
    stream->blocked = true;
    await_client(*stream, at);
  }
}

void Session::unblocked(std::int64_t id) {
  nghttp3_conn_unblock_stream(conn_.get(), id);
  if (auto* const stream = find(id)) stream->blocked = false;
}

void Session::sent(std::int64_t id, std::size_t bytes, Time at) {
  nghttp3_conn_add_write_offset(conn_.get(), id, bytes);
  auto* const stream = find(id);
  if (stream == nullptr || bytes == 0) return;
  stream->in_flight += bytes;
  await_client(*stream, at);
}

// ---- time

void Session::announce_drain() {
  nghttp3_conn_submit_shutdown_notice(conn_.get());
  quic_.written_to();
}

void Session::drain() {
  nghttp3_conn_shutdown(conn_.get());
  quic_.written_to();
}

std::optional<Session::Time> Session::due() {
  auto due = Time::max();
  if (!waiting_.empty()) due = static_cast<Stream&>(waiting_.front()).late_at;
  while (!without_head_.empty()) {
    const auto* const stream = find(without_head_.front());
    if (stream != nullptr && !stream->head_ended) {
      due = std::min(due, stream->arrived + protocol_.server.header_timeout);
      break;
    }
    without_head_.pop_front();
  }
  return due == Time::max() ? std::nullopt : std::optional(due);
}

std::uint64_t Session::elapsed(Time now) {
  end_late_heads(now);
  while (!waiting_.empty() && static_cast<Stream&>(waiting_.front()).late_at <= now) {
    auto& stream = static_cast<Stream&>(waiting_.front());
    // A client that acknowledges nothing may do so for other streams, PINGs or resets too.
    if (stream.in_flight > 0) {
      protocol_.requests.write_timeouts.increment();
      protocol_.metrics.closed_slow.increment();
      return NGHTTP3_H3_EXCESSIVE_LOAD;
    }
    stream.unlink();
    if (stream.blocked || !quic_.has_credit()) {
      protocol_.requests.write_timeouts.increment();
      reset(stream, NGHTTP3_H3_EXCESSIVE_LOAD);
      if (!stream.over) stream.cancel();
    } else {
      await_client(stream, now);  // it was our turn, behind other streams
    }
  }
  return 0;
}

void Session::end_late_heads(Time now) {
  for (; !without_head_.empty(); without_head_.pop_front()) {
    auto* const stream = find(without_head_.front());
    if (stream == nullptr || stream->head_ended) continue;
    if (stream->arrived + protocol_.server.header_timeout > now) return;
    stream->head_ended = true;
    protocol_.requests.header_timeouts.increment();
    reset(*stream, NGHTTP3_H3_REQUEST_INCOMPLETE);
    stream->cancel();
  }
}

void Session::cancel_all() {
  for (auto& [id, stream] : streams_) lose(*stream);
}

}  // namespace souk::http::h3
