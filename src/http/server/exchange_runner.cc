#include "http/server/exchange_runner.h"

#include <stdexcept>

namespace souk::http {
namespace {

using Steady = std::chrono::steady_clock;

constexpr Refusal kLateBody{408, "the body did not arrive in time"};

}  // namespace

ExchangeRunner::Running::Running(ExchangeRunner& r, Exchange& e)
    : runner(r), exchange(e), changes(r.loop_) {
  runner.running_.push_back(*this);
}

ExchangeRunner::Running::~Running() { runner.running_.erase(runner.running_.iterator_to(*this)); }

ExchangeRunner::ExchangeRunner(runtime::Loop& loop, const ServerConfig& config,
                               Dispatcher& dispatcher, const Peer& peer, Carrier& carrier)
    : loop_(loop),
      config_(config),
      dispatcher_(dispatcher),
      peer_(peer),
      carrier_(carrier),
      scope_(loop) {}

// A session that hands out one request at a time gets the next one in the same call when the answer
// needed no wait.
bool ExchangeRunner::start(Exchanges& exchanges, Exchanges::Time read_at,
                           std::chrono::nanoseconds waited) {
  exchanges_ = &exchanges;
  if (exchanges.is_full()) return true;
  for (std::size_t started = 1; auto* const exchange = exchanges.next(); ++started) {
    ++started_;
    // One request in one read, the common case, needs no further clock read.
    const bool just_read = read_at != Exchanges::Time();
    exchange->begun = started == 1 && just_read ? read_at : Steady::now();
    exchange->waited = just_read ? waited + (exchange->begun - read_at) : waited.zero();
    exchange->request.peer = peer_;
    scope_.spawn(answer(*exchange));
    if (started == config_.max_pipelined || exchanges.is_full()) return true;
  }
  return false;
}

runtime::Task<void> ExchangeRunner::answer(Exchange& exchange) {
  {
    Running running(*this, exchange);
    exchange.body.set_source(running);
    co_await dispatcher_.respond(exchange);
    if (running.is_over() || exchanges_->respond(exchange)) co_await send_rest(running);
  }
  carrier_.wake();
}

// The rest of a response, or the end of an exchange whose client has left.
runtime::Task<void> ExchangeRunner::send_rest(Running& running) {
  auto& exchange = running.exchange;
  bool complete = false;
  try {
    if (!running.is_over()) co_await send_pieces(running);
    complete = true;
  } catch (const std::exception& e) {
    if (!running.is_over()) {
      dispatcher_.log().error("response_stream_failed", {{"reason", e.what()}});
    }
  }
  exchange.response.body = {};
  if (gone_) co_return;
  if (complete && !exchange.cancelled && exchanges_->finish(exchange)) co_return;
  if (!exchanges_->abandon(exchange)) carrier_.abort();
}

runtime::Task<void> ExchangeRunner::send_pieces(Running& running) {
  auto& exchange = running.exchange;
  auto* const stream = exchange.response.body.stream();
  Buffer piece;
  while (co_await room(running)) {
    piece.clear();
    if (stream == nullptr || !co_await stream->next(piece)) co_return;
    if (running.is_over()) co_return;
    if (!exchanges_->send_piece(exchange, piece.view())) {
      throw std::length_error("a stream is longer than announced");
    }
    carrier_.wake();        // the next piece may take long
    co_await Yield{loop_};  // be fair to other connections
  }
}

// Waits until the client has taken what was sent of the response. False: it has left, or took too
// long.
runtime::Task<bool> ExchangeRunner::room(Running& running) {
  auto& exchange = running.exchange;
  auto mark = exchange.sent_bytes;
  auto due = Exchanges::Time::max();
  for (;;) {
    if (running.is_over()) co_return false;
    if (exchanges_->takes_piece(exchange)) co_return true;
    const auto now = Steady::now();
    if (due == Exchanges::Time::max() || exchange.sent_bytes - mark >= kWriteProgressBytes ||
        (now >= due && !exchanges_->is_stalled(exchange))) {
      mark = exchange.sent_bytes;
      due = now + config_.write_timeout;
    } else if (now >= due) {
      dispatcher_.metrics().write_timeouts.increment();
      exchange.cancel();
      co_return false;
    }
    carrier_.wake();
    running.awaits_room = true;
    ++awaiting_room_;
    static_cast<void>(co_await running.changes.wait(due - now));
    --awaiting_room_;
    running.awaits_room = false;
  }
}

runtime::Task<void> ExchangeRunner::Running::more(IncomingBody& body) {
  runner.exchanges_->body_wanted(exchange);
  runner.carrier_.wake();  // to send 100 (Continue) or a window, and to read on
  if (last_waited != Exchanges::Time()) not_waited += Steady::now() - last_waited;
  while (!body.ready()) {
    const auto now = Steady::now();
    const auto& config = runner.config_;
    const auto begun = body.due(now + config.body_timeout) - config.body_timeout + not_waited;
    const auto left = begun + time_to_arrive(config, config.body_timeout, body.received()) - now;
    if (!co_await changes.wait(left) && !body.ready()) {
      runner.dispatcher_.metrics().body_timeouts.increment();
      body.fail(kLateBody);
    }
  }
  last_waited = Steady::now();
}

void ExchangeRunner::output_sent() {
  if (awaiting_room_ == 0) return;
  for (auto& running : running_) {
    if (running.awaits_room && exchanges_->takes_piece(running.exchange)) running.changed();
  }
}

void ExchangeRunner::lose() {
  gone_ = true;
  for (auto& running : running_) running.exchange.cancel();
}

void ExchangeRunner::expire() {
  for (auto& running : running_) running.exchange.context.deadline = Steady::now();
}

runtime::Task<void> ExchangeRunner::join() { co_await scope_.join(); }

}  // namespace souk::http
