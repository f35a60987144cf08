#include "catalog/slug.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/uuid.h"
#include "catalog/types.h"

namespace souk::catalog {
namespace {

// Leaves room for a number that makes it unique.
constexpr std::size_t kMadeLengthMax = kMaxSlugLength - 8;
constexpr std::string_view kNoLetters = "category";
constexpr auto kPlainForm =
    static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                   UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Lower case, without accents, and with ligatures taken apart.
std::string plain(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped, kPlainForm);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) return {};
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

}  // namespace

bool is_slug(std::string_view text) {
  if (text.empty() || text.size() > kMaxSlugLength || Uuid::parse(text)) return false;
  if (text.front() == '-' || text.back() == '-' || text.contains("--")) return false;
  return std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

std::string slug_of(std::string_view name) {
  std::string slug;
  bool between_words = false;
  for (const char c : plain(name)) {
    if (c == '\'') continue;  // "men's" is one word
    const bool in_word = is_letter_or_digit(c);
    if (in_word && slug.size() + 2 > kMadeLengthMax) break;
    if (in_word && between_words && !slug.empty()) slug += '-';
    if (in_word) slug += c;
    between_words = !in_word;
  }
  return is_slug(slug) ? slug : std::string(kNoLetters);
}

}  // namespace souk::catalog
