#include "mail/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "base/assert.h"
#include "base/text.h"

namespace souk::mail {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kSubject = "Subject: ";
constexpr std::size_t kMaxTemplateBytes = 64 * 1024;

// Calls text(std::string_view) and place(std::string_view) for the parts in their order.
void parts(std::string_view of, auto text, auto place) {
  while (true) {
    const auto open = of.find(kOpen);
    const auto close = open == of.npos ? of.npos : of.find(kClose, open);
    text(of.substr(0, close == of.npos ? of.size() : open));
    if (close == of.npos) return;
    place(of.substr(open + kOpen.size(), close - open - kOpen.size()));
    of.remove_prefix(close + kClose.size());
  }
}

std::set<std::string, std::less<>> places_of(std::string_view text) {
  std::set<std::string, std::less<>> places;
  parts(text, [](std::string_view) {}, [&](std::string_view place) { places.emplace(place); });
  return places;
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string filled(std::string_view text, Templates::Values values, bool is_html) {
  std::string out;
  parts(
      text, [&](std::string_view plain) { out += plain; },
      [&](std::string_view place) {
        const auto value = std::ranges::find(values, place, &Templates::Values::value_type::first);
        SOUK_ASSERT(value != values.end());
        const auto line = one_line(value->second);
        out += is_html ? escaped(line) : line;
      });
  return out;
}

std::unexpected<Error> wrong(const std::string& file, std::string_view what) {
  return fail(ErrorCode::kValidationFailed, fmt::format("{}: {}", file, what));
}

// Nothing: there is no such file.
Result<std::optional<std::string>> read(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return std::nullopt;
  // Reading a folder throws.
  if (!std::filesystem::is_regular_file(file, error)) return wrong(file, "cannot be read");
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) return wrong(file, "cannot be read");
  if (text.size() > kMaxTemplateBytes) return wrong(file, "is larger than 64 KiB");
  return text;
}

}  // namespace

Result<Templates> Templates::load(const std::string& folder) {
  Templates templates;
  for (const auto& [name, builtin] : builtin_templates()) {
    const auto file = fmt::format("{}/{}", folder, name);
    std::string text(builtin);
    if (!folder.empty()) {
      auto own = read(file);
      if (!own) return std::unexpected(own.error());
      if (*own) text = **std::move(own);
    }
    if (!std::ranges::includes(places_of(builtin), places_of(text))) {
      return wrong(file, fmt::format("may have only the places {{{{{}}}}}",
                                     fmt::join(places_of(builtin), "}}, {{")));
    }
    Parsed parsed{.subject = {}, .body = std::move(text)};
    if (name.ends_with(".txt")) {
      const auto end = parsed.body.find("\n\n");
      if (!parsed.body.starts_with(kSubject) || end == std::string::npos) {
        return wrong(file, "must begin with a line \"Subject: ...\" and an empty one");
      }
      parsed.subject = parsed.body.substr(kSubject.size(), end - kSubject.size());
      parsed.body.erase(0, end + 2);
    }
    templates.texts_.emplace(name, std::move(parsed));
  }
  return templates;
}

Templates::Text Templates::fill(std::string_view name, Values values) const {
  const auto& text = texts_.at(fmt::format("{}.txt", name));
  const auto& html = texts_.at(fmt::format("{}.html", name));
  return {.subject = filled(text.subject, values, false),
          .text = filled(text.body, values, false),
          .html = filled(html.body, values, true)};
}

std::string_view harmless_name(std::string_view name, std::string_view otherwise) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool ends_word = i + 1 == name.size() || name[i + 1] == ' ';
    if (std::string_view(":/\\@").contains(name[i]) || (name[i] == '.' && !ends_word)) {
      return otherwise;
    }
  }
  return name;
}

}  // namespace souk::mail
