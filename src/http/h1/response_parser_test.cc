#include "http/h1/response_parser.h"

#include <gtest/gtest.h>

namespace souk::http::h1 {
namespace {

struct Reading {
  bool to_head = false;
  bool closes = false;  // the peer, after the wire's last byte
};

// What was read: a line for each message, "!" for an error, "..." where more is awaited.
std::string read(std::string_view wire, Reading how = {}, std::size_t cut = 0) {
  ResponseParser parser({.max_body_bytes = 32});
  parser.start(0, how.to_head);
  Buffer in;
  std::string read;
  for (const bool last : {false, true}) {
    in.append(last ? wire.substr(cut) : wire.substr(0, cut));
    for (bool more = true; more;) {
      auto event = parser.parse(in);
      const bool at_end = how.closes && last;
      if (event == Event::kNeedMore && at_end && parser.begin() < in.size()) {
        event = parser.finish(in);
      }
      if (event == Event::kError) return read + '!';
      if (event == Event::kNeedMore) more = false;
      if (event == Event::kComplete) {
        read += std::to_string(parser.status()) + '|' + std::string(parser.header(in, "a")) + '|' +
                std::string(parser.body(in)) + (parser.keeps_alive() ? "|keep\n" : "|close\n");
        if (at_end && parser.end() == in.size()) return read;
        parser.start(parser.end(), how.to_head);
      }
    }
  }
  return parser.begin() < in.size() ? read + "..." : read;
}

TEST(Response, BodyEndsWhereContentLengthSays) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nxyHTTP/1.1 404\r\n"
                 "Content-Length: 0\r\n\r\n"),
            "200|b|xy|keep\n404|||keep\n");
}

TEST(Response, BodyMayBeChunked) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n"),
            "200||xy|keep\n");
}

TEST(Response, BodyMayEndWithTheConnection) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\nxyz", {.closes = true}), "200||xyz|close\n");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\nxyz"), "...");
}

TEST(Response, CutOffIsAnError) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxyz", {.closes = true}), "!");
  EXPECT_EQ(
      read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", {.closes = true}),
      "!");
  EXPECT_EQ(read("HTTP/1.1 20", {.closes = true}), "!");
}

TEST(Response, SomeHaveNoBodyWhateverTheFieldsSay) {
  const std::string fields = "Content-Length: 9\r\n\r\n";
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\n" + fields), "304|||keep\n");
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n"), "204|||keep\n");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n" + fields, {.to_head = true}), "200|||keep\n");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {.to_head = true}),
            "200|||keep\n");
}

TEST(Response, InterimOnesAreSkipped) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
                 "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx"),
            "201||x|keep\n");
}

TEST(Response, OfInterimOnesThereAreNotTooMany) {
  std::string wire;
  for (int i = 0; i < ResponseParser::kMaxInterim; ++i) wire += "HTTP/1.1 103 Early Hints\r\n\r\n";
  const std::string final = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(read(wire + final + wire + final), "204|||keep\n204|||keep\n");
  EXPECT_EQ(read(wire + "HTTP/1.1 100 Continue\r\n\r\n"), "!");
}

TEST(Response, AnotherProtocolIsAnError) {
  EXPECT_EQ(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), "!");
}

TEST(Response, ConnectionPersistsAsVersionAndFieldSay) {
  EXPECT_EQ(read("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"), "204|||close\n");
  EXPECT_EQ(read("HTTP/1.0 204 x\r\n\r\n"), "204|||close\n");
  EXPECT_EQ(read("HTTP/1.0 204 x\r\nConnection: keep-alive\r\n\r\n"), "204|||keep\n");
}

TEST(Response, MalformedIsRefused) {
  for (const std::string line :
       {"HTTP/2 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1  200", "HTTP/1.1 2000", "HTTP/1.1 -20 x",
        "http/1.1 200 OK", "HTTP/1.1 099 x", ""}) {
    EXPECT_EQ(read(line + "\r\nContent-Length: 0\r\n\r\n"), "!") << line;
  }
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "!");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n"), "!");
}

TEST(Response, SplittingChangesNothing) {
  const std::string wire =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nxy\r\n1;e\r\nz\r\n0\r\nT: u\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
  const auto whole = read(wire);
  EXPECT_EQ(whole, "200|b|xyz|keep\n200||abc|keep\n");
  for (std::size_t cut = 1; cut < wire.size(); ++cut) {
    EXPECT_EQ(read(wire, {}, cut), whole) << cut;
  }
}

}  // namespace
}  // namespace souk::http::h1
