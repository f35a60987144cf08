#include "postgres/blocking.h"

#include <algorithm>

#include "postgres/session_settings.h"

namespace souk::postgres {
namespace {

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string trimmed(std::string_view message) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  return std::string(message);
}

// libpq takes a URL of another scheme for the name of a database; its own messages repeat the
// whole string, password included.
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

}  // namespace

Result<BlockingConnection> BlockingConnection::open(const std::string& conninfo,
                                                    const std::string& application_name,
                                                    std::chrono::seconds connect_timeout) {
  if (!is_understood(conninfo)) {
    return fail(ErrorCode::kInvalidRequest,
                "the address of the database is neither a URL like postgresql://role@host/name nor "
                "keywords like \"host=... dbname=...\"");
  }
  const auto seconds = std::to_string(std::max<std::int64_t>(connect_timeout.count(), 1));
  // The first dbname is expanded as a connection string; what it does not say comes from the rest.
  const char* keywords[] = {"dbname", "fallback_application_name", "connect_timeout", nullptr};
  const char* values[] = {conninfo.c_str(), application_name.c_str(), seconds.c_str(), nullptr};
  BlockingConnection connection(PQconnectdbParams(keywords, values, 1));
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
  PGresult* result = nullptr;
  if (parameters.empty()) {
    result = PQexec(connection_.get(), sql.c_str());
  } else {
    std::vector<const char*> values;
    for (const auto& parameter : parameters) values.push_back(parameter.c_str());
    result = PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                          values.data(), nullptr, nullptr, 0);
  }
  TextRows rows(result);
  const auto status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
    return rows;
  }
  return failure(result);
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
