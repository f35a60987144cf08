#include "base/hash.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

// This hash of a tag is sent to other nodes.
TEST(HashTest, TheFastHashIsTheSameOnEveryMachine) {
  EXPECT_EQ(fast_hash(""), 0x2d06800538d394c2);
  EXPECT_EQ(fast_hash("product:1"), 0x4d53f03051581589);
}

TEST(HashTest, TheKeyedHashIsTheSameForTheSameText) {
  EXPECT_EQ(keyed_hash("a text"), keyed_hash(std::string("a text")));
  EXPECT_NE(keyed_hash("a text"), keyed_hash("a test"));
  EXPECT_NE(keyed_hash(""), keyed_hash(std::string_view("\0", 1)));
}

}  // namespace
}  // namespace souk
