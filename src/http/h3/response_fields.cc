#include "http/h3/response_fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace souk::http::h3 {
namespace {

// Room for the values that are made here.
constexpr std::size_t kFixedBytes = 256;

std::uint8_t* bytes_of(std::string_view text) {
  // nghttp3 does not write to it.
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

nghttp3_nv field(std::string_view name, std::string_view value) {
  return {.name = bytes_of(name),
          .value = bytes_of(value),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP3_NV_FLAG_NONE};
}

std::span<const nghttp3_nv> ResponseFields::of(const Response& response, const Envelope& envelope) {
  fields_.clear();
  text_.clear();
  // Reserved at once: the fields are views into it.
  text_.reserve(kFixedBytes + response.headers.size_bytes() +
                (response.caching == nullptr ? 0 : response.caching->fields().size_bytes()));
  add_number(":status", static_cast<std::uint64_t>(response.status));
  fields_.push_back(field("date", envelope.date));
  fields_.push_back(field("x-content-type-options", "nosniff"));
  if (!response.content_type.empty())
    fields_.push_back(field("content-type", response.content_type));
  if (response.status != 204 && response.status != 304) {
    if (const auto size = response.body.size()) add_number("content-length", *size);
  }
  if (!response.etag.empty()) fields_.push_back(field("etag", response.etag));
  if (envelope.request_id != nullptr) {
    char* const at = text_.prepare(36);
    envelope.request_id->format_to(at);
    text_.commit(36);
    fields_.push_back(field("x-request-id", {at, 36}));
  }
  if (envelope.timing != nullptr) add_timing(*envelope.timing);
  if (response.caching != nullptr) add(response.caching->fields());
  add(response.headers);
  return fields_;
}

void ResponseFields::add(const HeaderList& list) {
  for (const auto [name, value] : list) {
    char* const at = text_.prepare(name.size());
    std::ranges::transform(
        name, at, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    text_.commit(name.size());
    fields_.push_back(field({at, name.size()}, value));
  }
}

void ResponseFields::add_number(std::string_view name, std::uint64_t number) {
  const auto begin = text_.size();
  text_.append_unsigned(number);
  fields_.push_back(field(name, text_.view().substr(begin)));
}

void ResponseFields::add_timing(const runtime::Context& context) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(context.database_time);
  char* const at = text_.prepare(100);
  const auto end = fmt::format_to_n(at, 100, "db;dur={}.{:03};desc=\"{} statements\"",
                                    us.count() / 1000, us.count() % 1000, context.statements)
                       .out;
  const auto size = static_cast<std::size_t>(end - at);
  text_.commit(size);
  fields_.push_back(field("server-timing", {at, size}));
}

}  // namespace souk::http::h3
