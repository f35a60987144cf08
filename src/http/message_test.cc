#include "http/message.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

TEST(Method, IsCaseSensitive) {
  EXPECT_EQ(parse_method("PATCH"), Method::kPatch);
  EXPECT_EQ(parse_method("patch"), Method::kOther);
  EXPECT_EQ(parse_method("OTHER"), Method::kOther);
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
