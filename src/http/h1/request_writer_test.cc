#include "http/h1/request_writer.h"

#include <gtest/gtest.h>

namespace souk::http::h1 {
namespace {

TEST(RequestWriter, WritesOnlyWhatThereIs) {
  Buffer out;
  write_request(out, {.target = "/a?b", .authority = "shop:8080"});
  EXPECT_EQ(out.view(), "GET /a?b HTTP/1.1\r\nHost: shop:8080\r\n\r\n");
}

TEST(RequestWriter, FramesTheBodyAndSaysThatTheConnectionEnds) {
  const PreparedHeaders prepared{{"Accept", "text/csv"}};
  HeaderList headers;
  headers.add("X-Key", "1\r\nEvil: 2");
  Buffer out;
  write_request(out, {.method = Method::kPost,
                      .target = "/",
                      .authority = "h",
                      .prepared = &prepared,
                      .headers = &headers,
                      .body = "abc",
                      .close = true});
  EXPECT_EQ(out.view(),
            "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept: text/csv\r\n"
            "X-Key: 1  Evil: 2\r\nContent-Length: 3\r\n\r\nabc");
}

}  // namespace
}  // namespace souk::http::h1
