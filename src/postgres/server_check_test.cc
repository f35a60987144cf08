#include "postgres/server_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::postgres {
namespace {

using testing::HasSubstr;

TEST(ServerCheckTest, AcceptsTheOldestServerAndNewerOnes) {
  EXPECT_TRUE(check({.version = 150'000, .database = "shop", .encoding = "UTF8"}));
  EXPECT_TRUE(check({.version = 180'001, .database = "shop", .encoding = "UTF8"}));
}

TEST(ServerCheckTest, RefusesAnOlderServerWithItsVersionAndTheOneThatIsNeeded) {
  const auto checked = check({.version = 140'011, .database = "shop", .encoding = "UTF8"});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_THAT(checked.error().detail, HasSubstr("PostgreSQL 14. Souk needs version 15"));
}

TEST(ServerCheckTest, RefusesEveryOtherEncodingThanUtf8) {
  for (const auto* const encoding : {"LATIN1", "SQL_ASCII", "EUC_JP"}) {
    const auto checked = check({.version = 150'000, .database = "shop", .encoding = encoding});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::kPreconditionFailed);
    EXPECT_THAT(checked.error().detail, HasSubstr(encoding));
  }
}

}  // namespace
}  // namespace souk::postgres
