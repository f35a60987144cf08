// The result of a statement, and the conversion of columns to values.
//
//   constexpr auto kProductRow = row_of(&Product::id, &Product::name, &Product::price);
//   auto product = (co_await pool.query(context, kFindProduct, id)).optional(kProductRow);
//   auto count = (co_await pool.query(context, kCountProducts)).one<std::int64_t>();
//
// A reader is such a mapping, or a type: a value (see parameters.h; std::optional for a nullable
// column), Money (two columns, amount and currency) or a std::tuple of values, in the order of the
// columns. row_of nests too: row_of(at(&Line::product, kProductRow)).
//
// A column of another type than its reader expects throws RowMismatch naming statement and column;
// whatever the server sends, nothing is read beyond its bytes.
//
// Threading: plain values. Ownership: Rows owns the result; string_view and span values point into
// it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/money.h"
#include "postgres/codec.h"
#include "postgres/errors.h"

struct pg_result;

namespace souk::postgres {

class Rows;

// One row; borrows its Rows.
class Row {
 public:
  template <class T>
  T get(std::size_t column) const;
  bool is_null(std::size_t column) const;

 private:
  friend Rows;
  Row(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
  std::optional<Value> value(std::size_t column) const;
  [[noreturn]] void mismatch(std::size_t column, const char* reason) const;

  const Rows* rows_;
  std::size_t index_;
};

namespace detail {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// Reads a T from Read<T>::kColumns columns: Read<T>::from(row, first column).
template <class T>
struct Read {
  static constexpr std::size_t kColumns = 1;
  static T from(const Row& row, std::size_t column) { return row.get<T>(column); }
};
template <>
struct Read<Money> {
  static constexpr std::size_t kColumns = 2;
  static Money from(const Row& row, std::size_t column) {
    return {row.get<std::int64_t>(column), row.get<Currency>(column + 1)};
  }
};
template <class... T>
struct Read<std::tuple<T...>> {
  static constexpr std::size_t kColumns = (Read<T>::kColumns + ... + 0);
  static std::tuple<T...> from(const Row& row, std::size_t column) {
    // Braces fix the order of evaluation.
    return std::tuple<T...>{
        Read<T>::from(row, std::exchange(column, column + Read<T>::kColumns))...};
  }
};

template <class T>
struct ValueReader {
  using Result = T;
  static constexpr std::size_t kColumns = Read<T>::kColumns;
  T operator()(const Row& row, std::size_t column = 0) const { return Read<T>::from(row, column); }
};

template <class Struct, class Member>
struct MemberReader {
  using Owner = Struct;
  static constexpr std::size_t kColumns = Read<Member>::kColumns;
  Member Struct::* member;
  void operator()(Struct& into, const Row& row, std::size_t column) const {
    into.*member = Read<Member>::from(row, column);
  }
};

template <class Struct, class Member, class Reader>
struct NestedReader {
  using Owner = Struct;
  static constexpr std::size_t kColumns = Reader::kColumns;
  Member Struct::* member;
  Reader reader;
  void operator()(Struct& into, const Row& row, std::size_t column) const {
    into.*member = reader(row, column);
  }
};

template <class Struct, class Member>
constexpr auto part_of(Member Struct::* member) {
  return MemberReader<Struct, Member>{member};
}
template <class Struct, class Member, class Reader>
constexpr auto part_of(NestedReader<Struct, Member, Reader> nested) {
  return nested;
}

template <class Struct, class... Parts>
struct StructReader {
  using Result = Struct;
  static constexpr std::size_t kColumns = (Parts::kColumns + ... + 0);
  std::tuple<Parts...> parts;
  Struct operator()(const Row& row, std::size_t column = 0) const {
    Struct result{};
    std::apply(
        [&](const auto&... part) {
          ((part(result, row, column), column += std::decay_t<decltype(part)>::kColumns), ...);
        },
        parts);
    return result;
  }
};

}  // namespace detail

// Maps columns to the members of a struct, in order. The struct is default-constructible.
template <class First, class... Rest>
constexpr auto row_of(First first, Rest... rest) {
  using Struct = typename decltype(detail::part_of(first))::Owner;
  return detail::StructReader<Struct, decltype(detail::part_of(first)),
                              decltype(detail::part_of(rest))...>{
      {detail::part_of(first), detail::part_of(rest)...}};
}

// A member that is read by a row_of mapping itself.
template <class Struct, class Member, class Reader>
constexpr auto at(Member Struct::* member, Reader reader) {
  return detail::NestedReader<Struct, Member, Reader>{member, reader};
}

class Rows {
 public:
  Rows() = default;
  // Takes ownership of the result. `statement` is static text.
  Rows(pg_result* result, std::string_view statement) : result_(result), statement_(statement) {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // Rows inserted, updated or deleted; for a SELECT the rows returned.
  std::size_t affected() const;
  Row operator[](std::size_t index) const;

  // All rows.
  template <class Reader>
  auto as(const Reader& reader) const;
  template <class T>
  std::vector<T> as() const {
    return as(detail::ValueReader<T>{});
  }
  // The only row, or nothing if there is none. More than one is a RowMismatch.
  template <class Reader>
  auto optional(const Reader& reader) const -> std::optional<typename Reader::Result>;
  template <class T>
  std::optional<T> optional() const {
    return optional(detail::ValueReader<T>{});
  }
  // The only row; none is a RowMismatch too.
  template <class Reader>
  auto one(const Reader& reader) const {
    expect_rows(1, 1);
    return *optional(reader);
  }
  template <class T>
  T one() const {
    return one(detail::ValueReader<T>{});
  }

 private:
  friend Row;
  struct Clear {
    void operator()(pg_result* result) const;
  };
  void expect_rows(std::size_t least, std::size_t most) const;
  void expect_columns(std::size_t columns) const;

  std::unique_ptr<pg_result, Clear> result_;
  std::string_view statement_;
};

template <class T>
T Row::get(std::size_t column) const {
  if constexpr (detail::kIsOptional<T>) {
    if (is_null(column)) return std::nullopt;
    return get<typename T::value_type>(column);
  } else {
    const auto found = value(column);
    if (!found) mismatch(column, "is NULL");
    if (!Codec<T>::accepts(found->type)) mismatch(column, "has a type its reader does not take");
    try {
      return Codec<T>::decode(*found);
    } catch (const BadValue& bad) {
      mismatch(column, bad.reason);
    }
  }
}

template <class Reader>
auto Rows::as(const Reader& reader) const {
  std::vector<typename Reader::Result> all;
  expect_columns(Reader::kColumns);
  all.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) all.push_back(reader((*this)[i]));
  return all;
}

template <class Reader>
auto Rows::optional(const Reader& reader) const -> std::optional<typename Reader::Result> {
  expect_columns(Reader::kColumns);
  expect_rows(0, 1);
  if (empty()) return std::nullopt;
  return reader((*this)[0]);
}

}  // namespace souk::postgres
