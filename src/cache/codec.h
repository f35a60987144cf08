// Binary serialisation of values for Redis. A type lists its members once, by a function in its own
// namespace:
//
//   auto members(cache::Of<Product> auto& p) { return std::tie(p.id, p.name, p.price); }
//
// Supported: integers, enumerations, double, bool, std::string, ids, money, optionals and vectors.
// Integers are big-endian.
//
// Threading: pure functions; a Reader borrows its bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/money.h"

namespace souk::cache {

// T, const or not.
template <class Self, class T>
concept Of = std::same_as<std::remove_const_t<Self>, T>;

class Writer {
 public:
  template <std::integral T>
  void integer(T number) {
    number = std::byteswap(number);
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  void raw(std::string_view text) { bytes_ += text; }
  void text(std::string_view text) {
    integer(static_cast<std::uint32_t>(text.size()));
    raw(text);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Returns zeros and empty texts after the end of the bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <std::integral T>
  T integer() {
    T number{};
    const auto piece = take(sizeof(T));
    if (piece.size() == sizeof(T)) std::memcpy(&number, piece.data(), sizeof(T));
    return std::byteswap(number);
  }
  std::string_view text() { return take(integer<std::uint32_t>()); }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) return fail();
    const auto piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return piece;
  }
  // Marks the bytes as invalid.
  std::string_view fail() {
    failed_ = true;
    return rest_ = {};
  }
  std::string_view rest() const { return rest_; }
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

namespace codec {

// A letter for each type; Part is its element type.
template <class T>
struct Code : std::integral_constant<char, 'm'> {};  // has members
template <class T>
  requires std::integral<T> || std::is_enum_v<T>
struct Code<T> : std::integral_constant<char, static_cast<char>('0' + sizeof(T))> {};
template <>
struct Code<bool> : std::integral_constant<char, 'b'> {};
template <>
struct Code<double> : std::integral_constant<char, 'd'> {};
template <>
struct Code<std::string> : std::integral_constant<char, 's'> {};
template <>
struct Code<Uuid> : std::integral_constant<char, 'u'> {};
template <>
struct Code<Currency> : std::integral_constant<char, 'c'> {};
template <class T>
struct Code<std::optional<T>> : std::integral_constant<char, 'o'> {
  using Part = T;
};
template <class T>
struct Code<std::vector<T>> : std::integral_constant<char, 'v'> {
  using Part = T;
};

template <class T>
constexpr char kCode = Code<T>::value;

template <class Tag>
auto members(Id<Tag>& id) {
  return std::tie(id.value);
}
template <class Tag>
auto members(const Id<Tag>& id) {
  return std::tie(id.value);
}
auto members(Of<Money> auto& money) { return std::tie(money.amount, money.currency); }

template <class T, class Visit>
decltype(auto) with_members(T& value, Visit visit) {
  return std::apply(visit, members(value));
}
template <class T>
using Members = decltype(members(std::declval<T&>()));

// A hash of a type's structure: values of another shape are refused.
template <class T>
constexpr std::uint32_t shape(std::uint32_t before = 0x811c9dc5) {
  const auto hash = (before ^ static_cast<std::uint8_t>(kCode<T>)) * 0x01000193;  // FNV-1a
  if constexpr (requires { typename Code<T>::Part; }) return shape<typename Code<T>::Part>(hash);
  if constexpr (kCode<T> == 'm') {
    return []<class... M>(std::tuple<M&...>*, std::uint32_t h) {
      ((h = shape<std::remove_cvref_t<M>>(h)), ...);
      return h ^ sizeof...(M);
    }(static_cast<Members<T>*>(nullptr), hash);
  }
  return hash;
}

template <class T>
void write(Writer& out, const T& value) {
  constexpr char kOf = kCode<T>;
  if constexpr (kOf == 's') {
    out.text(value);
  } else if constexpr (kOf == 'u') {
    out.raw({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
  } else if constexpr (kOf == 'c') {
    out.raw(value.text());
  } else if constexpr (kOf == 'd') {
    out.integer(std::bit_cast<std::uint64_t>(value));
  } else if constexpr (kOf == 'b') {
    out.integer(static_cast<std::uint8_t>(value));
  } else if constexpr (kOf == 'o') {
    out.integer(static_cast<std::uint8_t>(value.has_value()));
    if (value) write(out, *value);
  } else if constexpr (kOf == 'v') {
    out.integer(static_cast<std::uint32_t>(value.size()));
    for (const auto& part : value) write(out, part);
  } else if constexpr (kOf == 'm') {
    with_members(value, [&out](const auto&... part) { (write(out, part), ...); });
  } else if constexpr (std::is_enum_v<T>) {
    out.integer(std::to_underlying(value));
  } else {
    out.integer(value);
  }
}

template <class T>
void read(Reader& in, T& value) {
  constexpr char kOf = kCode<T>;
  if constexpr (kOf == 's') {
    value = in.text();
  } else if constexpr (kOf == 'u') {
    const auto bytes = in.take(value.bytes.size());
    std::ranges::copy(bytes, value.bytes.begin());
  } else if constexpr (kOf == 'c') {
    const auto parsed = Currency::parse(in.take(value.text().size()));
    parsed ? static_cast<void>(value = *parsed) : static_cast<void>(in.fail());
  } else if constexpr (kOf == 'd') {
    value = std::bit_cast<double>(in.integer<std::uint64_t>());
  } else if constexpr (kOf == 'b') {
    const auto byte = in.integer<std::uint8_t>();
    value = byte == 1;
    if (byte > 1) in.fail();
  } else if constexpr (kOf == 'o') {
    bool present = false;
    read(in, present);
    if (present) read(in, value.emplace());
  } else if constexpr (kOf == 'v') {
    const auto count = in.integer<std::uint32_t>();
    if (count > in.rest().size()) in.fail();  // each takes a byte or more
    value.resize(in.rest().empty() ? 0 : count);
    for (auto& part : value) read(in, part);
  } else if constexpr (kOf == 'm') {
    with_members(value, [&in](auto&... part) { (read(in, part), ...); });
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(in.integer<std::underlying_type_t<T>>());
  } else {
    value = in.integer<T>();
  }
}

// Heap bytes of a value in addition to its size; allocated blocks have kBlock of overhead.
inline constexpr std::size_t kBlock = 16;

template <class T>
std::size_t held_by(const T& value) {
  constexpr char kOf = kCode<T>;
  if constexpr (kOf == 's') {
    return value.capacity() < sizeof(std::string) / 2 ? 0 : value.capacity() + kBlock;
  } else if constexpr (kOf == 'o') {
    return value ? held_by(*value) : 0;
  } else if constexpr (kOf == 'v') {
    auto bytes = value.capacity() * sizeof(typename T::value_type) + kBlock;
    for (const auto& part : value) bytes += held_by(part);
    return bytes;
  } else if constexpr (kOf == 'm') {
    return with_members(value,
                        [](const auto&... part) { return (std::size_t{0} + ... + held_by(part)); });
  } else {
    return 0;
  }
}

}  // namespace codec
}  // namespace souk::cache
