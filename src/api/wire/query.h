// The query of a request, described like a type of the wire (describe.h). The accepted names, the
// strict reader and the parameters of the OpenAPI document are generated from the description.
//
//   template <>
//   inline constexpr auto describe<DeadJobFilter> = query_object(
//       field("kind", &DeadJobFilter::kind, {.meaning = "...", .presence = Presence::kOptional}));
//
// Threading: constants and pure functions.
#pragma once

#include "api/wire/describe.h"
#include "base/error.h"
#include "http/uri.h"

namespace souk::api {

template <class... Fields>
struct QueryDescription : Description<Fields...> {};

template <class... Fields>
constexpr QueryDescription<Fields...> query_object(std::tuple<Fields...> fields) {
  return {{{}, fields}};
}
template <class... Get>
constexpr QueryDescription<Field<Get>...> query_object(Field<Get>... fields) {
  return {{{}, {fields...}}};
}

template <class T>
inline constexpr bool kIsQueryDescription = false;
template <class... Fields>
inline constexpr bool kIsQueryDescription<QueryDescription<Fields...>> = true;
template <class T>
concept DescribedQuery = kIsQueryDescription<std::remove_cvref_t<decltype(describe<T>)>>;

// The parameters of every paginated list. T has members `limit` and `cursor`.
template <class T>
inline constexpr auto kPageFields = std::tuple{
    field("cursor", &T::cursor,
          {.meaning = "`nextCursor` of the previous page; the other parameters must be the same.",
           .presence = Presence::kOptional}),
    field("limit", &T::limit,
          {.meaning = "Items on a page.",
           .presence = Presence::kOptional,
           .minimum = 1,
           .maximum = 100,
           .default_value = "20"})};

// invalid_request, naming the parameter.
std::unexpected<Error> refuse_parameter(std::string_view name, std::string reason);

// "a, b or c".
std::string one_of(Names names);

// The text of one parameter. Each read() returns nothing, or why the text is invalid. Checks the
// type, the names, and a range with both bounds (400); other rules are the domain's (422).
class QueryValue {
 public:
  using Reason = std::optional<std::string>;

  QueryValue(std::string_view text, const Facets& facets) : text_(text), facets_(facets) {}

  Reason read(std::string& out) const;
  Reason read(bool& out) const;
  Reason read(std::int64_t& out) const;
  Reason read(std::size_t& out) const;
  Reason read(Uuid& out) const;
  Reason read(Currency& out) const;
  Reason read(TimeOrDate& out) const;
  template <class Tag>
  Reason read(Id<Tag>& out) const {
    return read(out.value);
  }
  template <class T>
  Reason read(std::optional<T>& out) const {
    return read(out.emplace());
  }

  template <class Enum, std::size_t N>
  Reason read(std::optional<Enum>& out, const std::array<std::string_view, N>& names) const {
    out = value_of<Enum>(names, text_);
    if (out) return {};
    return "must be " + one_of(names);
  }

 private:
  std::string_view text_;
  const Facets& facets_;
};

namespace internal {

template <class Owner, class T>
QueryValue::Reason read(const QueryValue& value, T Owner::* const& member, auto& out) {
  return value.read(out.*member);
}
template <class Get, std::size_t N>
QueryValue::Reason read(const QueryValue& value, const NameOf<Get, N>& named, auto& out) {
  return value.read(out.*named.get, *named.names);
}

}  // namespace internal

// A member whose parameter is absent keeps its initial value. REQUIRES: no parameters but the
// described ones. Errors: invalid_request for the first invalid one.
template <DescribedQuery T>
Result<T> read_query(const http::QueryParameters& parameters) {
  T out{};
  Result<> read;
  const auto read_field = [&](const auto& field) {
    const auto text = parameters.find(field.name);
    if (!text) return;
    const auto reason = internal::read(QueryValue(*text, field.facets), field.get, out);
    if (reason) read = refuse_parameter(field.name, *reason);
  };
  std::apply([&](const auto&... fields) { ((read ? read_field(fields) : void()), ...); },
             describe<T>.fields);
  if (!read) return std::unexpected(std::move(read.error()));
  return out;
}

}  // namespace souk::api
