#include "loadtest/text_template.h"

#include <fmt/format.h>

#include <algorithm>

namespace souk::loadtest {

std::expected<TextTemplate, std::string> TextTemplate::parse(std::string_view text,
                                                             std::span<const std::string> names) {
  TextTemplate made;
  for (;;) {
    const auto begin = text.find("${");
    if (begin == text.npos) break;
    const auto end = text.find('}', begin);
    if (end == text.npos) return std::unexpected("a variable is \"${name}\"");
    const auto name = text.substr(begin + 2, end - begin - 2);
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      return std::unexpected(fmt::format("nothing before this is called \"{}\"", name));
    }
    made.pieces_.push_back(
        {std::string(text.substr(0, begin)), static_cast<std::size_t>(found - names.begin())});
    text.remove_prefix(end + 1);
  }
  made.append(text);
  return made;
}

bool TextTemplate::uses(std::size_t variable) const {
  return std::ranges::find(pieces_, variable, &Piece::variable) != pieces_.end();
}

TextTemplate& TextTemplate::append(std::string_view literal) {
  if (!literal.empty()) pieces_.push_back({std::string(literal), kNone});
  return *this;
}

TextTemplate& TextTemplate::append(const TextTemplate& other) {
  pieces_.insert(pieces_.end(), other.pieces_.begin(), other.pieces_.end());
  return *this;
}

}  // namespace souk::loadtest
