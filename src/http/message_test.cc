#include "http/message.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

TEST(Method, IsCaseSensitive) {
  EXPECT_EQ(parse_method("PATCH"), Method::kPatch);
  EXPECT_EQ(parse_method("patch"), Method::kOther);
  EXPECT_EQ(parse_method("OTHER"), Method::kOther);
}

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

TEST(HeaderList, KeepsFieldsAsTheyGoOverTheWire) {
  HeaderList headers;
  headers.add("Location", "/a");
  headers.add("Cache-Control", "no-store");
  EXPECT_EQ(headers.lines(), "Location: /a\r\nCache-Control: no-store\r\n");
  EXPECT_EQ(headers.find("cache-control"), "no-store");
  EXPECT_EQ(headers.find("etag"), std::nullopt);
}

TEST(HeaderList, AValueCannotForgeAField) {
  HeaderList headers;
  headers.add("Location", "/a\r\nSet-Cookie: x\n");
  EXPECT_EQ(headers.lines(), "Location: /a  Set-Cookie: x \r\n");
}

TEST(Body, SaysItsSizeWhereItIsKnown) {
  struct Endless final : BodyStream {
    runtime::Task<bool> next(Buffer&) override { co_return true; }
  };
  EXPECT_EQ(Body().size(), 0u);
  EXPECT_EQ(Body(std::string("abc")).size(), 3u);
  EXPECT_EQ(Body(std::make_shared<const std::string>("abcd")).bytes(), "abcd");
  EXPECT_EQ(Body(std::make_unique<Endless>()).size(), std::nullopt);
}

TEST(ReasonPhrase, IsEmptyForWhatHasNone) {
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(505), "HTTP Version Not Supported");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(999), "");
}

}  // namespace
}  // namespace souk::http
