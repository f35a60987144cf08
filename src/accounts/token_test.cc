#include "accounts/token.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace souk::accounts {
namespace {

TEST(Token, IsFreshEachTimeAndHasAHash) {
  const auto token = make_token();
  EXPECT_EQ(token.size(), kTokenLength);
  EXPECT_NE(token, make_token());
  EXPECT_TRUE(hash_token(token));
}

TEST(Token, HashIsSha256OfTheText) {
  const auto hash = hash_token("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  ASSERT_TRUE(hash);
  // printf %s AAAA... | sha256sum
  EXPECT_EQ(to_hex(*hash), "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a");
}

TEST(Token, TextNoTokenCanBeHasNoHash) {
  const std::string token(kTokenLength, 'A');
  EXPECT_FALSE(hash_token(""));
  EXPECT_FALSE(hash_token(token + "A"));
  EXPECT_FALSE(hash_token(token.substr(1)));
  EXPECT_FALSE(hash_token(token.substr(1) + "+"));
  EXPECT_FALSE(hash_token(token.substr(1) + "="));
  EXPECT_FALSE(hash_token(token.substr(1) + "B"));  // left-over bits
}

}  // namespace
}  // namespace souk::accounts
