// Exceptions of queries besides Failure (base/failures.h): StatementError for a statement that the
// server refused. Its text contains no value of a row or a parameter, so it may be logged.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/failures.h"

namespace souk::postgres {

// Rolled back completely, and a retry may succeed at once: a serialization failure or a deadlock.
constexpr bool is_conflict(std::string_view sqlstate) {
  return sqlstate == "40001" || sqlstate == "40P01";
}
// The server lost the prepared statement, or its plan became stale by a migration: prepare it
// again.
constexpr bool is_unprepared(std::string_view sqlstate) {
  return sqlstate == "26000" || sqlstate == "0A000";
}

// The server answered with an error. The statement changed nothing; its transaction can only be
// rolled back.
class StatementError : public std::runtime_error {
 public:
  StatementError(std::string_view statement, std::string_view sqlstate, std::string_view constraint,
                 std::string_view message);

  const std::string& statement() const { return statement_; }
  const std::string& sqlstate() const { return sqlstate_; }      // five characters
  const std::string& constraint() const { return constraint_; }  // or empty

  bool unique_violation() const { return sqlstate_ == "23505"; }
  bool unique_violation(std::string_view name) const {
    return unique_violation() && constraint_ == name;
  }
  bool foreign_key_violation() const { return sqlstate_ == "23503"; }
  bool foreign_key_violation(std::string_view name) const {
    return foreign_key_violation() && constraint_ == name;
  }
  bool check_violation() const { return sqlstate_ == "23514"; }
  bool check_violation(std::string_view name) const {
    return check_violation() && constraint_ == name;
  }
  bool not_null_violation() const { return sqlstate_ == "23502"; }
  // The lock was not granted within the connection's lock_timeout.
  bool lock_not_available() const { return sqlstate_ == "55P03"; }
  // Whether the values, or the rows they need, may be the cause: data exceptions, violated
  // constraints, a trigger's refusal, a lock time-out. Other statements of the same batch may then
  // succeed alone. False for failures of the server itself.
  bool blames_values() const {
    const auto kind = std::string_view(sqlstate_).substr(0, 2);
    return kind == "22" || kind == "23" || kind == "P0" || lock_not_available();
  }
  // Running the transaction again from its start may succeed: see Pool::retry.
  bool retryable() const { return is_conflict(sqlstate_) || is_unprepared(sqlstate_); }

 private:
  std::string statement_;
  std::string sqlstate_;
  std::string constraint_;
};

// A result has other columns or types than its reader expects: our own mistake, or a database that
// the statement was not written for.
class RowMismatch final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace souk::postgres
