#include "postgres/execution.h"

#include <algorithm>
#include <string>

namespace souk::postgres {
namespace {

constexpr std::string_view kQueryCanceled = "57014";
constexpr std::string_view kReadOnlyTransaction = "25006";
constexpr std::string_view kInsufficientPrivilege = "42501";

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

std::optional<Again> why_again(std::string_view sqlstate) {
  if (is_unprepared(sqlstate)) return Again::kUnprepared;
  if (is_conflict(sqlstate)) return Again::kConflict;
  return std::nullopt;
}

Again again_or_throw(const StatementEntry& statement, const Reply& reply, int tries,
                     bool repeatable, bool expired) {
  const bool last_try = tries >= kTriesMax;
  switch (reply.state()) {
    case Reply::State::kRefused:
      if (const auto again = why_again(reply.sqlstate()); again && !last_try) return *again;
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

Rows take_rows(StatementEntry& statement, Reply& reply, Reply::Time began, OpenSpan& span) {
  auto rows = take_rows(statement, reply, began);
  span.succeeded(static_cast<std::int64_t>(std::max(rows.size(), rows.affected())));
  return rows;
}

void count_failure(StatementEntry& statement, const std::exception& error, Reply::Time began) {
  statement.record_error(error_class(error), std::chrono::steady_clock::now() - began);
}

}  // namespace souk::postgres
