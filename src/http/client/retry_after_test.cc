#include "http/client/retry_after.h"

#include <gtest/gtest.h>

#include <string>

namespace souk::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::optional<std::chrono::seconds> asked(std::string_view value, std::string_view date = kDate) {
  Headers headers;
  headers.add("retry-after", value);
  if (!date.empty()) headers.add("Date", date);
  return retry_after(headers, 5min);
}

TEST(RetryAfter, IsANumberOfSecondsOrADateAfterTheResponses) {
  EXPECT_EQ(asked("2"), 2s);
  EXPECT_EQ(asked("0"), 0s);
  EXPECT_EQ(asked("2", ""), 2s);
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:50:37 GMT"), 1min);
  EXPECT_EQ(asked("Sunday, 06-Nov-94 08:50:37 GMT"), 1min);
  EXPECT_EQ(asked("Sun Nov  6 08:50:37 1994"), 1min);
  EXPECT_EQ(asked("Mon, 07 Nov 1994 00:00:01 GMT", "Sun, 06 Nov 1994 23:59:59 GMT"), 2s);
}

TEST(RetryAfter, IsNeverLongerThanTheMaximumNorInThePast) {
  EXPECT_EQ(asked("301"), 5min);
  EXPECT_EQ(asked(std::string(400, '9')), 5min);
  EXPECT_EQ(asked("Fri, 31 Dec 9999 23:59:59 GMT"), 5min);
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:49:36 GMT"), 0s);
}

TEST(RetryAfter, WhatIsNeitherIsIgnored) {
  EXPECT_EQ(retry_after({}, 5min), std::nullopt);
  for (const auto* value : {"", "-1", "+1", "1.5", "1e3", "soon", "2 s", "0x10", "Sun, 06 Nov 1994",
                            "Sun, 06 Nov 1994 08:50:37 GMT+1", "Sun, 66 Nov 1994 08:50:37 GMT"}) {
    EXPECT_EQ(asked(value), std::nullopt) << value;
  }
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:50:37 GMT", ""), std::nullopt) << "after when?";
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:50:37 GMT", "today"), std::nullopt);
}

}  // namespace
}  // namespace souk::http
