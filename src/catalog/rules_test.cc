#include "catalog/rules.h"

#include <gmock/gmock.h>

namespace souk::catalog {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> pointers(const Result<>& result) {
  std::vector<std::string> names;
  if (!result) {
    for (const auto& field : result.error().fields) names.push_back(field.pointer);
  }
  return names;
}

ProductDraft good_draft() {
  return {.name = "Lamp", .description = "", .price = {0, *Currency::parse("EUR")}};
}

TEST(ProductRules, AcceptTheSmallestProduct) { EXPECT_TRUE(rules::check(good_draft())); }

TEST(ProductRules, NameEveryMemberThatIsWrong) {
  auto draft = good_draft();
  draft.name = "  ";
  draft.description = std::string(kMaxDescriptionLength + 1, 'x');
  draft.price.amount = -1;
  EXPECT_THAT(pointers(rules::check(draft)), ElementsAre("/name", "/description", "/price/amount"));
}

TEST(ProductRules, TakeASkuThatIsALineInNormalFormC) {
  for (const auto* good : {"1", "KET-15/CU", "A 1", "キ-1", "Z\u00FCrich"}) {
    EXPECT_EQ(rules::sku_problem(good), std::nullopt) << good;
  }
  const std::string long_one(kMaxSkuLength + 1, 'x');
  for (const std::string_view bad : std::initializer_list<std::string_view>{
           "", " ", " A", "A ", "A\n", "Zu\u0308rich", "\xff", "\u200B", long_one}) {
    EXPECT_NE(rules::sku_problem(bad), std::nullopt) << bad;
  }
  auto draft = good_draft();
  draft.sku = "A ";
  EXPECT_THAT(pointers(rules::check(draft)), ElementsAre("/sku"));
  EXPECT_THAT(pointers(rules::check(ProductPatch{.sku = "A "})), ElementsAre("/sku"));
  EXPECT_TRUE(rules::check(ProductPatch{.sku = std::optional<std::string>()}));
}

TEST(ProductRules, LetAQueryForASkuStandAlone) {
  EXPECT_TRUE(rules::check(ProductQuery{.sku = "A"}));
  EXPECT_THAT(pointers(rules::check(ProductQuery{.search = "lamp", .sku = "A"})),
              ElementsAre("sku"));
  EXPECT_THAT(pointers(rules::check(ProductQuery{.sku = "A", .min_price = 1})), ElementsAre("sku"));
  EXPECT_THAT(pointers(rules::check(ProductQuery{.sku = "A "})), ElementsAre("sku"));
}

TEST(ProductRules, TakeCurrenciesThatAreInUse) {
  auto draft = good_draft();
  ProductPatch patch;
  for (const auto* none : {"ZZZ", "XXX", "XAU"}) {
    draft.price.currency = *Currency::parse(none);
    patch.price = draft.price;
    EXPECT_THAT(pointers(rules::check(draft)), ElementsAre("/price/currency"));
    EXPECT_THAT(pointers(rules::check(patch)), ElementsAre("/price/currency"));
  }
}

TEST(ProductRules, CountCharactersNotBytes) {
  auto draft = good_draft();
  draft.name.clear();
  for (std::size_t i = 0; i < kMaxNameLength; ++i) draft.name += "ü";
  EXPECT_TRUE(rules::check(draft));
  draft.name += "ü";
  EXPECT_FALSE(rules::check(draft));
}

TEST(ProductRules, RefuseTextThePostgresCannotHold) {
  auto draft = good_draft();
  draft.name = std::string("a\0b", 3);
  EXPECT_THAT(pointers(rules::check(draft)), ElementsAre("/name"));
  draft.name = "\xff";
  EXPECT_THAT(pointers(rules::check(draft)), ElementsAre("/name"));
}

TEST(ProductRules, APatchIsJudgedByWhatItHolds) {
  EXPECT_TRUE(rules::check(ProductPatch{}));
  EXPECT_THAT(pointers(rules::check(ProductPatch{.name = ""})), ElementsAre("/name"));
}

TEST(QueryRules, RefuseACursorOfAnotherOrder) {
  ProductQuery query;
  query.after = ProductCursor{.sort = ProductSort::kPriceAscending};
  EXPECT_THAT(pointers(rules::check(query)), ElementsAre("cursor"));
}

TEST(QueryRules, RefuseWhatHasNoAnswer) {
  ProductQuery query;
  query.limit = kMaxPageSize + 1;
  query.sort = ProductSort::kRelevance;
  query.min_price = 200;
  query.max_price = 100;
  EXPECT_THAT(pointers(rules::check(query)), ElementsAre("limit", "sort", "maxPrice"));
}

}  // namespace
}  // namespace souk::catalog
