#include "http/server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>

#include "http/server/test_handlers.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class ServerTest : public ShopTest {
 protected:
  std::string get(std::string_view path, std::string_view fields = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
  }
  RawResponse once(std::string_view request) {
    RawClient client(server_->port());
    return client.exchange(request);
  }
};

TEST_F(ServerTest, AnswersOneRequestAfterAnotherOnOneConnection) {
  start();
  RawClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    const auto response = client.exchange(get("/hello"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_TRUE(response.has("\r\nContent-Length: 5\r\n")) << response.head;
    EXPECT_TRUE(response.has("\r\nDate: ")) << response.head;
    EXPECT_TRUE(response.has("\r\nX-Request-Id: ")) << response.head;
    EXPECT_FALSE(response.has("Connection:")) << response.head;
  }
  EXPECT_EQ(server_->metric("souk_http_connections_accepted_total"), 1);
}

// All clients behind one proxy counted as one client for every limit, and shared its connections.
TEST_F(ServerTest, ATrustedProxySaysForEachRequestWhoseItIs) {
  auto config = defaults();
  config.trusted_proxies = {"127.0.0.1"};
  start(config);
  RawClient proxy(server_->port());
  const auto named = [&](const std::string& header) {
    return proxy.exchange("GET /client HTTP/1.1\r\nHost: h\r\n" + header + "\r\n").body;
  };
  EXPECT_EQ(named("X-Forwarded-For: 203.0.113.7\r\n"), "203.0.113.7");
  EXPECT_EQ(named("X-Forwarded-For: 2001:db8::1\r\n"), "2001:db8::/64");
  EXPECT_EQ(named("X-Forwarded-For: nonsense\r\n"), "none");
  EXPECT_EQ(named(""), "none");
  EXPECT_EQ(server_->metric("souk_http_unnamed_clients_total"), 2);
}

TEST_F(ServerTest, NobodyIsBelievedWhoIsNoTrustedProxy) {
  start();
  EXPECT_EQ(once("GET /client HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n").body,
            "none");
  EXPECT_EQ(server_->metric("souk_http_unnamed_clients_total"), 0);
}

TEST_F(ServerTest, PipelinedRequestsAreAllAnsweredInOrder) {
  auto config = defaults();
  config.max_pipelined = 7;
  start(config);
  RawClient client(server_->port());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += get("/items/" + std::to_string(i));
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(client.receive().body, std::to_string(i) + "||127.0.0.1|h");
  }
  sender.join();
}

TEST_F(ServerTest, WhatOneReadBroughtLeavesTogetherWithLargeBodiesBetween) {
  start();
  RawClient client(server_->port());
  client.send(get("/hello") + get("/large") + get("/hello") + get("/large") + get("/hello"));
  for (const auto size : {5, 3'000'000, 5, 3'000'000, 5}) {
    EXPECT_EQ(client.receive().body.size(), static_cast<std::size_t>(size));
  }
}

TEST_F(ServerTest, RequestsMayComeByteByByte) {
  start();
  RawClient client(server_->port());
  for (const char byte : get("/hello")) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(ServerTest, BadInputIsAnsweredAndTheConnectionClosed) {
  start();
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"GET / HTTP/1.1\n\n", 400},
           {"GET / HTTP/1.1\r\n\r\n", 400},
           {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
           {get("/hello", "A: " + std::string(17'000, 'x') + "\r\n"), 431},
           {get("/hello", "Expect: tea\r\n"), 417},
           {get("/hello", "Transfer-Encoding: gzip\r\n"), 501},
           {"GET / HTTP/3.0\r\n\r\n", 505}}) {
    RawClient client(server_->port());
    const auto response = client.exchange(request);
    EXPECT_EQ(response.status, status);
    EXPECT_TRUE(response.has("\r\nConnection: close\r\n")) << response.head;
    EXPECT_THAT(response.body, HasSubstr("\"code\":"));
    EXPECT_TRUE(client.is_closed());
  }
}

TEST_F(ServerTest, ASmuggledRequestIsNeverAnswered) {
  start();
  for (const std::string fields :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 0\r\nContent-Length: 40\r\n", "Content-Length: 0, 40\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding : chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding:\x0b"
        "chunked\r\n",
        "X: y\rTransfer-Encoding: chunked\r\n", "Content-Length: +4\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"}) {
    RawClient client(server_->port());
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n0\r\n\r\n" + get("/hello"));
    const auto received = client.receive_all();
    EXPECT_THAT(received, Not(HasSubstr("hello"))) << fields;
    EXPECT_EQ(received.find("HTTP/1.1 "), received.rfind("HTTP/1.1 ")) << received;
  }
  EXPECT_EQ(shop_.calls, 0);
}

TEST_F(ServerTest, AClientThatWaitsForLeaveIsInvited) {
  start();
  RawClient client(server_->port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive_bytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("o");
  client.send("k");
  EXPECT_EQ(client.receive().body, "ok");
  EXPECT_EQ(client.exchange(get("/hello")).body, "hello");
}

// A client that disconnected after its 100 (Continue) left a flag in the reused workspace, so that
// the next client waited for a 100 that never came.
TEST_F(ServerTest, AClientIsInvitedWhateverBecameOfTheOneBeforeIt) {
  start();
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  {
    RawClient vanishing(server_->port());
    vanishing.send(head);
    ASSERT_EQ(vanishing.receive_bytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
  }
  ASSERT_TRUE(eventually([this] { return connections() == 0; }));
  RawClient next(server_->port());
  next.send(head);
  EXPECT_EQ(next.receive_bytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(ServerTest, AClientThatWaitsForLeaveIsToldAtOnceThatItsBodyIsOfNoUse) {
  start();
  const std::string tail = " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: ";
  RawClient lost(server_->port());
  EXPECT_EQ(lost.exchange("POST /nowhere" + tail + "2\r\n\r\n").status, 404);
  EXPECT_TRUE(lost.is_closed());
  EXPECT_EQ(once("POST /echo" + tail + "9999999\r\n\r\n").status, 413);
}

TEST_F(ServerTest, Http10ClosesUnlessAskedNotTo) {
  start();
  RawClient closing(server_->port());
  const auto response = closing.exchange("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(response.body, "hello");
  EXPECT_TRUE(response.has("\r\nConnection: close\r\n"));
  EXPECT_TRUE(closing.is_closed());
  RawClient keeping(server_->port());
  for (int i = 0; i < 2; ++i) {
    const auto kept = keeping.exchange("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(kept.has("\r\nConnection: keep-alive\r\n"));
  }
}

TEST_F(ServerTest, AStreamIsChunkedOrHasItsLengthOrEndsWithTheConnection) {
  start();
  const std::string expected(3 * kStreamPieceBytes, 's');
  RawClient client(server_->port());
  const auto chunked = client.exchange(get("/stream"));
  EXPECT_TRUE(chunked.has("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_EQ(chunked.body, expected);
  const auto known = client.exchange(get("/stream/known"));
  EXPECT_TRUE(known.has("\r\nContent-Length: 49152\r\n"));
  EXPECT_EQ(known.body, expected);
  EXPECT_EQ(client.exchange("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").body,
            expected);
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
}

TEST_F(ServerTest, AStreamThatFailsOrLiesIsCutSoThatNobodyTakesThePartForTheWhole) {
  start();
  EXPECT_EQ(once(get("/stream/fails")).status, 0);
  EXPECT_EQ(once(get("/stream/short")).status, 0);
  RawClient client(server_->port());
  EXPECT_EQ(client.exchange(get("/stream/long")).body.size(), 2 * kStreamPieceBytes);
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
}

TEST_F(ServerTest, AReaderThatStopsIsCutByTheWriteTimeout) {
  auto config = defaults();
  config.write_timeout = 50ms;
  start(config);
  RawClient client(server_->port(), 8192);
  client.send(get("/stream/endless"));
  EXPECT_TRUE(eventually(
      [this] { return server_->metric(R"(souk_http_timeouts_total{kind="write"})") == 1; }));
  EXPECT_TRUE(eventually([this] { return shop_.streams == 0; }));
}

// The bug: the kernel took up to 4 MiB for each, and thousands of them took the memory of every
// other connection of the machine.
TEST_F(ServerTest, AReaderThatStopsHoldsLittleMemoryOfTheKernel) {
  auto config = defaults();
  config.write_timeout = 50ms;
  start(config);
  RawClient client(server_->port(), 8192);
  client.send(get("/stream/endless"));
  EXPECT_TRUE(eventually(
      [this] { return server_->metric(R"(souk_http_timeouts_total{kind="write"})") == 1; }));
  EXPECT_LT(server_->metric("souk_http_sent_bytes_total"), 512.0 * 1024);
}

TEST_F(ServerTest, ASlowHeadIsEndedHoweverItDrips) {
  auto config = defaults();
  config.header_timeout = 100ms;
  start(config);
  RawClient client(server_->port());
  std::atomic<bool> done = false;
  std::thread dripping([&] {
    client.send("GET /hello HTTP/1.1\r\nHost: h\r\nX: ");
    while (!done && client.send("x")) std::this_thread::sleep_for(5ms);
  });
  const auto response = client.receive();
  done = true;
  dripping.join();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(server_->metric(R"(souk_http_timeouts_total{kind="header"})"), 1);
}

TEST_F(ServerTest, ASlowBodyIsEnded) {
  auto config = defaults();
  config.body_timeout = 50ms;
  start(config);
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server_->metric(R"(souk_http_timeouts_total{kind="body"})"), 1);
}

// Errors raised before a request has a route lacked these fields.
TEST_F(ServerTest, EveryResponseForbidsGuessingItsTypeAndEveryErrorIsNeverStored) {
  if (over_tls()) GTEST_SKIP() << "a refused connection is closed";
  auto config = defaults();
  config.header_timeout = 500ms;
  config.max_connections = 1;
  start(config);
  const auto expect_safe = [](const RawResponse& response, int status) {
    EXPECT_EQ(response.status, status);
    EXPECT_TRUE(response.has("\r\nX-Content-Type-Options: nosniff\r\n")) << response.head;
    EXPECT_TRUE(status < 400 || response.has("\r\nCache-Control: no-store\r\n")) << response.head;
  };
  const auto once_free = [this](const std::string& request) {
    EXPECT_TRUE(eventually([this] { return connections() == 0; }));
    return once(request);
  };
  expect_safe(once_free("nonsense\r\n\r\n"), 400);
  expect_safe(once_free("GET /hello HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x')), 431);
  expect_safe(once_free("GET /hello HTTP/1.1\r\n"), 408);
  expect_safe(once_free("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"), 404);
  expect_safe(once_free("PUT /hello HTTP/1.1\r\nHost: h\r\n\r\n"), 405);
  expect_safe(once_free(get("/private")), 401);
  expect_safe(once_free(get("/hello")), 200);
  EXPECT_TRUE(eventually([this] { return connections() == 0; }));
  RawClient only(server_->port());
  expect_safe(only.exchange(get("/hello")), 200);
  RawClient refused(server_->port());
  expect_safe(refused.receive(), 503);
}

TEST_F(ServerTest, AnIdleConnectionIsClosedSilently) {
  auto config = defaults();
  config.idle_timeout = 500ms;
  start(config);
  RawClient unused(server_->port());
  EXPECT_TRUE(unused.is_closed());
  RawClient used(server_->port());
  EXPECT_EQ(used.exchange(get("/hello")).body, "hello");
  EXPECT_TRUE(used.is_closed());
  EXPECT_EQ(server_->metric(R"(souk_http_timeouts_total{kind="idle"})"), 2);
}

TEST_F(ServerTest, ASlowHandlerIsNotTakenForAnIdleClient) {
  auto config = defaults();
  config.idle_timeout = config.header_timeout = config.body_timeout = config.write_timeout = 500ms;
  start(config);
  RawClient client(server_->port());
  client.send(get("/hold"));
  ASSERT_TRUE(eventually([this] { return shop_.held == 1; }));
  // Another connection's time-out proves that the time has passed.
  RawClient other(server_->port());
  EXPECT_TRUE(other.is_closed());
  client.send(get("/hello"));
  shop_.release = true;
  EXPECT_EQ(client.receive().body, "released");
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(ServerTest, OneConnectionTooManyIsToldSoAndAnotherTakesAFreedPlace) {
  if (over_tls()) GTEST_SKIP() << "a refused connection is closed";
  auto config = defaults();
  config.max_connections = 1;
  start(config);
  {
    RawClient first(server_->port());
    EXPECT_EQ(first.exchange(get("/hello")).status, 200);
    RawClient second(server_->port());
    const auto refused = second.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.has("\r\nRetry-After: 1\r\n"));
    EXPECT_TRUE(second.is_closed());
    EXPECT_EQ(first.exchange(get("/hello")).status, 200);
  }
  EXPECT_EQ(server_->metric(R"(souk_http_connections_refused_total{limit="total"})"), 1);
  EXPECT_TRUE(eventually([this] { return connections() == 0; }));
  EXPECT_EQ(once(get("/hello")).status, 200);
}

TEST_F(ServerTest, RunningOutOfDescriptorsIsAPauseNotAnEnd) {
  if (over_tls()) GTEST_SKIP() << "the client waits for the handshake";
  start();
  RawClient client(0);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next_free = ::dup(0);
  ::close(next_free);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(next_free), .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  client.connect(server_->port());
  EXPECT_TRUE(eventually([this] { return server_->metric("souk_http_accept_pauses_total") > 0; }));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST_F(ServerTest, ADrainClosesIdleConnectionsAndFinishesTheOthers) {
  start();
  RawClient idle(server_->port());
  EXPECT_EQ(idle.exchange(get("/hello")).status, 200);
  RawClient unused(server_->port());
  RawClient busy(server_->port());
  busy.send(get("/hold") + get("/hello"));
  ASSERT_TRUE(eventually([this] { return shop_.held == 1 && connections() == 3; }));
  server_->begin_to_stop();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(unused.is_closed());
  shop_.release = true;
  const auto response = busy.receive();
  EXPECT_EQ(response.body, "released");
  EXPECT_TRUE(response.has("\r\nConnection: close\r\n")) << response.head;
  EXPECT_TRUE(busy.is_closed());
  busy.close();
  server_->stop();
  EXPECT_EQ(server_->metric(R"(souk_http_connections_drained_total{how="finished"})"), 3);
}

// Behind a proxy, a request was lost when it met the closing of its connection.
TEST_F(ServerTest, ADrainServesIdleAndNewConnectionsUntilItsNoticeIsOver) {
  auto config = defaults();
  config.drain_notice = 2s;
  start(config);
  RawClient idle(server_->port());
  EXPECT_EQ(idle.exchange(get("/hello")).status, 200);
  server_->begin_to_stop();
  EXPECT_TRUE(eventually([&] {
    const auto response = idle.exchange(get("/hello"));
    return response.status == 200 && response.has("\r\nConnection: close\r\n");
  }));
  EXPECT_TRUE(idle.is_closed());
  idle.close();
  ASSERT_TRUE(eventually([this] { return connections() == 0; }));
  // A proxy that has not noticed yet opens another one.
  EXPECT_EQ(RawClient(server_->port()).exchange(get("/hello")).status, 200);
  server_->stop();
}

TEST_F(ServerTest, ADrainCutsWhatDoesNotEndInTime) {
  auto config = defaults();
  config.drain_timeout = 50ms;
  start(config);
  RawClient reader(server_->port(), 8192);
  reader.send(get("/stream/endless"));
  reader.receive_bytes(100);
  RawClient half(server_->port());
  half.send("GET /hello HTT");
  ASSERT_TRUE(eventually([this] { return connections() == 2; }));
  server_->stop();
  EXPECT_EQ(shop_.streams, 0);
  EXPECT_EQ(server_->metric(R"(souk_http_connections_drained_total{how="cut"})"), 2);
}

TEST_F(ServerTest, AClientThatGoesWhileItsHandlerRunsHarmsNobody) {
  start();
  {
    RawClient client(server_->port());
    client.send(get("/hold"));
    ASSERT_TRUE(eventually([this] { return shop_.held == 1; }));
  }
  shop_.release = true;
  EXPECT_TRUE(eventually([this] { return connections() == 0; }));
  EXPECT_EQ(server_->metric("souk_http_requests_in_flight"), 0);
  EXPECT_EQ(once(get("/hello")).status, 200);
}

TEST_F(ServerTest, TheClientReadsTheRefusalThoughItIsStillSending) {
  start();
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 900000000\r\n\r\n");
  // More than the buffers of both sockets: a proxy reads the response only when it has sent the
  // body.
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.send(megabyte));
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.is_closed()) << "reset, not closed";
}

// 80 clients of a path that does not exist held 1.09 MiB each: bodies were read before the route
// was looked up.
TEST_F(ServerTest, ABodyIsReadOnlyWhenItsRouteItsSizeAndItsClientAreKnown) {
  auto config = defaults();
  config.body_timeout = 1h;
  start(config);
  struct Case {
    std::string_view line;
    std::size_t length;
    int status;
  };
  for (const auto& [line, length, status] :
       {Case{"POST /nowhere", 1'000'000, 404}, Case{"PUT /hello", 1'000'000, 405},
        Case{"BREW /hello", 1'000'000, 501}, Case{"POST /private/echo", 1'000'000, 401},
        Case{"POST /echo", 1'048'577, 413}, Case{"GET /hello", 1'000'000, 413}}) {
    RawClient client(server_->port());
    const auto response = client.exchange(
        std::string(line) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) +
        "\r\n\r\n");
    EXPECT_EQ(response.status, status) << line;
    EXPECT_TRUE(response.has("\r\nConnection: close\r\n")) << line;
    EXPECT_TRUE(client.is_closed()) << line;
  }
  EXPECT_EQ(shop_.calls, 0);
}

TEST_F(ServerTest, AShortBodyThatIsNotReadCostsNoConnection) {
  start();
  RawClient client(server_->port());
  const std::string body(1000, 'x');
  EXPECT_EQ(
      client.exchange("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n").status,
      404);
  EXPECT_EQ(client.exchange(body + get("/hello")).body, "hello");
}

TEST_F(ServerTest, ClientsOfAPathThatDoesNotExistHoldNoMemory) {
  if (over_tls()) GTEST_SKIP() << "the clients hold memory";
  auto config = defaults();
  config.body_timeout = 1h;
  start(config);
  constexpr std::size_t kClients = 80;
  const auto allocated = [] {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::string most(1'000'000, 'x');
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto before = allocated();
  for (std::size_t i = 0; i < kClients; ++i) {
    auto client = std::make_unique<RawClient>(server_->port());
    client->send("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 1000001\r\n\r\n");
    client->send(most);
    clients.push_back(std::move(client));
  }
  EXPECT_TRUE(eventually([this] {
    return server_->metric(
               R"(souk_http_requests_total{method="POST",route="unmatched",priority="none",status="404"})") ==
           kClients;
  }));
  EXPECT_LT(allocated(), before + kClients * 64 * 1024);
}

TEST_F(ServerTest, ABodyMayBeTakenPieceByPiece) {
  start();
  RawClient client(server_->port());
  client.send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 8388608\r\n\r\n");
  client.send(std::string(kUploadBytes, 'u'));
  EXPECT_EQ(client.receive().body, "8388608");
  client.send("POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i) client.send("4000\r\n" + std::string(0x4000, 'u') + "\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "1638400");
  EXPECT_LT(shop_.largest_piece, 128u * 1024);
  client.send("POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdeX");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_TRUE(client.is_closed());
}

// An import whose batches took the database longer than the body's time was refused with 408.
TEST_F(ServerTest, TheTimeThatAHandlerTakesIsNotTheClients) {
  auto config = defaults();
  config.body_timeout = 2s;  // also what the client has for its second half
  shop_.pause = 2'100ms;
  start(config);
  RawClient client(server_->port());
  client.send("POST /upload/slow HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  EXPECT_TRUE(eventually([this] { return shop_.held == 1; })) << "it waits for the body";
  client.send("first");
  EXPECT_TRUE(eventually([this] { return shop_.held == 2; })) << "it waits again";
  client.send("after");
  EXPECT_EQ(client.receive().body, "10");
}

TEST_F(ServerTest, AReadIsCancelledWhenItsClientHasGone) {
  start();
  const auto leave = [this](std::string_view behind, bool reset) {
    RawClient client(server_->port());
    const int before = shop_.held;
    client.send(get("/wait") + std::string(behind));
    ASSERT_TRUE(eventually([&] { return shop_.held == before + 1; }));
    if (reset) client.reset();
  };
  leave("", false);
  EXPECT_TRUE(eventually([this] { return shop_.cancelled == 1; })) << "closed";
  leave("", true);
  EXPECT_TRUE(eventually([this] { return shop_.cancelled == 2; })) << "reset";
  leave(get("/hello") + "GET /hel", false);
  EXPECT_TRUE(eventually([this] { return shop_.cancelled == 3; })) << "with more sent";
  leave(std::string(100'000, 'x'), true);
  EXPECT_TRUE(eventually([this] { return shop_.cancelled == 4; })) << "with more than is read";
  EXPECT_TRUE(eventually([this] { return connections() == 0; }));
  EXPECT_EQ(server_->metric("souk_http_cancelled_requests_total"), 4);
}

TEST_F(ServerTest, AClientThatHasOnlyEndedItsSideGetsItsAnswer) {
  start();
  RawClient client(server_->port());
  client.send(get("/wait") + get("/hello"));
  ASSERT_TRUE(eventually([this] { return shop_.held == 1; }));
  client.end_sending();
  EXPECT_EQ(client.receive_bytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
  shop_.release = true;
  EXPECT_EQ(client.receive().body, "released");
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(shop_.cancelled, 0);
}

TEST(ServerOnIpv6, AnswersAndNamesThePeer) {
  if (over_tls()) GTEST_SKIP() << "the client is plain";
  Shop shop;
  TestServer server({.address = "::1", .port = 0}, [&shop](Router& router, runtime::Loop&) {
    router.add({.method = Method::kGet,
                .path = "/hello",
                .handler = [&shop](runtime::Context&, const Request&) { return hello(shop); },
                .name = {}});
  });
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(fd, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(server.port());
  address.sin6_addr = in6addr_loopback;
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string_view request = "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::array<char, 15> answer{};
  EXPECT_EQ(::recv(fd, answer.data(), answer.size(), MSG_WAITALL), 15);
  EXPECT_EQ(std::string_view(answer.data(), answer.size()), "HTTP/1.1 200 OK");
  ::close(fd);
}

}  // namespace
}  // namespace souk::http
