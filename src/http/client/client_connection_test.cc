#include "http/client/client_connection.h"

#include <gtest/gtest.h>

#include "http/server/test_server.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;

runtime::Task<Response> echo(const Request& request) {
  auto response = text(201, std::string(request.body));
  response.headers.add("X-Seen", request.headers.find("x-sent").value_or("nothing"));
  co_return response;
}

runtime::Task<Response> never_quite(runtime::Loop& loop) {
  co_await loop.sleep(300ms);
  co_return no_content();
}

void add_routes(Router& router, runtime::Loop& loop) {
  router.add({.method = Method::kPost,
              .path = "/echo",
              .handler = [](runtime::Context&, const Request& request) { return echo(request); },
              .name = {},
              .takes = Takes::kBody});
  router.add({.method = Method::kGet,
              .path = "/slow",
              .handler = [&loop](runtime::Context&, const Request&) { return never_quite(loop); },
              .name = {}});
}

runtime::Task<void> exchange_twice(runtime::Loop& loop, std::uint16_t port) {
  auto connection = co_await ClientConnection::connect(loop, "127.0.0.1", port, {});
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
  TestServer server({.port = 0}, add_routes);
  runtime::Loop loop;
  loop.run_until_done(exchange_twice(loop, server.port()));
  EXPECT_EQ(server.metric("souk_http_connections_accepted_total"), 1);
}

runtime::Task<void> give_up(runtime::Loop& loop, std::uint16_t port) {
  auto connection =
      co_await ClientConnection::connect(loop, "127.0.0.1", port, {.exchange_timeout = 30ms});
  const HeaderList none;
  const auto response = co_await (*connection)->exchange({.target = "/slow", .headers = none});
  EXPECT_FALSE(response);
  EXPECT_TRUE(response.error().detail.contains("in time")) << response.error().detail;
  EXPECT_FALSE((*connection)->is_reusable());
  EXPECT_FALSE(co_await (*connection)->exchange({.target = "/slow", .headers = none}));
}

TEST(ClientConnection, GivesUpWhenTheTimeIsOver) {
  TestServer server({.port = 0}, add_routes);
  runtime::Loop loop;
  loop.run_until_done(give_up(loop, server.port()));
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
