#include "postgres/rows.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/assert.h"
#include "base/parse.h"

namespace souk::postgres {

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }

std::size_t Rows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }

std::size_t Rows::affected() const {
  if (!result_) return 0;
  const std::string_view count = PQcmdTuples(result_.get());
  return count.empty() ? 0 : static_cast<std::size_t>(parse_integer(count).value_or(0));
}

Row Rows::operator[](std::size_t index) const {
  SOUK_ASSERT(index < size());
  return {*this, index};
}

void Rows::expect_rows(std::size_t least, std::size_t most) const {
  if (size() >= least && size() <= most) return;
  throw RowMismatch(
      fmt::format("statement {}: {} rows where {} to {} must be", statement_, size(), least, most));
}

void Rows::expect_columns(std::size_t columns) const {
  const auto found = static_cast<std::size_t>(PQnfields(result_.get()));
  if (found == columns) return;
  throw RowMismatch(fmt::format("statement {}: {} columns where its reader takes {}", statement_,
                                found, columns));
}

bool Row::is_null(std::size_t column) const { return !value(column).has_value(); }

std::optional<Value> Row::value(std::size_t column) const {
  const pg_result* const result = rows_->result_.get();
  const auto row = static_cast<int>(index_);
  const auto at = static_cast<int>(column);
  if (column >= static_cast<std::size_t>(PQnfields(result))) mismatch(column, "does not exist");
  if (PQgetisnull(result, row, at) != 0) return std::nullopt;
  if (PQfformat(result, at) != 1) mismatch(column, "is not in binary");
  return Value{
      {PQgetvalue(result, row, at), static_cast<std::size_t>(PQgetlength(result, row, at))},
      PQftype(result, at)};
}

void Row::mismatch(std::size_t column, const char* reason) const {
  const char* const name = PQfname(rows_->result_.get(), static_cast<int>(column));
  throw RowMismatch(fmt::format("statement {}: column {} ({}) {}", rows_->statement_, column,
                                name == nullptr ? "-" : name, reason));
}

}  // namespace souk::postgres
