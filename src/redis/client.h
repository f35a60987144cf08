// A worker's access to Redis:
//
//   const auto answer = co_await client.command("GET", key);
//   if (!answer) ...                       // Redis is unreachable or slow: continue without it
//   if (const auto bytes = answer->text()) ...
//
// It reconnects automatically and delays no caller longer than command_timeout: while Redis is
// unreachable, and after breaker_threshold failures or time-outs in a row, commands fail at once
// until Redis has answered a probe in time. The log has one line when it becomes unreachable and
// one when it is back. A Redis that answers with refusals (a replica, full, a wrong type ...) is
// still used; this too is logged once at its begin and once at its end.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it;
// start() first, close() before it is destroyed.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/error.h"
#include "base/random.h"
#include "redis/config.h"
#include "redis/metrics.h"
#include "redis/refusal.h"
#include "redis/reply.h"
#include "redis/script.h"
#include "runtime/breaker.h"
#include "runtime/loop.h"
#include "runtime/scope.h"
#include "telemetry/log.h"

namespace souk::redis {

class Connection;

class Client {
 public:
  Client(runtime::Loop& loop, telemetry::Registry& registry, telemetry::Log& log, Random& random,
         ClientConfig config);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns when the first attempt to connect has succeeded or failed; attempts continue. Errors:
  // unavailable, with the reason.
  runtime::Task<Result<>> start();
  // Refuses new commands, waits for running ones, then disconnects.
  runtime::Task<void> close();

  // Whether a command would be sent now.
  bool available() const;

  // For /readyz: "up", "down", or why it refuses commands (refusal.h).
  std::string_view state() const;

  // One command, its name in capitals; an error of Redis is a reply. Sent at the end of the loop's
  // turn, together with the other commands of the turn, in order. The words are borrowed until the
  // task has started. REQUIRES: at least one word.
  runtime::Task<Answer> command(std::span<const std::string_view> words);

  // Runs the script with these keys and arguments, as command() does. `words`: two that are
  // overwritten, the number of keys, the keys, the arguments.
  runtime::Task<Answer> run(const Script& script, std::span<std::string_view> words);

  template <std::convertible_to<std::string_view>... Word>
    requires(sizeof...(Word) > 0)
  runtime::Task<Answer> command(const Word&... words) {
    return run_words(std::array<std::string_view, sizeof...(Word)>{words...});
  }

 private:
  template <std::size_t N>
  runtime::Task<Answer> run_words(std::array<std::string_view, N> words) {
    co_return co_await command(std::span<const std::string_view>(words));
  }
  std::optional<Unavailable> refusal() const;
  void judge(const Answer& answer);
  void refused(std::string_view error);
  runtime::Task<void> await_acceptance();
  void count_failure(std::string_view reason);

  runtime::Task<void> stay_connected();
  runtime::Task<void> keep();
  runtime::Task<void> probe();
  void came_back();
  void went_away(std::string_view reason);

  telemetry::Log& log_;
  runtime::Loop& loop_;
  const ClientConfig config_;
  Metrics metrics_;
  runtime::Breaker breaker_;
  Backoff backoff_;

  std::unique_ptr<Connection> connection_;
  bool signed_in_ = false;  // on the current connection
  bool had_connection_ = false;
  std::string problem_;  // why it is unreachable; empty while it is not
  std::chrono::steady_clock::time_point away_since_;
  Refusal refusal_ = Refusal::kNone;
  std::chrono::steady_clock::time_point refused_since_;
  std::chrono::steady_clock::time_point refused_last_;

  std::size_t running_ = 0;  // commands in flight
  runtime::WaitQueue drained_;
  runtime::Event tried_;
  runtime::Event closing_;
  runtime::Scope scope_;
};

}  // namespace souk::redis
