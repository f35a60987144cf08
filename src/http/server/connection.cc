#include "http/server/connection.h"

#include <algorithm>
#include <stdexcept>

namespace souk::http {
namespace {

using IoStatus = runtime::Transport::Io::Status;
using Phase = Session::Phase;
using Steady = std::chrono::steady_clock;

// The write time-out starts again after each piece of this size.
constexpr std::size_t kWriteProgressBytes = 64 * 1024;
constexpr std::chrono::seconds kLingerTimeout{2};
constexpr std::size_t kLingerBytes = 1024 * 1024;
constexpr std::size_t kLingerReadBytes = 4096;

constexpr Refusal kLateBody{408, "the body did not arrive in time"};
constexpr Refusal kCutBody{400, "the connection ended before the body did"};

// Lets other coroutines on the loop run.
struct Yield {
  runtime::Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) const { loop.schedule(awaiting); }
  void await_resume() const noexcept {}
};

}  // namespace

struct Connection::Sleep {
  Connection& connection;
  bool await_ready() const noexcept { return connection.late_; }
  void await_suspend(std::coroutine_handle<> awaiting) const { connection.sleeper_ = awaiting; }
  void await_resume() const noexcept {}
};

Connection::Connection(ConnectionHost& host, int fd, const IpAddress& peer)
    : host_(host),
      peer_(host.dispatcher.peer(peer)),
      session_(host.protocol.open()),
      transport_(host.loop, fd),
      scope_(host.loop),
      body_arrived_(host.loop),
      sent_(host.loop) {
  if (host.draining) drain();
}

runtime::Task<void> Connection::run() {
  try {
    co_await serve();
    if (session_->closing() && !gone_ && !input_ended_) co_await linger();
  } catch (const std::exception& e) {
    host_.dispatcher.log().error("connection_failed", {{"reason", e.what()}});
  }
  co_await join();
}

runtime::Task<void> Connection::serve() {
  for (;;) {
    // After a short read the socket is empty: waiting saves a system call.
    if (!drained_) read();
    if (gone_) co_return;
    start_exchanges();
    const bool all_sent = send();
    if (gone_ || (all_sent && has_ended())) co_return;
    if (all_sent && again_) {
      co_await Yield{host_.loop};
      continue;
    }
    if (!drained_ && can_read()) continue;
    prepare_to_sleep();
    co_await Sleep{*this};
    if (late_) handle_timeout();
    if (gone_ || silent_) co_return;
  }
}

void Connection::read() {
  if (!can_read()) return;
  const auto room = session_->input();
  const auto io = transport_.read(room.data(), room.size());
  drained_ = io.drained;
  if (io.status == IoStatus::kDone) {
    host_.dispatcher.metrics().received_bytes.add(static_cast<double>(io.bytes));
    read_at_ = Steady::now();
    session_->received(io.bytes, read_at_);
  } else if (io.status == IoStatus::kClosed) {
    if (!transport_.ended_orderly()) return lose();
    input_ended_ = true;
    session_->input_ended();
  }
  if (body_arrived_.size() > 0) body_arrived_.wake_all();
}

// Each exchange runs to its first suspension. A session that hands out one request at a time gets
// the next one in the same call when the answer needed no wait.
void Connection::start_exchanges() {
  const auto just_read_at = std::exchange(read_at_, Time());
  again_ = is_full();
  if (again_) return;
  for (std::size_t started = 1; auto* const exchange = session_->next(); ++started) {
    ++served_;
    // One request in one read, the common case, needs no further clock read.
    exchange->begun = started == 1 && just_read_at != Time() ? just_read_at : Steady::now();
    exchange->request.peer = peer_;
    exchange->body.set_source(*this);
    if (input_ended_ && !exchange->body.ended()) exchange->body.fail(kCutBody);
    exchanges_.push_back(*exchange);
    scope_.spawn(answer(*exchange));
    if (started == host_.config.max_pipelined || is_full()) {
      again_ = true;
      return;
    }
  }
}

bool Connection::is_full() const {
  const auto* const out = session_->pending();
  return out != nullptr && out->full();
}

// Whether the connection can close: all pending output is sent.
bool Connection::has_ended() const {
  if (!exchanges_.empty() || again_) return false;
  const auto phase = session_->phase();
  if (session_->closing() || (input_ended_ && phase != Phase::kBusy)) return true;
  return host_.draining && drained_ && phase == Phase::kIdle;
}

runtime::Task<void> Connection::answer(Exchange& exchange) {
  co_await host_.dispatcher.respond(exchange);
  if (gone_ || session_->respond(exchange)) {
    if (auto* const stream = exchange.response.body.stream())
      co_await send_stream(exchange, *stream);
    exchange.response.body = {};
  }
  exchanges_.erase(exchanges_.iterator_to(exchange));
  wake();
}

runtime::Task<void> Connection::send_stream(Exchange& exchange, BodyStream& stream) {
  try {
    co_await send_pieces(exchange, stream);
  } catch (const std::exception& e) {
    if (gone_) co_return;
    // The connection closes without an end of body, so that the client cannot mistake the part for
    // the whole.
    host_.dispatcher.log().error("response_stream_failed", {{"reason", e.what()}});
    lose();
  }
}

runtime::Task<void> Connection::send_pieces(Exchange& exchange, BodyStream& stream) {
  Buffer piece;
  for (;;) {
    co_await sent();
    piece.clear();
    if (gone_ || !co_await stream.next(piece)) break;
    if (!session_->send_piece(exchange, piece.view())) {
      throw std::length_error("a stream is longer than announced");
    }
    co_await Yield{host_.loop};  // be fair to other connections
  }
  if (!gone_ && !session_->finish(exchange)) {
    throw std::length_error("a stream is shorter than announced");
  }
}

runtime::Task<void> Connection::more(IncomingBody& body) {
  session_->bodies_wanted();
  wake();  // to send 100 (Continue), and to read on
  while (!body.ready()) {
    const auto now = Steady::now();
    const auto left = body.due(now + host_.config.body_timeout) - now;
    if (!co_await body_arrived_.wait(left) && !body.ready()) {
      host_.dispatcher.metrics().body_timeouts.increment();
      body.fail(kLateBody);
    }
  }
}

bool Connection::is_sending() const {
  const auto* const out = session_->pending();
  return out != nullptr && !out->empty();
}

bool Connection::send() {
  auto* const out = session_->pending();
  while (out != nullptr && !out->empty()) {
    Output::Pieces pieces;
    const auto io = transport_.write(out->pieces(pieces));
    if (io.status == IoStatus::kClosed) lose();
    if (io.status != IoStatus::kDone) return false;
    out->sent(io.bytes);
    sent_bytes_ += io.bytes;
    host_.dispatcher.metrics().sent_bytes.add(static_cast<double>(io.bytes));
  }
  if (sent_.size() > 0) sent_.wake_all();
  return true;
}

runtime::Task<void> Connection::sent() {
  while (!gone_ && !send() && !gone_) {
    wake();
    static_cast<void>(co_await sent_.wait());
  }
}

// Cancels the reads that run for the client. Changes are completed: a client that retries learns
// their outcome.
void Connection::lose() {
  if (gone_) return;
  gone_ = true;
  for (auto& exchange : exchanges_) {
    if (!exchange.body.ended()) exchange.body.fail(kCutBody);
    const auto method = exchange.request.method;
    if (method == Method::kGet || method == Method::kHead) exchange.context.cancel();
  }
  body_arrived_.wake_all();
  sent_.wake_all();
  wake();
}

// Closing at once would make the kernel reset the connection if the client has sent more, and the
// client would lose the response (RFC 9112 section 9.6).
runtime::Task<void> Connection::linger() {
  transport_.end_writing();
  write_due_ = Time::max();
  late_ = false;
  input_due_ = host_.loop.timers().now() + kLingerTimeout + runtime::TimerWheel::kTick;
  set_timer();
  Buffer dropped(kLingerReadBytes);
  for (std::size_t bytes = 0; !late_ && !gone_ && bytes < kLingerBytes;) {
    const auto io = transport_.read(dropped.data(), dropped.capacity());
    if (io.status == IoStatus::kClosed) co_return;
    bytes += io.bytes;
    if (io.status == IoStatus::kDone) continue;
    await_readable();
    co_await Sleep{*this};
  }
}

// Waits for everything that this connection started.
runtime::Task<void> Connection::join() {
  lose();
  co_await scope_.join();
  if (reading_ || writing_ || watching_) transport_.cancel();
  late_ = false;
  cancel();
  while (reading_ || writing_ || watching_) co_await Sleep{*this};
}

void Connection::drain() {
  session_->drain();
  drained_ = false;  // answer requests that have arrived already
  wake();
}

void Connection::cut() {
  cut_ = true;
  // Further calls of a handler fail at once with an expired deadline.
  for (auto& exchange : exchanges_) exchange.context.deadline = Steady::now();
  lose();
}

// ---- waiting

void Connection::prepare_to_sleep() {
  const bool sending = is_sending();
  if (!sending && exchanges_.empty() && session_->phase() == Phase::kIdle) session_->rest();
  set_timer();
  if (sending) await_writable();
  if (can_read()) {
    await_readable();
  } else if (sending || !exchanges_.empty()) {
    await_reset();
  }
}

// Called from a coroutine of this loop.
void Connection::wake() {
  if (sleeper_) host_.loop.schedule(std::exchange(sleeper_, nullptr));
}

// Called from the loop itself. The connection may be destroyed when this returns.
void Connection::wake_now() {
  if (sleeper_) std::exchange(sleeper_, nullptr).resume();
}

void Connection::await_readable() {
  if (std::exchange(reading_, true)) return;
  transport_.on_readable([this](const boost::system::error_code&) {
    reading_ = drained_ = false;
    wake_now();
  });
}

void Connection::await_writable() {
  if (std::exchange(writing_, true)) return;
  transport_.on_writable([this](const boost::system::error_code&) {
    writing_ = false;
    wake_now();
  });
}

void Connection::await_reset() {
  if (std::exchange(watching_, true)) return;
  transport_.on_reset([this](const boost::system::error_code& error) {
    watching_ = false;
    if (!error && transport_.is_reset()) lose();
    wake_now();
  });
}

// ---- time

void Connection::set_timer() {
  const auto& wheel = host_.loop.timers();
  const auto& config = host_.config;
  // The wheel may stand still: arming a timer updates its time.
  if (!armed()) {
    host_.loop.arm(*this, config.idle_timeout);
    armed_due_ = Time::max();
  }
  const auto after = [&wheel](auto time) {
    return wheel.now() + time + runtime::TimerWheel::kTick;
  };
  const auto phase = session_->phase();
  // A head has one time-out in all, not one per piece.
  if (!session_->closing() && (phase != timed_phase_ || served_ != timed_served_)) {
    timed_phase_ = phase;
    timed_served_ = served_;
    input_due_ = phase == Phase::kBusy   ? Time::max()
                 : phase == Phase::kHead ? after(config.header_timeout)
                                         : after(config.idle_timeout);
  }
  if (!is_sending()) {
    write_due_ = Time::max();
  } else if (write_due_ == Time::max() || sent_bytes_ - write_mark_ >= kWriteProgressBytes) {
    write_due_ = after(config.write_timeout);
    write_mark_ = sent_bytes_;
  }
  const auto due = next_due();
  if (due < armed_due_) {
    host_.loop.arm(*this, due - wheel.now());
    armed_due_ = due;
  }
}

Connection::Time Connection::next_due() const {
  return std::min({input_due_, write_due_, session_->due().value_or(Time::max())});
}

void Connection::on_timer() {
  const auto now = host_.loop.timers().now();
  const auto due = next_due();
  if (due <= now) {
    late_ = true;
    wake();
  } else if (due != Time::max()) {
    host_.loop.arm(*this, due - now);
    armed_due_ = due;
  }
}

void Connection::handle_timeout() {
  late_ = false;
  auto& metrics = host_.dispatcher.metrics();
  const auto now = host_.loop.timers().now();
  if (write_due_ <= now) {
    metrics.write_timeouts.increment();
    return lose();
  }
  if (input_due_ > now) return;  // only the session's own time is due
  input_due_ = Time::max();
  if (session_->phase() == Phase::kIdle) {
    metrics.idle_timeouts.increment();
    silent_ = true;
  } else {
    metrics.header_timeouts.increment();
    session_->late();
  }
}

}  // namespace souk::http
