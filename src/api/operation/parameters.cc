#include "api/operation/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/operation/access.h"
#include "api/operation/cursor.h"
#include "base/parse.h"
#include "base/rfc3339.h"
#include "http/accept.h"
#include "http/conditional.h"
#include "http/error_codes.h"
#include "http/uri.h"
#include "reports/rules.h"

namespace souk::api {
namespace {

using http::QueryParameters;

std::unexpected<Error> refuse(std::string_view parameter, std::string reason) {
  auto detail = fmt::format("{} {}", parameter, reason);
  return fail(ErrorCode::kInvalidRequest, std::move(detail),
              {{std::string(parameter), std::move(reason)}});
}

// Each of these leaves `out` unchanged if the parameter is missing.

Result<> read_integer(const QueryParameters& parameters, std::string_view name,
                      std::optional<std::int64_t>& out) {
  const auto text = parameters.find(name);
  if (!text) return {};
  out = parse_integer(*text);
  if (!out) return refuse(name, "must be an integer");
  return {};
}

Result<> read_limit(const QueryParameters& parameters, std::size_t most, std::size_t& out) {
  std::optional<std::int64_t> limit;
  if (auto read = read_integer(parameters, "limit", limit); !read) return read;
  if (!limit) return {};
  if (*limit < 1 || std::cmp_greater(*limit, most)) {
    return refuse("limit", fmt::format("must be 1 to {}", most));
  }
  out = static_cast<std::size_t>(*limit);
  return {};
}

Result<> read_category(const QueryParameters& parameters, std::optional<CategoryId>& out) {
  const auto text = parameters.find("category");
  if (!text) return {};
  const auto id = Uuid::parse(*text);
  if (!id) return refuse("category", "must be a UUID");
  out = CategoryId{*id};
  return {};
}

Result<> read_currency(const QueryParameters& parameters, std::optional<Currency>& out) {
  const auto text = parameters.find("currency");
  if (!text) return {};
  out = Currency::parse(*text);
  if (!out) return refuse("currency", "must be three capital letters (ISO 4217)");
  return {};
}

Result<> read_include(const QueryParameters& parameters, bool& with_stock) {
  const auto text = parameters.find("include");
  if (!text) return {};
  if (*text != "stock") return refuse("include", "must be stock");
  with_stock = true;
  return {};
}

constexpr std::array<std::pair<std::string_view, catalog::ProductSort>, 4> kSorts = {{
    {"newest", catalog::ProductSort::kNewest},
    {"price", catalog::ProductSort::kPriceAscending},
    {"-price", catalog::ProductSort::kPriceDescending},
    {"relevance", catalog::ProductSort::kRelevance},
}};

// Depends on the search: only with one can the best match be requested.
Result<> read_sort(const QueryParameters& parameters, catalog::ProductQuery& query) {
  query.sort =
      query.search.empty() ? catalog::ProductSort::kNewest : catalog::ProductSort::kRelevance;
  const auto text = parameters.find("sort");
  if (!text) return {};
  const auto sort = std::ranges::find(kSorts, *text, &decltype(kSorts)::value_type::first);
  if (sort == kSorts.end()) return refuse("sort", "must be newest, price, -price or relevance");
  if (sort->second == catalog::ProductSort::kRelevance && query.search.empty()) {
    return refuse("sort", "can be relevance only with q");
  }
  query.sort = sort->second;
  return {};
}

template <class Cursor>
Result<> read_cursor(const QueryParameters& parameters, std::optional<Cursor>& out, auto decode) {
  const auto text = parameters.find("cursor");
  if (!text) return {};
  out = decode(*text);
  if (!out) return refuse("cursor", "must be the nextCursor of a page of this list and order");
  return {};
}

struct Ends {
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;
};

Result<> read_time(const QueryParameters& parameters, std::string_view name,
                   std::optional<Timestamp>& out) {
  const auto text = parameters.find(name);
  if (!text) return {};
  out = parse_rfc3339(*text);
  if (!out) return refuse(name, "must be a date, or a time with its offset (RFC 3339)");
  return {};
}

Result<Ends> read_ends(const http::Request& request) {
  const auto& parameters = request.query_parameters;
  Ends ends;
  auto read = read_time(parameters, "from", ends.from);
  if (read) read = read_time(parameters, "to", ends.to);
  if (!read) return std::unexpected(read.error());
  return ends;
}

bool is_date(std::optional<std::string_view> time) {
  return time && time->size() == std::string_view("2026-01-31").size();
}

using Etags = std::vector<std::string_view>;

// Adds the version of the tag; ignores other tags.
void add_version(std::string_view etag, std::vector<std::int64_t>& versions) {
  auto tag = http::opaque_tag(etag);
  // The tag of a compressed representation names the same version.
  for (const std::string_view coding : {"-gzip", "-br"}) {
    if (tag.ends_with(coding)) tag.remove_suffix(coding.size());
  }
  const auto version = parse_integer(tag);
  if (version && *version >= 0 && std::to_string(*version) == tag) versions.push_back(*version);
}

}  // namespace

Result<ProductListing> product_listing(const http::Request& request) {
  const auto& parameters = request.query_parameters;
  ProductListing listing;
  auto& query = listing.query;
  query.search = parameters.find("q").value_or("");
  auto read = read_category(parameters, query.category);
  if (read) read = read_integer(parameters, "minPrice", query.min_price);
  if (read) read = read_integer(parameters, "maxPrice", query.max_price);
  if (read) read = read_currency(parameters, query.currency);
  if (read) read = read_sort(parameters, query);
  if (read) read = read_limit(parameters, catalog::kMaxPageSize, query.limit);
  if (read) read = read_include(parameters, listing.with_stock);
  if (read) {
    read = read_cursor(parameters, query.after, [&query](std::string_view text) {
      return decode_product_cursor(text, query.sort);
    });
  }
  if (!read) return std::unexpected(read.error());
  return listing;
}

Result<bool> includes_stock(const http::Request& request) {
  const auto& parameters = request.query_parameters;
  bool with_stock = false;
  if (auto read = read_include(parameters, with_stock); !read) {
    return std::unexpected(read.error());
  }
  return with_stock;
}

Result<OrderListing> order_listing(const http::Request& request) {
  const auto& parameters = request.query_parameters;
  OrderListing listing;
  auto read = read_limit(parameters, orders::kMaxPageSize, listing.limit);
  if (read) read = read_cursor(parameters, listing.after, decode_order_cursor);
  if (!read) return std::unexpected(read.error());
  return listing;
}

Result<std::optional<std::string>> job_kind(const http::Request& request) {
  const auto& parameters = request.query_parameters;
  const auto kind = parameters.find("kind");
  return kind ? std::optional(std::string(*kind)) : std::nullopt;
}

Result<reports::Span> export_span(const http::Request& request) {
  const auto ends = read_ends(request);
  if (!ends) return std::unexpected(ends.error());
  return reports::export_span(ends->from, ends->to);
}

Result<reports::ReportRange> report_range(const http::Request& request, Timestamp now) {
  const auto ends = read_ends(request);
  if (!ends) return std::unexpected(ends.error());
  const auto span = reports::report_span(ends->from, ends->to, now);
  if (!span) return std::unexpected(span.error());
  reports::ReportRange range{.span = *span};
  const auto& parameters = request.query_parameters;
  // If only `to` is given, `from` is the default number of days before it, in the same time zone.
  range.to_is_date = is_date(parameters.find("to"));
  range.from_is_date = ends->from ? is_date(parameters.find("from")) : range.to_is_date;
  if (const auto zone = parameters.find("timezone")) range.timezone = *zone;
  return range;
}

Result<std::size_t> wanted_type(const http::Request& request,
                                std::span<const std::string_view> offered) {
  if (const auto type = http::preferred_type(request.headers, offered)) return *type;
  return fail(http::errors::kNotAcceptable,
              fmt::format("can be had as {}", fmt::join(offered, ", ")));
}

Result<VersionCondition> version_condition(const http::Request& request) {
  VersionCondition condition;
  for (const auto& [name, value] : request.headers) {
    const auto etags = http::read_etags(value);
    if (http::equals_ignoring_case(name, "If-Match") && value != "*") {
      if (!condition.among) condition.among.emplace();
      for (const auto etag : etags.value_or(Etags())) {
        if (!etag.starts_with("W/")) add_version(etag, *condition.among);
      }
    } else if (http::equals_ignoring_case(name, "If-None-Match")) {
      if (value == "*") {
        condition.among.emplace();
        return condition;
      }
      if (!etags) return refuse("If-None-Match", "must be * or a list of entity tags");
      for (const auto etag : *etags) add_version(etag, condition.not_among);
    }
  }
  return condition;
}

std::optional<UserId> visible_buyer(const http::Request& request) {
  if (request.principal->access == kAdmin) return std::nullopt;
  return UserId{request.principal->id};
}

Origin origin_of(const http::Request& request) {
  return {.limited = request.principal->is_limited, .network = key_of(request.client)};
}

Actor actor_of(const http::Request& request) {
  const bool admin = request.principal->access == kAdmin;
  return {admin ? ActorKind::kAdmin : ActorKind::kCustomer, request.principal->id};
}

std::optional<std::string_view> bearer_token(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto field = request.headers.find("Authorization");
  if (!field || request.headers.count("Authorization") > 1) return std::nullopt;
  if (!http::equals_ignoring_case(field->substr(0, kScheme.size()), kScheme)) return std::nullopt;
  return field->substr(std::min(field->size(), field->find_first_not_of(' ', kScheme.size())));
}

}  // namespace souk::api
