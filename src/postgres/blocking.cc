#include "postgres/blocking.h"

#include <poll.h>

#include <algorithm>

#include "postgres/session_settings.h"

namespace souk::postgres {
namespace {

constexpr std::chrono::milliseconds kSlice{100};  // between two checks for cancellation

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string trimmed(std::string_view message) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  return std::string(message);
}

// libpq treats a URL of another scheme as a database name; its messages repeat the whole string,
// including the password.
bool is_understood(const std::string& conninfo) {
  const bool url = conninfo.starts_with("postgresql://") || conninfo.starts_with("postgres://");
  if (!url && conninfo.find("://") < conninfo.find('=')) return false;
  if (!url && conninfo.find('=') == conninfo.npos) return true;  // a name alone
  char* error = nullptr;
  PQconninfoOption* const options = PQconninfoParse(conninfo.c_str(), &error);
  PQfreemem(error);
  PQconninfoFree(options);
  return options != nullptr;
}

std::unexpected<Error> no_answer() {
  return fail(ErrorCode::kUnavailable, "the server does not answer");
}

}  // namespace

Result<BlockingConnection> BlockingConnection::open(const std::string& conninfo,
                                                    const std::string& application_name,
                                                    WaitLimit limit) {
  if (!is_understood(conninfo)) {
    return fail(ErrorCode::kInvalidRequest,
                "the address of the database is neither a URL like postgresql://role@host/name nor "
                "keywords like \"host=... dbname=...\"");
  }
  // The first dbname is expanded as a connection string; the other keywords are defaults.
  const char* keywords[] = {"dbname", "fallback_application_name", "connect_timeout", nullptr};
  const char* values[] = {conninfo.c_str(), application_name.c_str(), "10", nullptr};
  // Only libpq's own wait tries the next address when one does not answer.
  const bool limited = limit.until != WaitLimit::kNever || limit.cancelled;
  auto* const begin = limited ? &PQconnectStartParams : &PQconnectdbParams;
  BlockingConnection connection(begin(keywords, values, 1), std::move(limit));
  if (limited) {
    if (auto connected = connection.connect(); !connected) {
      return std::unexpected(std::move(connected.error()));
    }
  }
  if (PQstatus(connection.connection_.get()) != CONNECTION_OK) {
    return fail(ErrorCode::kUnavailable, trimmed(PQerrorMessage(connection.connection_.get())));
  }
  PQsetNoticeProcessor(connection.connection_.get(), [](void*, const char*) {}, nullptr);
  auto set_up = connection.execute(session_sql(std::chrono::milliseconds(0)));
  if (!set_up) return std::unexpected(std::move(set_up.error()));
  return connection;
}

Result<TextRows> BlockingConnection::run(const std::string& sql,
                                         const std::vector<std::string>& parameters) {
  auto* const connection = connection_.get();
  PQsetnonblocking(connection, 1);
  bool sent = false;
  if (parameters.empty()) {
    sent = PQsendQuery(connection, sql.c_str()) == 1;
  } else {
    std::vector<const char*> values;
    for (const auto& parameter : parameters) values.push_back(parameter.c_str());
    sent = PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr,
                             values.data(), nullptr, nullptr, 0) == 1;
  }
  if (!sent) return failure(nullptr);
  return last_result();
}

// Host names are looked up inside PQconnectPoll(), without a time limit.
Result<> BlockingConnection::connect() {
  auto* const connection = connection_.get();
  auto step = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (step == PGRES_POLLING_READING || step == PGRES_POLLING_WRITING) {
    if (!await(step == PGRES_POLLING_READING ? POLLIN : POLLOUT)) return no_answer();
    step = PQconnectPoll(connection);
  }
  return {};
}

// The last result of all statements sent; a refusal is always the last.
Result<TextRows> BlockingConnection::last_result() {
  auto* const connection = connection_.get();
  ResultPtr last(nullptr, &PQclear);
  for (;;) {
    const int left = PQflush(connection);
    while (PQisBusy(connection) == 0) {
      PGresult* const next = PQgetResult(connection);
      if (next == nullptr) {
        PQsetnonblocking(connection, 0);  // only now: closing must not wait for an answer
        const auto status = PQresultStatus(last.get());
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
            status == PGRES_EMPTY_QUERY) {
          return TextRows(last.release());
        }
        return failure(last.get());
      }
      last.reset(next);
      const auto status = PQresultStatus(next);
      if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return failure(next);
    }
    if (!await(left > 0 ? POLLIN | POLLOUT : POLLIN)) return no_answer();
    if (PQconsumeInput(connection) != 1) return failure(last.get());
  }
}

// Waits until the socket is ready; false when the limit comes first.
bool BlockingConnection::await(int events) const {
  for (;;) {
    const auto left = limit_.until - std::chrono::steady_clock::now();
    if (left <= left.zero() || (limit_.cancelled && limit_.cancelled())) return false;
    const auto slice = std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kSlice);
    pollfd socket{
        .fd = PQsocket(connection_.get()), .events = static_cast<short>(events), .revents = 0};
    if (::poll(&socket, 1, static_cast<int>(slice.count())) > 0) return true;
  }
}

Result<> BlockingConnection::execute(const std::string& sql,
                                     const std::vector<std::string>& parameters) {
  auto rows = run(sql, parameters);
  if (!rows) return std::unexpected(std::move(rows.error()));
  return {};
}

Result<> BlockingConnection::copy_begin(const std::string& sql) {
  const ResultPtr result(PQexec(connection_.get(), sql.c_str()), &PQclear);
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) return failure(result.get());
  return {};
}

Result<> BlockingConnection::copy_write(std::string_view bytes) {
  if (PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) == 1) {
    return {};
  }
  return failure(nullptr);
}

Result<> BlockingConnection::copy_end() {
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) return failure(nullptr);
  const ResultPtr result(PQgetResult(connection_.get()), &PQclear);
  while (PGresult* rest = PQgetResult(connection_.get())) PQclear(rest);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return failure(result.get());
  return {};
}

std::unexpected<Error> BlockingConnection::failure(const PGresult* result) const {
  const bool lost = PQstatus(connection_.get()) != CONNECTION_OK;
  const char* message = result != nullptr ? PQresultErrorMessage(result) : "";
  if (*message == '\0') message = PQerrorMessage(connection_.get());
  return fail(lost ? ErrorCode::kUnavailable : ErrorCode::kInternal, trimmed(message));
}

}  // namespace souk::postgres
