#include "redis/connection.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>

#include "base/parse.h"
#include "runtime/await.h"

namespace souk::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using runtime::await;
using runtime::Task;
using runtime::Transport;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kKeptUnsentBytes = 256 * 1024;

// Calls a function after a delay, unless destroyed before.
class After final : public runtime::TimerWheel::Timer {
 public:
  After(runtime::Loop& loop, Connection::Duration delay, std::function<void()> action)
      : action_(std::move(action)) {
    loop.arm(*this, delay);
  }

 private:
  void on_timer() override { action_(); }

  std::function<void()> action_;
};

}  // namespace

Connection::Connection(runtime::Loop& loop, const ClientConfig& config, Metrics& metrics)
    : loop_(loop),
      config_(config),
      metrics_(metrics),
      transport_(loop),
      deadline_timer_(loop.io()),
      decoder_(config.max_reply_bytes),
      asked_(loop),
      trouble_(loop),
      scope_(loop) {}

Connection::~Connection() { SOUK_ASSERT(!usable()); }

Task<Result<>> Connection::open() {
  const auto until = std::chrono::steady_clock::now() + config_.connect_timeout;
  {
    const After too_late(loop_, config_.connect_timeout, [this] {
      lose("no connection within " + format_duration(config_.connect_timeout));
    });
    if (!co_await connect()) co_return fail(ErrorCode::kUnavailable, reason_);
  }
  state_ = State::kOpen;
  scope_.spawn(read_replies());
  scope_.spawn(watch_deadlines());
  auto signed_in = co_await sign_in(until);
  if (!signed_in) lose(signed_in.error().detail);
  co_return signed_in;
}

Task<std::vector<Connection::Endpoint>> Connection::resolve() {
  const auto& url = config_.url;
  std::vector<Endpoint> endpoints;
  error_code error;
  if (!url.path.empty()) {
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(url.path));
  } else if (const auto address = asio::ip::make_address(url.host, error); !error) {
    endpoints.emplace_back(asio::ip::tcp::endpoint(address, url.port));
  } else {
    asio::ip::tcp::resolver resolver(loop_.io());
    const auto [failure, found] =
        co_await resolver.async_resolve(url.host, std::to_string(url.port), await);
    if (failure) lose("its host name has no address: " + failure.message());
    for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
  }
  co_return endpoints;
}

// Tries the addresses of a name until one accepts.
Task<bool> Connection::connect() {
  error_code error = asio::error::host_not_found;
  const auto endpoints = co_await resolve();
  for (const auto& endpoint : endpoints) {
    if (state_ == State::kLost) co_return false;
    error = co_await transport_.connect(endpoint);
    if (!error) break;
  }
  if (error) lose("it cannot be connected to: " + error.message());
  if (state_ == State::kLost) co_return false;
  if (const auto secured = co_await secure(); !secured) lose(secured.error().detail);
  co_return state_ != State::kLost;
}

Task<Result<>> Connection::secure() {
  if (!config_.url.tls) co_return Result<>();
  const auto context = runtime::TlsContext::trusting(config_.tls_ca_file);
  if (!context) co_return std::unexpected(context.error());
  co_return co_await transport_.secure(*context, config_.url.host);
}

Task<Result<>> Connection::sign_in(Time until) {
  const auto& url = config_.url;
  if (!url.password.empty()) {
    std::vector<std::string_view> words = {"AUTH", url.user, url.password};
    if (url.user.empty()) words.erase(words.begin() + 1);
    if (auto done = co_await expect(std::move(words), "OK", until); !done) co_return done;
  }
  if (url.database != 0) {
    const auto number = std::to_string(url.database);
    if (auto done = co_await expect({"SELECT", number}, "OK", until); !done) co_return done;
  }
  co_return co_await expect({"PING"}, "PONG", until);
}

Task<Result<>> Connection::expect(std::vector<std::string_view> words, std::string_view wanted,
                                  Time until) {
  const auto answer = co_await request(words, until - std::chrono::steady_clock::now());
  std::string problem;
  if (!answer && answer.error() == Unavailable::kTimeout) {
    problem = fmt::format("no answer to {} within {}", words.front(),
                          format_duration(config_.connect_timeout));
  } else if (!answer) {
    problem = reason_;
  } else if (const auto error = answer->error()) {
    // A server without AUTH quotes the words of an unknown command, here the password.
    const auto& secret = config_.url.password;
    const bool tells = !secret.empty() && error->contains(secret);
    problem = fmt::format("it refuses {}: {}", words.front(),
                          tells ? error->substr(0, error->find(' ')) : *error);
  } else if (answer->text() != wanted) {
    problem = fmt::format("it answers {} as Redis would not", words.front());
  } else {
    co_return Result<>();
  }
  co_return fail(ErrorCode::kUnavailable, std::move(problem));
}

void Connection::lose(std::string reason) {
  if (state_ == State::kLost) return;
  state_ = State::kLost;
  reason_ = std::move(reason);
  transport_.close();
  loop_.cancel(*this);
  unsent_.recycle(0);
  abandoned_ = 0;
  while (first_ != nullptr) finish(take_first(), std::unexpected(Unavailable::kAway));
  wake_watch();
  trouble_.set();
}

Task<void> Connection::closed() {
  SOUK_ASSERT(state_ == State::kLost);
  co_await scope_.join();
}

void Connection::send(Exchange& exchange) {
  exchange.deadline_ = std::chrono::steady_clock::now() + exchange.timeout_;
  encode_command(unsent_, exchange.words_);
  (first_ == nullptr ? first_ : last_->next_) = &exchange;
  last_ = &exchange;
  metrics_.in_flight.set(static_cast<double>(++waiting_));
  if (exchange.deadline_ < watch_until_) wake_watch();
  loop_.at_turn_end(*this);
}

void Connection::at_turn_end() {
  if (!writing_) write_some();
}

void Connection::write_some() {
  const auto written = transport_.write({unsent_.data(), unsent_.size()});
  metrics_.writes.increment();
  if (written.status == Transport::Io::Status::kClosed) {
    lose("it cannot be written to: " + transport_.reason());
    return;
  }
  unsent_.consume(written.bytes);
  if (unsent_.empty()) {
    unsent_.recycle(kKeptUnsentBytes);
  } else if (!writing_) {
    writing_ = true;
    scope_.spawn(write_when_possible());
  }
}

Task<void> Connection::write_when_possible() {
  while (usable() && !unsent_.empty()) {
    co_await transport_.wait_writable();
    if (usable()) write_some();
  }
  writing_ = false;
}

Task<void> Connection::read_replies() {
  const auto bytes = std::make_unique<char[]>(kReadBytes);
  while (usable()) {
    const auto read = transport_.read(bytes.get(), kReadBytes);
    if (read.status == Transport::Io::Status::kBlocked) {
      co_await transport_.wait_readable();
    } else if (read.status == Transport::Io::Status::kDone) {
      take({bytes.get(), read.bytes});
    } else if (transport_.ended_orderly()) {
      lose("it closed the connection");
    } else {
      lose("it cannot be read from: " + transport_.reason());
    }
  }
}

void Connection::take(std::string_view bytes) {
  while (usable() && !bytes.empty()) {
    const auto piece = bytes.substr(0, kDecoderPieceBytes);
    bytes.remove_prefix(piece.size());
    decoder_.feed(piece);
    while (usable()) {
      auto reply = decoder_.next();
      if (!reply) {
        lose("it answers as Redis would not: " + reply.error());
      } else if (!reply->has_value()) {
        break;
      } else {
        deliver(std::move(**reply));
      }
    }
  }
}

void Connection::deliver(Reply reply) {
  if (abandoned_ > 0) {
    --abandoned_;
    metrics_.late_replies.increment();
  } else if (first_ != nullptr) {
    finish(take_first(), std::move(reply));
  } else if (const auto error = reply.error()) {
    lose(fmt::format("it refuses the connection: {}", *error));  // too many clients
  } else {
    lose("it answers without being asked");
  }
}

Connection::Exchange& Connection::take_first() {
  Exchange& exchange = *first_;
  first_ = exchange.next_;
  metrics_.in_flight.set(static_cast<double>(--waiting_));
  return exchange;
}

void Connection::finish(Exchange& exchange, Answer answer) {
  exchange.answer_ = std::move(answer);
  loop_.schedule(exchange.awaiting_);
}

// One timer for all commands: it wakes once per time-out, not once per command.
Task<void> Connection::watch_deadlines() {
  while (usable()) {
    if (first_ == nullptr) {
      watch_until_ = Time::max();
      static_cast<void>(co_await asked_.wait());
    } else {
      watch_until_ = first_->deadline_;
      deadline_timer_.expires_at(watch_until_);
      co_await deadline_timer_.async_wait(await);
    }
    abandon_overdue();
  }
}

void Connection::wake_watch() {
  asked_.wake_one();
  deadline_timer_.cancel();
}

void Connection::abandon_overdue() {
  const auto now = std::chrono::steady_clock::now();
  while (first_ != nullptr && first_->deadline_ <= now) {
    finish(take_first(), std::unexpected(Unavailable::kTimeout));
    ++abandoned_;
  }
  if (abandoned_ > config_.max_abandoned) {
    lose(fmt::format("more than {} commands timed out", config_.max_abandoned));
  }
}

}  // namespace souk::redis
