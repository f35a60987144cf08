#include "http/headers.h"

#include <algorithm>

namespace souk::http {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& field : fields_) {
    // Comparing the sizes excludes most of them.
    if (field.name.size() == name.size() && equals_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(fields_, [name](const HeaderField& field) {
    return equals_ignoring_case(field.name, name);
  }));
}

void HeaderList::add(std::string_view name, std::string_view value) {
  char* const at = append(name, value);
  std::replace_if(at, at + value.size(), is_control, ' ');
}

char* HeaderList::append(std::string_view name, std::string_view value) {
  const Iterator::Lengths lengths{static_cast<std::uint32_t>(name.size()),
                                  static_cast<std::uint32_t>(value.size())};
  const std::size_t size = sizeof(lengths) + name.size() + value.size();
  char* const at = fields_.prepare(size);
  char* const value_at = at + sizeof(lengths) + name.size();
  std::memcpy(at, &lengths, sizeof(lengths));
  name.copy(at + sizeof(lengths), name.size());
  value.copy(value_at, value.size());
  fields_.commit(size);
  return value_at;
}

std::optional<std::string_view> HeaderList::find(std::string_view name) const {
  for (const auto field : *this) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

PreparedHeaders::PreparedHeaders(std::span<const HeaderField> fields) {
  for (const auto& [name, value] : fields) fields_.add(name, value);
  for (const auto [name, value] : fields_) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), to_lower);
    lower_fields_.add(lower, value);
    h1_lines_.append(name).append(": ").append(value).append("\r\n");
  }
}

}  // namespace souk::http
