#include "http/files/media_types.h"

#include <algorithm>
#include <array>
#include <utility>

namespace souk::http {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr auto kTypes = std::to_array<Entry>({
    {"avif", "image/avif"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/x-icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mp4", "video/mp4"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
});

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::string_view media_type_of(std::string_view path) {
  const auto name = name_of(path);
  const auto dot = name.rfind('.');
  const auto extension = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  const auto found = std::ranges::lower_bound(kTypes, extension, {}, &Entry::first);
  return found != kTypes.end() && found->first == extension ? found->second
                                                            : "application/octet-stream";
}

bool has_hashed_name(std::string_view path) {
  constexpr std::size_t kHashCharacters = 8;
  auto name = name_of(path);
  name = name.substr(0, name.rfind('.'));
  const auto separator = name.find_last_of("-.");
  if (separator == std::string_view::npos) return false;
  const auto hash = name.substr(separator + 1);
  if (hash.size() < kHashCharacters) return false;
  const auto is_letter = [](char c) { return is_capital(c) || is_small(c); };
  const bool is_word =
      std::ranges::all_of(hash, [&](char c) { return is_digit(c) || is_letter(c) || c == '_'; });
  // People write words, dates, and words with a number at their end.
  const auto digit = std::ranges::find_if(hash, is_digit);
  return is_word && std::any_of(digit, hash.end(), is_letter);
}

}  // namespace souk::http
