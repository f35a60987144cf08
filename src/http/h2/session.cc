#include "http/h2/session.h"

#include <nghttp2/nghttp2.h>

#include <boost/container/small_vector.hpp>

#include "http/h2/callbacks.h"
#include "http/problem.h"

namespace souk::http::h2 {
namespace {

using State = Stream::State;

// What a client may send of a body that no reader has asked for yet.
constexpr std::uint32_t kInitialWindowBytes = 16 * 1024;
constexpr std::size_t kStreamsKept = 512;
// A client opens its windows, the stream's and the connection's, as often as each 4 KiB.
constexpr std::size_t kBytesOfWindowUpdate = 2 * 1024;
constexpr std::uint8_t kFirstUnknownType = 0x0a;
constexpr std::size_t kOutputBytes = 64 * 1024;
constexpr std::size_t kOutputsKept = 32;
// After the first GOAWAY of a drain, for clients that do not answer the PING with it.
constexpr std::chrono::seconds kDrainNotice{1};

Stream& stream_of(Exchange& exchange) { return static_cast<Stream&>(exchange); }
const Stream& stream_of(const Exchange& exchange) { return static_cast<const Stream&>(exchange); }

std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

Protocol::Protocol(const ServerConfig& config, Metrics& metrics, const Clock& clock)
    : config_(config), metrics_(metrics), date_(clock), callbacks_(make_callbacks()) {
  const auto limit = [this](Limit which, std::size_t most) {
    limits_[static_cast<std::size_t>(which)] = static_cast<std::uint32_t>(most);
  };
  limits_.fill(UINT32_MAX);
  limit(Limit::kResets, config.http2_max_resets);
  limit(Limit::kPings, config.http2_max_pings);
  limit(Limit::kSettings, config.http2_max_settings);
  limit(Limit::kPriorityUpdates, config.http2_max_priority_updates);
  limit(Limit::kEmptyFrames, config.http2_max_empty_frames);
  limit(Limit::kLateHeaders, config.http2_max_late_headers);
  limit(Limit::kWindowUpdates, config.http2_max_window_updates);
  limit(Limit::kUnknownFrames, config.http2_max_unknown_frames);
  for (std::size_t i = 0; i < exceeded_.size(); ++i) {
    exceeded_[i] = &metrics.registry.cell(kMetrics.http2_limits, {kLimitNames[i]});
  }
  if (::nghttp2_option_new(&options_) != 0) throw std::bad_alloc();
  // Windows are opened when a reader has taken bytes.
  ::nghttp2_option_set_no_auto_window_update(options_, 1);
  ::nghttp2_option_set_no_closed_streams(options_, 1);
  ::nghttp2_option_set_max_continuations(options_, config.http2_max_continuations);
  ::nghttp2_option_set_builtin_recv_extension_type(options_, NGHTTP2_PRIORITY_UPDATE);
  // Without this, nghttp2 ignores them before any callback could count them.
  for (int type = kFirstUnknownType; type <= UINT8_MAX; ++type) {
    if (type == NGHTTP2_PRIORITY_UPDATE) continue;
    ::nghttp2_option_set_user_recv_extension_type(options_, static_cast<std::uint8_t>(type));
  }
}

Protocol::~Protocol() {
  ::nghttp2_option_del(options_);
  ::nghttp2_session_callbacks_del(callbacks_);
}

std::unique_ptr<http::Session> Protocol::open() {
  metrics_.http2_connections.increment();
  return std::make_unique<Session>(*this);
}

Stream& Protocol::take_stream() {
  if (streams_.empty()) return *std::make_unique<Stream>().release();
  auto* const stream = streams_.back().release();
  streams_.pop_back();
  return *stream;
}

void Protocol::give_back(Stream& stream) {
  std::unique_ptr<Stream> owned(&stream);
  if (streams_.size() == kStreamsKept) return;
  stream.reset();
  streams_.push_back(std::move(owned));
}

Buffer Protocol::take_output() {
  if (outputs_.empty()) return Buffer(kOutputBytes);
  auto output = std::move(outputs_.back());
  outputs_.pop_back();
  return output;
}

void Protocol::give_back(Buffer&& output) {
  if (outputs_.size() == kOutputsKept || output.capacity() < kOutputBytes) return;
  output.recycle(2 * kOutputBytes);
  output.reserve(kOutputBytes);
  outputs_.push_back(std::move(output));
}

Session::Session(Protocol& protocol) : protocol_(protocol) {
  if (::nghttp2_session_server_new2(&nghttp2_, protocol.callbacks_, this, protocol.options_) != 0) {
    throw std::bad_alloc();
  }
  submit_settings();
}

Session::~Session() {
  ::nghttp2_session_del(nghttp2_);
  for (auto* const list : {&waiting_, &streams_}) {
    list->clear_and_dispose([this](Stream* stream) { protocol_.give_back(*stream); });
  }
}

void Session::submit_settings() {
  const auto& config = protocol_.config_;
  const auto entries = std::to_array<nghttp2_settings_entry>({
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
       static_cast<std::uint32_t>(config.http2_max_streams)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kInitialWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(config.max_header_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  });
  ::nghttp2_submit_settings(nghttp2_, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
}

void Session::received(std::size_t bytes, Time at) {
  now_ = at;
  if (at - window_began_ >= protocol_.config_.http2_window) {
    window_began_ = at;
    counts_ = {};
  }
  reading_ = true;
  const auto taken = ::nghttp2_session_mem_recv(
      nghttp2_, reinterpret_cast<const std::uint8_t*>(protocol_.input_.data()), bytes);
  reading_ = false;
  if (ending_) return terminate(NGHTTP2_ENHANCE_YOUR_CALM);  // exceeded() in a callback
  if (taken >= 0) return;
  if (taken == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) return exceeded(Limit::kContinuations);
  if (taken == NGHTTP2_ERR_FLOODED) return exceeded(Limit::kPings);
  protocol_.metrics_.protocol_error(400);
  terminate(NGHTTP2_PROTOCOL_ERROR);
}

// The client may still read: a PING shows whether it does.
void Session::input_ended() {
  for (auto& stream : streams_) {
    if (stream.is_live() && !stream.body.ended()) stream.body.fail(kCutBody);
  }
  ::nghttp2_submit_ping(nghttp2_, NGHTTP2_FLAG_NONE, nullptr);
}

// ---- requests

Stream& Session::begin_stream(std::int32_t id) {
  auto& stream = protocol_.take_stream();
  stream.id = id;
  stream.arrived = now_;
  stream.granted = kInitialWindowBytes;
  streams_.push_back(stream);
  return stream;
}

void Session::add_field(Stream& stream, bool in_head, std::string_view name,
                        std::string_view value) {
  const auto& config = protocol_.config_;
  auto& head = stream.head;
  const bool taken =
      in_head ? head.take(config, name, value) : head.take_trailer(config, name, value);
  if (!taken) exceeded(Limit::kHeaderList);
}

void Session::end_head(Stream& stream, bool ends_stream) {
  head_of_ = 0;
  stream.refusal = stream.head.bind(stream.request);
  stream.expects_continue = stream.head.expects_continue();
  if (ends_stream) {
    stream.body.begin_empty();
  } else {
    stream.body.begin(stream.head.content_length());
  }
  stream.state = State::kWaiting;
  streams_.erase(streams_.iterator_to(stream));
  waiting_.push_back(stream);
}

Exchange* Session::next() {
  while (!ending_ && !waiting_.empty() && running_ < protocol_.config_.http2_max_streams) {
    auto& stream = waiting_.front();
    waiting_.pop_front();
    streams_.push_back(stream);
    stream.state = State::kRunning;
    ++running_;
    if (!stream.refusal) return &stream;
    refuse(stream);
  }
  return nullptr;
}

void Session::refuse(Stream& stream) {
  protocol_.metrics_.protocol_error(stream.refusal.status);
  stream.response =
      problem(stream.refusal.status, code_of_refusal(stream.refusal.status), stream.refusal.detail);
  stream.response.headers.add("Cache-Control", "no-store");
  if (respond(stream)) end_exchange(stream);
}

void Session::add_body(Stream* stream, std::string_view bytes) {
  // Memory is bounded by the streams' windows: the connection's need not be.
  ::nghttp2_session_consume_connection(nghttp2_, bytes.size());
  if (stream == nullptr || !stream->is_live()) return;
  stream->received += bytes.size();
  auto& body = stream->body;
  if (body.ended() || body.failed()) return;
  body.put(bytes);
  if (body.wanted()) open_window(*stream);
}

void Session::end_body(Stream& stream) {
  stream.remote_ended = true;
  if (stream.is_live() && !stream.body.ended() && !stream.body.failed()) stream.body.end();
}

void Session::body_wanted(Exchange& exchange) {
  auto& stream = stream_of(exchange);
  if (stream.closed || !stream.body.wants_more()) return;
  open_window(stream);
  if (stream.expects_continue && stream.received == 0 && !stream.body.failed()) {
    const nghttp2_nv status{bytes_of(":status"), bytes_of("100"), 7, 3, NGHTTP2_NV_FLAG_NONE};
    ::nghttp2_submit_headers(nghttp2_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1, nullptr);
    ++stream.unsent_heads;
  }
  stream.expects_continue = false;
}

// The client may always send kWindowBytes beyond what the reader has taken. The reader of a whole
// body takes what arrives, and holds it: memory for that is reserved.
void Session::open_window(Stream& stream) {
  auto& body = stream.body;
  if (stream.received > body.max_bytes()) {
    protocol_.metrics_.protocol_error(kBodyTooLarge.status);
    return body.fail(kBodyTooLarge);
  }
  if (stream.remote_ended || !body.wants_more()) return;
  const auto taken = body.is_gathered() ? stream.received : stream.received - body.held_bytes();
  const auto target = taken + IncomingBody::kWindowBytes;
  if (target - stream.granted < IncomingBody::kWindowBytes / 2) return;
  if (body.is_gathered() && target > IncomingBody::kWindowBytes && !reserve(stream)) return;
  ::nghttp2_submit_window_update(nghttp2_, NGHTTP2_FLAG_NONE, stream.id,
                                 static_cast<std::int32_t>(target - stream.granted));
  stream.granted = target;
}

// All of a body's memory or none, so that bodies cannot wait for each other.
bool Session::reserve(Stream& stream) {
  if (stream.reserved > 0) return true;
  const auto bytes = std::min<std::uint64_t>(
      stream.body.max_bytes(), stream.head.content_length().value_or(stream.body.max_bytes()));
  const bool fits =
      reserved_bytes_ == 0 || reserved_bytes_ + bytes <= protocol_.config_.http2_max_body_memory;
  stream.awaits_memory = !fits;
  if (!fits) return false;
  stream.reserved = bytes;
  reserved_bytes_ += bytes;
  return true;
}

void Session::release(Stream& stream) {
  if (std::exchange(stream.awaits_memory, false) || stream.reserved == 0) return;
  reserved_bytes_ -= std::exchange(stream.reserved, 0);
  for (auto& other : streams_) {
    if (std::exchange(other.awaits_memory, false)) open_window(other);
  }
}

// ---- responses

bool Session::respond(Exchange& exchange) {
  auto& stream = stream_of(exchange);
  auto& body = stream.response.body;
  const auto status = stream.response.status;
  const bool has_body = stream.request.method != Method::kHead && status != 204 && status != 304;
  if (auto* const source = has_body ? body.stream() : nullptr) {
    stream.is_stream = true;
    stream.left = source->length().value_or(UINT64_MAX);
  } else {
    if (has_body) stream.unsent = body.bytes();
    stream.finished = true;
  }
  submit_response(stream, stream.is_stream || !stream.unsent.empty());
  if (!stream.is_sent()) return true;
  end_exchange(stream);
  return false;
}

void Session::submit_response(Stream& stream, bool has_body) {
  const auto status = stream.response.status;
  ResponseFields::Envelope envelope{.date = protocol_.date_.now()};
  if (!stream.refusal) {
    envelope.request_id = &stream.request.ids.request;
    if (protocol_.config_.server_timing) envelope.timing = &stream.context;
  }
  envelope.has_length = status != 204 && status != 304;
  boost::container::small_vector<nghttp2_nv, 24> fields;
  for (const auto& [name, value, is_unique] :
       stream.response_fields.assign(stream.response, envelope)) {
    const int flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE |
                      (is_unique ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
    fields.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(),
                      static_cast<std::uint8_t>(flags)});
  }
  const auto body = body_of(stream);
  if (::nghttp2_submit_response(nghttp2_, stream.id, fields.data(), fields.size(),
                                has_body ? &body : nullptr) != 0) {
    return stream.cancel();
  }
  prepare_output();
  // The fields are views: they must be in the output before the response changes.
  ++stream.unsent_heads;
  while (stream.unsent_heads > 0 && !stream.closed && pump_frame()) {
  }
  if (stream.unsent_heads > 0) stream.cancel();
  pump();
}

bool Session::takes_piece(const Exchange& exchange) const {
  return stream_of(exchange).unsent.empty();
}

// Streams wait for each other within the connection's window too.
bool Session::is_stalled(const Exchange& exchange) const {
  const auto& stream = stream_of(exchange);
  return ::nghttp2_session_get_stream_remote_window_size(nghttp2_, stream.id) <= 0 ||
         ::nghttp2_session_get_remote_window_size(nghttp2_) <= 0;
}

bool Session::send_piece(Exchange& exchange, std::string_view piece) {
  auto& stream = stream_of(exchange);
  if (piece.size() > stream.left) return false;
  if (stream.left != UINT64_MAX) stream.left -= piece.size();
  stream.finished = stream.left == 0;
  stream.unsent = piece;
  ::nghttp2_session_resume_data(nghttp2_, stream.id);
  pump();
  // The rest waits for the client.
  stream.piece.clear();
  stream.piece.append(stream.unsent);
  stream.unsent = stream.piece.view();
  return true;
}

bool Session::finish(Exchange& exchange) {
  auto& stream = stream_of(exchange);
  if (!stream.finished && stream.left != UINT64_MAX && stream.left > 0) return false;
  if (!std::exchange(stream.finished, true)) {
    ::nghttp2_session_resume_data(nghttp2_, stream.id);
    pump();
  }
  end_exchange(stream);
  return true;
}

bool Session::abandon(Exchange& exchange) {
  auto& stream = stream_of(exchange);
  stream.unsent = {};
  if (!stream.closed) {
    ::nghttp2_submit_rst_stream(nghttp2_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_INTERNAL_ERROR);
  }
  end_exchange(stream);
  return true;
}

void Session::end_exchange(Stream& stream) {
  stream.state = State::kEnded;
  --running_;
  release(stream);
  if (stream.closed) recycle(stream);
}

void Session::recycle(Stream& stream) {
  auto& list = stream.state == State::kWaiting ? waiting_ : streams_;
  list.erase(list.iterator_to(stream));
  protocol_.give_back(stream);
}

void Session::close_stream(Stream& stream) {
  stream.closed = true;
  if (stream.state != State::kRunning) return recycle(stream);
  if (!stream.is_sent()) stream.cancel();
}

void Session::put_data(Stream& stream, std::string_view frame_head, std::size_t bytes) {
  const auto data = stream.unsent.substr(0, bytes);
  out_.text().append(frame_head);
  if (stream.is_stream || bytes <= Output::kCopiedBodyBytes) {
    out_.text().append(data);
  } else {
    auto owner = stream.response.body.share();
    out_.append(Body(std::move(owner), data));
  }
  stream.unsent.remove_prefix(bytes);
  stream.sent_bytes += bytes;
  auto& updates = counts_[static_cast<std::size_t>(Limit::kWindowUpdates)];
  updates -= std::min(updates, static_cast<std::uint32_t>(2 + bytes / kBytesOfWindowUpdate));
}

void Session::prepare_output() {
  if (out_.text().capacity() == 0) out_.text() = protocol_.take_output();
}

void Session::rest() {
  protocol_.give_back(std::move(out_.text()));
  out_.recycle();
}

bool Session::pump_frame() {
  const std::uint8_t* frame = nullptr;
  const auto size = ::nghttp2_session_mem_send(nghttp2_, &frame);
  if (size < 0) throw std::runtime_error(::nghttp2_strerror(static_cast<int>(size)));
  if (size == 0) return false;
  out_.text().append({reinterpret_cast<const char*>(frame), static_cast<std::size_t>(size)});
  return true;
}

void Session::pump() {
  if (::nghttp2_session_want_write(nghttp2_) == 0) return;
  prepare_output();
  while (!out_.full() && pump_frame()) {
  }
}

Output* Session::pending() {
  pump();
  return &out_;
}

// ---- the connection

http::Session::Phase Session::phase() const {
  if (head_of_ != 0) return Phase::kHead;
  return running_ > 0 || !waiting_.empty() ? Phase::kBusy : Phase::kIdle;
}

bool Session::closing() const {
  return ending_ || drained() ||
         (::nghttp2_session_want_read(nghttp2_) == 0 &&
          ::nghttp2_session_want_write(nghttp2_) == 0);
}

// RFC 9113 section 6.8: requests that are on their way when the client learns of the drain are
// answered. The answer to the PING comes after them.
void Session::drain(Time now) {
  if (ending_ || draining_ != Draining::kNo) return;
  draining_ = Draining::kNoticed;
  notice_due_ = now + kDrainNotice;
  ::nghttp2_submit_shutdown_notice(nghttp2_);
  ::nghttp2_submit_ping(nghttp2_, NGHTTP2_FLAG_NONE, nullptr);
}

void Session::give_last_stream() {
  if (draining_ != Draining::kNoticed || ending_) return;
  draining_ = Draining::kFinal;
  notice_due_ = Time::max();
  ::nghttp2_submit_goaway(nghttp2_, NGHTTP2_FLAG_NONE,
                          ::nghttp2_session_get_last_proc_stream_id(nghttp2_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

bool Session::drained() const {
  return draining_ == Draining::kFinal && streams_.empty() && waiting_.empty();
}

std::optional<Session::Time> Session::due() const {
  return notice_due_ == Time::max() ? std::nullopt : std::optional(notice_due_);
}

void Session::elapsed(Time now) {
  if (notice_due_ <= now) give_last_stream();
}

// A header block does not end: nothing else can arrive on this connection.
void Session::late() { terminate(NGHTTP2_ENHANCE_YOUR_CALM); }

// nghttp2 ignores HEADERS of a stream that has ended, and of one beyond the last that is answered.
void Session::count_head(std::int32_t id) {
  const bool is_new = id > last_stream_;
  last_stream_ = std::max(last_stream_, id);
  if (is_new ? draining_ == Draining::kFinal
             : ::nghttp2_session_find_stream(nghttp2_, id) == nullptr) {
    count(Limit::kLateHeaders);
  }
}

void Session::count(Limit limit) {
  const auto index = static_cast<std::size_t>(limit);
  if (++counts_[index] > protocol_.limits_[index]) exceeded(limit);
}

// An error of the client costs the server as much as a reset by it does.
void Session::reset_sent(std::uint32_t error) {
  if (error == NGHTTP2_NO_ERROR) return;
  if (error == NGHTTP2_REFUSED_STREAM) {
    protocol_.exceeded_[static_cast<std::size_t>(Limit::kStreams)]->increment();
  }
  count(Limit::kResets);
}

void Session::exceeded(Limit limit) {
  if (ending_) return;
  protocol_.exceeded_[static_cast<std::size_t>(limit)]->increment();
  terminate(NGHTTP2_ENHANCE_YOUR_CALM);
}

// A callback of reading only marks the end: see callbacks.cc.
void Session::terminate(std::uint32_t error) {
  if (!reading_) ::nghttp2_session_terminate_session(nghttp2_, error);
  end_all();
}

// Nothing is answered any more.
void Session::end_all() {
  ending_ = true;
  notice_due_ = Time::max();
  for (auto& stream : streams_) {
    if (stream.state == State::kRunning) stream.cancel();
  }
}

}  // namespace souk::http::h2
