#include "admission/gatekeeper.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server/test_crowd.h"
#include "http/server/test_server.h"

namespace souk::admission {
namespace {

using namespace std::chrono_literals;
using http::Priority;
using http::Response;
using ::testing::HasSubstr;

// Takes a worker's whole time, as a handler that computes does.
runtime::Task<Response> work(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
  co_return http::no_content();
}

runtime::Task<Response> load(runtime::Context& context, std::chrono::microseconds time) {
  if (context.cached_only) co_return http::problem(runtime::not_cached(context).error());
  co_return co_await work(time);
}

void add_routes(http::Router& router, runtime::Loop&) {
  router.add({.method = http::Method::kPost,
              .path = "/orders",
              .handler = [](runtime::Context&, const http::Request&) { return work(1ms); },
              .priority = Priority::kOrder});
  router.add({.method = http::Method::kGet,
              .path = "/list",
              .handler = [](runtime::Context& context,
                            const http::Request&) { return load(context, 1ms); },
              .priority = Priority::kList});
}

class TestGate final : public http::Gate {
 public:
  TestGate(runtime::Loop& loop, telemetry::Registry& registry)
      : controller_(loop, {.loop_target = 5ms}, {}, registry, 0),
        limits_(loop, nullptr, secret_, buckets_, {}, registry),
        gatekeeper_(controller_, limits_) {}
  std::optional<Response> refuse(runtime::Context& context, const http::Request& request,
                                 const http::Route& route, Duration waited, Time now) override {
    return gatekeeper_.refuse(context, request, route, waited, now);
  }
  Response refuse_uncached(const http::Route& route) override {
    return gatekeeper_.refuse_uncached(route);
  }
  std::optional<Response> refuse_principal(const http::Request&, const http::Route&,
                                           Time) override {
    return std::nullopt;
  }
  void inform(const http::Request&, const http::Route&, Response&) override {}

 private:
  redis::SharedSecret secret_;
  TokenBuckets buckets_;
  Controller controller_;
  RateLimits limits_;
  Gatekeeper gatekeeper_;
};

std::unique_ptr<http::Gate> make_gate(runtime::Loop& loop, telemetry::Registry& registry) {
  return std::make_unique<TestGate>(loop, registry);
}

constexpr auto kOrder = "POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";
constexpr auto kList = "GET /list HTTP/1.1\r\nHost: shop\r\n\r\n";

TEST(GatekeeperTest, OrdersAreServedInTimeWhileListsAreShedAndAllIsServedAfterwards) {
  http::TestServer server({}, add_routes, http::TestServer::MakeGate(make_gate));
  http::TestCrowd crowd(server.port());
  crowd.join(8, "orders", kOrder);
  crowd.join(192, "lists", kList);
  const auto end = std::chrono::steady_clock::now() + 2s;
  crowd.run([end] { return std::chrono::steady_clock::now() > end; });

  EXPECT_GT(crowd.count("orders", 204), 100U);
  EXPECT_LE(crowd.count("orders", 503), crowd.count("orders", 204) / 20);
  EXPECT_GT(crowd.count("lists", 503), crowd.count("lists", 204));
  // Without shedding each would wait for all 199 others: 200 ms.
  EXPECT_LT(crowd.quantile("orders", 204, 0.9), 0.1);
  EXPECT_GT(server.metric(R"(souk_admission_shed_total{priority="list",queue="requests"})"), 0);

  http::RawClient client(server.port(), 0, false);
  EXPECT_EQ(client.exchange(kList).status, 204);
}

TEST(GatekeeperTest, WhatIsShedIsToldWhenToComeAgain) {
  http::TestServer server({}, add_routes, http::TestServer::MakeGate(make_gate));
  http::TestCrowd crowd(server.port());
  crowd.join(200, "lists", kList);
  std::atomic<bool> over = false;
  std::thread load([&] { crowd.run([&over] { return over.load(); }); });
  http::RawClient client(server.port(), 0, false);
  http::RawResponse answer;
  EXPECT_TRUE(http::eventually([&] {
    answer = client.exchange(kList);
    return answer.status == 503;
  }));
  over = true;
  load.join();
  EXPECT_THAT(answer.head, HasSubstr("Cache-Control: no-store\r\nRetry-After: "));
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"overloaded")"));
}

// Restricts every request to the cache.
class CachedOnlyGate final : public http::Gate {
 public:
  std::optional<Response> refuse(runtime::Context& context, const http::Request&,
                                 const http::Route&, Duration, Time) override {
    context.cached_only = true;
    return std::nullopt;
  }
  Response refuse_uncached(const http::Route&) override {
    return http::problem(ErrorCode::kOverloaded, "refused by the gate");
  }
  std::optional<Response> refuse_principal(const http::Request&, const http::Route&,
                                           Time) override {
    return std::nullopt;
  }
  void inform(const http::Request&, const http::Route&, Response&) override {}
};

// The shop's percentiles of lists were those of its refusals: 20 ms where clients waited for 480.
TEST(GatekeeperTest, WhatIsRefusedSinceItIsNotCachedIsNotMeasuredAsServed) {
  http::TestServer server({}, add_routes,
                          http::TestServer::MakeGate([](runtime::Loop&, telemetry::Registry&) {
                            return std::make_unique<CachedOnlyGate>();
                          }));
  http::RawClient client(server.port(), 0, false);
  const auto answer = client.exchange(kList);
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.head, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(answer.body, HasSubstr("refused by the gate"));
  const auto sum = [&](std::string_view name, std::string_view more) {
    return server.metric(fmt::format("{}{{{}}}", name, more));
  };
  EXPECT_EQ(
      sum("souk_http_requests_total", R"(method="GET",route="/list",priority="list",status="503")"),
      1);
  EXPECT_EQ(sum("souk_http_request_duration_seconds_count",
                R"(method="GET",route="/list",priority="list")"),
            0);
}

}  // namespace
}  // namespace souk::admission
