#include "http/headers.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

TEST(Headers, AreFoundWithoutRegardToCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("content-type", "b");
  EXPECT_EQ(headers.find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.count("content-Type"), 2u);
  EXPECT_EQ(headers.find("content-typ"), std::nullopt);
  EXPECT_EQ(headers.find("content-ty\x90"
                         "e"),
            std::nullopt);
}

TEST(HeaderList, KeepsNamesAndValuesInTheirOrder) {
  HeaderList headers;
  EXPECT_TRUE(headers.empty());
  headers.add("Location", "/a");
  headers.add("X-Empty", "");
  headers.add("Cache-Control", "no-store");
  std::string all;
  for (const auto [name, value] : headers) all.append(name).append("=").append(value).append(";");
  EXPECT_EQ(all, "Location=/a;X-Empty=;Cache-Control=no-store;");
  EXPECT_EQ(headers.find("cache-control"), "no-store");
  EXPECT_EQ(headers.find("etag"), std::nullopt);
}

TEST(HeaderList, AValueCannotForgeAField) {
  HeaderList headers;
  headers.add("Location", "/a\r\nSet-Cookie: x\n");
  EXPECT_EQ(headers.find("location"), "/a  Set-Cookie: x ");
}

TEST(PreparedHeaders, AreWrittenOnceInTheFormOfHttp11) {
  const PreparedHeaders prepared{{"Vary", "Accept-Encoding"}, {"Cache-Control", "no\ncache"}};
  EXPECT_EQ(prepared.h1_lines(), "Vary: Accept-Encoding\r\nCache-Control: no cache\r\n");
  EXPECT_EQ(prepared.fields().find("vary"), "Accept-Encoding");
}

}  // namespace
}  // namespace souk::http
