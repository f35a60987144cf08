// Loads generated rows with COPY in binary, in pieces of bounded size.
// Threading: blocks on the connection's thread. Ownership: borrows the connection.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "base/error.h"
#include "postgres/blocking.h"
#include "postgres/codec.h"

namespace souk::seed {

// Rows in the format of COPY BINARY (PostgreSQL manual, COPY, "File Formats").
class RowBuffer {
 public:
  template <class... T>
  void add(const T&... fields) {
    append_big_endian(static_cast<std::int16_t>(sizeof...(fields)));
    (append_field(fields), ...);
  }

  void begin();
  void end() { append_big_endian<std::int16_t>(-1); }
  std::size_t size() const { return bytes_.size(); }
  std::string_view view() const { return bytes_.view(); }
  void clear() { bytes_.clear(); }

 private:
  template <class T>
  void append_big_endian(T number) {
    number = std::byteswap(number);
    bytes_.append({reinterpret_cast<const char*>(&number), sizeof number});
  }

  void append_bytes(std::string_view bytes) {
    append_big_endian(static_cast<std::int32_t>(bytes.size()));
    bytes_.append(bytes);
  }

  template <class T>
  void append_field(const T& value) {
    if constexpr (std::convertible_to<T, std::string_view>) {
      append_bytes(value);
    } else {
      postgres::ValueWriter out;
      postgres::Codec<T>::encode(value, out);
      append_bytes({out.data(), out.size()});
    }
  }

  template <class T>
  void append_field(const std::optional<T>& value) {
    if (value) return append_field(*value);
    append_big_endian<std::int32_t>(-1);
  }

  Buffer bytes_;
};

inline constexpr std::size_t kCopyPieceBytes = 64 * 1024;
// Bounds the foreign-key checks that PostgreSQL queues until the end of a statement.
inline constexpr std::uint64_t kCopyStatementNumbersMax = 50'000;

// FREEZE saves a later VACUUM, in a table truncated by the same transaction.
enum class Freeze : bool { kNo, kYes };

// Calls add_rows(number, rows) for 0 to count - 1 and loads the added rows into `target`, a table
// with its columns: "users (id, name)". Reports its progress.
template <class AddRows, class Report>
Result<> copy_table(postgres::BlockingConnection& database, std::string_view target, Freeze freeze,
                    std::uint64_t count, AddRows&& add_rows, Report&& report) {
  const auto sql =
      fmt::format("COPY {} FROM STDIN (FORMAT binary, FREEZE {})", target, freeze == Freeze::kYes);
  RowBuffer rows;
  for (std::uint64_t number = 0; number < count;) {
    const auto end = std::min(count, number + kCopyStatementNumbersMax);
    auto done = database.copy_begin(sql);
    rows.begin();
    for (; done && number < end; ++number) {
      add_rows(number, rows);
      if (rows.size() < kCopyPieceBytes) continue;
      done = database.copy_write(rows.view());
      rows.clear();
      report(number + 1);
    }
    rows.end();
    if (done) done = database.copy_write(rows.view());
    if (done) done = database.copy_end();
    if (!done) return done;
    rows.clear();
    report(number);
  }
  return {};
}

}  // namespace souk::seed
