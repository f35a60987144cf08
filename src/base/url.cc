#include "base/url.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/parse.h"

namespace souk {
namespace {

namespace urls = boost::urls;

bool has_nul(std::string_view text) { return text.contains('\0'); }

bool has_nul(const Url& url) {
  return has_nul(url.user) || has_nul(url.password) || has_nul(url.host) || has_nul(url.path) ||
         std::ranges::any_of(url.query, [](const auto& parameter) {
           return has_nul(parameter.first) || has_nul(parameter.second);
         });
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  const auto parsed = urls::parse_uri(text);
  if (parsed.has_error() || !parsed->has_authority()) return std::nullopt;
  const urls::url_view& view = *parsed;
  // Boost 1.81 treats anything after "[::1]" as a path.
  const std::string_view path = view.encoded_path();
  if (!path.empty() && !path.starts_with('/')) return std::nullopt;
  Url url{.scheme = std::string(view.scheme()),
          .authority = std::string(view.encoded_host_and_port()),
          .user = view.user(),
          .password = view.password(),
          .host = view.host_address(),
          .path = view.path(),
          .target = std::string(view.encoded_target()),
          .has_credentials = view.has_userinfo(),
          .has_fragment = view.has_fragment()};
  std::ranges::transform(url.scheme, url.scheme.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (view.has_port()) {
    const auto port = parse_integer(view.port());
    if (!port || *port < 1 || *port > UINT16_MAX) return std::nullopt;
    url.port = static_cast<std::uint16_t>(*port);
  }
  for (const auto parameter : view.encoded_params()) {
    url.query.emplace_back(parameter.key.decode(), parameter.value.decode());
  }
  if (has_nul(url)) return std::nullopt;
  return url;
}

}  // namespace souk
