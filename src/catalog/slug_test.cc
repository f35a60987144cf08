#include "catalog/slug.h"

#include <gtest/gtest.h>

#include "catalog/types.h"

namespace souk::catalog {
namespace {

TEST(Slug, IsWordsOfSmallLettersAndDigitsJoinedByHyphens) {
  for (const auto* good : {"a", "7", "tea", "tea-pots", "top-10", "018f3d2a"}) {
    EXPECT_TRUE(is_slug(good)) << good;
  }
  for (const auto* bad :
       {"", "-", "-tea", "tea-", "tea--pots", "Tea", "tea pots", "t\u00e9", "a/b"}) {
    EXPECT_FALSE(is_slug(bad)) << bad;
  }
  EXPECT_TRUE(is_slug(std::string(kMaxSlugLength, 'a')));
  EXPECT_FALSE(is_slug(std::string(kMaxSlugLength + 1, 'a')));
}

TEST(Slug, IsNeverAnId) {
  EXPECT_FALSE(is_slug("018f3d2a-7c1e-7000-8000-00000000c001"));
  EXPECT_TRUE(is_slug("018f3d2a-7c1e-7000-8000-00000000c001a"));
}

TEST(Slug, OfANameKeepsItsLettersInTheirPlainForm) {
  EXPECT_EQ(slug_of("Tea pots"), "tea-pots");
  EXPECT_EQ(slug_of("  Gr\u00f6\u00dfe & Co.  "), "grosse-co");
  EXPECT_EQ(slug_of("Men's caf\u00e9s"), "mens-cafes");
  EXPECT_EQ(slug_of("\ufb01ne \u2075"), "fine-5");
  EXPECT_EQ(slug_of("100% Cotton"), "100-cotton");
}

TEST(Slug, OfANameThatLeavesNothingIsACommonWord) {
  EXPECT_EQ(slug_of("\u8336"), "category");
  EXPECT_EQ(slug_of("&"), "category");
  EXPECT_EQ(slug_of("018f3d2a-7c1e-7000-8000-00000000c001"), "category");
}

TEST(Slug, OfALongNameLeavesRoomForANumber) {
  const auto slug = slug_of(std::string(150, 'a') + " " + std::string(150, 'b'));
  EXPECT_TRUE(is_slug(slug));
  EXPECT_LE(slug.size(), kMaxSlugLength - 8);
  EXPECT_GE(slug.size(), kMaxSlugLength - 12);
}

}  // namespace
}  // namespace souk::catalog
