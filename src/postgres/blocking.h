// A connection that blocks its thread: for commands without an event loop (migrate, seed, setting
// up an embedded server) and for tests. Requests use the pool instead.
// Threading: one thread at a time, never an event loop's. Ownership: owns its libpq connection;
// TextRows own their result and outlive the connection.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace souk::postgres {

// The rows of a statement, every value as text.
class TextRows {
 public:
  explicit TextRows(PGresult* result) : result_(result, &PQclear) {}
  int size() const { return PQntuples(result_.get()); }
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string_view text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

// The most time a connection may block its thread, for all its statements together. Does not bound
// name look-ups (libpq calls getaddrinfo()) or COPY.
struct WaitLimit {
  static constexpr auto kNever = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point until = kNever;
  std::function<bool()> cancelled = {};  // asked every 100 ms; true ends the wait at once
};

// Errors of every function: kUnavailable when the server is unreachable, disconnects or does not
// answer within the limit, kInternal with the server's message when it refused.
class BlockingConnection {
 public:
  // `conninfo` is a URL or a keyword string, as libpq reads them; kInvalidRequest where it is
  // neither. Without a limit each address has 10 s to connect, and statements have for ever.
  static Result<BlockingConnection> open(const std::string& conninfo,
                                         const std::string& application_name, WaitLimit limit = {});

  // One statement with parameters $1..., or any number of statements without; the rows are the last
  // one's. Parameters are text.
  Result<TextRows> run(const std::string& sql, const std::vector<std::string>& parameters = {});

  // The same where no row is wanted.
  Result<> execute(const std::string& sql, const std::vector<std::string>& parameters = {});

  // COPY ... FROM STDIN: begin, write any number of pieces, end. Nothing else may run between.
  Result<> copy_begin(const std::string& sql);
  Result<> copy_write(std::string_view bytes);
  Result<> copy_end();

  const WaitLimit& limit() const { return limit_; }
  bool in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }

 private:
  BlockingConnection(PGconn* connection, WaitLimit limit)
      : connection_(connection, &PQfinish), limit_(std::move(limit)) {}
  Result<> connect();
  Result<TextRows> last_result();
  bool await(int events) const;
  std::unexpected<Error> failure(const PGresult* result) const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  WaitLimit limit_;
};

}  // namespace souk::postgres
