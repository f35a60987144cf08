// The values of $1, $2, ... of one execution, encoded and owned: the arguments need not stay alive,
// and a read can be sent again.
//
// Types: bool, int16_t, int32_t, int64_t, double, text (string, string_view, literals), bytea
// (vector, span or array of uint8_t), Uuid, Id<>, Timestamp, Currency; vector or span of int32_t,
// int64_t, text, Uuid and Id<> as arrays; std::optional of these, std::nullopt for NULL.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "postgres/codec.h"

namespace souk::postgres {

inline constexpr std::size_t kMaxParameters = 32;

namespace detail {

// The type that a parameter T is encoded as, when it is not NULL.
template <class T>
struct ParameterValue {
  using type = T;
};
template <class T>
struct ParameterValue<std::optional<T>> {
  using type = T;
};
template <>
struct ParameterValue<std::nullopt_t> {
  using type = std::string_view;
};
template <>
struct ParameterValue<const char*> {
  using type = std::string_view;
};
template <>
struct ParameterValue<char*> {
  using type = std::string_view;
};
template <class T>
using ParameterCodec = Codec<typename ParameterValue<std::decay_t<T>>::type>;

template <class... T>
inline constexpr std::array<TypeOid, sizeof...(T)> kParameterTypes = {ParameterCodec<T>::kType...};
template <class... T>
inline constexpr std::array<int, sizeof...(T)> kParameterFormats = {ParameterCodec<T>::kBinary...};

}  // namespace detail

template <class T>
concept Encodable = requires { detail::ParameterCodec<T>::kType; };

class Parameters {
 public:
  Parameters() = default;
  template <Encodable... T>
  explicit Parameters(const T&... values)
      : types_(detail::kParameterTypes<T...>), formats_(detail::kParameterFormats<T...>) {
    static_assert(sizeof...(T) <= kMaxParameters);
    (write(values), ...);
  }

  std::span<const TypeOid> types() const { return types_; }

  // The parallel arrays for libpq; valid until the parameters are moved or destroyed.
  struct Wire {
    int count;
    std::array<const char*, kMaxParameters> values;
    std::array<int, kMaxParameters> lengths;
    const int* formats;  // 1 is binary
  };
  Wire wire() const;

 private:
  template <class T>
  void write(const T& value) {
    if constexpr (std::is_same_v<T, std::nullopt_t>) {
      writer_.append_integer<std::int32_t>(-1);
    } else if constexpr (requires { value.has_value(); }) {
      value ? write(*value) : write(std::nullopt);
    } else {
      const auto mark = writer_.begin_length();
      detail::ParameterCodec<T>::encode(value, writer_);
      writer_.append({"\0", 1});  // libpq takes text up to its terminator
      writer_.end_length(mark);
    }
  }

  std::span<const TypeOid> types_;
  std::span<const int> formats_;
  ValueWriter writer_;  // per value: its length, its bytes and a NUL, which the length includes
};

}  // namespace souk::postgres
