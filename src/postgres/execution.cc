#include "postgres/execution.h"

#include <algorithm>
#include <string>

namespace souk::postgres {
namespace {

constexpr std::string_view kQueryCanceled = "57014";
constexpr std::string_view kReadOnlyTransaction = "25006";
constexpr std::string_view kInsufficientPrivilege = "42501";

// The server forgot the statement, or its plan went stale: prepared anew it will run.
bool is_unprepared(const Reply& reply) {
  return reply.sqlstate() == "26000" || reply.sqlstate() == "0A000";
}

// Undone as a whole, and may succeed at once: a serialization failure or a deadlock.
bool is_conflict(const Reply& reply) {
  return reply.sqlstate() == "40001" || reply.sqlstate() == "40P01";
}

std::string_view error_class(const std::exception& error) {
  if (const auto* refused = dynamic_cast<const StatementError*>(&error)) {
    return std::string_view(refused->sqlstate()).substr(0, 2);
  }
  if (dynamic_cast<const Timeout*>(&error) != nullptr) return "57";
  if (dynamic_cast<const ReadOnly*>(&error) != nullptr) return "25";
  if (dynamic_cast<const Overloaded*>(&error) != nullptr) return "53";
  return "08";
}

std::string named(std::string_view statement, std::string_view what) {
  return std::string(statement).append(": ").append(what);
}

}  // namespace

Again again_or_throw(const StatementEntry& statement, const Reply& reply, int tries,
                     bool repeatable, bool expired) {
  const bool last_try = tries >= kTriesMax;
  switch (reply.state()) {
    case Reply::State::kRefused:
      if (is_unprepared(reply) && !last_try) return Again::kUnprepared;
      if (is_conflict(reply) && !last_try) return Again::kConflict;
      throw_refused(statement.name, reply);
    case Reply::State::kSkipped:
      if (!last_try) return Again::kSkipped;
      break;
    case Reply::State::kKilled:
    case Reply::State::kUnsent:
      if (!last_try) return Again::kLost;
      break;
    default:
      if (!repeatable) {
        throw OutcomeUnknown(
            named(statement.name, expired ? "not answered in time" : "lost before the answer"));
      }
      if (expired) throw Timeout(named(statement.name, "no answer in time"));
      if (!last_try) return Again::kLost;
  }
  throw Unavailable(named(statement.name, "the connection was lost again and again"));
}

void throw_refused(std::string_view statement, const Reply& reply) {
  const auto message = reply.field(PG_DIAG_MESSAGE_PRIMARY);
  if (reply.sqlstate() == kQueryCanceled) throw Timeout(named(statement, message));
  if (reply.sqlstate() == kReadOnlyTransaction || reply.sqlstate() == kInsufficientPrivilege) {
    throw ReadOnly(named(statement, message));
  }
  throw StatementError(statement, reply.sqlstate(), reply.field(PG_DIAG_CONSTRAINT_NAME), message);
}

Rows take_rows(StatementEntry& statement, Reply& reply, Reply::Time began) {
  Rows rows(reply.take().release(), statement.name);
  const auto duration = std::max(reply.answered_at() - began, Reply::Time::duration::zero());
  statement.record_rows(std::max(rows.size(), rows.affected()), duration);
  return rows;
}

void count_failure(StatementEntry& statement, const std::exception& error, Reply::Time began) {
  statement.record_error(error_class(error), std::chrono::steady_clock::now() - began);
}

}  // namespace souk::postgres
