#include "http/client/client_connection.h"

#include <gtest/gtest.h>

#include <atomic>

#include "http/server/test_server.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;

// Of a client of TestServer.
ClientConnection::Options options() {
  static const auto trusted =
      *runtime::TlsContext::trusting(TestCertificate::get().authority_file());
  return {.tls = over_tls() ? &trusted : nullptr, .tls_name = "127.0.0.1"};
}

runtime::Task<Response> echo(const Request& request) {
  auto response = text(201, std::string(request.body));
  response.headers.add("X-Seen", request.headers.find("x-sent").value_or("nothing"));
  co_return response;
}

// Answers after the client has stopped waiting.
runtime::Task<Response> too_late(runtime::Loop& loop, const std::atomic<bool>& given_up) {
  while (!given_up) co_await loop.sleep(1ms);
  co_return no_content();
}

void add_echo(Router& router, runtime::Loop&) {
  router.add({.method = Method::kPost,
              .path = "/echo",
              .handler = [](runtime::Context&, const Request& request) { return echo(request); },
              .name = {},
              .takes = Takes::kBody});
}

runtime::Task<void> exchange_twice(runtime::Loop& loop, std::uint16_t port) {
  auto connection = co_await ClientConnection::connect(loop, "127.0.0.1", port, options());
  EXPECT_TRUE(connection);
  if (!connection) co_return;
  HeaderList headers;
  headers.add("X-Sent", "1");
  for (const auto& body : {std::string("small"), std::string(900'000, 'L')}) {
    const auto response =
        co_await (*connection)
            ->exchange(
                {.method = Method::kPost, .target = "/echo", .headers = headers, .body = body});
    EXPECT_TRUE(response);
    if (!response) co_return;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->headers.find("X-Seen"), "1");
    EXPECT_EQ(response->body, body);
    EXPECT_TRUE((*connection)->is_reusable());
  }
}

TEST(ClientConnection, IsKeptAliveBetweenExchanges) {
  TestServer server({.port = 0}, add_echo);
  runtime::Loop loop;
  loop.run_until_done(exchange_twice(loop, server.port()));
  EXPECT_EQ(server.metric("souk_http_connections_accepted_total"), 1);
}

runtime::Task<void> give_up(runtime::Loop& loop, std::uint16_t port) {
  auto impatient = options();
  impatient.exchange_timeout = 30ms;
  auto connection = co_await ClientConnection::connect(loop, "127.0.0.1", port, impatient);
  const HeaderList none;
  const auto response = co_await (*connection)->exchange({.target = "/slow", .headers = none});
  EXPECT_FALSE(response);
  EXPECT_TRUE(response.error().detail.contains("in time")) << response.error().detail;
  EXPECT_FALSE((*connection)->is_reusable());
  EXPECT_FALSE(co_await (*connection)->exchange({.target = "/slow", .headers = none}));
}

TEST(ClientConnection, GivesUpWhenTheTimeIsOver) {
  std::atomic<bool> given_up = false;
  TestServer server({.port = 0}, [&given_up](Router& router, runtime::Loop& loop) {
    router.add(
        {.method = Method::kGet,
         .path = "/slow",
         .handler = [&](runtime::Context&, const Request&) { return too_late(loop, given_up); },
         .name = {}});
  });
  runtime::Loop loop;
  loop.run_until_done(give_up(loop, server.port()));
  given_up = true;
}

runtime::Task<void> knock_in_vain(runtime::Loop& loop, std::uint16_t port) {
  const auto connection = co_await ClientConnection::connect(loop, "127.0.0.1", port, {});
  EXPECT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::kUnavailable);
}

TEST(ClientConnection, SaysWhenNobodyListens) {
  std::uint16_t port = 0;
  {
    const auto listeners = open_listeners({.port = 0}, 1);
    port = listeners->front().port();
  }
  runtime::Loop loop;
  loop.run_until_done(knock_in_vain(loop, port));
}

}  // namespace
}  // namespace souk::http
