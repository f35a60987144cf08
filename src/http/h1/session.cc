#include "http/h1/session.h"

#include "http/problem.h"

namespace souk::http::h1 {
namespace {

constexpr std::size_t kReadBytes = 4096;  // minimum room for a read
constexpr std::size_t kInputBytes = 16 * 1024;
// Room after the head of a request whose body is still arriving: for the longest line of the
// chunked coding and its trailers. The head must not move during the exchange.
constexpr std::size_t kBodyRoomBytes = 2 * kMaxTrailerBytes;
constexpr std::size_t kWorkspacesKept = 256;

// What the preface of HTTP/2 begins with (RFC 9113 section 3.4): a request line.
constexpr std::string_view kHttp2RequestLine = "PRI * HTTP/2.0\r\n";

constexpr Refusal kLateHead{408, "the request did not arrive in time"};

}  // namespace

Protocol::Protocol(const ServerConfig& config, Metrics& metrics, const Clock& clock)
    : config_(config),
      metrics_(metrics),
      date_(clock),
      limits_{.max_start_line = config.max_request_line,
              .max_header_bytes = config.max_header_bytes,
              .max_headers = config.max_headers,
              .max_body_bytes = config.max_body_bytes} {}

std::unique_ptr<http::Session> Protocol::open() { return std::make_unique<Session>(*this); }

Buffer Protocol::refuse(Response response) {
  Buffer out;
  h1::write_head(out, response, BodyFraming::kLength, {.close = true, .date = date_.now()});
  out.append(response.body.bytes());
  return out;
}

// The most recently used one: it is still in the processor's cache.
std::unique_ptr<Workspace> Protocol::take_workspace() {
  if (workspaces_.empty()) {
    auto workspace = std::make_unique<Workspace>(limits_);
    workspace->in.reserve(kInputBytes);
    workspace->parser.start(0);
    return workspace;
  }
  auto workspace = std::move(workspaces_.back());
  workspaces_.pop_back();
  return workspace;
}

void Protocol::give_back(std::unique_ptr<Workspace> workspace) {
  if (workspaces_.size() == kWorkspacesKept) return;
  workspace->in.recycle(kInputBytes);
  workspace->in.reserve(kInputBytes);
  workspace->out.recycle();
  workspace->exchange.body.recycle();
  workspace->parser.start(0);
  workspaces_.push_back(std::move(workspace));
}

// Between exchanges no more is read before all that was read is parsed, which waits while the
// output is full: a client that sends requests and does not read the answers would fill the memory.
bool Session::takes_input() const {
  if (closing_ || preface_) return false;
  return !work_ || (busy_ ? work_->in.size() < work_->in.capacity() : parsed_);
}

std::span<char> Session::input() {
  if (!work_) work_ = protocol_.take_workspace();
  Buffer& in = work_->in;
  if (!busy_) in.prepare(kReadBytes);
  return {in.data() + in.size(), in.capacity() - in.size()};
}

void Session::received(std::size_t bytes, Time at) {
  auto& [in, out, parser, exchange, reads] = *work_;
  if (in.size() == parser.begin()) exchange.arrived = at;
  reads.add(bytes, at);
  in.commit(bytes);
  parsed_ = false;
  if (busy_) read_body();
}

// Only sending shows whether the client has disconnected or may still read. A 100 is harmless: a
// client "can simply discard" one that it did not ask for (RFC 9110 section 15.2.1), and a closed
// socket answers it with a reset.
void Session::input_ended() {
  input_ended_ = true;
  if (!busy_) return;
  auto& exchange = work_->exchange;
  if (!exchange.body.ended()) {
    exchange.body.fail(kCutBody);
  } else if (!answered_ && work_->parser.minor_version() > 0) {
    work_->out.text().append(kContinue);
  }
}

Exchange* Session::next() {
  if (!work_ || busy_ || closing_) return nullptr;
  if (discarding_ && !discard_body()) {
    parsed_ = true;
    return nullptr;
  }
  switch (work_->parser.parse(work_->in)) {
    case Event::kHead:
      return begin_exchange();
    case Event::kError:
      preface_ = is_http2_preface();
      if (!preface_) refuse(work_->parser.error());
      return nullptr;
    case Event::kNeedMore:
    case Event::kComplete:
      drop_served();
      parsed_ = true;
      return nullptr;
  }
  return nullptr;
}

// Examined only when a request line is wrong: it costs other requests nothing.
bool Session::is_http2_preface() const {
  return first_ && work_->in.view().starts_with(kHttp2RequestLine);
}

// The body is not examined before a reader asks for it.
Exchange* Session::begin_exchange() {
  auto& [in, out, parser, exchange, reads] = *work_;
  if (parser.has_body()) {
    if (in.capacity() - in.size() < kBodyRoomBytes) {
      drop_served();
      in.reserve(in.size() + kBodyRoomBytes);
    }
    exchange.body.begin(parser.body_length());
    if (input_ended_) exchange.body.fail(kCutBody);
  } else {
    parser.parse(in);
    exchange.body.begin_empty();
  }
  parser.bind(in, exchange.request);
  busy_ = true;
  first_ = false;
  continue_sent_ = answered_ = exchange.cancelled = false;
  return &exchange;
}

void Session::body_wanted(Exchange&) {
  if (!busy_ || !work_->exchange.body.wants_more()) return;
  read_body();
  const auto& body = work_->exchange.body;
  if (body.ended() || body.failed() || !work_->parser.expects_continue()) return;
  if (!std::exchange(continue_sent_, true)) work_->out.text().append(kContinue);
}

void Session::read_body() {
  auto& [in, out, parser, exchange, reads] = *work_;
  auto& body = exchange.body;
  if (!body.wants_more()) return;
  parser.set_max_body_bytes(body.max_bytes());
  const auto event = parser.parse(in);
  if (event == Event::kError) {
    protocol_.metrics_.protocol_error(parser.error().status);
    return body.fail(parser.error());
  }
  if (event == Event::kComplete && !body.has_begun()) {
    return body.end_whole(parser.body_so_far(in));
  }
  body.put(parser.body_so_far(in));
  parser.drop_body(in);
  if (event == Event::kComplete) body.end();
}

// False: more of it is to come, or it is malformed.
bool Session::discard_body() {
  auto& [in, out, parser, exchange, reads] = *work_;
  const auto event = parser.parse(in);
  parser.drop_body(in);
  if (event == Event::kError) closing_ = true;
  if (event != Event::kComplete) return false;
  discarding_ = false;
  start_next();
  return true;
}

bool Session::keeps_alive(const Exchange& exchange) const {
  if (draining_ || !work_->parser.keeps_alive() || framing_ == BodyFraming::kClose) return false;
  const auto& body = exchange.body;
  if (body.failed()) return false;
  // After Expect: 100-continue the client may or may not send the body: the next bytes are
  // ambiguous.
  if (!body.wanted() && work_->parser.expects_continue()) return false;
  return body.ended() || body.fits(kMaxDiscardedBytes);
}

bool Session::respond(Exchange& exchange) {
  auto& response = exchange.response;
  framing_ = framing_of(response, work_->parser.minor_version());
  closing_ = closing_ || !keeps_alive(exchange);
  write_head(response, &exchange);
  answered_ = true;
  if (exchange.request.method != Method::kHead && framing_ != BodyFraming::kNone) {
    if (const auto* const stream = response.body.stream()) {
      left_ = stream->length().value_or(UINT64_MAX);
      return true;
    }
    work_->out.append(std::move(response.body));
  } else {
    response.body = {};
  }
  end_exchange();
  return false;
}

bool Session::send_piece(Exchange&, std::string_view piece) {
  if (piece.size() > left_) return false;
  if (left_ != UINT64_MAX) left_ -= piece.size();
  auto& out = work_->out.text();
  if (framing_ == BodyFraming::kChunked) write_chunk_begin(out, piece.size());
  out.append(piece);
  if (framing_ == BodyFraming::kChunked) out.append(kChunkEnd);
  return true;
}

bool Session::finish(Exchange&) {
  if (framing_ == BodyFraming::kLength && left_ > 0) return false;
  if (framing_ == BodyFraming::kChunked) work_->out.text().append(kLastChunk);
  end_exchange();
  return true;
}

void Session::end_exchange() {
  auto& [in, out, parser, exchange, reads] = *work_;
  busy_ = false;
  discarding_ = !closing_ && !exchange.body.ended();
  if (!closing_ && !discarding_) start_next();
  if (discarding_) parser.set_max_body_bytes(kMaxDiscardedBytes);
  exchange.body.recycle();
}

// The first bytes of a pipelined request are in the buffer already.
void Session::start_next() {
  auto& [in, out, parser, exchange, reads] = *work_;
  parser.start(parser.end());
  const auto there = in.size() - parser.begin();
  if (there > 0) exchange.arrived = reads.of(there - 1);
}

http::Session::Phase Session::phase() const {
  if (busy_) return Phase::kBusy;
  return discarding_ || (work_ && !work_->in.empty()) ? Phase::kHead : Phase::kIdle;
}

void Session::late() {
  if (discarding_) {
    closing_ = true;
  } else {
    refuse(kLateHead);
  }
}

void Session::rest() {
  if (work_) protocol_.give_back(std::move(work_));
  parsed_ = true;
}

void Session::drop_served() {
  const std::size_t served = work_->parser.begin();
  work_->in.consume(served);
  work_->parser.shift(served);
}

void Session::write_head(const Response& response, const Exchange* exchange) {
  Envelope envelope{.close = closing_, .date = protocol_.date_.now()};
  if (exchange != nullptr) {
    envelope.minor_version = work_->parser.minor_version();
    envelope.request_id = &exchange->request.ids.request;
    if (protocol_.config_.server_timing) envelope.timing = &exchange->context;
  }
  h1::write_head(work_->out.text(), response, framing_, envelope);
}

// Refuses a request before it is an exchange. Closes: the start of the next request is unknown.
void Session::refuse(Refusal refusal) {
  closing_ = true;
  protocol_.metrics_.protocol_error(refusal.status);
  auto response = problem(refusal.status, code_of_refusal(refusal.status), refusal.detail);
  response.headers.add("Cache-Control", "no-store");
  framing_ = BodyFraming::kLength;
  write_head(response, nullptr);
  work_->out.append(std::move(response.body));
}

}  // namespace souk::http::h1
