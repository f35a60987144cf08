#include "redis/client.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/parse.h"
#include "redis/connection.h"

namespace souk::redis {
namespace {

using runtime::Task;
using SteadyClock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 1> kPing = {"PING"};
constexpr std::size_t kMaxReasonBytes = 200;

}  // namespace

Client::Client(runtime::Loop& loop, telemetry::Registry& registry, telemetry::Log& log,
               Random& random, ClientConfig config)
    : log_(log),
      loop_(loop),
      config_(std::move(config)),
      metrics_(registry),
      breaker_(config_.breaker_threshold),
      backoff_(random, config_.min_retry_delay, config_.max_retry_delay),
      drained_(loop),
      tried_(loop),
      closing_(loop),
      scope_(loop) {}

Client::~Client() = default;

Task<Result<>> Client::start() {
  scope_.spawn(stay_connected());
  co_await tried_.wait();
  if (problem_.empty()) co_return Result<>();
  co_return fail(ErrorCode::kUnavailable,
                 fmt::format("Redis at {} is not available: {}", config_.url.place(), problem_));
}

Task<void> Client::close() {
  closing_.set();
  if (running_ > 0) static_cast<void>(co_await drained_.wait(config_.command_timeout));
  if (connection_) connection_->lose("closed");
  if (running_ > 0) static_cast<void>(co_await drained_.wait());
  co_await scope_.join();
}

bool Client::available() const {
  return signed_in_ && connection_->usable() && !breaker_.open() && !closing_.is_set();
}

std::optional<Unavailable> Client::refusal() const {
  if (breaker_.open()) return Unavailable::kBreakerOpen;
  if (!available()) return Unavailable::kAway;
  if (connection_->unanswered() >= config_.max_in_flight ||
      connection_->unsent_bytes() >= config_.max_unsent_bytes) {
    return Unavailable::kOverloaded;
  }
  return std::nullopt;
}

Task<Answer> Client::command(std::span<const std::string_view> words) {
  SOUK_ASSERT(!words.empty());
  auto& cells = metrics_.command(words.front());
  cells.asked->increment();
  if (const auto reason = refusal()) {
    metrics_.failures[*reason].increment();
    co_return std::unexpected(*reason);
  }
  const auto asked = SteadyClock::now();
  ++running_;
  auto answer = co_await connection_->request(words, config_.command_timeout);
  if (--running_ == 0) drained_.wake_all();
  cells.duration->observe(SteadyClock::now() - asked);
  judge(answer);
  co_return answer;
}

Task<Answer> Client::run(const Script& script, std::span<std::string_view> words) {
  SOUK_ASSERT(words.size() >= 3);
  words[0] = "EVALSHA";
  words[1] = script.digest();
  auto answer = co_await command(words);
  if (answer && answer->error().value_or("").starts_with("NOSCRIPT")) {
    words[0] = "EVAL";
    words[1] = script.text();
    answer = co_await command(words);
  }
  co_return answer;
}

void Client::judge(const Answer& answer) {
  if (answer) {
    breaker_.succeeded();
    if (const auto error = answer->error()) refused(*error);
    return;
  }
  metrics_.failures[answer.error()].increment();
  // A lost connection is one failure, counted once, however many commands waited.
  if (answer.error() == Unavailable::kTimeout) {
    count_failure(fmt::format("{} times in a row it did not answer within {}",
                              config_.breaker_threshold, format_duration(config_.command_timeout)));
  }
}

// An unknown script is no refusal: run() sends it again.
void Client::refused(std::string_view error) {
  metrics_.error_replies.increment();
  if (error.starts_with("NOSCRIPT")) return;
  const auto refusal = refusal_of(error);
  refused_last_ = SteadyClock::now();
  if (refusal == refusal_) return;
  if (refusal_ == Refusal::kNone) refused_since_ = refused_last_;
  refusal_ = refusal;
  metrics_.refusing.set(1);
  log_.warning("redis_refuses", {{"place", config_.url.place()},
                                 {"state", name_of(refusal)},
                                 {"reason", error.substr(0, kMaxReasonBytes)}});
  connection_->trouble().set();
}

// Reads may succeed while writes are refused, so only a successful write ends a refusal.
Task<void> Client::await_acceptance() {
  auto& trouble = connection_->trouble();
  trouble.reset();
  const auto quiet = SteadyClock::now() - refused_last_;
  if (quiet < config_.refusal_pause) {
    co_await trouble.wait(config_.refusal_pause - quiet);
    co_return;
  }
  const std::array<std::string_view, 5> write = {"SET", config_.probe_key, "1", "PX", "1000"};
  const auto answer = co_await connection_->request(write, config_.command_timeout);
  if (!answer || answer->error()) {
    refused_last_ = SteadyClock::now();
    if (answer) refused(*answer->error());  // logged if the reason has changed
    co_return;
  }
  refusal_ = Refusal::kNone;
  metrics_.refusing.set(0);
  const auto refused =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - refused_since_);
  log_.info("redis_accepts",
            {{"place", config_.url.place()}, {"refusedMilliseconds", refused.count()}});
}

std::string_view Client::state() const {
  if (refusal_ != Refusal::kNone && available()) return name_of(refusal_);
  if (available()) return "up";
  return refusal_of(problem_) == Refusal::kDenied ? name_of(Refusal::kDenied) : "down";
}

void Client::count_failure(std::string_view reason) {
  if (!breaker_.failed()) return;
  metrics_.breaker_open.set(1);
  went_away(reason);
  connection_->trouble().set();
}

Task<void> Client::stay_connected() {
  while (!closing_.is_set()) {
    connection_ = std::make_unique<Connection>(loop_, config_, metrics_);
    if (co_await connection_->open()) co_await keep();
    signed_in_ = false;
    metrics_.connected.set(0);
    if (!closing_.is_set()) {
      went_away(connection_->reason());
      count_failure(connection_->reason());
    }
    tried_.set();
    co_await connection_->closed();
    co_await closing_.wait(backoff_.next());
  }
}

// Runs until the connection is lost.
Task<void> Client::keep() {
  const auto since = SteadyClock::now();
  if (std::exchange(had_connection_, true)) metrics_.reconnects.increment();
  metrics_.connected.set(1);
  signed_in_ = true;
  came_back();
  tried_.set();
  while (connection_->usable()) {
    if (breaker_.open()) {
      co_await probe();
    } else if (refusal_ != Refusal::kNone) {
      co_await await_acceptance();
    } else {
      co_await connection_->trouble().wait();
      connection_->trouble().reset();
    }
  }
  // Back-off continues if connections are lost soon after they are opened.
  if (SteadyClock::now() - since >= config_.max_retry_delay) backoff_.reset();
}

Task<void> Client::probe() {
  const auto asked = SteadyClock::now();
  const auto answer = co_await connection_->request(kPing, config_.probe_timeout);
  if (!answer) {
    connection_->lose("no answer to a probe within " + format_duration(config_.probe_timeout));
  } else if (answer->text() == "PONG" && SteadyClock::now() - asked <= config_.command_timeout) {
    came_back();
  } else {
    co_await connection_->trouble().wait(backoff_.next());
  }
}

void Client::came_back() {
  breaker_.close();
  metrics_.breaker_open.set(0);
  if (problem_.empty()) return;
  problem_.clear();
  const auto away =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - away_since_);
  log_.info("redis_available",
            {{"place", config_.url.place()}, {"awayMilliseconds", away.count()}});
}

void Client::went_away(std::string_view reason) {
  if (!problem_.empty()) return;
  problem_ = reason;
  away_since_ = SteadyClock::now();
  log_.warning("redis_unavailable", {{"place", config_.url.place()}, {"reason", reason}});
}

}  // namespace souk::redis
