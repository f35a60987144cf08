// What is particular to HTTP/2; transport_test.cc has what it shares with other versions.
#include "http/h2/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "http/server/test_h1_client.h"
#include "http/server/test_h2_client.h"
#include "http/server/test_handlers.h"

namespace souk::http::h2 {
namespace {

using test::H2Client;
using ::testing::ElementsAre;

constexpr std::int32_t kAnyStream = INT32_MAX;
constexpr std::int32_t kLargeWindow = 1 << 24;

// A frame as RFC 9113 section 4.1 draws it.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload = {}) {
  std::string made(9, '\0');
  made[1] = static_cast<char>(payload.size() >> 8U);
  made[2] = static_cast<char>(payload.size());
  made[3] = static_cast<char>(type);
  made[4] = static_cast<char>(flags);
  for (unsigned i = 0; i < 4; ++i) made[5 + i] = static_cast<char>(stream >> (24 - 8 * i));
  return made.append(payload);
}

// The error of the GOAWAY with which the server ends the connection; nothing: without one.
std::optional<std::uint32_t> goaway_error(test::Wire& wire) {
  std::string all;
  std::array<char, 4096> piece;
  while (const auto n = wire.receive(piece.data(), piece.size())) all.append(piece.data(), n);
  std::optional<std::uint32_t> error;
  for (std::string_view rest = all; rest.size() >= 9;) {
    const auto byte = [&rest](std::size_t i) { return static_cast<std::uint8_t>(rest[i]); };
    const std::size_t size = byte(0) << 16U | byte(1) << 8U | byte(2);
    if (rest.size() < 9 + size) break;
    if (byte(3) == NGHTTP2_GOAWAY) error = byte(16);
    rest.remove_prefix(9 + size);
  }
  return error;
}

// The client's first bytes.
std::string opening() { return NGHTTP2_CLIENT_MAGIC + frame(NGHTTP2_SETTINGS, 0, 0); }

// GET / with "h" as its authority, as indices of HPACK's static table.
constexpr std::string_view kGet = "\x82\x84\x86\x41\x01h";
constexpr std::string_view kPost = "\x83\x84\x86\x41\x01h";

class Http2 : public ShopTest {
 protected:
  std::unique_ptr<H2Client> connect(H2Client::Options options = {}, int receive_buffer = 0) {
    return std::make_unique<H2Client>(
        std::make_unique<test::PlainWire>(server_->port(), receive_buffer), std::move(options));
  }
  double limit(std::string_view name) {
    return server_->metric(fmt::format("souk_http2_limits_total{{limit=\"{}\"}}", name));
  }
  // For what nghttp2's client does not do.
  void expect_calmed(test::Wire& wire, std::string_view name) {
    EXPECT_EQ(goaway_error(wire), NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_EQ(limit(name), 1);
  }
  // The server has ended the connection because of that limit.
  void expect_calmed(H2Client& client, std::string_view name) {
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(client.goaway_error(), NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_EQ(limit(name), 1);
  }
};

TEST_F(Http2, RequestsRunAtOnceAndAreAnsweredInAnyOrder) {
  start();
  const auto client = connect();
  const auto held = client->send({.path = "/hold"});
  ASSERT_TRUE(eventually([this] { return shop_.held == 1; }));
  EXPECT_EQ(client->exchange({.path = "/hello"}).body, "hello");
  shop_.release = true;
  EXPECT_EQ(client->receive(held).body, "released");
  EXPECT_EQ(server_->metric("souk_http2_connections_total"), 1);
}

TEST_F(Http2, ThePrefaceMayComeByteByByte) {
  start();
  test::PlainWire wire(server_->port());
  const auto bytes =
      NGHTTP2_CLIENT_MAGIC + frame(NGHTTP2_SETTINGS, 0, 0) + frame(NGHTTP2_HEADERS, 5, 1, kGet);
  for (const char byte : bytes) ASSERT_TRUE(wire.send({&byte, 1}));
  std::string received;
  while (!received.contains("not_found")) {
    std::array<char, 1024> piece;
    const auto n = wire.receive(piece.data(), piece.size());
    ASSERT_GT(n, 0u);
    received.append(piece.data(), n);
  }
}

TEST_F(Http2, OnlyAConnectionsFirstLineBeginsIt) {
  start();
  test::PlainWire wire(server_->port());
  wire.send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(NGHTTP2_CLIENT_MAGIC));
  std::string received;
  std::array<char, 1024> piece;
  while (const auto n = wire.receive(piece.data(), piece.size())) received.append(piece.data(), n);
  EXPECT_THAT(received, ::testing::HasSubstr("HTTP/1.1 505 "));
}

TEST_F(Http2, ARequestMustNameOneAuthorityAndAPath) {
  start();
  const auto client = connect();
  EXPECT_EQ(client->exchange({.path = "/hello", .fields = {{"host", "other"}}}).status, 400);
  EXPECT_EQ(client->exchange({.path = "/he#llo"}).status, 400);
  EXPECT_EQ(client->exchange({.path = "/hello", .fields = {{"host", "h"}}}).status, 200);
  EXPECT_EQ(server_->metric(R"(souk_http_protocol_errors_total{status="400"})"), 2);
}

// RFC 9113 section 8.1.
TEST_F(Http2, AnAnswerThatNeedsNoMoreOfTheBodySaysSoByAResetWithoutError) {
  start();
  const auto client = connect();
  const auto id = client->send({.method = "POST", .path = "/nowhere", .keeps_open = true});
  const auto answer = client->receive(id);
  EXPECT_EQ(answer.status, 404);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(client->exchange({.path = "/hello"}).body, "hello");
  EXPECT_EQ(client->received(NGHTTP2_RST_STREAM), 1u);
  EXPECT_EQ(client->reset_error(id), NGHTTP2_NO_ERROR);
}

TEST_F(Http2, TrailersOfARequestAreIgnored) {
  start();
  const auto client = connect();
  const auto id =
      client->send({.method = "POST", .path = "/echo", .body = "body", .keeps_open = true});
  client->wire().send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
                            static_cast<std::uint32_t>(id), {"\0\bchecksum\0011", 12}));
  EXPECT_EQ(client->receive(id).body, "body");
}

TEST_F(Http2, ABodyWaitsForTheClientsWindow) {
  start();
  const auto client = connect({.window = 1000, .opens_windows = false});
  const auto id = client->send({.path = "/large"});
  EXPECT_EQ(client->receive_some(id, 1000).size(), 1000u);
  // Requests that need no room are answered meanwhile.
  EXPECT_EQ(client->exchange({.method = "HEAD", .path = "/hello"}).status, 200);
  EXPECT_EQ(client->exchange({.path = "/hello"}).body, "hello");
  ::nghttp2_submit_window_update(client->session(), 0, id, kLargeWindow);
  ::nghttp2_submit_window_update(client->session(), 0, 0, kLargeWindow);
  client->flush();
  EXPECT_EQ(client->receive(id).body.size(), 3'000'000u);
}

TEST_F(Http2, AWindowThatNeverOpensEndsItsStreamOnly) {
  auto config = defaults();
  config.write_timeout = 50ms;
  start(config);
  const auto client = connect({.window = 0, .opens_windows = false});
  for (const auto* path : {"/large", "/hello", "/stream"}) {
    const auto answer = client->exchange({.path = path});
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_FALSE(answer.complete) << path;
  }
  EXPECT_EQ(server_->metric(R"(souk_http_timeouts_total{kind="write"})"), 3);
  EXPECT_EQ(client->exchange({.method = "HEAD", .path = "/hello"}).status, 200);
}

TEST_F(Http2, BodiesReadWholeShareTheConnectionsMemoryWithoutWaitingForEachOther) {
  auto config = defaults();
  config.http2_max_body_memory = 0;  // one at a time
  start(config);
  const auto client = connect();
  const std::string body(500'000, 'b');
  std::vector<int> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(client->send({.method = "POST", .path = "/echo", .body = body}));
  }
  for (const auto id : ids) EXPECT_EQ(client->receive(id).body, body);
}

// RFC 9218: by the field of the request, and by PRIORITY_UPDATE.
TEST_F(Http2, TheUrgentIsSentFirst) {
  start();
  const auto client = connect({.window = kLargeWindow});
  ::nghttp2_session_set_local_window_size(client->session(), 0, 0, kLargeWindow);
  client->exchange({.path = "/hello"});
  const auto later = client->submit({.path = "/large", .fields = {{"priority", "u=5"}}});
  const auto first = client->send({.path = "/large", .fields = {{"priority", "u=0"}}});
  client->receive(first);
  EXPECT_LT(client->received_of(later), 3'000'000u);
  EXPECT_EQ(client->receive(later).body.size(), 3'000'000u);
  const auto other = client->submit({.path = "/large", .fields = {{"priority", "u=2"}}});
  const auto raised = client->submit({.path = "/large"});
  const std::string urgent = "u=0";
  ::nghttp2_submit_priority_update(client->session(), 0, raised,
                                   reinterpret_cast<const std::uint8_t*>(urgent.data()),
                                   urgent.size());
  client->flush();
  client->receive(raised);
  EXPECT_LT(client->received_of(other), 3'000'000u);
}

// A client may not know of the drain when it sends a request.
TEST_F(Http2, ADrainAnswersWhatWasOnItsWay) {
  start();
  const auto client = connect();
  client->exchange({.path = "/hello"});
  const auto held = client->send({.path = "/hold"});
  ASSERT_TRUE(eventually([this] { return shop_.held == 1; }));
  server_->begin_to_stop();
  const auto notice = client->receive_bytes();
  const auto late = client->send({.path = "/hello"});
  client->take(notice);
  EXPECT_THAT(client->last_streams(), ElementsAre(kAnyStream));
  EXPECT_EQ(client->goaway_error(), NGHTTP2_NO_ERROR);
  EXPECT_EQ(client->receive(late).body, "hello");
  shop_.release = true;
  EXPECT_EQ(client->receive(held).body, "released");
  EXPECT_TRUE(client->is_closed());
  EXPECT_THAT(client->last_streams(), ElementsAre(kAnyStream, late));
}

// ---- limits

TEST_F(Http2, AStreamTooManyIsRefused) {
  auto config = defaults();
  config.http2_max_streams = 2;
  start(config);
  const auto client = connect();
  client->send({.path = "/hold"});
  client->send({.path = "/hold"});
  const auto third = client->send({.path = "/hold"});
  EXPECT_EQ(client->receive(third).status, 0);
  EXPECT_EQ(client->reset_error(third), NGHTTP2_REFUSED_STREAM);
  EXPECT_EQ(limit("streams"), 1);
  shop_.release = true;
}

// MadeYouReset and rapid reset: handlers ran on, uncounted, while their streams were free again.
TEST_F(Http2, HandlersOfResetStreamsCountUntilTheyEnd) {
  auto config = defaults();
  config.http2_max_streams = 2;
  start(config);
  const auto client = connect();
  for (int i = 0; i < 2; ++i) {
    const auto id = client->send({.method = "POST", .path = "/wait"});
    ASSERT_TRUE(eventually([&] { return shop_.held == i + 1; }));
    client->cancel(id);
  }
  const auto next = client->send({.method = "POST", .path = "/wait"});
  ::nghttp2_submit_ping(client->session(), 0, nullptr);
  client->flush();
  while (client->received(NGHTTP2_PING) == 0 && client->read_more()) {
  }
  EXPECT_EQ(shop_.held, 2);
  shop_.release = true;
  EXPECT_EQ(client->receive(next).body, "released");
}

TEST_F(Http2, RapidResetsEndTheConnection) {
  auto config = defaults();
  config.http2_max_resets = 50;
  start(config);
  const auto client = connect();
  for (int i = 0; i < 50; ++i) client->cancel(client->send({.path = "/hello"}));
  EXPECT_EQ(client->exchange({.path = "/hello"}).body, "hello");
  client->cancel(client->send({.path = "/wait"}));
  expect_calmed(*client, "resets");
}

TEST_F(Http2, ResetsThatTheClientMakesTheServerSendCountToo) {
  auto config = defaults();
  config.http2_max_resets = 50;
  start(config);
  test::PlainWire wire(server_->port());
  wire.send(opening());
  // A window beyond its maximum is an error of its stream.
  for (std::uint32_t id = 1; id < 1 + 2 * 51; id += 2) {
    wire.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, id, kGet) +
              frame(NGHTTP2_WINDOW_UPDATE, 0, id, "\x7f\xff\xff\xff"));
  }
  expect_calmed(wire, "resets");
}

TEST_F(Http2, ContinuationsWithoutEndEndTheConnection) {
  start();
  const auto client = connect();
  client->exchange({.path = "/hello"});
  client->wire().send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 101, kGet));
  for (int i = 0; i < 9; ++i) client->wire().send(frame(NGHTTP2_CONTINUATION, 0, 101));
  expect_calmed(*client, "continuations");
}

TEST_F(Http2, AHeaderBlockThatIsLeftOpenEndsTheConnection) {
  auto config = defaults();
  config.header_timeout = 500ms;
  start(config);
  const auto client = connect();
  client->exchange({.path = "/hello"});
  client->wire().send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 101, kGet));
  EXPECT_TRUE(client->is_closed());
  EXPECT_EQ(client->goaway_error(), NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_EQ(server_->metric(R"(souk_http_timeouts_total{kind="header"})"), 1);
}

// The response ends the stream while the client is sending its trailers.
TEST_F(Http2, TrailersOfAStreamThatEndsMeanwhileDoNotEndTheConnection) {
  auto config = defaults();
  config.header_timeout = 500ms;
  start(config);
  test::PlainWire wire(server_->port());
  std::array<char, 4096> piece;
  const auto receive_answer = [&] {
    std::string received;
    while (!received.contains("not_found")) {
      const auto n = wire.receive(piece.data(), piece.size());
      if (n == 0) return false;
      received.append(piece.data(), n);
    }
    return true;
  };
  wire.send(opening() + frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, kPost) +
            frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1));
  ASSERT_TRUE(receive_answer());
  wire.send(frame(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1));
  // Another connection's time-out proves that the time has passed.
  const auto other = connect();
  other->exchange({.path = "/hello"});
  other->wire().send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 101, kGet));
  EXPECT_TRUE(other->is_closed());
  wire.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 3, kGet));
  EXPECT_TRUE(receive_answer());
}

TEST_F(Http2, AHeaderListThatGrowsManifoldByDecodingEndsTheConnection) {
  start();
  const auto client = connect();
  // 100 bytes and 40 references to them, each one byte long.
  const test::Fields fields(50, {"x", std::string(3900, 'x')});
  client->send({.path = "/hello", .fields = fields});
  expect_calmed(*client, "header_list");
}

TEST_F(Http2, PingsWithoutEndEndTheConnection) {
  start();
  const auto client = connect();
  for (std::size_t i = 0; i <= defaults().http2_max_pings; ++i) {
    ::nghttp2_submit_ping(client->session(), 0, nullptr);
    client->flush();
  }
  expect_calmed(*client, "pings");
}

TEST_F(Http2, SettingsWithoutEndEndTheConnection) {
  start();
  const auto client = connect();
  for (std::size_t i = 0; i <= defaults().http2_max_settings; ++i) {
    ::nghttp2_submit_settings(client->session(), 0, nullptr, 0);
    client->flush();
  }
  expect_calmed(*client, "settings");
}

TEST_F(Http2, PriorityUpdatesWithoutEndEndTheConnection) {
  start();
  const auto client = connect();
  const auto id = client->send({.path = "/hold"});
  ASSERT_TRUE(eventually([this] { return shop_.held == 1; }));
  for (std::size_t i = 0; i <= defaults().http2_max_priority_updates; ++i) {
    ::nghttp2_submit_priority_update(client->session(), 0, id, nullptr, 0);
  }
  client->flush();
  shop_.release = true;
  expect_calmed(*client, "priority_updates");
}

TEST_F(Http2, EmptyFramesWithoutEndEndTheConnection) {
  start();
  const auto client = connect();
  const auto id = client->send({.method = "POST", .path = "/echo", .keeps_open = true});
  for (std::size_t i = 0; i <= defaults().http2_max_empty_frames; ++i) {
    client->wire().send(frame(NGHTTP2_DATA, 0, static_cast<std::uint32_t>(id)));
  }
  expect_calmed(*client, "empty_frames");
}

// nghttp2 went on, and an assertion of its own ended the process.
TEST_F(Http2, WhatFollowsTheFrameThatEndsTheConnectionIsNotRead) {
  auto config = defaults();
  config.http2_max_empty_frames = 8;
  start(config);
  auto sent = opening() + frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, kPost);
  for (std::size_t i = 0; i <= config.http2_max_empty_frames; ++i) {
    sent += frame(NGHTTP2_DATA, 0, 1);
  }
  for (const auto type : {NGHTTP2_PRIORITY, NGHTTP2_RST_STREAM, NGHTTP2_PUSH_PROMISE, NGHTTP2_PING,
                          NGHTTP2_GOAWAY, NGHTTP2_WINDOW_UPDATE}) {
    test::PlainWire wire(server_->port());
    wire.send(sent + frame(type, 0, 1));  // too short for its type
    EXPECT_EQ(goaway_error(wire), NGHTTP2_ENHANCE_YOUR_CALM) << type;
  }
  EXPECT_EQ(limit("empty_frames"), 6);
}

TEST_F(Http2, NorIsWhatFollowsAPriorityUpdateThatBreaksTheProtocol) {
  start();
  const std::string_view of_request("\0\0\0\1u=1", 7);
  const std::string_view of_push("\0\0\0\2u=1", 7);
  for (const auto& update : {frame(NGHTTP2_PRIORITY_UPDATE, 0, 1, of_request),
                             frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, of_push)}) {
    test::PlainWire wire(server_->port());
    wire.send(opening() + update + frame(NGHTTP2_PING, 0, 0));  // too short
    EXPECT_EQ(goaway_error(wire), NGHTTP2_PROTOCOL_ERROR);
  }
}

TEST_F(Http2, EmptyHeadersCountAsResets) {
  auto config = defaults();
  config.http2_max_resets = 50;
  start(config);
  test::PlainWire wire(server_->port());
  wire.send(opening());
  for (std::uint32_t id = 1; id < 1 + 2 * 51; id += 2) {
    wire.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id));
  }
  expect_calmed(wire, "resets");
}

// nghttp2 decodes and drops them: no other limit sees them.
TEST_F(Http2, HeadersOfEndedStreamsEndTheConnection) {
  start();
  test::PlainWire wire(server_->port());
  wire.send(opening());
  const auto request = [](std::uint32_t id) {
    return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, kGet);
  };
  wire.send(request(1) + frame(NGHTTP2_RST_STREAM, 0, 1, {"\0\0\0\x8", 4}));
  std::string late;
  for (std::size_t i = 0; i <= defaults().http2_max_late_headers; ++i) late += request(1);
  wire.send(late);
  expect_calmed(wire, "late_headers");
}

TEST_F(Http2, WindowUpdatesWithoutEndEndTheConnection) {
  start();
  test::PlainWire wire(server_->port());
  wire.send(opening());
  std::string updates;
  for (std::size_t i = 0; i <= defaults().http2_max_window_updates; ++i) {
    updates += frame(NGHTTP2_WINDOW_UPDATE, 0, 0, {"\0\0\0\1", 4});
  }
  wire.send(updates);
  expect_calmed(wire, "window_updates");
}

// Some clients open both windows by each few KiB.
TEST_F(Http2, WindowUpdatesForWhatWasSentDoNotCount) {
  auto config = defaults();
  config.http2_max_window_updates = 100;
  start(config);
  const auto client = connect({.opens_windows = false});
  const auto id = client->send({.path = "/large"});
  for (std::size_t got = 0; got < 3'000'000;) {
    const auto now = client->receive_some(id, got + 4096).size();
    ASSERT_GE(now, std::min<std::size_t>(got + 1, 3'000'000));
    got = client->received_of(id);
    ::nghttp2_submit_window_update(client->session(), 0, 0, 4096);
    ::nghttp2_submit_window_update(client->session(), 0, id, 4096);
    client->flush();
    got = std::min(got, now);
  }
  EXPECT_EQ(client->receive(id).body.size(), 3'000'000u);
}

TEST_F(Http2, UnknownFramesWithoutEndEndTheConnection) {
  start();
  const auto client = connect();
  client->exchange({.path = "/hello"});
  client->wire().send(frame(0x0b, 0, 0, "grease") + frame(0xee, 0xff, 5));
  EXPECT_EQ(client->exchange({.path = "/hello"}).body, "hello");
  std::string unknown;
  for (std::size_t i = 0; i <= defaults().http2_max_unknown_frames; ++i) {
    unknown += frame(0xee, 0, 0, "x");
  }
  client->wire().send(unknown);
  expect_calmed(*client, "unknown_frames");
}

TEST(Http2Session, CountsAnewInEachWindowOfTime) {
  const ServerConfig config{.http2_max_pings = 3, .http2_window = 10s};
  const ManualClock clock{Timestamp{}};
  telemetry::Registry registry;
  const Router router;
  Metrics metrics(registry, router);
  Protocol protocol(config, metrics, clock);
  const auto session = protocol.open();
  const auto feed = [&](std::string_view bytes, std::chrono::seconds at) {
    std::ranges::copy(bytes, session->input().begin());
    session->received(bytes.size(), http::Session::Time(at));
  };
  const auto ping = frame(NGHTTP2_PING, 0, 0, std::string(8, 'p'));
  feed(opening(), 100s);
  for (const auto at : {100s, 101s, 109s, 110s, 112s, 119s}) feed(ping, at);
  EXPECT_FALSE(session->closing());
  feed(ping, 119s);
  EXPECT_TRUE(session->closing());
}

// Responses without a body end their streams at once: only the output bounds them.
TEST(Http2Session, StartsNoRequestsForAClientThatReadsNothing) {
  const ServerConfig config;
  const ManualClock clock{Timestamp{}};
  telemetry::Registry registry;
  const Router router;
  Metrics metrics(registry, router);
  Protocol protocol(config, metrics, clock);
  const auto session = protocol.open();
  const auto feed = [&](std::string_view bytes) {
    std::ranges::copy(bytes, session->input().begin());
    session->received(bytes.size(), {});
  };
  feed(opening());
  std::size_t answered = 0;
  for (std::uint32_t id = 1; id < 20'000 && !session->is_full(); id += 2) {
    feed(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, kGet));
    auto* const exchange = session->next();
    ASSERT_NE(exchange, nullptr);
    exchange->response = no_content();
    EXPECT_FALSE(session->respond(*exchange));
    ++answered;
  }
  EXPECT_TRUE(session->is_full());
  EXPECT_GT(answered, 100u);
  EXPECT_LT(session->pending()->size(), 256u * 1024);
}

}  // namespace
}  // namespace souk::http::h2
