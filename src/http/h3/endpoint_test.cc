// Real servers over loopback, with ngtcp2's own client and with ours.
#include <gmock/gmock.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <thread>

#include "http/h3/test_endpoint.h"

namespace souk::http::h3 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Runs a program and returns what it writes.
std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> part;
  while (const auto n = std::fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), n);
  ::pclose(pipe);
  return text;
}

// Lines of a length that no packet and no window has.
class Lines final : public BodyStream {
 public:
  explicit Lines(std::size_t count) : left_(count) {}
  runtime::Task<bool> next(Buffer& out) override {
    if (left_ == 0) co_return false;
    for (int i = 0; i < 100 && left_ > 0; ++i, --left_) {
      out.append("a line of a long report that is made while it is sent\n");
    }
    co_return true;
  }

 private:
  std::size_t left_;
};

class Failing final : public BodyStream {
 public:
  runtime::Task<bool> next(Buffer& out) override {
    if (std::exchange(begun_, true)) throw std::runtime_error("the database has gone");
    out.append("the first part");
    co_return true;
  }

 private:
  bool begun_ = false;
};

class Shop {
 public:
  void add_routes(Router& router, runtime::Loop& loop) {
    add(router, Method::kGet, "/hello", [](auto&, const auto&) { return hello(); });
    add(
        router, Method::kPost, "/echo", [](auto&, const auto& request) { return echo(request); },
        Takes::kBody);
    add(
        router, Method::kPost, "/pieces",
        [](auto&, const auto& request) { return count_pieces(request); }, Takes::kPieces);
    add(router, Method::kGet, "/report",
        [](auto&, const auto&) { return report(std::make_unique<Lines>(100'000)); });
    add(router, Method::kGet, "/endless",
        [](auto&, const auto&) { return report(std::make_unique<Lines>(SIZE_MAX)); });
    add(router, Method::kGet, "/failing",
        [](auto&, const auto&) { return report(std::make_unique<Failing>()); });
    add(router, Method::kGet, "/slow",
        [this, &loop](auto& context, const auto&) { return slow(context, loop); });
    add(router, Method::kGet, "/big", [](auto&, const auto&) { return big(); });
  }

  std::atomic<bool> released = false;
  std::atomic<int> waiting = 0;
  std::atomic<int> cancelled = 0;

 private:
  static void add(Router& router, Method method, std::string path, Handler handler,
                  Takes takes = Takes::kNothing) {
    auto name = path.substr(1);
    router.add({.method = method,
                .path = std::move(path),
                .handler = std::move(handler),
                .name = std::move(name),
                .takes = takes,
                .max_body_bytes = 1024 * 1024});
  }
  static runtime::Task<Response> hello() {
    auto response = text(200, "hello over QUIC");
    response.headers.add("X-Shop", "Souk");
    co_return response;
  }
  static runtime::Task<Response> echo(const Request& request) {
    co_return text(200, std::string(request.body));
  }
  static runtime::Task<Response> count_pieces(const Request& request) {
    std::size_t bytes = 0;
    for (;;) {
      const auto piece = co_await request.arriving->next();
      if (!piece) co_return text(piece.error().status, "cut");
      if (piece->empty()) co_return text(200, fmt::format("{} bytes", bytes));
      bytes += piece->size();
    }
  }
  static runtime::Task<Response> report(std::unique_ptr<BodyStream> body) {
    co_return stream(200, "text/plain", std::move(body));
  }
  static runtime::Task<Response> big() { co_return text(200, std::string(3'000'000, 'b')); }
  runtime::Task<Response> slow(runtime::Context& context, runtime::Loop& loop) {
    ++waiting;
    while (!released && !context.cancelled) co_await loop.sleep(1ms);
    if (context.cancelled) ++cancelled;
    --waiting;
    co_return text(200, "at last");
  }
};

class EndpointTest : public testing::Test {
 protected:
  void start(TestEndpointOptions options = {}) {
    server_.emplace(std::move(options), [this](Router& router, runtime::Loop& loop) {
      shop_.add_routes(router, loop);
    });
  }
  void TearDown() override { shop_.released = true; }
  double metric(std::string_view series) { return server_->metric(series); }

  Shop shop_;
  std::optional<TestEndpoint> server_;
};

TEST_F(EndpointTest, DebiansClientOfNgtcp2FetchesAPage) {
  start();
  const auto output = output_of(fmt::format(
      "timeout 20 gtlsclient --exit-on-all-streams-close 127.0.0.1 {} https://localhost/hello",
      server_->port()));
  EXPECT_THAT(output, HasSubstr("[:status: 200]"));
  EXPECT_THAT(output, HasSubstr("hello over QUIC"));
}

TEST_F(EndpointTest, AResponseHasItsFieldsAndBody) {
  start();
  auto client = server_->connect();
  const auto response = client.get("/hello");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello over QUIC");
  EXPECT_EQ(response.field("x-shop"), "Souk");
  EXPECT_EQ(response.field("content-length"), "15");
  EXPECT_EQ(response.field("x-content-type-options"), "nosniff");
  EXPECT_EQ(response.field("x-request-id").size(), 36U);
}

TEST_F(EndpointTest, ManyRequestsOfOneConnectionAreAnswered) {
  start();
  auto client = server_->connect();
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.get("/hello").status, 200);
  EXPECT_EQ(metric("souk_http3_handshakes_total{kind=\"full\"}"), 1);
}

TEST_F(EndpointTest, HeadHasTheLengthAndNoBody) {
  start();
  auto client = server_->connect();
  const auto response = client.fetch({.method = "HEAD", .path = "/hello"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-length"), "15");
  EXPECT_EQ(response.body, "");
}

TEST_F(EndpointTest, ABodyLargerThanTheWindowArrivesWhole) {
  start();
  auto client = server_->connect();
  const std::string body(900'000, 'x');
  const auto response = client.fetch({.method = "POST", .path = "/echo", .body = body});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, body);
}

TEST_F(EndpointTest, ABodyLargerThanAllowedIsRefusedWhetherAnnouncedOrNot) {
  start();
  auto client = server_->connect();
  const std::string body(1'100'000, 'x');
  EXPECT_EQ(client.fetch({.method = "POST", .path = "/echo", .body = body}).status, 413);
  EXPECT_EQ(client
                .fetch({.method = "POST",
                        .path = "/echo",
                        .fields = {{"content-length", "1100000"}},
                        .body = body})
                .status,
            413);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(EndpointTest, ABodyIsReadInPieces) {
  start();
  auto client = server_->connect();
  const auto response =
      client.fetch({.method = "POST", .path = "/pieces", .body = std::string(700'000, 'p')});
  EXPECT_EQ(response.body, "700000 bytes");
}

TEST_F(EndpointTest, AClientThatExpectsItIsToldToContinue) {
  start();
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  const auto id = client->request({.method = "POST",
                                   .path = "/echo",
                                   .fields = {{"expect", "100-continue"}},
                                   .complete = false});
  ASSERT_TRUE(client.until([&] { return !client->response(*id).interim.empty(); }));
  EXPECT_THAT(client->response(*id).interim, ElementsAre(100));
  client->send_body(*id, "now", true);
  ASSERT_TRUE(client.until([&] { return client->response(*id).ended; }));
  EXPECT_EQ(client->response(*id).body, "now");
}

TEST_F(EndpointTest, AStreamIsSentWhole) {
  start();
  auto client = server_->connect();
  EXPECT_EQ(client.get("/report").body.size(), 5'400'000U);
}

TEST_F(EndpointTest, AWholeBodyLargerThanTheWindowIsSentWhole) {
  start();
  auto client = server_->connect();
  EXPECT_EQ(client.get("/big").body.size(), 3'000'000U);
}

TEST_F(EndpointTest, AStreamThatFailsIsResetAndTheConnectionGoesOn) {
  start();
  auto client = server_->connect();
  const auto response = client.get("/failing");
  EXPECT_EQ(response.error, NGHTTP3_H3_INTERNAL_ERROR);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(EndpointTest, ASlowRequestDoesNotHoldUpOthersOfItsConnection) {
  start();
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  const auto slow = client->request({.path = "/slow"});
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_FALSE(client->response(*slow).ended);
  shop_.released = true;
  ASSERT_TRUE(client.until([&] { return client->response(*slow).ended; }));
  EXPECT_EQ(client->response(*slow).body, "at last");
}

TEST_F(EndpointTest, ACancelledRequestCancelsItsHandler) {
  start();
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  const auto slow = client->request({.path = "/slow"});
  ASSERT_TRUE(client.until([&] { return shop_.waiting == 1; }));
  client->cancel(*slow);
  EXPECT_TRUE(client.until([&] { return shop_.cancelled == 1; }));
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(EndpointTest, AClosedConnectionCancelsItsHandlers) {
  start();
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  client->request({.path = "/slow"});
  ASSERT_TRUE(client.until([&] { return shop_.waiting == 1; }));
  client->close(NGHTTP3_H3_NO_ERROR);
  client.send();
  EXPECT_TRUE(eventually([&] { return shop_.cancelled == 1; }));
  EXPECT_TRUE(eventually(
      [&] { return metric("souk_http3_connections_closed_total{reason=\"client\"}") == 1; }));
}

TEST_F(EndpointTest, MoreRequestsThanAllowedAtATimeWait) {
  start({.config = {.max_streams = 3}});
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->request({.path = "/slow"}));
  EXPECT_FALSE(client->request({.path = "/hello"}));
  shop_.released = true;
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(EndpointTest, AHeadLargerThanAllowedIsRefusedAndTheConnectionGoesOn) {
  start();
  auto client = server_->connect();
  EXPECT_EQ(
      client.fetch({.path = "/hello", .fields = {{"x-large", std::string(40'000, 'l')}}}).status,
      431);
  EXPECT_EQ(client.get("/" + std::string(9'000, 'p')).status, 414);
  ClientRequest many{.path = "/hello"};
  for (int i = 0; i < 150; ++i) many.fields.emplace_back(fmt::format("x-{}", i), "v");
  EXPECT_EQ(client.fetch(many).status, 431);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(EndpointTest, AMalformedRequestIsResetAndTheConnectionGoesOn) {
  start();
  auto client = server_->connect();
  const auto response =
      client.fetch({.path = "/hello", .fields = {{"transfer-encoding", "chunked"}}});
  EXPECT_EQ(response.error, NGHTTP3_H3_MESSAGE_ERROR);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(EndpointTest, AClientThatCancelsAllItsRequestsIsDisconnected) {
  start({.config = {.max_streams = 10, .max_resets = 2}});
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  ASSERT_TRUE(client.until([&] {
    if (const auto id = client->request({.path = "/slow"})) client->cancel(*id);
    return client->has_ended();
  }));
  EXPECT_EQ(client->close_error()->error_code, std::uint64_t{NGHTTP3_H3_EXCESSIVE_LOAD});
  EXPECT_EQ(metric("souk_http3_stream_limits_total{limit=\"resets\"}"), 1);
}

// STOP_SENDING after the whole request, without a reset of the client's own side.
TEST_F(EndpointTest, AClientThatWantsNoneOfItsResponsesIsDisconnected) {
  start({.config = {.max_streams = 10, .max_resets = 2}});
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  ASSERT_TRUE(client.until([&] {
    if (const auto id = client->request({.path = "/slow"})) {
      client.send();
      ngtcp2_conn_shutdown_stream_read(client->quic(), *id, NGHTTP3_H3_REQUEST_CANCELLED);
    }
    return client->has_ended();
  }));
  EXPECT_EQ(client->close_error()->error_code, std::uint64_t{NGHTTP3_H3_EXCESSIVE_LOAD});
  EXPECT_EQ(metric("souk_http3_stream_limits_total{limit=\"resets\"}"), 1);
}

TEST_F(EndpointTest, ASessionIsResumedAndItsTokenSparesARetry) {
  start({.config = {.retry_handshakes = 0}});
  auto first = server_->connect();
  EXPECT_EQ(first.get("/hello").status, 200);
  EXPECT_TRUE(first->was_retried());
  ASSERT_TRUE(first.until(
      [&] { return !first->memory().ticket.empty() && !first->memory().token.empty(); }));
  // A token is for one address; the port is part of it.
  auto second = server_->connect({.ticket = first->memory().ticket});
  EXPECT_EQ(second.get("/hello").status, 200);
  EXPECT_TRUE(second->is_resumed());
  EXPECT_EQ(metric("souk_http3_handshakes_total{kind=\"resumed\"}"), 1);
  EXPECT_EQ(metric("souk_http3_stateless_packets_total{kind=\"retry\"}"), 2);
}

TEST_F(EndpointTest, AnUnknownVersionIsNegotiated) {
  start();
  TestSocket socket;
  std::array<std::uint8_t, 1200> packet{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0};
  socket.send(packet, server_->port());
  const auto answer = socket.receive(std::chrono::seconds(kPatience));
  ASSERT_GE(answer.size(), 7U);
  EXPECT_EQ(answer[0] & 0x80, 0x80);
  EXPECT_THAT(answer.subspan(1, 4), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(answer.last(4), ElementsAre(0, 0, 0, 1));
}

TEST_F(EndpointTest, ASmallPacketOfAnUnknownVersionIsNotAnswered) {
  start();
  TestSocket socket;
  std::array<std::uint8_t, 100> packet{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0};
  socket.send(packet, server_->port());
  EXPECT_TRUE(eventually(
      [&] { return metric("souk_http3_dropped_packets_total{reason=\"malformed\"}") == 1; }));
  EXPECT_EQ(metric("souk_http3_stateless_packets_total{kind=\"version_negotiation\"}"), 0);
}

TEST_F(EndpointTest, AClientOfBeforeARestartIsReset) {
  start();
  auto client = server_->connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  const auto port = server_->port();
  // It ends without a word, as after kill -9: the client's packets reach the next process.
  server_.reset();
  client.lose();
  start({.port = port});
  EXPECT_TRUE(client.until([&] {
    client->request({.path = "/hello"});
    return client->was_reset();
  }));
}

// Whoever has seen a connection's id could otherwise end it by a packet to another node.
TEST_F(EndpointTest, ANodeCannotResetTheConnectionsOfAnother) {
  start();
  auto client = server_->connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  const auto port = server_->port();
  server_.reset();
  client.lose();
  start({.port = port, .node = "another"});
  EXPECT_TRUE(client.until([&] {
    client->request({.path = "/hello"});
    return metric("souk_http3_stateless_packets_total{kind=\"reset\"}") >= 3;
  }));
  EXPECT_FALSE(client->was_reset());
}

TEST_F(EndpointTest, TheClientsKeysCanBeUpdated) {
  start();
  auto client = server_->connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  ASSERT_TRUE(client.until([&] { return client->update_keys(); }));
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_EQ(metric("souk_http3_key_updates_total"), 1);
}

// With and without the kernel's help the packets reach the worker of the connection.
class WorkersTest : public EndpointTest, public testing::WithParamInterface<bool> {};

TEST_P(WorkersTest, AClientBehindANatThatForgetsKeepsItsConnection) {
  start({.workers = 2, .routed_by_kernel = GetParam()});
  auto client = server_->connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  for (int i = 1; i <= 8; ++i) {
    // Each port is another hash, so another worker's socket half of the time.
    client.change_socket();
    ASSERT_EQ(client.get("/hello").status, 200) << i;
  }
  EXPECT_GT(metric("souk_http3_migrations_total"), 0);
  EXPECT_EQ(metric("souk_http3_handshakes_total{kind=\"full\"}"), 1);
  if (GetParam()) EXPECT_EQ(metric("souk_http3_packets_handed_on_total"), 0);
}

TEST_P(WorkersTest, AClientMigrates) {
  start({.workers = 2, .routed_by_kernel = GetParam()});
  auto client = server_->connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  client.change_socket();
  ASSERT_TRUE(client.until([&] { return client->migrate(client.address()); }));
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_TRUE(client.until([&] { return metric("souk_http3_migrations_total") == 1; }));
}

INSTANTIATE_TEST_SUITE_P(Routing, WorkersTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "ByTheKernel" : "HandedOn"; });

TEST_F(EndpointTest, ADrainLetsRequestsFinishAndTakesNoOthers) {
  start();
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  const auto slow = client->request({.path = "/slow"});
  ASSERT_TRUE(client.until([&] { return shop_.waiting == 1; }));
  server_->begin_to_stop();
  ASSERT_TRUE(client.until([&] { return client->got_goaway(); }));
  shop_.released = true;
  ASSERT_TRUE(client.until([&] { return client->response(*slow).ended; }));
  EXPECT_EQ(client->response(*slow).body, "at last");
  EXPECT_TRUE(client.until([&] { return client->has_ended(); }));
  EXPECT_EQ(client->close_error()->error_code, std::uint64_t{NGHTTP3_H3_NO_ERROR});
}

// A client that does not know yet that the shop stops was refused.
TEST_F(EndpointTest, ADrainTakesNewConnectionsUntilItsNoticeIsOver) {
  ServerConfig config;
  config.drain_notice = 5s;
  start({.server = config});
  auto client = server_->connect();
  ASSERT_EQ(client.get("/hello").status, 200);
  server_->begin_to_stop();
  ASSERT_TRUE(client.until([&] { return client->got_goaway(); }));
  EXPECT_EQ(server_->connect().get("/hello").status, 200);
}

TEST_F(EndpointTest, AnIdleConnectionIsClosed) {
  ServerConfig config;
  config.idle_timeout = 500ms;
  start({.server = config});
  auto client = server_->connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_TRUE(client.until([&] { return client->has_ended(); }));
  EXPECT_EQ(client->close_error()->error_code, std::uint64_t{NGHTTP3_H3_NO_ERROR});
}

TEST_F(EndpointTest, ABodyThatStopsArrivingIsALateOne) {
  ServerConfig config;
  config.body_timeout = 50ms;
  start({.server = config});
  auto client = server_->connect();
  const auto response = client.fetch({.method = "POST", .path = "/echo", .complete = false});
  EXPECT_EQ(response.status, 408);
}

TEST_F(EndpointTest, AResponseThatItsClientDoesNotReadIsEnded) {
  ServerConfig config;
  config.write_timeout = 100ms;
  start({.server = config});
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  client->read_on(false);
  const auto big = client->request({.path = "/big"});
  ASSERT_TRUE(client.until([&] { return client->response(*big).ended; }));
  EXPECT_EQ(client->response(*big).error, NGHTTP3_H3_EXCESSIVE_LOAD);
  EXPECT_EQ(metric("souk_http_timeouts_total{kind=\"write\"}"), 1);
  EXPECT_EQ(client.get("/hello").status, 200);
}

// It held a streamed response for ever: each PING begins QUIC's idle time-out anew.
TEST_F(EndpointTest, AClientThatAcknowledgesNothingIsDisconnectedWhateverItSends) {
  ServerConfig config;
  config.write_timeout = 100ms;
  for (const auto* path : {"/endless", "/big"}) {
    start({.server = config});
    auto client = server_->connect();
    ASSERT_TRUE(client.connect());
    const auto id = client->request({.path = path});
    ASSERT_TRUE(client.until([&] { return !client->response(*id).body.empty(); }));
    ngtcp2_conn_set_keep_alive_timeout(client->quic(), 10 * NGTCP2_MILLISECONDS);
    const auto closed = [&] {
      return metric("souk_http3_connections_closed_total{reason=\"slow\"}");
    };
    EXPECT_TRUE(eventually([&] {
      client->on_due();
      client.send();
      return closed() == 1;
    })) << path;
  }
}

TEST_F(EndpointTest, AConnectionBeyondTheLimitIsRefused) {
  ServerConfig config;
  config.max_connections = 1;
  start({.server = config});
  auto first = server_->connect();
  EXPECT_EQ(first.get("/hello").status, 200);
  auto second = server_->connect();
  second.until([&] { return second->has_ended(); });
  EXPECT_EQ(second->close_error()->error_code, std::uint64_t{NGTCP2_CONNECTION_REFUSED});
  EXPECT_EQ(metric("souk_http3_connections_closed_total{reason=\"limit\"}"), 1);
}

// The first flight of a client of that address; with a token for it, if there is a key.
std::vector<std::uint8_t> initial_of(const SocketAddress& address, const Secrets* secrets) {
  ClientOptions options{.ca_file = TestCertificate::get().authority_file()};
  if (secrets != nullptr) {
    options.memory.token.resize(NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN);
    const auto& key = secrets->tokens().front();
    const auto size = ngtcp2_crypto_generate_regular_token(
        reinterpret_cast<std::uint8_t*>(options.memory.token.data()), key.data(), key.size(),
        address.get(), address.size(),
        static_cast<ngtcp2_tstamp>(SystemClock().now().time_since_epoch() /
                                   std::chrono::nanoseconds(1)));
    options.memory.token.resize(static_cast<std::size_t>(size));
  }
  std::vector<std::uint8_t> packet(UdpSocket::kMaxPacketBytes);
  packet.resize((*Client::open(options, address, loopback(1)))->write(packet));
  return packet;
}

SocketAddress stranger(const std::string& host, std::uint16_t port) {
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof(address)};
}

// Documentation's addresses: what is sent to them from a loopback address goes nowhere.
TEST_F(EndpointTest, ANetworkGetsAShareOfTheHandshakesWithoutARetry) {
  start({.config = {.retry_handshakes = 16}});
  for (std::uint16_t port = 1; port <= 10; ++port) {
    server_->receive(initial_of(stranger("192.0.2.1", port), nullptr), stranger("192.0.2.1", port));
  }
  EXPECT_EQ(metric("souk_http3_handshakes"), 2);
  EXPECT_EQ(metric("souk_http3_stateless_packets_total{kind=\"retry\"}"), 8);
  server_->receive(initial_of(stranger("192.0.2.2", 1), nullptr), stranger("192.0.2.2", 1));
  EXPECT_EQ(metric("souk_http3_handshakes"), 3);
  EXPECT_EQ(server_->connect().get("/hello").status, 200);
}

TEST_F(EndpointTest, HandshakesOfAProvenAddressCountAsItsConnections) {
  ServerConfig config;
  config.max_connections_per_address = 3;
  start({.server = config});
  const auto secrets = server_->credentials().current()->secrets();
  for (std::uint16_t port = 1; port <= 10; ++port) {
    server_->receive(initial_of(stranger("192.0.2.1", port), &secrets),
                     stranger("192.0.2.1", port));
  }
  EXPECT_EQ(metric("souk_http3_handshakes"), 3);
  EXPECT_EQ(metric("souk_http3_stateless_packets_total{kind=\"refused\"}"), 7);
}

// Its histogram began when the worker had time to read the datagram.
TEST_F(EndpointTest, ARequestsLatencyCountsTheTimeInTheKernelsQueue) {
  start();
  auto client = server_->connect();
  ASSERT_TRUE(client.connect());
  constexpr auto kWait = 60ms;
  server_->occupy([&] {
    client->request({.path = "/hello"});
    while (client.send() == 0) client->on_due();
    std::this_thread::sleep_for(kWait);
  });
  EXPECT_TRUE(client.until([&] {  // counted after the answer has gone
    return metric(
               "souk_http_request_duration_seconds_sum{method=\"GET\",route=\"/hello\","
               "priority=\"browse\"}") >= std::chrono::duration<double>(kWait).count();
  }));
}

TEST_F(EndpointTest, BothFamiliesAreServedWhereTheAddressIsThatOfAll) {
  ServerConfig config;
  config.address = "::";
  start({.server = config, .workers = 2});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(server_->connect().get("/hello").status, 200);
    EXPECT_EQ(TestClient(loopback6(server_->port()), server_->client()).get("/hello").status, 200);
  }
}

TEST_F(EndpointTest, ANewCertificateIsForNewConnections) {
  start();
  auto before = server_->connect();
  EXPECT_EQ(before.get("/hello").status, 200);
  const auto& folder = TestCertificate::get();
  const auto other = runtime::Authority::make("Other", {}, 1h);
  const auto issued = other.issue({.names = {"localhost"}, .lifetime = 1h});
  folder.write("other-ca.pem", other.pem().certificate);
  folder.write("other.pem", issued.certificate);
  folder.write("other.key", issued.key);
  server_->credentials().replace(*Credentials::load(
      {.certificates = {folder.file("other.pem")}, .keys = {folder.file("other.key")}}));
  EXPECT_EQ(before.get("/hello").status, 200);
  EXPECT_EQ(server_->connect().get("/hello").status, 0);
  TestClient after(server_->port(), {.ca_file = folder.file("other-ca.pem")});
  EXPECT_EQ(after.get("/hello").status, 200);
}

// Keys of tokens and tickets were those of the start.
TEST_F(EndpointTest, ATicketOfKeysThatWereReplacedIsNotUsed) {
  const auto& folder = TestCertificate::get();
  auto config = folder.config();
  config.ticket_keys = folder.file("tickets");
  const std::string one(80, '1');
  const std::string two(80, '2');
  const auto load = [&](const std::string& keys) {
    folder.write("tickets", keys);
    return *Credentials::load(config);
  };
  start();
  server_->credentials().replace(load(one));
  auto first = server_->connect();
  EXPECT_EQ(first.get("/hello").status, 200);
  ASSERT_TRUE(first.until([&] { return !first->memory().ticket.empty(); }));
  const auto is_resumed = [&] {
    auto client = server_->connect({.ticket = first->memory().ticket});
    EXPECT_EQ(client.get("/hello").status, 200);
    return client->is_resumed();
  };
  server_->credentials().replace(load(one));
  EXPECT_TRUE(is_resumed());
  server_->credentials().replace(load(two + one));
  EXPECT_FALSE(is_resumed());
}

TEST(Credentials, TokensOfKeysThatAreStillInTheFileAreValid) {
  const auto& folder = TestCertificate::get();
  auto config = folder.config();
  config.ticket_keys = folder.file("tickets");
  folder.write("tickets", std::string(80, '1'));
  const auto before = *Credentials::load(config);
  folder.write("tickets", std::string(80, '2') + std::string(80, '1'));
  const auto after = *Credentials::load(config);
  ASSERT_EQ(after->secrets().tokens().size(), 2U);
  EXPECT_EQ(after->secrets().tokens()[1], before->secrets().tokens()[0]);
  EXPECT_NE(after->secrets().tokens()[0], before->secrets().tokens()[0]);
}

TEST(Credentials, AFileThatIsMissingIsNamed) {
  const auto loaded =
      Credentials::load({.certificates = {"/none/such.pem"}, .keys = {"/none/such.key"}});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().detail, HasSubstr("/none/such.pem"));
}

}  // namespace
}  // namespace souk::http::h3
