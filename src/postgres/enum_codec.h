// Enumerations kept as text (base/enum_names.h), as parameters and as columns.
//
//   template <>
//   struct souk::postgres::Codec<Colour> : EnumCodec<Colour, kColourNames> {};
//
// Threading: stateless.
#pragma once

#include "base/actor.h"
#include "base/enum_names.h"
#include "postgres/codec.h"

namespace souk::postgres {

template <class Enum, const auto& kNames>
struct EnumCodec : detail::TextCodec<std::string_view> {
  static void encode(Enum value, ValueWriter& out) {
    detail::write_text(name_of(kNames, value), out);
  }
  static Enum decode(Value value) {
    const auto known = value_of<Enum>(kNames, value.bytes);
    if (!known) throw BadValue{"is no name of its enumeration"};
    return *known;
  }
};

template <>
struct Codec<ActorKind> : EnumCodec<ActorKind, kActorKindNames> {};

}  // namespace souk::postgres
