#include "http/files/range.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

constexpr std::uint64_t kTotal = 1000;
constexpr std::string_view kEtag = "\"1\"";

std::optional<ByteRange> asked(std::string_view range, std::string_view if_range = {},
                               std::string_view etag = kEtag, std::uint64_t total = kTotal) {
  Request request;
  request.headers.add("Range", range);
  if (!if_range.empty()) request.headers.add("If-Range", if_range);
  return requested_range(request, total, etag);
}

TEST(RequestedRange, IsOneRangeOfBytes) {
  EXPECT_EQ(asked("bytes=0-499"), (ByteRange{0, 500}));
  EXPECT_EQ(asked("bytes=500-"), (ByteRange{500, 500}));
  EXPECT_EQ(asked("bytes=-1"), (ByteRange{999, 1}));
  EXPECT_EQ(asked("BYTES= 999-5000 "), (ByteRange{999, 1}));
  EXPECT_EQ(asked("bytes=-5000"), (ByteRange{0, 1000}));
  EXPECT_EQ(asked("bytes=0-99999999999999999999999"), (ByteRange{0, 1000}));
}

TEST(RequestedRange, BeyondTheEndIsNotSatisfiable) {
  for (const auto* const range : {"bytes=1000-", "bytes=99999999999999999999-", "bytes=-0"}) {
    ASSERT_TRUE(asked(range)) << range;
    EXPECT_EQ(asked(range)->size, 0u) << range;
  }
  EXPECT_EQ(asked("bytes=0-", {}, kEtag, 0)->size, 0u);
}

TEST(RequestedRange, IsEverythingForWhatIsNotUnderstood) {
  for (const auto* const range :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=5-4", "bytes=a-b", "bytes=1-2x",
        "bytes=0-1,5-6", "lines=1-2", "bytes=+1-2", "bytes=--1"}) {
    EXPECT_EQ(asked(range), std::nullopt) << range;
  }
  Request head{.method = Method::kHead};
  head.headers.add("Range", "bytes=0-1");
  EXPECT_EQ(requested_range(head, kTotal, kEtag), std::nullopt);
  EXPECT_EQ(requested_range({}, kTotal, kEtag), std::nullopt);
}

TEST(RequestedRange, IfRangeHoldsForTheSameStrongTagOnly) {
  EXPECT_EQ(asked("bytes=0-9", "\"1\""), (ByteRange{0, 10}));
  for (const auto* const condition :
       {"\"2\"", "W/\"1\"", "\"1-gzip\"", "*", "1", "Sun, 29 Nov 2026 12:00:00 GMT"}) {
    EXPECT_EQ(asked("bytes=0-9", condition), std::nullopt) << condition;
  }
  EXPECT_EQ(asked("bytes=0-9", "W/\"1\"", "W/\"1\""), std::nullopt);
}

}  // namespace
}  // namespace souk::http
