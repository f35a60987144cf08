#include "http/response_fields.h"

#include <array>
#include <charconv>

#include "http/header_policy.h"

namespace souk::http {
namespace {

// Status, length, request id and Server-Timing.
constexpr std::size_t kFixedBytes = 20 + 20 + 36 + kMaxServerTimingBytes;

char* write_number(char* at, std::uint64_t number) {
  return std::to_chars(at, at + 20, number).ptr;
}
char* write_text(char* at, std::string_view text) {
  return std::copy(text.begin(), text.end(), at);
}

}  // namespace

char* write_server_timing(char* at, const runtime::Context& context) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(context.database_time);
  const auto count = static_cast<std::uint64_t>(us.count());
  at = write_number(write_text(at, "db;dur="), count / 1000);
  const std::array<char, 4> fraction = {'.', static_cast<char>('0' + count / 100 % 10),
                                        static_cast<char>('0' + count / 10 % 10),
                                        static_cast<char>('0' + count % 10)};
  at = write_text(at, {fraction.data(), fraction.size()});
  at = write_number(write_text(at, ";desc=\""), context.statements);
  return write_text(at, " statements\"");
}

std::string_view ResponseFields::keep(std::string_view text) {
  const auto begin = text_.size();
  text_.append(text);
  return text_.view().substr(begin);
}

std::string_view ResponseFields::keep_lower(std::string_view text) {
  char* const at = text_.prepare(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) at[i] = to_lower(text[i]);
  text_.commit(text.size());
  return {at, text.size()};
}

std::span<const ResponseFields::Field> ResponseFields::assign(const Response& response,
                                                              const Envelope& envelope) {
  fields_.clear();
  text_.clear();
  text_.reserve(kFixedBytes + response.headers.size_bytes());
  std::array<char, kMaxServerTimingBytes> made;
  const auto text_to = [&](const char* end) {
    return keep({made.data(), static_cast<std::size_t>(end - made.data())});
  };
  const auto add = [this](std::string_view name, std::string_view value, bool is_unique = false) {
    fields_.push_back({name, value, is_unique});
  };
  add(":status", text_to(write_number(made.data(), static_cast<std::uint64_t>(response.status))));
  add("date", envelope.date);
  const auto& common = response.common == nullptr ? default_common_fields() : *response.common;
  for (const auto [name, value] : common.lower_fields()) add(name, value);
  if (!response.content_type.empty()) add("content-type", response.content_type);
  if (const auto size = response.body.size(); size && envelope.has_length) {
    add("content-length", text_to(write_number(made.data(), *size)));
  }
  if (!response.etag.empty()) add("etag", response.etag);
  if (envelope.request_id != nullptr) {
    envelope.request_id->format_to(made.data());
    add("x-request-id", text_to(made.data() + 36), true);
  }
  if (envelope.timing != nullptr) {
    add("server-timing", text_to(write_server_timing(made.data(), *envelope.timing)), true);
  }
  if (response.caching != nullptr) {
    for (const auto [name, value] : response.caching->lower_fields()) add(name, value);
  }
  for (const auto [name, value] : response.headers) add(keep_lower(name), value);
  return fields_;
}

}  // namespace souk::http
