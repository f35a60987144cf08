#include "api/operation/parameters.h"

#include <gtest/gtest.h>

#include "api/catalog/queries.h"
#include "api/operation/routes.h"
#include "api/orders/queries.h"
#include "api/reports/queries.h"

namespace souk::api {
namespace {

using catalog::ProductSort;

template <class T>
Result<T> read(std::string_view query) {
  return read_query<T>(http::QueryParameters::parse(query).value());
}

Result<catalog::ProductQuery> products(std::string_view query) {
  auto listing = read<ProductListing>(query);
  if (!listing) return std::unexpected(listing.error());
  return query_of(*std::move(listing));
}

http::Request header(std::string_view name, std::string_view value) {
  http::Request request;
  request.headers.add(name, value);
  return request;
}

// The refused parameter.
template <class T>
std::string refused(const Result<T>& result) {
  if (result) return "nothing";
  return result.error().fields.at(0).pointer;
}

TEST(ProductListing, HasDefaults) {
  const auto found = products("");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sort, ProductSort::kNewest);
  EXPECT_EQ(found->limit, catalog::kDefaultPageSize);
  EXPECT_FALSE(read<ProductListing>("")->include);
}

TEST(ProductListing, ReadsEveryParameter) {
  constexpr std::string_view kAll =
      "category=018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01&q=copper+kettle&minPrice=1&maxPrice=99"
      "&currency=EUR&sort=-price&limit=100&include=stock";
  const auto found = products(kAll);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->category);
  EXPECT_EQ(found->search, "copper kettle");
  EXPECT_EQ(found->min_price, 1);
  EXPECT_EQ(found->max_price, 99);
  EXPECT_EQ(found->currency, Currency::parse("EUR"));
  EXPECT_EQ(found->sort, ProductSort::kPriceDescending);
  EXPECT_EQ(found->limit, 100u);
  EXPECT_EQ(read<ProductListing>(kAll)->include, Include::kStock);
}

TEST(ProductListing, ACategoryIsNamedByItsIdOrItsSlug) {
  const auto by_id = products("category=018F3D2A-7c1e-7b60-9a53-2f6c1d8e4b01");
  ASSERT_TRUE(by_id);
  EXPECT_EQ(by_id->category->value.to_string(), "018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01");
  const auto by_slug = products("category=tea-pots");
  ASSERT_TRUE(by_slug);
  EXPECT_FALSE(by_slug->category);  // looked up later
  EXPECT_EQ(read<ProductListing>("category=tea-pots")->wanted_category, "tea-pots");
}

TEST(ProductListing, SearchIsSortedByRelevanceUnlessAskedOtherwise) {
  EXPECT_EQ(products("q=kettle")->sort, ProductSort::kRelevance);
  EXPECT_EQ(products("q=kettle&sort=price")->sort, ProductSort::kPriceAscending);
  EXPECT_EQ(products("q=")->sort, ProductSort::kNewest);
}

TEST(ProductListing, NamesTheParameterItRefuses) {
  for (const auto& [text, name] :
       std::initializer_list<std::pair<const char*, const char*>>{{"category=Tea", "category"},
                                                                  {"category=", "category"},
                                                                  {"minPrice=1.5", "minPrice"},
                                                                  {"maxPrice=", "maxPrice"},
                                                                  {"currency=eur", "currency"},
                                                                  {"sort=name", "sort"},
                                                                  {"sort=relevance", "sort"},
                                                                  {"limit=0", "limit"},
                                                                  {"limit=101", "limit"},
                                                                  {"limit=-1", "limit"},
                                                                  {"limit=ten", "limit"},
                                                                  {"include=price", "include"},
                                                                  {"cursor=garbage", "cursor"},
                                                                  {"cursor=", "cursor"}}) {
    EXPECT_EQ(refused(products(text)), name) << text;
  }
}

TEST(OrderListing, NamesTheParameterItRefuses) {
  EXPECT_EQ(refused(read<OrderListing>("limit=101")), "limit");
  EXPECT_EQ(read<OrderListing>("limit=7")->limit, 7u);
}

// A filter is one line of a description; its parsing and its errors follow from that line.
struct Filter {
  std::optional<std::int64_t> weight;
  std::optional<Include> include;
  std::optional<ProductSort> sort;
  std::optional<TimeOrDate> since;
  bool whole = false;
};

}  // namespace

template <>
inline constexpr auto describe<Filter> = query_object(
    field("weight", &Filter::weight, {.minimum = 2, .maximum = 9}),
    field("include", &Filter::include, kIncludable), field("sort", &Filter::sort, kSortNames),
    field("since", &Filter::since), field("whole", &Filter::whole));

namespace {

TEST(Query, IsReadAndRefusedByItsDescription) {
  const auto said = [](std::string_view query) {
    const auto filter = read<Filter>(query);
    return filter ? "nothing" : filter.error().detail;
  };
  EXPECT_EQ(said("weight=2&include=stock&sort=-price&since=2026-01-31"), "nothing");
  EXPECT_EQ(said("weight=x"), "weight must be an integer");
  EXPECT_EQ(said("weight=1"), "weight must be 2 to 9");
  EXPECT_EQ(said("weight=10"), "weight must be 2 to 9");
  EXPECT_EQ(said("include=price"), "include must be stock");
  EXPECT_EQ(said("sort=name"), "sort must be newest, price, -price or relevance");
  EXPECT_EQ(said("whole=yes"), "whole must be true or false");
  EXPECT_EQ(said("since=now"), "since must be a date, or a time with its offset (RFC 3339)");
  EXPECT_EQ(read<Filter>("weight=x").error().code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(read<Filter>("since=2026-01-31")->since->is_date);
  EXPECT_TRUE(read<Filter>("whole=true")->whole);
  EXPECT_FALSE(read<Filter>("whole=false")->whole);
}

TEST(ReportRange, KnowsDatesFromTimes) {
  const Timestamp now = std::chrono::sys_days(std::chrono::year(2026) / 7 / 1);
  const auto range = [&](std::string_view text) { return *range_of(*read<ReportSpan>(text), now); };
  EXPECT_EQ(range("").timezone, "UTC");
  EXPECT_FALSE(range("").from_is_date || range("").to_is_date);
  const auto dates = range("from=2026-05-01&to=2026-06-01&timezone=Europe/Berlin");
  EXPECT_TRUE(dates.from_is_date && dates.to_is_date);
  EXPECT_EQ(dates.timezone, "Europe/Berlin");
  EXPECT_TRUE(range("to=2026-06-01").from_is_date) << "the default is days before the date";
  const auto times = range("from=2026-05-01T00:00:00Z&to=2026-06-01");
  EXPECT_FALSE(times.from_is_date);
  EXPECT_TRUE(times.to_is_date);
  EXPECT_EQ(refused(range_of(*read<ReportSpan>("to=9999-12-31"), now)), "to");
  EXPECT_EQ(refused(read<ReportSpan>("to=999999-01-01")), "to");
  EXPECT_EQ(refused(range_of(*read<ReportSpan>("from=0001-01-01"), now)), "from");
}

using Versions = std::vector<std::int64_t>;

TEST(VersionCondition, IfMatchAsksForOneOfItsStrongTags) {
  const auto among = [](std::string_view field) {
    return version_condition(header("If-Match", field))->among;
  };
  EXPECT_EQ(version_condition(http::Request())->among, std::nullopt);
  EXPECT_EQ(among("*"), std::nullopt);
  EXPECT_EQ(among("\"7\""), Versions({7}));
  EXPECT_EQ(among("\"7-br\", \"8-gzip\" ,\"0\", \"9-zstd\""), Versions({7, 8, 0, 9}));
  EXPECT_EQ(among("W/\"7\", \"8\""), Versions({8}));
  for (const auto* other : {"W/\"7\"", "\"07\"", "\"x\"", "7", "\"", "", "\"-7\"", "\"7-deflate\"",
                            "\"7\" 8", "\"3.5\""}) {
    EXPECT_EQ(among(other), Versions()) << other;
  }
  auto twice = header("If-Match", "\"1\"");
  twice.headers.add("if-match", "\"2\"");
  EXPECT_EQ(version_condition(twice)->among, Versions({1, 2}));
}

TEST(VersionCondition, IfNoneMatchAsksForNoneOfItsTags) {
  const auto field = [](std::string_view text) {
    return version_condition(header("If-None-Match", text));
  };
  EXPECT_EQ(field("*")->among, Versions());
  EXPECT_EQ(field("W/\"7\", \"8\", \"x\"")->not_among, Versions({7, 8}));
  EXPECT_EQ(field("\"8\"")->among, std::nullopt);
  EXPECT_EQ(refused(field("7")), "If-None-Match");
}

TEST(IdempotencyKey, IsPrintableAndBounded) {
  EXPECT_EQ(idempotency_key(http::Request())->value, std::nullopt);
  EXPECT_EQ(idempotency_key(header("Idempotency-Key", "a b"))->value, "a b");
  const std::string longest(kMaxIdempotencyKeyLength, 'k');
  EXPECT_EQ(idempotency_key(header("Idempotency-Key", longest))->value, longest);
  for (const std::string& bad : {std::string(), longest + "k", std::string("\xff")}) {
    EXPECT_EQ(refused(idempotency_key(header("Idempotency-Key", bad))), "Idempotency-Key");
  }
}

TEST(BearerToken, IsWhatFollowsTheScheme) {
  EXPECT_EQ(bearer_token(header("Authorization", "Bearer abc")), "abc");
  EXPECT_EQ(bearer_token(header("Authorization", "bearer  abc")), "abc");
  EXPECT_EQ(bearer_token(header("Authorization", "Bearer  ")), "");
  for (const auto* bad : {"", "Bearer", "Basic abc", "Bearerabc"}) {
    EXPECT_EQ(bearer_token(header("Authorization", bad)), std::nullopt) << bad;
  }
  auto twice = header("Authorization", "Bearer a");
  twice.headers.add("Authorization", "Bearer b");
  EXPECT_EQ(bearer_token(twice), std::nullopt);
}

}  // namespace
}  // namespace souk::api
