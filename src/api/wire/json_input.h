// Strictly reads a request's JSON body into a struct, as describe.h describes it; errors say what
// was wrong and where.
//
// Threading: a JsonInput belongs to one worker. Ownership: results own what they hold.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/describe.h"
#include "api/wire/json_numbers.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/money.h"
#include "http/message.h"

namespace souk::api {

inline constexpr std::size_t kMaxJsonDepth = 16;
inline constexpr std::size_t kMaxObjectMembers = 32;    // described types have fewer
inline constexpr std::size_t kMaxReportedFields = 20;   // per request
inline constexpr std::size_t kMaxEchoedNameBytes = 64;  // of an unknown member

// The position of a value in a body: a chain up to the document, serialised only for errors.
struct JsonPlace {
  const JsonPlace* parent = nullptr;
  std::string_view name = {};  // of a member, or
  std::size_t index = 0;       // of an element

  std::string pointer() const;  // RFC 6901
};

class Refusals {
 public:
  void add(const JsonPlace& place, std::string reason);
  std::vector<FieldError> take() { return std::move(fields_); }
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<FieldError> fields_;
};

class JsonObject;

// One value: read() accepts or refuses it.
class JsonValue {
 public:
  JsonValue(simdjson::dom::element element, const JsonPlace& place, Refusals& refusals)
      : element_(element), place_(place), refusals_(refusals) {}

  void read(std::string& out) const;
  void read(bool& out) const;
  void read(std::int32_t& out) const;
  void read(std::int64_t& out) const;
  void read(Uuid& out) const;
  void read(Currency& out) const;
  template <class Tag>
  void read(Id<Tag>& out) const {
    read(out.value);
  }
  template <class T>
  void read(std::optional<T>& out) const {
    read(out.emplace());
  }
  template <class T>
  void read(std::vector<T>& out) const;
  template <Described T>
  void read(T& out) const;

  void refuse(std::string reason) const { refusals_.add(place_, std::move(reason)); }

 private:
  friend JsonObject;
  std::optional<std::string_view> text() const;
  template <class T>
  void read_parsed(T& out, std::string_view wanted) const;

  simdjson::dom::element element_;
  const JsonPlace& place_;
  Refusals& refusals_;
};

// An object whose members are read one by one; remaining members are refused at the end.
class JsonObject {
 public:
  explicit JsonObject(const JsonValue& value);

  template <class Owner, class T>
  void read(const Field<T Owner::*>& field, auto& owner) {
    T& out = owner.*field.get;
    if (field.facets.presence == Presence::kAlways) return required(field.name, out);
    if constexpr (kIsOptional<T>) {
      if (field.facets.presence == Presence::kNullable) return nullable(field.name, out);
    }
    optional(field.name, out);
  }
  void refuse_unknown();

 private:
  struct Member {
    std::string_view name;
    simdjson::dom::element value;
    bool taken;  // or refused already
  };

  template <class T>
  void required(std::string_view name, T& out) {
    if (Member* const member = take(name)) {
      read_value(*member, out);
    } else if (well_formed_) {
      refuse(name, "is missing");
    }
  }
  // `out` is unchanged if there is no such member.
  template <class T>
  void optional(std::string_view name, T& out) {
    if (Member* const member = take(name)) read_value(*member, out);
  }
  // null means the same as an absent member, or, where T is optional itself, a T without a value.
  template <class T>
  void nullable(std::string_view name, std::optional<T>& out) {
    Member* const member = take(name);
    if (member == nullptr) return;
    if (!member->value.is_null()) return read_value(*member, out);
    if constexpr (kIsOptional<T>) out.emplace();
  }

  template <class T>
  void read_value(const Member& member, T& out) {
    const JsonPlace place{.parent = &place_, .name = member.name};
    JsonValue(member.value, place, refusals_).read(out);
  }
  Member* take(std::string_view name);
  void refuse(std::string_view name, std::string reason);

  const JsonPlace& place_;
  Refusals& refusals_;
  bool well_formed_ = false;
  std::vector<Member> members_;
};

// Errors: unsupported_media_type, and invalid_request without a body.
Result<> check_fields(const http::Request& request);

class JsonInput {
 public:
  JsonInput();

  // Errors: unsupported_media_type; invalid_request for what is not JSON; validation_failed for
  // JSON of another shape. An integer may be written as any number of JSON: 100, 100.0, 1e2.
  template <class T>
  Result<T> read(const http::Request& request);
  // The same for JSON from elsewhere.
  template <class T>
  Result<T> read_text(std::string_view text);

 private:
  Result<simdjson::dom::element> parse(std::string_view body);
  template <class T>
  Result<T> read_once(std::string_view text);

  simdjson::dom::parser parser_;
};

template <class T>
void JsonValue::read(std::vector<T>& out) const {
  simdjson::dom::array elements;
  if (element_.get(elements) != simdjson::SUCCESS) return refuse("must be an array");
  for (const auto element : elements) {
    const JsonPlace place{.parent = &place_, .index = out.size()};
    JsonValue(element, place, refusals_).read(out.emplace_back());
  }
}

template <Described T>
void JsonValue::read(T& out) const {
  JsonObject object(*this);
  std::apply([&](const auto&... fields) { (object.read(fields, out), ...); }, describe<T>.fields);
  object.refuse_unknown();
}

template <class T>
Result<T> JsonInput::read(const http::Request& request) {
  if (const auto readable = check_fields(request); !readable) {
    return std::unexpected(readable.error());
  }
  return read_text<T>(request.body);
}

template <class T>
Result<T> JsonInput::read_text(std::string_view text) {
  auto out = read_once<T>(text);
  if (out || out.error().code != ErrorCode::kValidationFailed) return out;
  // A second pass only after a failure: few clients write integers with a fraction or exponent.
  const auto plain = with_plain_integers(text);
  return plain ? read_once<T>(*plain) : out;
}

template <class T>
Result<T> JsonInput::read_once(std::string_view text) {
  const auto document = parse(text);
  if (!document) return std::unexpected(document.error());
  T out{};
  Refusals refusals;
  const JsonPlace root;
  JsonValue(*document, root, refusals).read(out);
  if (refusals.empty()) return out;
  return fail(ErrorCode::kValidationFailed, "the body is not what this route takes",
              refusals.take());
}

}  // namespace souk::api
