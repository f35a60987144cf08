// Converts the server's answers to rows or exceptions, with metrics.
// Threading: loop thread only. Ownership: borrows its arguments during a call.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string_view>

#include "postgres/reply.h"
#include "postgres/rows.h"
#include "postgres/statement_book.h"
#include "runtime/context.h"

namespace souk::postgres {

// Adds its own lifetime to the time the request spent in the database.
class DatabaseTime {
 public:
  explicit DatabaseTime(runtime::Context& context) : context_(context) {}
  ~DatabaseTime() { context_.database_time += elapsed(); }
  DatabaseTime(const DatabaseTime&) = delete;
  DatabaseTime& operator=(const DatabaseTime&) = delete;

  Reply::Time began() const { return began_; }
  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - began_; }

 private:
  runtime::Context& context_;
  const Reply::Time began_ = std::chrono::steady_clock::now();
};

// The most attempts of a statement or a transaction.
inline constexpr int kTriesMax = 5;

// Why it is retried.
enum class Again : std::uint8_t { kLost, kSkipped, kUnprepared, kConflict };

inline constexpr auto kNoStandby = "committed here, but perhaps on no standby";

// Nothing if a retry would be refused again.
std::optional<Again> why_again(std::string_view sqlstate);

// For an answer without rows: the reason for a retry, if one is allowed and safe; throws otherwise.
// `repeatable`: running twice is harmless. `expired`: the deadline passed before the answer.
Again again_or_throw(const StatementEntry& statement, const Reply& reply, int tries,
                     bool repeatable, bool expired);

// For a refused statement: throws StatementError, or Timeout if it was cancelled.
[[noreturn]] void throw_refused(std::string_view statement, const Reply& reply);

// Counts and returns the rows of an answered reply.
Rows take_rows(StatementEntry& statement, Reply& reply, Reply::Time began);
// The same for a statement with a span of its own.
Rows take_rows(StatementEntry& statement, Reply& reply, Reply::Time began, OpenSpan& span);
// Counts a failure, by the class of its SQLSTATE.
void count_failure(StatementEntry& statement, const std::exception& error, Reply::Time began);

}  // namespace souk::postgres
