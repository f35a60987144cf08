#include "http/server/connection.h"

#include <algorithm>
#include <cstring>

namespace souk::http {
namespace {

using IoStatus = runtime::Transport::Io::Status;
using Phase = Session::Phase;
using Steady = std::chrono::steady_clock;

// Of a client that goes on sending after its response: in all, and without a byte.
constexpr std::chrono::seconds kLingerTime{30};
constexpr std::chrono::seconds kLingerTimeout{2};
constexpr std::string_view kHttp2 = "h2";          // of ALPN
constexpr std::size_t kTurnBytes = 256 * 1024;     // sent
constexpr std::size_t kReadTurnBytes = 64 * 1024;  // what they cost is the client's choice
constexpr std::size_t kLingerReadBytes = 16 * 1024;

// Of a counter. Signed, since processors convert these in one instruction.
double as_amount(std::size_t bytes) {
  return static_cast<double>(static_cast<std::ptrdiff_t>(bytes));
}

Peer over(const runtime::Transport& transport, Peer peer) {
  peer.secure = transport.tls() != nullptr;
  return peer;
}

}  // namespace

struct Connection::Sleep {
  Connection& connection;
  bool await_ready() const noexcept { return connection.late_; }
  void await_suspend(std::coroutine_handle<> awaiting) const { connection.sleeper_ = awaiting; }
  void await_resume() const noexcept {}
};

Connection::Connection(ConnectionHost& host, runtime::Transport& transport, const Peer& peer)
    : host_(host),
      session_(transport.alpn() == kHttp2 ? host.protocols.h2.open() : host.protocols.h1.open()),
      transport_(transport),
      runner_(host.loop, host.config, host.dispatcher, over(transport, peer), *this),
      drained_(!transport.has_pending()) {
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
    if (!drained_ && can_read()) {
      if (turn_bytes_ < kReadTurnBytes) continue;
      // A client that sends all the time must not keep others waiting, nor escape its time-outs.
      set_timer();
      co_await Yield{host_.loop};
    } else {
      prepare_to_sleep();
      co_await Sleep{*this};
    }
    turn_bytes_ = 0;
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
    host_.dispatcher.metrics().received_bytes.add(as_amount(io.bytes));
    head_bytes_ += io.bytes;
    turn_bytes_ += io.bytes;
    read_at_ = Steady::now();
    read_waited_ = io.waited;
    session_->received(io.bytes, read_at_ - io.waited);
  } else if (io.status == IoStatus::kClosed) {
    if (!transport_.ended_orderly()) return lose();
    input_ended_ = true;
    session_->input_ended();
  }
}

void Connection::start_exchanges() {
  const auto just_read_at = std::exchange(read_at_, Time());
  again_ = runner_.start(*session_, just_read_at, read_waited_);
  if (runner_.started() == 0 && switch_to_http2())
    again_ = runner_.start(*session_, just_read_at, read_waited_);
}

// Without TLS, every connection begins with HTTP/1.1's session, which recognises the preface of
// HTTP/2 (RFC 9113 section 3.3) without a cost for its own requests.
bool Connection::switch_to_http2() {
  if (!transport_.alpn().empty()) return false;
  auto preface = session_->http2_preface();
  if (preface.empty()) return false;
  auto session = host_.protocols.h2.open();
  while (!preface.empty() && session->takes_input()) {
    const auto room = session->input();
    const auto n = std::min(room.size(), preface.size());
    std::memcpy(room.data(), preface.data(), n);
    session->received(n, Steady::now());
    preface.remove_prefix(n);
  }
  session_ = std::move(session);
  if (input_ended_) session_->input_ended();
  if (host_.draining) session_->drain(Steady::now());
  return true;
}

// Whether the connection can close: all pending output is sent.
bool Connection::has_ended() const {
  if (!runner_.is_empty() || again_) return false;
  const auto phase = session_->phase();
  if (session_->closing() || (input_ended_ && phase != Phase::kBusy)) return true;
  return drained_ && host_.notice_over && session_->drained();
}

bool Connection::is_sending() const {
  const auto* const out = session_->pending();
  return out != nullptr && !out->empty();
}

bool Connection::send() {
  for (std::size_t sent = 0;;) {
    auto* const out = session_->pending();
    if (out == nullptr || out->empty()) break;
    // Requests that have arrived meanwhile may be more urgent.
    if (sent >= kTurnBytes) {
      again_ = true;
      return true;
    }
    Output::Pieces pieces;
    const auto io = transport_.write(out->pieces(pieces));
    if (io.status == IoStatus::kClosed) lose();
    if (io.status != IoStatus::kDone) return false;
    out->sent(io.bytes);
    sent += io.bytes;
    sent_bytes_ += io.bytes;
    host_.dispatcher.metrics().sent_bytes.add(as_amount(io.bytes));
  }
  runner_.output_sent();
  return true;
}

void Connection::lose() {
  if (std::exchange(gone_, true)) return;
  runner_.lose();
  wake();
}

// Closing at once would make the kernel reset the connection if the client has sent more, and the
// client would lose the response (RFC 9112 section 9.6). A proxy reads it only when it has sent the
// whole body, so that time bounds what is dropped, not size.
runtime::Task<void> Connection::linger() {
  transport_.end_writing();
  write_due_ = Time::max();
  late_ = false;
  const auto& timers = host_.loop.timers();
  const auto end = timers.now() + kLingerTime;
  Buffer dropped(kLingerReadBytes);
  turn_bytes_ = 0;
  while (!late_ && !gone_) {
    const auto io = transport_.read(dropped.data(), dropped.capacity());
    if (io.status == IoStatus::kClosed) co_return;
    turn_bytes_ += io.bytes;
    if (io.status == IoStatus::kDone && turn_bytes_ < kReadTurnBytes) continue;
    input_due_ = std::min(end, timers.now() + kLingerTimeout) + runtime::TimerWheel::kTick;
    set_timer();
    if (io.status == IoStatus::kDone) {
      co_await Yield{host_.loop};
    } else {
      await_readable();
      co_await Sleep{*this};
    }
    turn_bytes_ = 0;
  }
}

// Waits for everything that this connection started.
runtime::Task<void> Connection::join() {
  lose();
  co_await runner_.join();
  if (reading_ || writing_ || watching_) transport_.cancel();
  late_ = false;
  cancel();
  while (reading_ || writing_ || watching_) co_await Sleep{*this};
}

void Connection::drain() {
  session_->drain(Steady::now());
  drained_ = false;  // answer requests that have arrived already
  wake();
}

void Connection::cut() {
  cut_ = true;
  runner_.expire();
  lose();
}

// ---- waiting

void Connection::prepare_to_sleep() {
  const bool sending = is_sending();
  if (!sending && runner_.is_empty() && session_->phase() == Phase::kIdle) session_->rest();
  set_timer();
  if (sending) await_writable();
  if (can_read()) {
    await_readable();
  } else if (sending || !runner_.is_empty()) {
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
  const auto after = [&wheel](std::chrono::microseconds time) {
    return wheel.now() + time + runtime::TimerWheel::kTick;
  };
  const auto phase = session_->phase();
  // A head has one time-out in all, not one per piece.
  if (!session_->closing() && (phase != timed_phase_ || runner_.started() != timed_served_)) {
    timed_phase_ = phase;
    timed_served_ = runner_.started();
    input_due_ = phase == Phase::kBusy ? Time::max() : after(config.idle_timeout);
    head_since_ = after({});
    head_bytes_ = 0;
  }
  if (!session_->closing() && phase == Phase::kHead) {
    input_due_ = head_since_ + time_to_arrive(config, config.header_timeout, head_bytes_);
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
  if (session_->due().value_or(Time::max()) <= now) session_->elapsed(now);
  if (input_due_ > now) return;
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
