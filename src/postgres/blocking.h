// A connection that blocks its thread: for commands that have nothing else to do (migrate, seed,
// setting up an embedded server) and for tests. Request handling uses the pool instead.
// Threading: one thread at a time, never an event loop's. Ownership: owns its libpq connection;
// TextRows own their result and outlive the connection.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace souk::postgres {

// What a statement returned, every value as text.
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

// Errors of every function: kUnavailable where the server cannot be reached or went away, kInternal
// with the server's own message where it refused.
class BlockingConnection {
 public:
  // `conninfo` is a URL or a keyword string, as libpq reads them; kInvalidRequest where it is
  // neither. libpq gives each address 2 s at least.
  static Result<BlockingConnection> open(
      const std::string& conninfo, const std::string& application_name,
      std::chrono::seconds connect_timeout = std::chrono::seconds(10));

  // One statement with parameters $1..., or any number of statements without; the rows are the last
  // one's. Parameters are text.
  Result<TextRows> run(const std::string& sql, const std::vector<std::string>& parameters = {});

  // The same where no row is wanted.
  Result<> execute(const std::string& sql, const std::vector<std::string>& parameters = {});

  // COPY ... FROM STDIN: begin, write any number of pieces, end. Nothing else may run between.
  Result<> copy_begin(const std::string& sql);
  Result<> copy_write(std::string_view bytes);
  Result<> copy_end();

  bool in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }

 private:
  explicit BlockingConnection(PGconn* connection) : connection_(connection, &PQfinish) {}
  std::unexpected<Error> failure(const PGresult* result) const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace souk::postgres
