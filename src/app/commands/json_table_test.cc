#include "app/commands/json_table.h"

#include <gtest/gtest.h>

namespace souk::app {
namespace {

TEST(JsonTable, AListHasAColumnForEachMemberAndNumbersOnTheRight) {
  EXPECT_EQ(table_of(R"({"items":[{"kind":"a","depth":7,"oldest":null},)"
                     R"({"kind":"order.placed","depth":1200,"oldest":3}],"nextCursor":null})"),
            "kind          depth  oldest\n"
            "a                 7  -\n"
            "order.placed   1200       3\n");
}

TEST(JsonTable, AMemberThatSomeItemsLackIsADash) {
  EXPECT_EQ(table_of(R"({"items":[{"a":"x"},{"b":"y"},{"a":"z"}]})"),
            "a  b\n"
            "x  -\n"
            "-  y\n"
            "z  -\n");
}

TEST(JsonTable, AnEmptyListSaysSo) { EXPECT_EQ(table_of(R"({"items":[]})"), "none\n"); }

TEST(JsonTable, AnObjectIsItsMembersLineByLine) {
  EXPECT_EQ(table_of(R"({"key":"k","memory":{"version":3,"tags":["a"]},"redis":null})"),
            "key: k\n"
            "memory.version: 3\n"
            "memory.tags: [\"a\"]\n"
            "redis: -\n");
}

// An error message may quote what a stranger has sent.
TEST(JsonTable, NothingInAValueSteersTheTerminal) {
  const auto shown = table_of(R"({"items":[{"error":"a\u001b[2Jb\nc\u0085d"}]})");
  EXPECT_EQ(shown, "error\na [2Jb c d\n");
}

TEST(JsonTable, ColumnsAreAsWideAsTheirCharacters) {
  EXPECT_EQ(table_of(R"({"items":[{"a":"äöü","b":1},{"a":"x","b":2}]})"),
            "a    b\n"
            "äöü  1\n"
            "x    2\n");
}

TEST(JsonTable, WhatIsNoJsonIsShownAsItIs) {
  EXPECT_EQ(table_of("oops"), "oops");
  EXPECT_EQ(table_of(""), "");
}

}  // namespace
}  // namespace souk::app
