#include "http/accept.h"

#include <algorithm>

#include "http/syntax.h"

namespace souk::http {
namespace {

struct Range {
  std::string_view type;
  std::string_view subtype;
  int quality = 1000;
};

std::optional<Range> parse_range(std::string_view member) {
  auto parameters = member.find(';');
  const auto range = syntax::trim(member.substr(0, parameters));
  const auto slash = range.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Range parsed{range.substr(0, slash), range.substr(slash + 1)};
  if (!syntax::is_token(parsed.type) || !syntax::is_token(parsed.subtype)) return std::nullopt;
  while (parameters != std::string_view::npos) {
    member.remove_prefix(parameters + 1);
    parameters = member.find(';');
    const auto parameter = syntax::trim(member.substr(0, parameters));
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    parsed.quality = parse_quality(parameter.substr(2));
    if (parsed.quality < 0) return std::nullopt;
  }
  return parsed;
}

// How specifically a range matches the type: 0 not at all, 3 exactly.
int closeness(const Range& range, std::string_view type) {
  const auto slash = type.find('/');
  if (range.type == "*") return range.subtype == "*" ? 1 : 0;
  if (!equals_ignoring_case(range.type, type.substr(0, slash))) return 0;
  if (range.subtype == "*") return 2;
  return equals_ignoring_case(range.subtype, type.substr(slash + 1)) ? 3 : 0;
}

constexpr std::string_view kAcceptEncoding = "Accept-Encoding";

struct Preference {
  std::string_view coding;
  int quality = 0;  // thousandths
};

Preference read_preference(std::string_view member) {
  const auto semicolon = member.find(';');
  Preference preference{syntax::trim(member.substr(0, semicolon)), 1000};
  if (semicolon == std::string_view::npos) return preference;
  const auto weight = syntax::trim(member.substr(semicolon + 1));
  if (weight.size() < 2 || (weight[0] | 0x20) != 'q' || weight[1] != '=') return {};
  preference.quality = parse_quality(weight.substr(2));
  return preference.quality < 0 ? Preference{} : preference;
}

}  // namespace

int parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return -1;
  int quality = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return -1;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (digit < '0' || digit > '9') return -1;
    quality += (digit - '0') * unit;
    unit /= 10;
  }
  return quality <= 1000 ? quality : -1;
}

std::optional<std::size_t> preferred_type(const Headers& headers,
                                          std::span<const std::string_view> offered) {
  bool any = false;
  std::optional<std::size_t> best;
  int best_quality = 0;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    int closest = 0;
    int quality = 0;
    for (const auto& field : headers) {
      if (!equals_ignoring_case(field.name, "Accept")) continue;
      syntax::for_each_element(field.value, [&](std::string_view member) {
        const auto range = parse_range(member);
        if (!range) return;
        any = true;
        const int close = closeness(*range, offered[i]);
        if (close <= closest) return;
        closest = close;
        quality = range->quality;
      });
    }
    if (quality <= best_quality) continue;
    best = i;
    best_quality = quality;
  }
  return any ? best : 0;
}

ContentCoding preferred_coding(const Headers& headers, std::span<const ContentCoding> offered) {
  constexpr int kUnsaid = -1;
  std::array<int, kCodingNames.size()> said;
  said.fill(kUnsaid);
  int others = kUnsaid;
  for (const auto& [field, value] : headers) {
    if (field.size() != kAcceptEncoding.size() || !equals_ignoring_case(field, kAcceptEncoding)) {
      continue;
    }
    syntax::for_each_element(value, [&](std::string_view member) {
      const auto [name, quality] = read_preference(member);
      if (name == "*") others = quality;
      if (const auto coding = parse_coding(name)) said[static_cast<std::size_t>(*coding)] = quality;
    });
  }
  const auto quality_of = [&](ContentCoding coding, int otherwise) {
    const int quality = said[static_cast<std::size_t>(coding)];
    if (quality != kUnsaid) return quality;
    return others != kUnsaid ? others : otherwise;
  };
  auto best = ContentCoding::kIdentity;
  int best_quality = 0;
  for (const auto coding : offered) {
    const int quality = quality_of(coding, 0);
    if (quality <= best_quality) continue;
    best = coding;
    best_quality = quality;
  }
  // Identity is acceptable unless it is refused explicitly.
  return best_quality >= quality_of(ContentCoding::kIdentity, 1) ? best : ContentCoding::kIdentity;
}

}  // namespace souk::http
