#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

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

  // On a lock that this test's connection holds.
  void wait_for_a_waiting_statement() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (value("SELECT pg_stat_clear_snapshot(); "
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "wait_event_type = 'Lock'") == "0") {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
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

TEST_F(AdministratorsTest, TokensOfAdministratorsAreListedAndRevokedOneByOne) {
  ASSERT_TRUE(add_administrator(connection_, registration()));
  ASSERT_TRUE(
      connection_.execute("INSERT INTO users (id, email, name, password_hash) "
                          "VALUES (gen_random_uuid(), 'customer@example.com', 'C', 'x')"));
  sign_in();  // both
  ASSERT_TRUE(connection_.execute(
      "INSERT INTO sessions (token_hash, user_id, created_at, last_used_at, expires_at, client) "
      "SELECT sha256(n::text::bytea), id, '2026-01-02 03:04:05Z', '2026-01-02 03:04:05Z', "
      "CASE n WHEN 1 THEN '2100-01-01 00:00:00Z' ELSE '2026-02-01 00:00:00Z'::timestamptz END, "
      "'curl' FROM users, generate_series(1, 2) n WHERE role = 'admin'"));
  const auto tokens = *administrator_tokens(connection_);
  ASSERT_EQ(tokens.size(), 2u) << "neither the customer's nor the expired one";
  EXPECT_EQ(tokens[1].email, kEmail);
  EXPECT_EQ(tokens[1].client, "curl");
  EXPECT_EQ(tokens[1].created_at, "2026-01-02 03:04");
  EXPECT_EQ(tokens[1].last_used_at, "2026-01-02 03:04");
  EXPECT_EQ(tokens[1].expires_at, "2100-01-01 00:00");

  const auto customers =
      *Uuid::parse(value("SELECT encode(substring(token_hash FOR 16), 'hex')::uuid FROM sessions s "
                         "JOIN users u ON u.id = s.user_id WHERE role <> 'admin'"));
  EXPECT_EQ(revoke_administrator_token(connection_, customers).error().code, ErrorCode::kNotFound);
  const auto old = *Uuid::parse(tokens[1].id);
  EXPECT_EQ(*revoke_administrator_token(connection_, old), kEmail);
  EXPECT_EQ(revoke_administrator_token(connection_, old).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(*administrator_tokens(connection_),
              ElementsAre(Field(&AdministratorToken::id, tokens[0].id)));
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "3");
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

// Once, a session that was committed while the change waited for its user outlived the change.
TEST_F(AdministratorsTest, NoSessionThatBeginsMeanwhileOutlivesAChange) {
  ASSERT_TRUE(add_administrator(connection_, registration()));
  const auto changes = {+[](postgres::BlockingConnection& database) {
                          return disable_administrator(database, kEmail);
                        },
                        +[](postgres::BlockingConnection& database) {
                          return reset_administrator(
                              database,
                              {.email = kEmail, .password = "another horse", .name = "Ada"});
                        }};
  for (const auto change : changes) {
    ASSERT_TRUE(connection_.execute("BEGIN; SELECT FROM users FOR SHARE"));  // as a sign-in does
    sign_in();
    auto other = database_.connect();
    auto done = std::async(std::launch::async, [&] { return change(other); });
    wait_for_a_waiting_statement();
    ASSERT_TRUE(connection_.execute("COMMIT"));
    EXPECT_TRUE(done.get());
    EXPECT_EQ(value("SELECT count(*) FROM sessions"), "0");
  }
}

TEST_F(AdministratorsTest, EachChangeLeavesARowInTheAuditLogAndARefusedOneNone) {
  ASSERT_TRUE(add_administrator(connection_, registration()));
  EXPECT_FALSE(add_administrator(connection_, registration()));
  ASSERT_TRUE(disable_administrator(connection_, kEmail));
  ASSERT_TRUE(reset_administrator(connection_, registration("another horse")));
  EXPECT_FALSE(disable_administrator(connection_, "nobody@example.com"));
  EXPECT_EQ(value("SELECT string_agg(action, ' ' ORDER BY id) FROM audit_log"),
            "createAdministrator disableAdministrator resetAdministrator");
  EXPECT_EQ(value("SELECT count(*) FROM audit_log WHERE user_id IS NULL AND subject = "
                  "'/api/users/' || (SELECT id FROM users)"),
            "3");
}

TEST_F(AdministratorsTest, AMailedTokenForTheOldPasswordIsVoidAfterAReset) {
  ASSERT_TRUE(add_administrator(connection_, registration()));
  ASSERT_TRUE(connection_.execute(
      "INSERT INTO account_requests (id, purpose, email, user_id, created_at, expires_at) "
      "SELECT gen_random_uuid(), 'password_reset', email, id, now(), now() FROM users"));
  ASSERT_TRUE(reset_administrator(connection_, registration("another horse")));
  EXPECT_EQ(value("SELECT count(*) FROM account_requests"), "0");
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
