#include "http/cors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/url.h"
#include "http/syntax.h"

namespace souk::http {
namespace {

constexpr std::string_view kAny = "*";

// RFC 6454 section 6.2: in lower case, without the scheme's own port.
bool is_serialised_origin(std::string_view text) {
  const auto url = parse_url(text);
  if (!url || (url->scheme != "https" && url->scheme != "http") || url->has_credentials)
    return false;
  if (url->port == (url->scheme == "https" ? 443 : 80)) return false;
  return text == url->scheme + "://" + url->authority &&
         std::ranges::none_of(text, [](char c) { return c == '*' || (c >= 'A' && c <= 'Z'); });
}

bool are_names(const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [](std::string_view name) { return syntax::is_token(name); });
}

}  // namespace

Result<> Cors::check(const CorsConfig& config) {
  for (const auto& origin : config.origins) {
    if (origin == kAny) {
      if (config.origins.size() == 1 && !config.credentials) continue;
      return fail(ErrorCode::kInvalidRequest,
                  "\"*\" stands alone, and not with credentials: name the origins");
    }
    if (!is_serialised_origin(origin)) {
      return fail(ErrorCode::kInvalidRequest,
                  fmt::format("\"{}\" is no origin as browsers send it, such as "
                              "https://shop.example or http://localhost:5173",
                              origin));
    }
  }
  if (!are_names(config.headers) || !are_names(config.exposed_headers)) {
    return fail(ErrorCode::kInvalidRequest, "a header field's name is a token, without spaces");
  }
  return {};
}

Cors::Cors(const CorsConfig& config, std::span<const HeaderField> common)
    : headers_(fmt::format("{}", fmt::join(config.headers, ", "))),
      max_age_(fmt::to_string(config.max_age.count())) {
  const auto exposed = fmt::format("{}", fmt::join(config.exposed_headers, ", "));
  for (const auto& origin : config.origins) {
    std::vector<HeaderField> fields(common.begin(), common.end());
    fields.push_back({"Access-Control-Allow-Origin", origin});
    if (!exposed.empty()) fields.push_back({"Access-Control-Expose-Headers", exposed});
    if (config.credentials) fields.push_back({"Access-Control-Allow-Credentials", "true"});
    if (origin != kAny) fields.push_back({"Vary", "Origin"});
    origins_.push_back({origin, PreparedHeaders(fields)});
  }
  std::vector<HeaderField> fields(common.begin(), common.end());
  fields.push_back({"Vary", "Origin"});
  others_ = PreparedHeaders(fields);
}

const Cors::Allowed* Cors::find(const Headers& request) const {
  if (origins_.front().origin == kAny) return &origins_.front();
  const auto origin = request.find("Origin");
  if (!origin) return nullptr;
  const auto found = std::ranges::find(origins_, *origin, &Allowed::origin);
  return found == origins_.end() ? nullptr : &*found;
}

const PreparedHeaders& Cors::fields_for(const Headers& request) const {
  const auto* const allowed = find(request);
  return allowed == nullptr ? others_ : allowed->fields;
}

void Cors::add_preflight(const Headers& request, std::string_view allow,
                         HeaderList& response) const {
  if (!request.find("Access-Control-Request-Method") || find(request) == nullptr) return;
  response.add("Access-Control-Allow-Methods", allow);
  if (!headers_.empty()) response.add("Access-Control-Allow-Headers", headers_);
  response.add("Access-Control-Max-Age", max_age_);
}

}  // namespace souk::http
