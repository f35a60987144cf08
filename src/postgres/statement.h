// A named SQL statement: what a store declares as constexpr data and the pool prepares on first
// use, once per connection. Named placeholders do not exist: $1, $2, ...
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
    // Read-only and quick (by key, a bounded page from an index): shares a connection and its Sync
    // with the other points of the turn. Run again where the connection is lost.
    kPoint,
    // Read-only and possibly slow (search, reports): has a connection of its own meanwhile. Run
    // again where the connection is lost.
    kScan,
    // Changes data: commits by itself where it runs outside a transaction. Never run twice.
    kWrite,
  };

  std::string_view name;  // unique in the process, at most 63 bytes, static text; a metric label
  std::string_view sql;   // static text
  Kind kind;
  // The index that the plan must use, where it is a promise: a test holds the plans against it.
  std::string_view index = {};
};

// A statement with its parameters, to be sent together with others: Transaction::pipeline.
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
