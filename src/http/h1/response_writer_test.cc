#include "http/h1/response_writer.h"

#include <gtest/gtest.h>

namespace souk::http::h1 {
namespace {

using namespace std::chrono_literals;

struct TwoPieces final : BodyStream {
  runtime::Task<bool> next(Buffer&) override { co_return false; }
};

std::string head_of(const Response& response, const Envelope& envelope) {
  Buffer out;
  write_head(out, response, framing_of(response, envelope.minor_version), envelope);
  return std::string(out.view());
}

TEST(Head, HasEverythingInOneOrder) {
  const Uuid id = *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057");
  runtime::Context context;
  context.statements = 2;
  context.database_time = 12'034'567ns;
  Response response{.status = 201,
                    .content_type = "text/plain",
                    .etag = "\"7\"",
                    .body = Body(std::string("abc"))};
  response.headers.add("Location", "/x");
  EXPECT_EQ(head_of(response, {.date = "now", .request_id = &id, .timing = &context}),
            "HTTP/1.1 201 Created\r\nDate: now\r\nX-Content-Type-Options: nosniff\r\nContent-Type: "
            "text/plain\r\nContent-Length: 3\r\n"
            "ETag: \"7\"\r\nX-Request-Id: 01890a5d-ac96-774b-bcce-b302099a8057\r\n"
            "Server-Timing: db;dur=12.034;desc=\"2 statements\"\r\nLocation: /x\r\n\r\n");
}

TEST(Head, SaysHowTheConnectionGoesOn) {
  EXPECT_EQ(head_of({.status = 200}, {.close = true, .date = "d"}),
            "HTTP/1.1 200 OK\r\nDate: d\r\nX-Content-Type-Options: nosniff\r\nContent-Length: "
            "0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head_of({.status = 200}, {.minor_version = 0, .date = "d"}),
            "HTTP/1.1 200 OK\r\nDate: d\r\nX-Content-Type-Options: nosniff\r\nContent-Length: "
            "0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(Head, AStatusWithoutBodyHasNoLength) {
  EXPECT_EQ(head_of(no_content(), {.date = "d"}),
            "HTTP/1.1 204 No Content\r\nDate: d\r\nX-Content-Type-Options: nosniff\r\n\r\n");
  EXPECT_EQ(head_of({.status = 304, .etag = "\"1\""}, {.date = "d"}),
            "HTTP/1.1 304 Not Modified\r\nDate: d\r\nX-Content-Type-Options: nosniff\r\nETag: "
            "\"1\"\r\n\r\n");
}

TEST(Head, AStreamIsChunkedOrEndsWithTheConnection) {
  const auto response = stream(200, "text/csv", std::make_unique<TwoPieces>());
  EXPECT_EQ(framing_of(response, 1), BodyFraming::kChunked);
  EXPECT_EQ(framing_of(response, 0), BodyFraming::kClose);
  EXPECT_EQ(
      head_of(response, {.date = "d"}),
      "HTTP/1.1 200 OK\r\nDate: d\r\nX-Content-Type-Options: nosniff\r\nContent-Type: text/csv\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
}

TEST(Chunk, BeginsWithItsSizeInHexadecimal) {
  Buffer out;
  write_chunk_begin(out, 0x1a2b);
  EXPECT_EQ(out.view(), "1a2b\r\n");
}

}  // namespace
}  // namespace souk::http::h1
