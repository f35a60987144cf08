#include "http/conditional.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "base/encoding.h"
#include "base/hash.h"
#include "http/coding/coding.h"
#include "http/syntax.h"

namespace souk::http {
namespace {

constexpr std::string_view kWeak = "W/";

std::string_view without_weakness(std::string_view etag) {
  return etag.starts_with(kWeak) ? etag.substr(kWeak.size()) : etag;
}

// Removes and returns the next entity tag of a list; empty when there is none.
std::string_view take_etag(std::string_view& list) {
  while (!list.empty() && (syntax::is_space(list.front()) || list.front() == ',')) {
    list.remove_prefix(1);
  }
  const std::size_t open = list.starts_with(kWeak) ? kWeak.size() : 0;
  if (list.size() <= open || list[open] != '"') return {};
  const auto close = list.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  const auto etag = list.substr(0, close + 1);
  list.remove_prefix(etag.size());
  return etag;
}

}  // namespace

std::string make_etag(std::uint64_t version) { return fmt::format("\"{}\"", version); }

std::string make_etag(std::string_view content) {
  // 60 bits: that two versions of one resource have the same is negligible, and with the suffix of
  // a coding the tag is still copied into a response without an allocation.
  constexpr std::size_t kCharacters = 10;
  const auto hash = fast_hash(content);
  std::array<std::uint8_t, sizeof(hash)> bytes{};
  std::memcpy(bytes.data(), &hash, sizeof(hash));
  return fmt::format("\"{:.{}}\"", to_base64url(bytes), kCharacters);
}

std::optional<std::vector<std::string_view>> read_etags(std::string_view field) {
  std::vector<std::string_view> etags;
  for (auto etag = take_etag(field); !etag.empty(); etag = take_etag(field)) etags.push_back(etag);
  if (!field.empty() || etags.empty()) return std::nullopt;
  return etags;
}

std::string_view opaque_tag(std::string_view etag) {
  const auto quoted = without_weakness(etag);
  return quoted.substr(1, quoted.size() - 2);
}

bool asks_for_an_etag(const Request& request) {
  const auto method = request.method;
  if (method != Method::kPut && method != Method::kPatch && method != Method::kDelete) return false;
  return request.headers.find("If-Match").value_or("*") != "*" ||
         request.headers.find("If-None-Match") == "*";
}

std::string_view held_etag(const Request& request, std::string_view etag) {
  auto field = request.headers.find("if-none-match");
  if (!field || etag.empty()) return {};
  if (*field == "*") return etag;
  const auto content = without_coding(opaque_tag(etag));
  for (auto held = take_etag(*field); !held.empty(); held = take_etag(*field)) {
    if (without_coding(opaque_tag(held)) == content) return held;
  }
  return {};
}

void apply_conditional(const Request& request, Response& response) {
  if (response.status != 200) return;
  if (request.method != Method::kGet && request.method != Method::kHead) return;
  const auto held = held_etag(request, response.etag);
  if (held.empty()) return;
  response.status = 304;
  if (held != response.etag) response.etag = held;
  response.content_type = {};
  response.body = {};
}

}  // namespace souk::http
