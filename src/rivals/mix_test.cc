#include "rivals/mix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace souk::rivals {
namespace {

using testing::HasSubstr;
using testing::Not;

Shop shop() {
  Shop made;
  made.catalogue.products = {"1", "2"};
  made.constants = {{"region", "reg_1"},    {"country", "de"},   {"shipping", "7"},
                    {"payment", "invoice"}, {"page", "take:20"}, {"fields", "fields=id"},
                    {"address", "{}"}};
  return made;
}

std::map<std::string, double> shares_of(const loadtest::Scenario& scenario) {
  std::map<std::string, double> shares;
  for (const auto& flow : scenario.flows) shares[flow.name] = flow.share;
  return shares;
}

TEST(Drivers, HaveARowForEachKindWithRequestsOrTheReasonWhyNot) {
  for (const auto* const driver : all_drivers()) {
    ASSERT_EQ(driver->rows.size(), kKinds) << driver->name;
    for (std::size_t i = 0; i < kKinds; ++i) {
      const auto& row = driver->rows[i];
      EXPECT_EQ(row.kind, static_cast<Kind>(i)) << driver->name;
      if (row.requests.empty()) EXPECT_FALSE(row.note.empty()) << driver->name << i;
      // An error page with the expected status would be a good answer.
      for (const auto& request : row.requests) EXPECT_FALSE(request.has.empty()) << driver->name;
    }
    EXPECT_EQ(find_driver(driver->name), driver);
  }
  EXPECT_EQ(find_driver("souk"), nullptr);
}

TEST(Mix, IsTheSameOnBothSidesWithoutWhatTheRivalLacks) {
  for (const auto* const driver : all_drivers()) {
    const auto mix = make_mix(*driver, shop());
    EXPECT_EQ(shares_of(mix.souk), shares_of(mix.rival)) << driver->name;
    EXPECT_EQ(mix.kinds.size() + mix.left_out.size(), kKinds) << driver->name;
    for (const auto& left : mix.left_out) {
      EXPECT_FALSE(shares_of(mix.souk).contains(left.substr(0, left.find(':')))) << left;
    }
    for (const auto kind : mix.kinds) {
      for (const auto* const side : {&mix.souk, &mix.rival}) {
        EXPECT_THAT(side->endpoints, testing::Contains(endpoint_of(kind))) << driver->name;
      }
    }
  }
}

TEST(Mix, HasTheSharesOfTheRfc) {
  const auto shares = shares_of(make_mix(kVendure, shop()).souk);
  EXPECT_DOUBLE_EQ(shares.at("product"), 20);
  EXPECT_DOUBLE_EQ(shares.at("order"), 10);
  // A next page is asked for after a plain list, which counts as one of those.
  EXPECT_DOUBLE_EQ(shares.at("list") + shares.at("next page"), 14);
  EXPECT_DOUBLE_EQ(shares.at("next page"), 10.5);
  EXPECT_DOUBLE_EQ(shares.at("list by category"), 21);
}

TEST(Mix, SendsTheShopsValuesAndWhatTheRowSays) {
  const auto mix = make_mix(kMedusa, shop());
  EXPECT_THAT(mix.rival.text, HasSubstr(R"({"region_id":"reg_1",)"));
  EXPECT_THAT(mix.rival.text, HasSubstr("answer_has = '/order/id'"));
  for (const auto* const name : {"${region}", "${country}", "${fields}", "${address}"}) {
    EXPECT_THAT(mix.rival.text, Not(HasSubstr(name)));
  }
  EXPECT_THAT(mix.json, HasSubstr("the Store API does not sort by price"));
  EXPECT_THAT(make_mix(kVendure, shop()).rival.text, HasSubstr("answer_lacks = '/errors'"));
}

TEST(Mix, CountsTheRequestsOfAnActionUnderItsKind) {
  EXPECT_TRUE(is_of("order: request 2", Kind::kOrder));
  EXPECT_TRUE(is_of("order", Kind::kOrder));
  EXPECT_FALSE(is_of("list by category", Kind::kList));
}

}  // namespace
}  // namespace souk::rivals
