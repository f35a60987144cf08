#include "http/server/connection.h"

#include <stdexcept>

#include "http/problem.h"

namespace souk::http {
namespace {

using h1::BodyFraming;
using h1::Event;
using IoStatus = IoResult::Status;

constexpr std::size_t kReadBytes = 4096;  // room for a read, at least
constexpr std::size_t kInputBytes = 16 * 1024;
constexpr std::size_t kWorkspacesKept = 256;
// A slow reader has the write time-out for each piece of this size.
constexpr std::size_t kWriteProgressBytes = 64 * 1024;
constexpr std::chrono::seconds kLingerTimeout{2};
constexpr std::size_t kLingerBytes = 1024 * 1024;

ErrorCode code_of(int status) {
  switch (status) {
    case 408:
      return ErrorCode::kRequestTimeout;
    case 413:
    case 414:
    case 431:
      return ErrorCode::kRequestTooLarge;
    default:
      return ErrorCode::kInvalidRequest;
  }
}

// Lets everything else on the loop have its turn.
struct Yield {
  runtime::Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) const { loop.schedule(awaiting); }
  void await_resume() const noexcept {}
};

}  // namespace

ConnectionHost::ConnectionHost(runtime::Loop& l, const ServerConfig& c, Dispatcher& d)
    : loop(l),
      config(c),
      dispatcher(d),
      date(d.clock()),
      limits_{.max_start_line = c.max_request_line,
              .max_header_bytes = c.max_header_bytes,
              .max_headers = c.max_headers,
              .max_body_bytes = c.max_body_bytes} {}

// The one that was used last first: it is still in the processor's cache.
std::unique_ptr<Workspace> ConnectionHost::take_workspace() {
  if (workspaces_.empty()) {
    auto workspace = std::make_unique<Workspace>(limits_);
    workspace->in.reserve(kInputBytes);
    return workspace;
  }
  auto workspace = std::move(workspaces_.back());
  workspaces_.pop_back();
  return workspace;
}

void ConnectionHost::give_back(std::unique_ptr<Workspace> workspace) {
  if (workspaces_.size() == kWorkspacesKept) return;
  workspace->in.recycle(kInputBytes);
  workspace->in.reserve(kInputBytes);
  workspace->out.recycle();
  workspace->piece.recycle(kStreamPieceBytes);
  workspace->parser.start(0);
  workspace->invited = false;
  workspaces_.push_back(std::move(workspace));
}

Connection::Connection(ConnectionHost& host, int fd, const IpAddress& peer)
    : host_(host), socket_(host.loop, fd), peer_(peer) {}

Connection::~Connection() {
  if (work_) host_.give_back(std::move(work_));
}

runtime::Task<void> Connection::run() {
  try {
    co_await serve();
  } catch (const std::exception& e) {
    host_.dispatcher.log().error("connection_failed", {{"reason", e.what()}});
  }
}

runtime::Task<void> Connection::serve() {
  expect(Wait::kIdle, host_.config.idle_timeout);
  while (open_) {
    // After a short read there is nothing more: the wait finds out without a system call.
    const bool try_first = !drained_ || host_.draining;
    const auto received = try_first ? receive().status : IoStatus::kBlocked;
    if (received == IoStatus::kClosed) co_return;
    if (received == IoStatus::kDone) {
      co_await serve_buffered();
      if (closing_ && open_) co_return co_await linger();
      continue;
    }
    if (is_idle()) {
      if (host_.draining) co_return;
      if (work_) host_.give_back(std::move(work_));
    }
    waiting_ = true;
    co_await socket_.wait_readable();
    waiting_ = drained_ = false;
    if (timed_out_) co_return end_late();
  }
}

IoResult Connection::receive() {
  if (!work_) work_ = host_.take_workspace();
  Buffer& in = work_->in;
  char* const at = in.prepare(kReadBytes);
  const std::size_t room = in.capacity() - in.size();
  const auto result = socket_.receive(at, room);
  in.commit(result.bytes);
  drained_ = result.bytes < room;
  host_.dispatcher.metrics().received_bytes.add(static_cast<double>(result.bytes));
  return result;
}

runtime::Task<void> Connection::serve_buffered() {
  while (open_ && !closing_) {
    switch (work_->parser.parse(work_->in)) {
      case Event::kHead:
        begin_request();
        continue;
      case Event::kComplete:
        if (work_->parser.has_body()) begin_request();
        co_await answer_request();
        work_->parser.start(work_->parser.end());
        if (work_->out.full()) co_await flush();
        if (++served_ % host_.config.max_pipelined == 0) {
          co_await flush();
          co_await Yield{host_.loop};
        }
        continue;
      case Event::kError:
        refuse(work_->parser.error().status, work_->parser.error().detail);
        continue;
      case Event::kNeedMore:
        break;
    }
    if (work_->parser.in_body() && work_->parser.expects_continue() && !work_->invited) {
      co_await invite_body();
    }
    break;
  }
  discard_served();
  // One send for all that one read brought.
  if (send_directly() == IoStatus::kBlocked) co_await flush();
  expect_input();
}

// The head is there, or the body too: then the buffer may have moved, and all views with it.
void Connection::begin_request() {
  auto& [request, match, context] = work_->exchange;
  work_->parser.bind(work_->in, request);
  request.peer = peer_;
  host_.dispatcher.route(work_->exchange);
  work_->parser.set_max_body_bytes(host_.dispatcher.max_body_bytes(work_->exchange));
}

runtime::Task<void> Connection::answer_request() {
  waiting_for_ = Wait::kNothing;
  Exchange& exchange = work_->exchange;
  auto response = co_await host_.dispatcher.respond(exchange);
  if (!open_) co_return;
  const auto framing = h1::framing_of(response, work_->parser.minor_version());
  closing_ =
      closing_ || host_.draining || !work_->parser.keeps_alive() || framing == BodyFraming::kClose;
  work_->invited = false;
  write_head(response, framing, &exchange);
  if (exchange.request.method == Method::kHead || framing == BodyFraming::kNone) co_return;
  if (auto* const stream = response.body.stream()) {
    co_await send_stream(*stream, framing);
  } else {
    work_->out.append(std::move(response.body));
  }
}

// A client that asked whether it may send its body is told so, unless the answer is clear already.
runtime::Task<void> Connection::invite_body() {
  if (work_->exchange.match.route == nullptr) {
    closing_ = true;
    co_await answer_request();
  } else {
    work_->invited = true;
    work_->out.text().append(h1::kContinue);
  }
}

void Connection::write_head(const Response& response, BodyFraming framing,
                            const Exchange* exchange) {
  h1::Envelope envelope{.close = closing_, .date = host_.date.now()};
  if (exchange != nullptr) {
    envelope.minor_version = work_->parser.minor_version();
    envelope.request_id = &exchange->request.ids.request;
    if (host_.config.server_timing) envelope.timing = &exchange->context;
  }
  h1::write_head(work_->out.text(), response, framing, envelope);
}

void Connection::refuse(int status, std::string_view detail) {
  closing_ = true;
  host_.dispatcher.metrics().protocol_error(status);
  auto response = problem(status, code_of(status), detail);
  response.headers.add("Cache-Control", "no-store");
  write_head(response, BodyFraming::kLength, nullptr);
  work_->out.append(std::move(response.body));
}

void Connection::discard_served() {
  const std::size_t served = work_->parser.begin();
  work_->in.consume(served);
  work_->parser.shift(served);
}

void Connection::expect_input() {
  const auto& config = host_.config;
  // Head and body have their time in all, not per piece.
  if (is_idle()) {
    expect(Wait::kIdle, config.idle_timeout);
  } else if (work_->parser.in_body()) {
    if (waiting_for_ != Wait::kBody) expect(Wait::kBody, config.body_timeout);
  } else if (waiting_for_ != Wait::kHeader) {
    expect(Wait::kHeader, config.header_timeout);
  }
}

void Connection::end_late() {
  auto& metrics = host_.dispatcher.metrics();
  if (waiting_for_ == Wait::kIdle) return metrics.idle_timeouts.increment();
  (waiting_for_ == Wait::kBody ? metrics.body_timeouts : metrics.header_timeouts).increment();
  refuse(408, "the request did not arrive in time");
  send_directly();
}

IoStatus Connection::send_directly() {
  Output& out = work_->out;
  while (open_ && !out.empty()) {
    Output::Pieces pieces;
    const auto result = socket_.send(out.pieces(pieces));
    if (result.status == IoStatus::kBlocked) return result.status;
    if (result.status == IoStatus::kClosed) open_ = false;
    out.sent(result.bytes);
    host_.dispatcher.metrics().sent_bytes.add(static_cast<double>(result.bytes));
  }
  return open_ ? IoStatus::kDone : IoStatus::kClosed;
}

runtime::Task<void> Connection::flush() {
  const Output& out = work_->out;
  std::size_t left = SIZE_MAX;
  while (send_directly() == IoStatus::kBlocked) {
    if (left - out.size() >= kWriteProgressBytes) {
      left = out.size();
      expect(Wait::kWrite, host_.config.write_timeout);
    }
    waiting_ = true;
    co_await socket_.wait_writable();
    waiting_ = false;
    if (timed_out_) {
      host_.dispatcher.metrics().write_timeouts.increment();
      open_ = false;
    }
  }
  waiting_for_ = Wait::kNothing;
}

runtime::Task<void> Connection::send_stream(BodyStream& stream, BodyFraming framing) {
  try {
    co_await send_pieces(stream, framing);
  } catch (const std::exception& e) {
    // The client must not take the part for the whole: the connection ends without a proper end.
    host_.dispatcher.log().error("response_stream_failed", {{"reason", e.what()}});
    open_ = false;
  }
}

runtime::Task<void> Connection::send_pieces(BodyStream& stream, BodyFraming framing) {
  Buffer& piece = work_->piece;
  Output& out = work_->out;
  std::uint64_t left = stream.length().value_or(UINT64_MAX);
  for (;;) {
    co_await flush();
    piece.clear();
    if (!open_ || !co_await stream.next(piece)) break;
    if (piece.size() > left) throw std::length_error("a stream is longer than it said");
    left -= piece.size();
    if (framing == BodyFraming::kChunked) h1::write_chunk_begin(out.text(), piece.size());
    out.text().append(piece.view());
    if (framing == BodyFraming::kChunked) out.text().append(h1::kChunkEnd);
    co_await Yield{host_.loop};  // a client that takes everything at once is not the only one
  }
  if (framing == BodyFraming::kLength && left > 0 && open_) {
    throw std::length_error("a stream is shorter than it said");
  }
  if (framing == BodyFraming::kChunked) out.text().append(h1::kLastChunk);
}

// Closing at once would make the kernel reset the connection if the client has sent more, and the
// client lose the response (RFC 9112 section 9.6).
runtime::Task<void> Connection::linger() {
  co_await flush();
  socket_.end_sending();
  expect(Wait::kLinger, kLingerTimeout);
  for (std::size_t dropped = 0; open_ && !timed_out_ && dropped < kLingerBytes;) {
    work_->in.clear();
    const auto received = receive();
    if (received.status == IoStatus::kClosed) co_return;
    dropped += received.bytes;
    if (received.status == IoStatus::kDone) continue;
    waiting_ = true;
    co_await socket_.wait_readable();
    waiting_ = false;
  }
}

void Connection::drain() {
  if (waiting_ && waiting_for_ == Wait::kIdle) socket_.cancel();
}

void Connection::cut() {
  cut_ = true;
  open_ = false;
  // Whatever its handler asks for next has no time any more.
  if (work_) work_->exchange.context.deadline = std::chrono::steady_clock::now();
  if (waiting_) socket_.cancel();
}

// Most waits end long before their time, so the timer is not moved at each: it fires and looks, and
// is armed anew only where it would fire too late.
void Connection::expect(Wait what, std::chrono::steady_clock::duration bound) {
  using runtime::TimerWheel;
  const auto& wheel = host_.loop.timers();
  waiting_for_ = what;
  due_ = wheel.now() + bound + TimerWheel::kTick;
  if (armed() && armed_due_ <= due_) return;
  host_.loop.arm(*this, bound);
  armed_due_ = due_ = wheel.now() + bound + TimerWheel::kTick;
}

void Connection::on_timer() {
  if (waiting_for_ == Wait::kNothing) return;
  const auto left = due_ - host_.loop.timers().now();
  if (left > left.zero()) {
    host_.loop.arm(*this, left);
    armed_due_ = due_;
    return;
  }
  timed_out_ = true;
  if (waiting_) socket_.cancel();
}

}  // namespace souk::http
