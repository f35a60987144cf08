// A named SQL statement: constexpr data of a store, prepared by the pool on first use, once per
// connection. Placeholders are $1, $2, ...
//
//   constexpr Statement kFindProduct{.name = "find_product",
//                                    .sql = "SELECT id, name FROM products WHERE id = $1",
//                                    .kind = Statement::Kind::kPoint,
//                                    .index = "products_pkey"};
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "postgres/parameters.h"

namespace souk::postgres {

struct Statement {
  enum class Kind : std::uint8_t {
    // Read-only and quick (by key, a bounded page of an index): shares a connection and its Sync
    // with the other points of the turn. Retried after a lost connection.
    kPoint,
    // Read-only and possibly slow (search, reports): leases a connection. Retried after a lost
    // connection.
    kScan,
    // Changes data: autocommitted outside a transaction. Never run twice.
    kWrite,
  };

  std::string_view name;  // unique in the process, at most 63 bytes, static text; a metric label
  std::string_view sql;   // static text
  Kind kind;
  // The index that the plan must use; plan tests check it. Empty: no promise.
  std::string_view index = {};
};

// A statement with its parameters, to be sent with others: Transaction::pipeline.
struct Call {
  const Statement* statement;
  Parameters parameters;
};

// Copies the values; see parameters.h for their types. Borrows the statement.
template <Encodable... T>
Call call(const Statement& statement, const T&... values) {
  return {&statement, Parameters(values...)};
}

}  // namespace souk::postgres
