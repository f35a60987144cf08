#include "http/uri.h"

#include <algorithm>

#include "base/utf8.h"
#include "http/syntax.h"

namespace souk::http {

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 2 < text.size() ? syntax::hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? syntax::hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
      decoded += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  if (!is_utf8(decoded)) return std::nullopt;
  return decoded;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (syntax::is_unreserved(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

Result<QueryParameters> QueryParameters::parse(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (parameters.size() == kMaxQueryParameters) {
      return fail(ErrorCode::kInvalidRequest, "the query has too many parameters");
    }
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || name->empty()) {
      return fail(ErrorCode::kInvalidRequest, "the name of a query parameter is malformed");
    }
    if (!value) {
      return fail(ErrorCode::kInvalidRequest, "a query parameter is not percent-encoded UTF-8",
                  {{*name, "is not percent-encoded UTF-8"}});
    }
    if (parameters.find(*name)) {
      return fail(ErrorCode::kInvalidRequest, "a query parameter is repeated",
                  {{*name, "is repeated"}});
    }
    parameters.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

std::optional<std::string_view> QueryParameters::find(std::string_view name) const {
  for (const auto& [known, value] : parameters_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Result<> QueryParameters::require_known(std::span<const std::string_view> known) const {
  for (const auto& [name, value] : parameters_) {
    if (std::ranges::find(known, name) == known.end()) {
      return fail(ErrorCode::kValidationFailed, "a query parameter is not known here",
                  {{name, "is not a parameter of this route"}});
    }
  }
  return {};
}

}  // namespace souk::http
