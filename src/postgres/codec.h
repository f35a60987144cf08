// Conversion of C++ values: Codec<T> names the PostgreSQL type, writes a binary parameter and reads
// a binary column. A module may specialise it for its own type (e.g. an enumeration stored as text)
// by deriving from the codec of the underlying type.
//
// Threading: stateless. Ownership: string_view and span results point into the Rows they came from.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/money.h"
#include "base/uuid.h"
#include "postgres/errors.h"
#include "postgres/value_writer.h"

namespace souk::postgres {

using TypeOid = std::uint32_t;

// pg_type.dat; fixed for ever by PostgreSQL.
namespace oid {
inline constexpr TypeOid kInferred = 0;  // inferred by the server
inline constexpr TypeOid kBool = 16;
inline constexpr TypeOid kBytea = 17;
inline constexpr TypeOid kName = 19;
inline constexpr TypeOid kInt8 = 20;
inline constexpr TypeOid kInt2 = 21;
inline constexpr TypeOid kInt4 = 23;
inline constexpr TypeOid kText = 25;
inline constexpr TypeOid kJson = 114;
inline constexpr TypeOid kFloat4 = 700;
inline constexpr TypeOid kFloat8 = 701;
inline constexpr TypeOid kByteaArray = 1001;
inline constexpr TypeOid kInt4Array = 1007;
inline constexpr TypeOid kTextArray = 1009;
inline constexpr TypeOid kInt8Array = 1016;
inline constexpr TypeOid kBpchar = 1042;
inline constexpr TypeOid kVarchar = 1043;
inline constexpr TypeOid kTimestamptz = 1184;
inline constexpr TypeOid kUuid = 2950;
inline constexpr TypeOid kUuidArray = 2951;
inline constexpr TypeOid kFirstUserDefined = 16384;
}  // namespace oid

// The bytes of one column of one row, not NULL.
struct Value {
  std::string_view bytes;
  TypeOid type;
};

// Thrown by decode() for bytes that are not a T; Rows rethrows it with statement and column, as
// RowMismatch.
struct BadValue {
  const char* reason;
};

template <class T>
struct Codec;

namespace detail {

template <std::integral T>
T read_integer(std::string_view bytes) {
  if (bytes.size() != sizeof(T)) throw BadValue{"has the wrong length"};
  T number;
  std::memcpy(&number, bytes.data(), sizeof(T));
  if constexpr (sizeof(T) > 1) number = std::byteswap(number);
  return number;
}

// One-dimensional arrays: header, then length-prefixed elements (array_recv in arrayfuncs.c).
class ArrayReader {
 public:
  ArrayReader(std::string_view bytes, TypeOid element);
  std::size_t size() const { return size_; }
  std::string_view next();

 private:
  std::string_view bytes_;
  std::size_t size_ = 0;
};
void write_array_header(ValueWriter& out, std::size_t size, TypeOid element);

bool is_text(TypeOid type);
// Throws StatementError (22021, as the server would) for text with a NUL: libpq would send only the
// part before it.
void write_text(std::string_view text, ValueWriter& out);

template <std::signed_integral T>
  requires(sizeof(T) >= 2)
struct IntegerCodec {
  static constexpr TypeOid kType = sizeof(T) == 2   ? oid::kInt2
                                   : sizeof(T) == 4 ? oid::kInt4
                                                    : oid::kInt8;
  static constexpr TypeOid kArrayType = sizeof(T) == 4   ? oid::kInt4Array
                                        : sizeof(T) == 8 ? oid::kInt8Array
                                                         : oid::kInferred;
  static constexpr bool kBinary = true;
  // Narrower columns widen.
  static bool accepts(TypeOid type) {
    return type == kType || (type == oid::kInt4 && sizeof(T) == 8) ||
           (type == oid::kInt2 && sizeof(T) >= 4);
  }
  static void encode(T value, ValueWriter& out) { out.append_integer(value); }
  static T decode(Value value) {
    switch (value.type) {
      case oid::kInt2:
        return static_cast<T>(read_integer<std::int16_t>(value.bytes));
      case oid::kInt4:
        return static_cast<T>(read_integer<std::int32_t>(value.bytes));
      default:
        return static_cast<T>(read_integer<std::int64_t>(value.bytes));
    }
  }
};

// Text is sent untyped: the server converts it to the required type (char(3), an enumeration, json,
// ...).
template <class T>
struct TextCodec {
  static constexpr TypeOid kType = oid::kInferred;
  static constexpr TypeOid kElementType = oid::kText;
  static constexpr TypeOid kArrayType = oid::kTextArray;
  static constexpr bool kBinary = false;
  static bool accepts(TypeOid type) { return is_text(type); }
  static void encode(std::string_view value, ValueWriter& out) { write_text(value, out); }
  static T decode(Value value) { return T(value.bytes); }
};

template <class T>
struct BytesCodec {
  static constexpr TypeOid kType = oid::kBytea;
  static constexpr bool kBinary = true;
  static bool accepts(TypeOid type) { return type == oid::kBytea; }
  static void encode(std::span<const std::uint8_t> value, ValueWriter& out) {
    out.append({reinterpret_cast<const char*>(value.data()), value.size()});
  }
  static T decode(Value value) {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(value.bytes.data());
    return T(data, data + value.bytes.size());
  }
};

template <class T>
concept ArrayElement = requires { Codec<T>::kArrayType; };

template <ArrayElement T>
struct ArrayCodec {
  static constexpr TypeOid kType = Codec<T>::kArrayType;
  static constexpr bool kBinary = true;
  static constexpr TypeOid element_type() {
    if constexpr (requires { Codec<T>::kElementType; }) return Codec<T>::kElementType;
    return Codec<T>::kType;
  }
  static bool accepts(TypeOid type) { return type == kType; }
  static void encode(std::span<const T> values, ValueWriter& out);
  static std::vector<T> decode(Value value);
};

}  // namespace detail

template <std::signed_integral T>
  requires(sizeof(T) >= 2)
struct Codec<T> : detail::IntegerCodec<T> {};

template <>
struct Codec<bool> {
  static constexpr TypeOid kType = oid::kBool;
  static constexpr bool kBinary = true;
  static bool accepts(TypeOid type) { return type == oid::kBool; }
  static void encode(bool value, ValueWriter& out) { out.append_integer<std::int8_t>(value); }
  static bool decode(Value value) { return detail::read_integer<std::int8_t>(value.bytes) != 0; }
};

template <>
struct Codec<double> {
  static constexpr TypeOid kType = oid::kFloat8;
  static constexpr bool kBinary = true;
  static bool accepts(TypeOid type) { return type == oid::kFloat8 || type == oid::kFloat4; }
  static void encode(double value, ValueWriter& out) {
    out.append_integer(std::bit_cast<std::int64_t>(value));
  }
  static double decode(Value value);
};

template <>
struct Codec<std::string> : detail::TextCodec<std::string> {};
template <>
struct Codec<std::string_view> : detail::TextCodec<std::string_view> {};

template <>
struct Codec<std::vector<std::uint8_t>> : detail::BytesCodec<std::vector<std::uint8_t>> {};
template <>
struct Codec<std::span<const std::uint8_t>> : detail::BytesCodec<std::span<const std::uint8_t>> {};
// A bytea of exactly N bytes: hashes and keys.
template <std::size_t N>
struct Codec<std::array<std::uint8_t, N>> : detail::BytesCodec<std::array<std::uint8_t, N>> {
  static constexpr TypeOid kArrayType = oid::kByteaArray;
  static std::array<std::uint8_t, N> decode(Value value) {
    if (value.bytes.size() != N) throw BadValue{"has the wrong length"};
    std::array<std::uint8_t, N> bytes;
    std::memcpy(bytes.data(), value.bytes.data(), N);
    return bytes;
  }
};

template <>
struct Codec<Uuid> {
  static constexpr TypeOid kType = oid::kUuid;
  static constexpr TypeOid kArrayType = oid::kUuidArray;
  static constexpr bool kBinary = true;
  static bool accepts(TypeOid type) { return type == oid::kUuid; }
  static void encode(const Uuid& value, ValueWriter& out) {
    out.append({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
  }
  static Uuid decode(Value value);
};

template <class Tag>
struct Codec<Id<Tag>> : Codec<Uuid> {
  static void encode(const Id<Tag>& id, ValueWriter& out) { Codec<Uuid>::encode(id.value, out); }
  static Id<Tag> decode(Value value) { return {Codec<Uuid>::decode(value)}; }
};

// timestamptz. PostgreSQL's infinities are Timestamp::max() and min(), both ways.
template <>
struct Codec<Timestamp> {
  static constexpr TypeOid kType = oid::kTimestamptz;
  static constexpr bool kBinary = true;
  static bool accepts(TypeOid type) { return type == oid::kTimestamptz; }
  static void encode(Timestamp value, ValueWriter& out);
  static Timestamp decode(Value value);
};

// char(3), varchar or text.
template <>
struct Codec<Currency> {
  static constexpr TypeOid kType = oid::kBpchar;
  static constexpr bool kBinary = true;
  static bool accepts(TypeOid type) { return detail::is_text(type); }
  static void encode(const Currency& value, ValueWriter& out) { out.append(value.text()); }
  static Currency decode(Value value);
};

template <detail::ArrayElement T>
struct Codec<std::vector<T>> : detail::ArrayCodec<T> {};
template <detail::ArrayElement T>
struct Codec<std::span<const T>> : detail::ArrayCodec<T> {};
template <detail::ArrayElement T>
struct Codec<std::span<T>> : detail::ArrayCodec<T> {};

namespace detail {

template <ArrayElement T>
void ArrayCodec<T>::encode(std::span<const T> values, ValueWriter& out) {
  write_array_header(out, values.size(), element_type());
  for (const auto& value : values) {
    const auto mark = out.begin_length();
    Codec<T>::encode(value, out);
    out.end_length(mark);
  }
}

template <ArrayElement T>
std::vector<T> ArrayCodec<T>::decode(Value value) {
  ArrayReader elements(value.bytes, element_type());
  std::vector<T> values;
  values.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    values.push_back(Codec<T>::decode({elements.next(), element_type()}));
  }
  return values;
}

}  // namespace detail
}  // namespace souk::postgres
