// What a handler and its client may expect whatever carries them: one suite, every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/coding/decoder.h"
#include "http/coding/encoder.h"
#include "http/server/test_h1_client.h"
#include "http/server/test_h2_client.h"
#include "http/server/test_h3_client.h"
#include "http/server/test_handlers.h"

namespace souk::http {
namespace {

using test::Answer;
using test::Ask;
using ::testing::HasSubstr;

struct Transport {
  std::string name;
  bool tls;
  bool http2;
  bool http3 = false;
};

const std::vector<Transport> kTransports = {{"h1", false, false},
                                            {"h1_tls", true, false},
                                            {"h2c", false, true},
                                            {"h2", true, true},
                                            {"h3", true, false, true}};

class TransportTest : public ShopTest, public ::testing::WithParamInterface<Transport> {
 protected:
  TransportTest() {
    ::signal(SIGPIPE, SIG_IGN);  // the client's OpenSSL may raise it
    tls_ = GetParam().tls;
    http3_ = GetParam().http3;
  }
  // A small `receive_buffer` makes a slow reader.
  std::unique_ptr<test::Client> connect(int receive_buffer = 0) {
    const auto [name, tls, http2, http3] = GetParam();
    if (http3) {
      return std::make_unique<test::H3Client>(server_->port(),
                                              static_cast<std::uint64_t>(receive_buffer));
    }
    std::unique_ptr<test::Wire> wire;
    if (tls) {
      wire = std::make_unique<test::TlsWire>(server_->port(), http2 ? "h2" : "http/1.1",
                                             receive_buffer);
    } else {
      wire = std::make_unique<test::PlainWire>(server_->port(), receive_buffer);
    }
    if (http2) return std::make_unique<test::H2Client>(std::move(wire));
    return std::make_unique<test::H1Client>(std::move(wire));
  }
  Answer once(const Ask& ask) { return connect()->exchange(ask); }
  double requests(std::string_view route, std::string_view labels) {
    return server_->metric(
        fmt::format(R"(souk_http_requests_total{{method="GET",route="{}",{}}})", route, labels));
  }
};

TEST_P(TransportTest, AnswersOneRequestAfterAnotherOnOneConnection) {
  start();
  const auto client = connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client->exchange({.path = "/hello"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.field("content-length"), "5");
    EXPECT_EQ(answer.field("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer.field("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.field("cache-control"), "no-cache");
    EXPECT_EQ(answer.field("date").size(), 29u);
    EXPECT_EQ(answer.field("x-request-id").size(), 36u);
  }
  EXPECT_EQ(server_->metric("souk_http_connections_accepted_total"), 1);
}

TEST_P(TransportTest, GivesTheHandlerWhatItNeeds) {
  start();
  EXPECT_EQ(once({.path = "/items/a%20b?x=1"}).body, "a b|x=1|127.0.0.1|h");
}

TEST_P(TransportTest, BodiesComeWholeWhateverTheirFramingAndLargerThanAnyWindow) {
  start();
  const auto client = connect();
  const std::string body(1024 * 1024, 'b');
  EXPECT_EQ(client->exchange({.method = "POST", .path = "/echo", .body = body}).body, body);
  EXPECT_EQ(
      client->exchange({.method = "POST", .path = "/echo", .body = body, .has_length = false}).body,
      body);
  EXPECT_EQ(client->exchange({.method = "POST", .path = "/echo", .body = ""}).body, "");
}

TEST_P(TransportTest, BodyLimitsAreTheServersOrTheRoutes) {
  start();
  const std::string large(1'048'577, 'x');
  EXPECT_EQ(once({.method = "POST", .path = "/echo", .body = large}).status, 413);
  EXPECT_EQ(once({.method = "PUT", .path = "/small", .body = "abcd"}).body, "abcd");
  EXPECT_EQ(once({.method = "PUT", .path = "/small", .body = "abcde"}).status, 413);
  EXPECT_EQ(once({.method = "PUT", .path = "/small", .body = "abcde", .has_length = false}).status,
            413);
}

TEST_P(TransportTest, ABodyMayBeTakenPieceByPiece) {
  start();
  const auto client = connect();
  const std::string all(kUploadBytes, 'u');
  EXPECT_EQ(client->exchange({.method = "POST", .path = "/upload", .body = all}).body, "8388608");
  EXPECT_EQ(
      client->exchange({.method = "POST", .path = "/upload", .body = all, .has_length = false})
          .body,
      "8388608");
  EXPECT_LE(shop_.largest_piece, 2 * IncomingBody::kWindowBytes);
}

TEST_P(TransportTest, ACodedBodyIsDecodedPieceByPiece) {
  start();
  const auto client = connect();
  const std::string text(kUploadBytes, 'u');
  for (const auto coding : {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    const auto upload = [&](std::string_view plain, std::size_t left_out, bool has_length = true) {
      Buffer coded;
      const auto encoder = Encoder::make(coding, CodingConfig().live);
      encoder->write(plain, coded);
      encoder->finish(coded);
      return once({.method = "POST",
                   .path = "/upload",
                   .fields = {{"content-encoding", std::string(coding_name(coding))}},
                   .body = std::string(coded.view().substr(0, coded.size() - left_out)),
                   .has_length = has_length});
    };
    EXPECT_EQ(upload(text, 0).body, "8388608");
    EXPECT_EQ(upload(text, 0, false).body, "8388608");
    EXPECT_EQ(upload("u", 0).body, "1");
    EXPECT_THAT(upload(text + "u", 0).body, HasSubstr("inflates to more"));
    EXPECT_THAT(upload(text, 1).body, HasSubstr("ends before"));
  }
  EXPECT_LE(shop_.largest_piece, IncomingBody::kWindowBytes) << "whatever a piece inflates to";
}

TEST_P(TransportTest, AStreamIsCompressedWhileItIsSent) {
  start();
  const auto plain = once({.path = "/stream"});
  for (const auto coding : {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    const std::string name(coding_name(coding));
    const auto answer = once({.path = "/stream", .fields = {{"accept-encoding", name}}});
    EXPECT_EQ(answer.field("content-encoding"), name);
    EXPECT_TRUE(answer.complete);
    Buffer text;
    std::string_view coded = answer.body;
    EXPECT_EQ(Decoder::make(coding)->decode(coded, text, 1 << 24), Decoder::Status::kEnded);
    EXPECT_TRUE(text.view() == plain.body) << name;
  }
}

TEST_P(TransportTest, APageOfAnAllowedOriginMayReadEveryResponse) {
  auto config = defaults();
  config.cors.origins = {"https://shop.example"};
  start(std::move(config));
  const auto ask = [&](std::string method, std::string path, std::string origin) {
    return once(
        {.method = std::move(method),
         .path = std::move(path),
         .fields = {{"origin", std::move(origin)}, {"access-control-request-method", "GET"}}});
  };
  for (const auto* const path : {"/hello", "/nowhere"}) {
    const auto allowed = ask("GET", path, "https://shop.example");
    EXPECT_EQ(allowed.field("access-control-allow-origin"), "https://shop.example");
    EXPECT_EQ(allowed.field("vary"), "Origin");
    EXPECT_EQ(allowed.field("x-content-type-options"), "nosniff");
    EXPECT_EQ(allowed.field("access-control-allow-methods"), "");
    const auto other = ask("GET", path, "https://evil.example");
    EXPECT_EQ(other.field("access-control-allow-origin"), "");
    EXPECT_EQ(other.field("vary"), "Origin");
  }
  const auto preflight = ask("OPTIONS", "/hello", "https://shop.example");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.field("access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(preflight.field("access-control-allow-methods"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask("OPTIONS", "/hello", "https://evil.example").field("access-control-allow-methods"),
            "");
}

TEST_P(TransportTest, HeadIsAnsweredAsGetWithoutTheBody) {
  start();
  const auto client = connect();
  for (const auto* path : {"/hello", "/stream", "/large"}) {
    const auto answer = client->exchange({.method = "HEAD", .path = path});
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.body, "") << path;
    EXPECT_TRUE(answer.complete) << path;
  }
  EXPECT_EQ(client->exchange({.method = "HEAD", .path = "/large"}).field("content-length"),
            "3000000");
  EXPECT_EQ(shop_.produced, 0u);
  EXPECT_EQ(client->exchange({.path = "/hello"}).body, "hello");
}

TEST_P(TransportTest, OptionsAndOtherMethodsAreToldWhatIsAllowed) {
  start();
  const auto options = once({.method = "OPTIONS", .path = "/hello"});
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.field("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(options.field("content-length"), "");
  const auto refused = once({.method = "DELETE", .path = "/hello"});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.field("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(once({.method = "BREW", .path = "/hello"}).status, 501);
  EXPECT_EQ(once({.method = "OPTIONS", .path = "*"}).status, 204);
}

TEST_P(TransportTest, WhatDoesNotExistIsAProblemDocument) {
  start();
  const auto answer = once({.path = "/nowhere"});
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.field("content-type"), "application/problem+json");
  EXPECT_THAT(answer.body, HasSubstr("\"code\":\"not_found\""));
  EXPECT_EQ(once({.path = "/items/%FF"}).status, 400);
}

TEST_P(TransportTest, ARequestThatIsTooLargeOrMalformedIsAProblemDocument) {
  start();
  const auto expect = [&](const Ask& ask, int status) {
    const auto answer = once(ask);
    EXPECT_EQ(answer.status, status) << ask.path.substr(0, 20);
    EXPECT_THAT(answer.body, HasSubstr("\"code\":"));
    EXPECT_EQ(answer.field("cache-control"), "no-store");
  };
  expect({.path = "/hello?" + std::string(9'000, 'x')}, 414);
  expect({.path = "/hello", .fields = {{"a", std::string(17'000, 'x')}}}, 431);
  expect({.path = "/hello", .fields = test::Fields(101, {"a", "x"})}, 431);
  expect({.path = "/hello", .fields = {{"expect", "tea"}}}, 417);
  expect({.path = "/hel#lo"}, 400);
  EXPECT_EQ(shop_.calls, 0);
}

TEST_P(TransportTest, AnExceptionBecomesTheHooksResponse) {
  start();
  const auto answer = once({.path = "/throw"});
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("as told"));
}

TEST_P(TransportTest, ARouteThatIsNotPublicAsksTheHookFirst) {
  start();
  EXPECT_EQ(once({.path = "/private"}).status, 401);
  EXPECT_EQ(shop_.calls, 0);
  EXPECT_EQ(once({.path = "/private", .fields = {{"authorization", "Bearer x"}}}).status, 200);
}

TEST_P(TransportTest, WhatTheClientHasAlreadyIsNotSentAgain) {
  start();
  const auto client = connect();
  const auto answer = client->exchange({.path = "/hello", .fields = {{"if-none-match", "\"v1\""}}});
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.field("etag"), "\"v1\"");
  EXPECT_EQ(client->exchange({.path = "/hello", .fields = {{"if-none-match", "\"v2\""}}}).body,
            "hello");
}

TEST_P(TransportTest, TellsWhatTheDatabaseDidAndCountsWhoOverspends) {
  start();
  EXPECT_EQ(once({.path = "/spend"}).field("server-timing"), "db;dur=1.500;desc=\"3 statements\"");
  EXPECT_EQ(
      server_->metric(R"(souk_http_over_statement_budget_total{method="GET",route="/spend"})"), 1);
}

TEST_P(TransportTest, CountsByRouteTemplateNeverByPath) {
  start();
  once({.path = "/items/1"});
  once({.path = "/items/2"});
  once({.path = "/no/such/path"});
  EXPECT_EQ(requests("/items/{id}", R"(priority="browse",status="200")"), 2);
  EXPECT_EQ(requests("unmatched", R"(priority="none",status="404")"), 1);
  EXPECT_EQ(
      server_->metric(
          R"(souk_http_request_duration_seconds_count{method="GET",route="/items/{id}",priority="browse"})"),
      2);
}

TEST_P(TransportTest, LatencyIsCountedForEachRequestOfAConnection) {
  start();
  const auto before = std::chrono::steady_clock::now();
  {
    const auto client = connect();
    client->exchange({.path = "/items/1"});
    client->exchange({.path = "/items/2"});
  }
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - before;
  const auto sum = server_->metric(
      R"(souk_http_request_duration_seconds_sum{method="GET",route="/items/{id}",priority="browse"})");
  EXPECT_GT(sum, 0);
  EXPECT_LT(sum, all.count());
}

TEST_P(TransportTest, AClientThatWaitsForLeaveIsInvited) {
  start();
  const auto client = connect();
  const auto id = client->send({.method = "POST",
                                .path = "/echo",
                                .fields = {{"expect", "100-continue"}, {"content-length", "2"}},
                                .keeps_open = true});
  EXPECT_TRUE(client->is_invited(id));
  client->send_body(id, "o", false);
  client->send_body(id, "k", true);
  EXPECT_EQ(client->receive(id).body, "ok");
  EXPECT_EQ(client->exchange({.path = "/hello"}).body, "hello");
}

TEST_P(TransportTest, AClientThatWaitsForLeaveIsToldAtOnceThatItsBodyIsOfNoUse) {
  start();
  const auto ask = [this](std::string path, std::string length) {
    const auto client = connect();
    const auto id =
        client->send({.method = "POST",
                      .path = std::move(path),
                      .fields = {{"expect", "100-continue"}, {"content-length", std::move(length)}},
                      .keeps_open = true});
    EXPECT_FALSE(client->is_invited(id));
    return client->receive(id).status;
  };
  EXPECT_EQ(ask("/nowhere", "2"), 404);
  EXPECT_EQ(ask("/echo", "9999999"), 413);
}

// 80 clients of a path that does not exist held 1.09 MiB each: bodies were read before the route
// was looked up.
TEST_P(TransportTest, ABodyIsReadOnlyWhenItsRouteItsSizeAndItsClientAreKnown) {
  auto config = defaults();
  config.body_timeout = 1h;
  start(config);
  struct Case {
    std::string method;
    std::string path;
    int status;
  };
  for (const auto& [method, path, status] :
       {Case{"POST", "/nowhere", 404}, Case{"PUT", "/hello", 405}, Case{"BREW", "/hello", 501},
        Case{"POST", "/private/echo", 401}, Case{"GET", "/hello", 413}}) {
    const auto client = connect();
    const auto id = client->send({.method = method,
                                  .path = path,
                                  .fields = {{"content-length", "1000000"}},
                                  .keeps_open = true});
    EXPECT_EQ(client->receive(id).status, status) << path;
  }
  EXPECT_EQ(shop_.calls, 0);
}

TEST_P(TransportTest, ASlowBodyIsEnded) {
  auto config = defaults();
  config.body_timeout = 50ms;
  start(config);
  const auto client = connect();
  const auto id = client->send({.method = "POST",
                                .path = "/echo",
                                .fields = {{"content-length", "5"}},
                                .body = "ab",
                                .keeps_open = true});
  EXPECT_EQ(client->receive(id).status, 408);
  EXPECT_EQ(server_->metric(R"(souk_http_timeouts_total{kind="body"})"), 1);
}

TEST_P(TransportTest, AStreamArrivesWhole) {
  start();
  const std::string expected(3 * kStreamPieceBytes, 's');
  const auto client = connect();
  const auto unknown = client->exchange({.path = "/stream"});
  EXPECT_EQ(unknown.body, expected);
  EXPECT_EQ(unknown.field("content-length"), "");
  const auto known = client->exchange({.path = "/stream/known"});
  EXPECT_EQ(known.body, expected);
  EXPECT_EQ(known.field("content-length"), "49152");
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
}

// Over HTTP/2 a small piece stayed in the session's output until the next was made: first rows of a
// compressed export came with the last.
TEST_P(TransportTest, APieceOfAStreamArrivesBeforeTheNextIsMade) {
  start();
  const auto client = connect();
  const auto id = client->send({.path = "/stream/held"});
  const bool is_chunked = GetParam().name.starts_with("h1");
  EXPECT_THAT(client->receive_some(id, is_chunked ? 10 : 5), HasSubstr("first"));
  ASSERT_TRUE(eventually([&] { return shop_.held == 1; }));
  shop_.release = true;
  EXPECT_TRUE(client->receive(id).complete);
}

TEST_P(TransportTest, AStreamThatFailsOrLiesIsCutSoThatNobodyTakesThePartForTheWhole) {
  start();
  for (const auto* path : {"/stream/fails", "/stream/short", "/stream/long"}) {
    const auto answer = once({.path = path});
    EXPECT_FALSE(answer.complete && answer.body.size() != 2 * kStreamPieceBytes) << path;
  }
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
}

TEST_P(TransportTest, LargeBodiesArriveWholeOneAfterAnother) {
  start();
  const auto client = connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client->exchange({.path = "/large"});
    EXPECT_EQ(answer.body, std::string(3'000'000, 'L'));
    EXPECT_TRUE(answer.complete);
  }
}

TEST_P(TransportTest, ASlowReaderHoldsABoundedNumberOfBytes) {
  start();
  const auto client = connect(8192);
  const auto id = client->send({.path = "/stream/endless"});
  client->receive_some(id, 100);
  // The kernel's buffers or the client's window fill up, and production stops far below the total
  // (16 GB).
  std::size_t seen = 0;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(50ms);
    return std::exchange(seen, shop_.produced.load()) == shop_.produced.load();
  }));
  EXPECT_LT(seen, std::size_t{64} << 20);
  const auto before = shop_.produced.load();
  client->receive_some(id, before);
  EXPECT_TRUE(eventually([&] { return shop_.produced > before; })) << "it does not go on";
}

TEST_P(TransportTest, AReaderThatStopsIsCutByTheWriteTimeout) {
  auto config = defaults();
  config.write_timeout = 50ms;
  start(config);
  const auto client = connect(8192);
  client->send({.path = "/stream/endless"});
  EXPECT_TRUE(eventually(
      [this] { return server_->metric(R"(souk_http_timeouts_total{kind="write"})") == 1; }));
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
}

TEST_P(TransportTest, AClientThatGoesAwayFreesItsStream) {
  start();
  {
    const auto client = connect(8192);
    const auto id = client->send({.path = "/stream/endless"});
    client->receive_some(id, 100);
    EXPECT_EQ(shop_.streams, 1);
  }
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
  EXPECT_TRUE(eventually([this] { return connections() == 0; }));
}

TEST_P(TransportTest, AReadIsCancelledWhenItsClientHasGoneOrGivesItUp) {
  start();
  {
    const auto leaving = connect();
    leaving->send({.path = "/wait"});
    ASSERT_TRUE(eventually([&] { return shop_.held == 1; }));
  }
  EXPECT_TRUE(eventually([this] { return shop_.cancelled == 1; })) << "left";
  const auto client = connect();
  const auto id = client->send({.path = "/wait"});
  ASSERT_TRUE(eventually([&] { return shop_.held == 2; }));
  client->cancel(id);
  EXPECT_TRUE(eventually([this] { return shop_.cancelled == 2; })) << "cancelled";
  EXPECT_TRUE(
      eventually([this] { return server_->metric("souk_http_cancelled_requests_total") == 2; }));
}

TEST_P(TransportTest, AStreamIsFreedWhenItsClientGivesItUp) {
  start();
  const auto client = connect(8192);
  const auto id = client->send({.path = "/stream/endless"});
  client->receive_some(id, 100);
  client->cancel(id);
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
}

TEST_P(TransportTest, AChangeIsDoneToItsEndThoughItsClientHasGone) {
  start();
  {
    const auto changing = connect();
    const auto id = changing->send({.method = "POST", .path = "/wait"});
    const auto reading = connect();
    reading->send({.path = "/wait"});
    ASSERT_TRUE(eventually([this] { return shop_.held == 2; }));
    changing->cancel(id);
  }
  EXPECT_TRUE(eventually([this] { return shop_.cancelled == 1; }));
  shop_.release = true;
  EXPECT_TRUE(eventually([this] { return connections() == 0; }));
  EXPECT_EQ(shop_.cancelled, 1);
}

TEST_P(TransportTest, ASlowHandlerIsNotTakenForAnIdleClient) {
  auto config = defaults();
  config.idle_timeout = config.header_timeout = config.body_timeout = config.write_timeout = 500ms;
  start(config);
  const auto client = connect();
  const auto id = client->send({.path = "/hold"});
  ASSERT_TRUE(eventually([this] { return shop_.held == 1; }));
  // Another connection's time-out proves that the time has passed.
  EXPECT_TRUE(connect()->is_closed());
  shop_.release = true;
  EXPECT_EQ(client->receive(id).body, "released");
}

TEST_P(TransportTest, AnIdleConnectionIsClosed) {
  auto config = defaults();
  config.idle_timeout = 500ms;
  start(config);
  const auto used = connect();
  EXPECT_EQ(used->exchange({.path = "/hello"}).body, "hello");
  EXPECT_TRUE(used->is_closed());
  EXPECT_EQ(server_->metric(R"(souk_http_timeouts_total{kind="idle"})"), 1);
}

TEST_P(TransportTest, ADrainFinishesRequestsInProgress) {
  start();
  auto idle = connect();
  EXPECT_EQ(idle->exchange({.path = "/hello"}).status, 200);
  auto busy = connect();
  const auto id = busy->send({.path = "/hold"});
  ASSERT_TRUE(eventually([this] { return shop_.held == 1 && connections() == 2; }));
  server_->begin_to_stop();
  EXPECT_TRUE(idle->is_closed());
  idle.reset();
  shop_.release = true;
  const auto answer = busy->receive(id);
  EXPECT_EQ(answer.body, "released");
  EXPECT_TRUE(busy->is_closed());
  busy.reset();
  server_->stop();
  EXPECT_EQ(server_->metric(R"(souk_http_connections_drained_total{how="finished"})"), 2);
}

TEST_P(TransportTest, ADrainFinishesAThousandRequests) {
  constexpr std::size_t kRequests = 1'000;
  const int at_once = GetParam().http2 || GetParam().http3 ? 100 : 1;  // on a connection
  start();
  std::vector<std::unique_ptr<test::Client>> clients;
  std::vector<std::pair<test::Client*, int>> sent;
  while (sent.size() < kRequests) {
    auto& client = *clients.emplace_back(connect());
    for (int i = 0; i < at_once; ++i) sent.emplace_back(&client, client.send({.path = "/hold"}));
  }
  ASSERT_TRUE(eventually([this] { return shop_.held == kRequests; }));
  server_->begin_to_stop();
  shop_.release = true;
  std::size_t answered = 0;
  for (const auto& [client, id] : sent) answered += client->receive(id).body == "released" ? 1 : 0;
  EXPECT_EQ(answered, kRequests);
}

TEST_P(TransportTest, ADrainCutsWhatDoesNotEndInTime) {
  auto config = defaults();
  config.drain_timeout = 50ms;
  start(config);
  const auto reader = connect(8192);
  const auto id = reader->send({.path = "/stream/endless"});
  reader->receive_some(id, 100);
  server_->stop();
  EXPECT_EQ(shop_.streams, 0);
  EXPECT_EQ(server_->metric(R"(souk_http_connections_drained_total{how="cut"})"), 1);
}

INSTANTIATE_TEST_SUITE_P(Transports, TransportTest, ::testing::ValuesIn(kTransports),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace souk::http
