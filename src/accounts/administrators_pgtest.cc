#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "accounts/administrators.h"
#include "accounts/error_codes.h"
#include "accounts/passwords.h"
#include "base/uuid.h"
#include "postgres/test_database.h"

namespace souk::accounts {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr auto kEmail = "ada@example.com";
constexpr auto kPassword = "correct horse";

class AdministratorsTest : public testing::Test {
 protected:
  Registration registration(std::string password = kPassword) {
    return {.email = kEmail, .password = std::move(password), .name = "Ada"};
  }
  std::string value(const std::string& sql) {
    const auto rows = connection_.run(sql);
    if (!rows) return rows.error().detail;
    return rows->size() == 0 ? "no row" : std::string(rows->text(0, 0));
  }
  std::string hash() { return value("SELECT password_hash FROM users"); }
  void sign_in() {
    const auto done = connection_.execute(
        "INSERT INTO sessions (token_hash, user_id, expires_at) "
        "SELECT sha256(gen_random_uuid()::text::bytea), id, now() + interval '1 day' FROM users");
    ASSERT_TRUE(done) << done.error().detail;
  }

  postgres::TestDatabase database_;
  postgres::BlockingConnection connection_ = database_.connect();
};

TEST_F(AdministratorsTest, IsAddedWithAPasswordThatVerifiesAndAnIdOfTheDatabasesTime) {
  EXPECT_FALSE(*has_administrator(connection_));
  EXPECT_THAT(*administrators(connection_), IsEmpty());
  ASSERT_TRUE(add_administrator(connection_, registration()));
  EXPECT_TRUE(*has_administrator(connection_));
  EXPECT_THAT(*administrators(connection_), ElementsAre(Field(&Administrator::email, kEmail)));
  EXPECT_TRUE(verify_password(hash(), kPassword));
  EXPECT_EQ(value("SELECT role FROM users"), "admin");
  // The first 48 bits are milliseconds.
  EXPECT_EQ(value("SELECT abs(('x0000' || left(replace(id::text, '-', ''), 12))::bit(64)::bigint "
                  "- 1000 * extract(epoch FROM created_at)) < 60000 FROM users"),
            "t");
}

TEST_F(AdministratorsTest, AnAddressIsTakenOnceWhoeverHasIt) {
  ASSERT_TRUE(add_administrator(connection_, registration()));
  EXPECT_EQ(add_administrator(connection_, registration()).error().code, errors::kEmailTaken);
  ASSERT_TRUE(connection_.execute("UPDATE users SET role = 'customer'"));
  EXPECT_EQ(add_administrator(connection_, registration()).error().code, errors::kEmailTaken);
  EXPECT_EQ(value("SELECT role FROM users"), "customer");
}

TEST_F(AdministratorsTest, AWeakPasswordIsRefused) {
  EXPECT_EQ(add_administrator(connection_, registration("password")).error().code,
            ErrorCode::kValidationFailed);
  EXPECT_FALSE(*has_administrator(connection_));
}

TEST_F(AdministratorsTest, ResetReplacesThePasswordEndsSessionsAndEnables) {
  ASSERT_TRUE(add_administrator(connection_, registration()));
  sign_in();
  ASSERT_TRUE(disable_administrator(connection_, "Ada@Example.com"));
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "0");
  EXPECT_FALSE(*has_administrator(connection_));
  sign_in();
  ASSERT_TRUE(reset_administrator(connection_, registration("another horse")));
  EXPECT_TRUE(*has_administrator(connection_));
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "0");
  EXPECT_TRUE(verify_password(hash(), "another horse"));
  EXPECT_FALSE(verify_password(hash(), kPassword));
}

TEST_F(AdministratorsTest, ACustomerIsNeitherResetNorDisabled) {
  ASSERT_TRUE(add_administrator(connection_, registration()));
  ASSERT_TRUE(connection_.execute("UPDATE users SET role = 'customer'"));
  sign_in();
  EXPECT_EQ(reset_administrator(connection_, registration("another horse")).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(disable_administrator(connection_, kEmail).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "1");
  EXPECT_TRUE(verify_password(hash(), kPassword));
  EXPECT_EQ(value("SELECT is_active FROM users"), "t");
}

}  // namespace
}  // namespace souk::accounts
