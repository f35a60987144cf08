#include "api/wire/json_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "http/error_codes.h"

namespace souk::api {
namespace {

// RFC 6901 section 3.
void append_reference_token(std::string& pointer, std::string_view name) {
  pointer += '/';
  for (const char c : name.substr(0, kMaxEchoedNameBytes)) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

// Parameters other than a charset have no meaning for JSON (RFC 8259 section 11).
bool is_json(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find_first_of("; \t"));
  return http::equals_ignoring_case(type, http::kJsonType);
}

std::string_view syntax_problem(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "the body is empty; a JSON object is needed";
    case simdjson::DEPTH_ERROR:
      return "the body is nested too deeply";
    case simdjson::UTF8_ERROR:
      return "the body is not UTF-8";
    case simdjson::NUMBER_ERROR:
      return "a number in the body is malformed or out of range";
    case simdjson::STRING_ERROR:
    case simdjson::UNCLOSED_STRING:
    case simdjson::UNESCAPED_CHARS:
      return "a string in the body is malformed";
    default:
      return "the body is not well-formed JSON";
  }
}

}  // namespace

std::string JsonPlace::pointer() const {
  if (parent == nullptr) return {};
  auto text = parent->pointer();
  append_reference_token(text, name.data() == nullptr ? fmt::to_string(index) : std::string(name));
  return text;
}

void Refusals::add(const JsonPlace& place, std::string reason) {
  if (fields_.size() < kMaxReportedFields) {
    fields_.push_back({place.pointer(), std::move(reason)});
  }
}

std::optional<std::string_view> JsonValue::text() const {
  std::string_view text;
  if (element_.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

template <class T>
void JsonValue::read_parsed(T& out, std::string_view wanted) const {
  const auto parsed = text().and_then(&T::parse);
  if (!parsed) return refuse(fmt::format("must be {}", wanted));
  out = *parsed;
}

void JsonValue::read(std::string& out) const {
  const auto string = text();
  if (!string) return refuse("must be a string");
  if (string->contains('\0')) return refuse("must not contain U+0000");
  out = *string;
}

void JsonValue::read(Uuid& out) const { read_parsed(out, "a UUID"); }

void JsonValue::read(Currency& out) const { read_parsed(out, "three capital letters (ISO 4217)"); }

void JsonValue::read(bool& out) const {
  if (element_.get(out) != simdjson::SUCCESS) refuse("must be true or false");
}

void JsonValue::read(std::int64_t& out) const {
  const auto error = element_.get(out);
  if (error == simdjson::NUMBER_OUT_OF_RANGE) return refuse("is out of range");
  if (error != simdjson::SUCCESS) return refuse("must be an integer");
}

void JsonValue::read(std::int32_t& out) const {
  std::int64_t wide = 0;
  read(wide);
  if (!std::in_range<std::int32_t>(wide)) return refuse("is out of range");
  out = static_cast<std::int32_t>(wide);
}

JsonObject::JsonObject(const JsonValue& value) : place_(value.place_), refusals_(value.refusals_) {
  simdjson::dom::object object;
  if (value.element_.get(object) != simdjson::SUCCESS) {
    value.refuse("must be an object");
    return;
  }
  if (object.size() > kMaxObjectMembers) {
    value.refuse("has too many members");
    return;
  }
  well_formed_ = true;
  members_.reserve(object.size());
  for (const auto [name, member] : object) {
    const bool repeated = std::ranges::find(members_, name, &Member::name) != members_.end();
    if (repeated) refuse(name, "is there twice");
    members_.push_back({name, member, repeated});
  }
}

void JsonObject::refuse_unknown() {
  for (const auto& member : members_) {
    if (!member.taken) refuse(member.name, "is not a member this route knows");
  }
}

JsonObject::Member* JsonObject::take(std::string_view name) {
  const auto member = std::ranges::find(members_, name, &Member::name);
  if (member == members_.end()) return nullptr;
  member->taken = true;
  return &*member;
}

void JsonObject::refuse(std::string_view name, std::string reason) {
  refusals_.add({.parent = &place_, .name = name}, std::move(reason));
}

Result<> check_fields(const http::Request& request) {
  if (request.body.empty()) {
    return fail(ErrorCode::kInvalidRequest, std::string(syntax_problem(simdjson::EMPTY)));
  }
  const auto content_type = request.headers.find("Content-Type");
  if (!content_type || !is_json(*content_type)) {
    return fail(http::errors::kUnsupportedMediaType, "the body must be application/json");
  }
  return {};
}

JsonInput::JsonInput() {
  constexpr std::size_t kUsualBodyBytes = 4 * 1024;
  const auto error = parser_.allocate(kUsualBodyBytes, kMaxJsonDepth);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
}

Result<simdjson::dom::element> JsonInput::parse(std::string_view body) {
  simdjson::dom::element document;
  const auto error = parser_.parse(body.data(), body.size()).get(document);
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalidRequest, std::string(syntax_problem(error)));
  }
  return document;
}

}  // namespace souk::api
