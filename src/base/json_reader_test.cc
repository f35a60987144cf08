#include "base/json_reader.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

TEST(JsonReader, ReadsTheExpectedShape) {
  const JsonReader reader(
      R"({"id":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","at":"2026-01-31T00:00:00Z",)"
      R"("items":[{"n": 1},{"n": 2}]})");
  const auto root = reader.root();
  EXPECT_EQ(root["id"].uuid(), Uuid::parse("018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01"));
  EXPECT_EQ(root["at"].time(), std::chrono::sys_days(std::chrono::year(2026) / 1 / 31));
  ASSERT_EQ(root["items"].elements().size(), 2u);
  EXPECT_EQ(root["items"].elements()[1]["n"].integer(), 2);
  EXPECT_EQ(root["items"].json(), R"([{"n":1},{"n":2}])");
  EXPECT_TRUE(root["items"].is_array());
}

TEST(JsonReader, ThrowsForAnyOtherShape) {
  for (const auto* text : {"", "{", "no JSON", "{} {}"}) EXPECT_THROW(JsonReader{text}, BadJson);
  const JsonReader reader(R"({"text":"x","number":1.5})");
  const auto root = reader.root();
  EXPECT_THROW(root["other"], BadJson);
  EXPECT_THROW(root["text"]["x"], BadJson);
  EXPECT_THROW(root["text"].integer(), BadJson);
  EXPECT_THROW(root["text"].uuid(), BadJson);
  EXPECT_THROW(root["text"].time(), BadJson);
  EXPECT_THROW(root["number"].integer(), BadJson);
  EXPECT_THROW(root["number"].text(), BadJson);
  EXPECT_THROW(root.elements(), BadJson);
}

}  // namespace
}  // namespace souk
