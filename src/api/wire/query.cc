#include "api/wire/query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/parse.h"
#include "base/rfc3339.h"

namespace souk::api {

std::unexpected<Error> refuse_parameter(std::string_view name, std::string reason) {
  auto detail = fmt::format("{} {}", name, reason);
  return fail(ErrorCode::kInvalidRequest, std::move(detail),
              {{std::string(name), std::move(reason)}});
}

std::string one_of(Names names) {
  if (names.size() == 1) return std::string(names.front());
  return fmt::format("{} or {}", fmt::join(names.first(names.size() - 1), ", "), names.back());
}

QueryValue::Reason QueryValue::read(std::string& out) const {
  out = text_;
  return {};
}

QueryValue::Reason QueryValue::read(bool& out) const {
  out = text_ == "true";
  if (out || text_ == "false") return {};
  return "must be true or false";
}

QueryValue::Reason QueryValue::read(std::int64_t& out) const {
  const auto value = parse_integer(text_);
  if (!value) return "must be an integer";
  if (facets_.minimum && facets_.maximum &&
      (*value < *facets_.minimum || *value > *facets_.maximum)) {
    return fmt::format("must be {} to {}", *facets_.minimum, *facets_.maximum);
  }
  out = *value;
  return {};
}

QueryValue::Reason QueryValue::read(std::size_t& out) const {
  std::int64_t value = 0;
  if (auto reason = read(value)) return reason;
  if (value < 0) return "must not be negative";
  out = static_cast<std::size_t>(value);
  return {};
}

QueryValue::Reason QueryValue::read(Uuid& out) const {
  const auto id = Uuid::parse(text_);
  if (!id) return "must be a UUID";
  out = *id;
  return {};
}

QueryValue::Reason QueryValue::read(Currency& out) const {
  const auto currency = Currency::parse(text_);
  if (!currency) return "must be three capital letters (ISO 4217)";
  out = *currency;
  return {};
}

QueryValue::Reason QueryValue::read(TimeOrDate& out) const {
  const auto time = parse_rfc3339(text_);
  if (!time) return "must be a date, or a time with its offset (RFC 3339)";
  out = {.time = *time, .is_date = text_.size() == std::string_view("2026-01-31").size()};
  return {};
}

}  // namespace souk::api
