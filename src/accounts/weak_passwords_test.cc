#include "accounts/weak_passwords.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace souk::accounts {
namespace {

bool is_weak(std::string_view password, std::string_view email = "ada.lovelace@example.com",
             std::string_view name = "Ada King") {
  return weakness_of(password, email, name).has_value();
}

TEST(WeakPasswords, CommonOnesAreRefusedInAnyCaseAndWithAFewSignsAround) {
  for (const auto* password : {"password", "12345678", "PASSWORD", "Password1", "Password2024",
                               "!sunshine!", "qwertyuiop", "iloveyou1", "letmein1", "trustno1"}) {
    EXPECT_TRUE(is_weak(password)) << password;
  }
}

TEST(WeakPasswords, SequencesAndRepetitionsAreRefused) {
  for (const auto* password : {"aaaaaaaa", "ababababab", "abcabcabc", "abcdefghij", "hgfedcba",
                               "zzzzzzzzzzzzzzzzzzzzzzzz", "        ", "987654321"}) {
    EXPECT_TRUE(is_weak(password)) << password;
  }
}

TEST(WeakPasswords, WhatAStrangerKnowsOfTheUserIsRefused) {
  for (const auto* password : {"ada.lovelace@example.com", "AdaLovelace", "lovelace12",
                               "1lovelace1", "adaking1", "Lovelace!!!!", "souk2024", "1234souk"}) {
    EXPECT_TRUE(is_weak(password)) << password;
  }
}

TEST(WeakPasswords, OthersAreNot) {
  for (const auto* password :
       {"correct horse", "correct horse battery staple", "souk-demo-password", "xkvhqpzw",
        "lovelace and the engine", "a king in yellow", "72c9a1f04b",
        "\u0645\u0641\u062a\u0627\u062d", "password of the house"}) {
    EXPECT_FALSE(is_weak(password)) << password;
  }
  EXPECT_FALSE(is_weak("xkvhqpzw", "", ""));
}

TEST(WeakPasswords, EveryOneOfTheListIsFound) {
  std::size_t lines = 0;
  std::string_view rest = common_passwords();
  std::string_view before;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    EXPECT_TRUE(is_weak(line, "", "")) << line;
    EXPECT_LT(before, line);
    before = line;
    rest.remove_prefix(line.size() + 1);
    ++lines;
  }
  EXPECT_GT(lines, 8'000u);
}

}  // namespace
}  // namespace souk::accounts
