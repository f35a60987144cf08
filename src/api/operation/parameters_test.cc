#include "api/operation/parameters.h"

#include <gtest/gtest.h>

#include "api/operation/routes.h"

namespace souk::api {
namespace {

using catalog::ProductSort;

http::Request query(std::string_view text) {
  http::Request request;
  request.query_parameters = http::QueryParameters::parse(text).value();
  return request;
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
  const auto listing = product_listing(query(""));
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->query.sort, ProductSort::kNewest);
  EXPECT_EQ(listing->query.limit, catalog::kDefaultPageSize);
  EXPECT_FALSE(listing->with_stock);
}

TEST(ProductListing, ReadsEveryParameter) {
  const auto listing =
      product_listing(query("category=018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01&q=copper+kettle&"
                            "minPrice=1&maxPrice=99&currency=EUR"
                            "&sort=-price&limit=100&include=stock"));
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->query.category);
  EXPECT_EQ(listing->query.search, "copper kettle");
  EXPECT_EQ(listing->query.min_price, 1);
  EXPECT_EQ(listing->query.max_price, 99);
  EXPECT_EQ(listing->query.currency, Currency::parse("EUR"));
  EXPECT_EQ(listing->query.sort, ProductSort::kPriceDescending);
  EXPECT_EQ(listing->query.limit, 100u);
  EXPECT_TRUE(listing->with_stock);
}

TEST(ProductListing, SearchIsSortedByRelevanceUnlessAskedOtherwise) {
  EXPECT_EQ(product_listing(query("q=kettle"))->query.sort, ProductSort::kRelevance);
  EXPECT_EQ(product_listing(query("q=kettle&sort=price"))->query.sort,
            ProductSort::kPriceAscending);
  EXPECT_EQ(product_listing(query("q="))->query.sort, ProductSort::kNewest);
}

TEST(ProductListing, NamesTheParameterItRefuses) {
  for (const auto& [text, name] :
       std::initializer_list<std::pair<const char*, const char*>>{{"category=tea", "category"},
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
    EXPECT_EQ(refused(product_listing(query(text))), name) << text;
  }
}

TEST(OrderListing, NamesTheParameterItRefuses) {
  EXPECT_EQ(refused(order_listing(query("limit=101"))), "limit");
  EXPECT_EQ(refused(order_listing(query("cursor=x"))), "cursor");
  EXPECT_EQ(order_listing(query("limit=7"))->limit, 7u);
}

TEST(ReportRange, KnowsDatesFromTimes) {
  const Timestamp now = std::chrono::sys_days(std::chrono::year(2026) / 7 / 1);
  const auto range = [&](std::string_view text) { return *report_range(query(text), now); };
  EXPECT_EQ(range("").timezone, "UTC");
  EXPECT_FALSE(range("").from_is_date || range("").to_is_date);
  const auto dates = range("from=2026-05-01&to=2026-06-01&timezone=Europe/Berlin");
  EXPECT_TRUE(dates.from_is_date && dates.to_is_date);
  EXPECT_EQ(dates.timezone, "Europe/Berlin");
  EXPECT_TRUE(range("to=2026-06-01").from_is_date) << "the default is days before the date";
  const auto times = range("from=2026-05-01T00:00:00Z&to=2026-06-01");
  EXPECT_FALSE(times.from_is_date);
  EXPECT_TRUE(times.to_is_date);
  EXPECT_EQ(refused(report_range(query("to=9999-12-31"), now)), "to");
  EXPECT_EQ(refused(report_range(query("to=999999-01-01"), now)), "to");
  EXPECT_EQ(refused(report_range(query("from=0001-01-01"), now)), "from");
}

using Versions = std::vector<std::int64_t>;

TEST(VersionCondition, IfMatchAsksForOneOfItsStrongTags) {
  const auto among = [](std::string_view field) {
    return version_condition(header("If-Match", field))->among;
  };
  EXPECT_EQ(version_condition(http::Request())->among, std::nullopt);
  EXPECT_EQ(among("*"), std::nullopt);
  EXPECT_EQ(among("\"7\""), Versions({7}));
  EXPECT_EQ(among("\"7-br\", \"8-gzip\" ,\"0\""), Versions({7, 8, 0}));
  EXPECT_EQ(among("W/\"7\", \"8\""), Versions({8}));
  for (const auto* other : {"W/\"7\"", "\"07\"", "\"x\"", "7", "\"", "", "\"-7\"", "\"7-zstd\"",
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
  const std::string longest(orders::kMaxIdempotencyKeyLength, 'k');
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
