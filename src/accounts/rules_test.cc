#include "accounts/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::accounts::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Registration valid_registration() { return {"ada@example.com", "correct horse", "Ada"}; }

AddressDraft valid_address() {
  return {.label = "Home",
          .recipient = "Ada",
          .line1 = "1 Main St",
          .line2 = "",
          .city = "London",
          .postal_code = "N1",
          .country = "GB",
          .is_default = false};
}

template <class T>
std::vector<std::string> refused(const Result<T>& result) {
  std::vector<std::string> pointers;
  if (result) return pointers;
  EXPECT_EQ(result.error().code, ErrorCode::kValidationFailed);
  for (const auto& field : result.error().fields) pointers.push_back(field.pointer);
  return pointers;
}

std::vector<std::string> refused_email(std::string email) {
  auto registration = valid_registration();
  registration.email = std::move(email);
  return refused(check(registration));
}

std::vector<std::string> refused_name(std::string name) {
  auto registration = valid_registration();
  registration.name = std::move(name);
  return refused(check(registration));
}

TEST(AccountRules, EmailIsKeptInLowerCase) {
  auto registration = valid_registration();
  registration.email = "Ada.Lovelace+Shop@Example.COM";
  EXPECT_EQ(check(registration)->email, "ada.lovelace+shop@example.com");
  EXPECT_EQ(check(Credentials{"ADA@example.com", "x"})->email, "ada@example.com");
}

TEST(AccountRules, APasswordIsNormalisedBeforeItsLengthCounts) {
  auto registration = valid_registration();
  registration.password = "cafe\u0301 noir";
  EXPECT_EQ(check(registration)->password, "caf\u00e9 noir");
}

// 202 bytes as it is typed, 135 as it is hashed.
TEST(AccountRules, APasswordThatMayBeRegisteredMaySignIn) {
  auto registration = valid_registration();
  registration.password = "q";
  for (int i = 0; i < 67; ++i) registration.password += "e\u0301";
  ASSERT_GT(registration.password.size(), kMaxPasswordLength);
  EXPECT_THAT(refused(check(registration)), IsEmpty());
  Credentials credentials{registration.email, registration.password};
  EXPECT_THAT(refused(check(credentials)), IsEmpty());
  for (int i = 0; i < 67; ++i) credentials.password += "e\u0301";
  EXPECT_THAT(refused(check(credentials)), ElementsAre("/password"));
}

TEST(AccountRules, AWeakPasswordIsRefused) {
  for (const auto* weak : {"password", "12345678", "ada@example.com"}) {
    auto registration = valid_registration();
    registration.password = weak;
    EXPECT_THAT(refused(check(registration)), ElementsAre("/password")) << weak;
  }
}

TEST(AccountRules, OnlyEmailAddressesAreOnes) {
  for (const auto* good : {"a@b", "o'neil@mail.example.org", "x@xn--bcher-kva.example"}) {
    EXPECT_THAT(refused_email(good), IsEmpty()) << good;
  }
  const std::string too_long = std::string(kMaxEmailLength - 1, 'a') + "@b";
  for (const std::string& bad :
       {std::string(), std::string("@"), std::string("ada"), std::string("ada@"),
        std::string("@b.com"), std::string("a b@c.com"), std::string("a@b@c.com"),
        std::string("a@-b.com"), std::string("a@b..com"), std::string("a@b.com."),
        std::string("\xc3\xa4@b.com"), std::string("a@b\0.com", 8),
        "a@" + std::string(64, 'x') + ".com", too_long}) {
    EXPECT_THAT(refused_email(bad), ElementsAre("/email")) << bad;
  }
}

TEST(AccountRules, PasswordLengthIsBounded) {
  auto registration = valid_registration();
  for (const std::size_t length : {kMinPasswordLength, kMaxPasswordLength}) {
    registration.password = "q" + std::string(length - 1, 'p');
    EXPECT_THAT(refused(check(registration)), IsEmpty()) << length;
  }
  for (const std::size_t length : {kMinPasswordLength - 1, kMaxPasswordLength + 1}) {
    registration.password = std::string(length, 'p');
    EXPECT_THAT(refused(check(registration)), ElementsAre("/password")) << length;
  }
}

TEST(AccountRules, NamesCountCodePointsAndPrint) {
  std::string umlauts;
  for (std::size_t i = 0; i < kMaxNameLength; ++i) umlauts += "\xc3\xa4";
  EXPECT_THAT(refused_name(umlauts), IsEmpty());
  EXPECT_THAT(refused_name(umlauts + "a"), ElementsAre("/name"));
  EXPECT_THAT(refused_name(""), ElementsAre("/name"));
  EXPECT_THAT(refused_name("  "), ElementsAre("/name"));
  EXPECT_THAT(refused_name("a\nb"), ElementsAre("/name"));
  EXPECT_THAT(refused_name(std::string("a\0b", 3)), ElementsAre("/name"));
  EXPECT_THAT(refused_name("\xff"), ElementsAre("/name"));
}

TEST(AccountRules, EveryRefusedMemberIsNamed) {
  EXPECT_THAT(refused(check(Registration{})), ElementsAre("/email", "/password", "/name"));
  EXPECT_THAT(refused(check(Credentials{})), ElementsAre("/email", "/password"));
  EXPECT_THAT(refused(check(AddressDraft{})),
              ElementsAre("/recipient", "/line1", "/city", "/postalCode", "/country"));
  EXPECT_THAT(refused(check(ProfilePatch{.name = ""})), ElementsAre("/name"));
  EXPECT_THAT(refused(check(ProfilePatch{})), IsEmpty());
}

TEST(AccountRules, CredentialsOfOlderRulesMayStillBeTried) {
  EXPECT_THAT(refused(check(Credentials{"ada@example.com", "short"})), IsEmpty());
}

TEST(AccountRules, CountryIsTwoCapitals) {
  auto address = valid_address();
  EXPECT_THAT(refused(check(address)), IsEmpty());
  for (const auto* bad : {"", "G", "gb", "GBR", "G1"}) {
    address.country = bad;
    EXPECT_THAT(refused(check(address)), ElementsAre("/country")) << bad;
  }
}

}  // namespace
}  // namespace souk::accounts::rules
