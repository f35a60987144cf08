#include "accounts/passwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sodium.h>

namespace souk::accounts {
namespace {

TEST(Passwords, OnlyTheRightOneVerifies) {
  const auto hash = hash_password("correct horse");
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "correct horsE"));
  EXPECT_FALSE(verify_password(hash, ""));
}

// An "é" is one code point on some keyboards and two on others.
TEST(Passwords, AreTheSameHoweverTheirCharactersAreComposed) {
  constexpr auto kComposed = "caf\u00e9 cr\u00e8me";
  constexpr auto kDecomposed = "cafe\u0301 cre\u0300me";
  EXPECT_EQ(normalise_password(kDecomposed), kComposed);
  EXPECT_EQ(normalise_password(kComposed), kComposed);
  const auto hash = hash_password(normalise_password(kDecomposed));
  EXPECT_TRUE(verify_password(hash, kComposed));
  EXPECT_TRUE(verify_password(hash, kDecomposed));
}

TEST(Passwords, HashOfAPasswordThatWasNotNormalisedStillVerifies) {
  const auto hash = hash_password("cafe\u0301 creme");
  EXPECT_TRUE(verify_password(hash, "cafe\u0301 creme"));
  EXPECT_FALSE(verify_password(hash, "cafe creme"));
}

TEST(Passwords, TextThatIsNotUtf8StaysAsItIs) {
  EXPECT_EQ(normalise_password("a\xff\xfe"), "a\xff\xfe");
  EXPECT_EQ(normalise_password(""), "");
}

TEST(Passwords, SamePasswordHashesDifferentlyEachTime) {
  EXPECT_NE(hash_password("correct horse"), hash_password("correct horse"));
}

TEST(Passwords, HashStatesItsParameters) {
  EXPECT_THAT(hash_password("x"), testing::StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST(Passwords, HashOfOtherParametersStillVerifies) {
  char encoded[crypto_pwhash_STRBYTES];
  ASSERT_EQ(crypto_pwhash_str(encoded, "old", 3, 1, crypto_pwhash_MEMLIMIT_MIN), 0);
  EXPECT_TRUE(verify_password(encoded, "old"));
}

TEST(Passwords, TextThatIsNoHashNeverVerifies) {
  EXPECT_FALSE(verify_password("", ""));
  EXPECT_FALSE(verify_password("password", "password"));
  EXPECT_FALSE(verify_password(std::string(4096, '$'), "x"));
}

TEST(Passwords, UnmatchableHashCostsAsMuchAsARealOne) {
  // A malformed hash fails at once; argon2 accepts a well-formed one with our parameters, without a
  // rehash.
  EXPECT_EQ(
      crypto_pwhash_str_needs_rehash(unmatchable_hash().c_str(), kHashPasses, kHashMemoryBytes), 0);
  EXPECT_FALSE(verify_password(unmatchable_hash(), ""));
}

}  // namespace
}  // namespace souk::accounts
