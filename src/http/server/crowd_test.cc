// The server's clients when they are many, slow, or behind a proxy that forwards bytes.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

#include "http/server/test_crowd.h"
#include "http/server/test_handlers.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;

// Takes a worker's whole time, as a handler that computes does.
runtime::Task<Response> work(runtime::Context&, const Request&) {
  const auto end = std::chrono::steady_clock::now() + 1ms;
  while (std::chrono::steady_clock::now() < end) {
  }
  co_return text(200, "done");
}

// In plain text.
class CrowdTest : public ShopTest {
 protected:
  CrowdTest() { tls_ = false; }

  static ServerConfig defaults() { return {.port = 0}; }
  static std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  RawResponse once(std::string_view request) {
    RawClient client(server_->port(), 0, false);
    return client.exchange(request);
  }
};

// The bug: latency was counted from the read. A busy worker reads late: its clients saw lists with
// a p95 of 9.9 s while the histogram said 0.1 ms.
TEST(ServerUnderLoad, TheTimeThatClientsWaitIsTheTimeThatIsCounted) {
  TestServer server(
      {},
      [](Router& router, runtime::Loop&) {
        router.add({.method = Method::kGet, .path = "/work", .handler = work});
      },
      /*tls=*/false);
  TestCrowd crowd(server.port());
  crowd.join(64, "all", "GET /work HTTP/1.1\r\nHost: shop\r\n\r\n");
  int rounds = 0;
  crowd.run([&rounds] { return ++rounds > 300; });

  double clients = 0;
  for (const auto& answer : crowd.answers("all")) clients += answer.latency.count();
  const auto series = [](std::string_view of) {
    return "souk_http_request_duration_seconds" + std::string(of) +
           R"({method="GET",route="/work",priority="browse")";
  };
  const auto count = static_cast<double>(crowd.answers("all").size());
  ASSERT_EQ(server.metric(series("_count") + "}"), count);
  const auto counted = server.metric(series("_sum") + "}");
  EXPECT_NEAR(counted / clients, 1, 0.2) << counted / count << " s counted, " << clients / count;
  for (const double q : {0.5, 0.95}) {
    // The histogram knows each quantile up to a bucket.
    const auto seen = crowd.quantile("all", 200, q);
    const auto below = [&](double bound) {
      return server.metric(series("_bucket") + ",le=\"" + fmt::format("{:g}", bound) + "\"}");
    };
    const auto& bounds = telemetry::kLatencyBuckets;
    const auto over = std::ranges::lower_bound(bounds, seen * 1.2);
    const auto under = std::ranges::lower_bound(bounds, seen / 1.2) - 1;
    EXPECT_GE(below(*over), q * count) << "the " << q << " quantile is above " << *over;
    EXPECT_LE(below(*under), q * count) << "the " << q << " quantile is below " << *under;
  }
}

TEST_F(CrowdTest, AProxyThatForwardsBytesAnnouncesItsClient) {
  auto config = defaults();
  config.trusted_proxies = {"127.0.0.1"};
  config.proxy_protocol = true;
  start(config);
  const std::string header = "PROXY TCP4 203.0.113.7 10.0.0.1 12345 80\r\n";
  EXPECT_EQ(once(header + get("/client")).body, "203.0.113.7");
  RawClient drips(server_->port(), 0, false);
  for (const char c : header + get("/client")) drips.send({&c, 1});
  EXPECT_EQ(drips.receive().body, "203.0.113.7");
  EXPECT_EQ(once("PROXY UNKNOWN\r\n" + get("/client")).body, "none");
  // The proxy adds no such field to bytes that it only forwards.
  EXPECT_EQ(once("PROXY UNKNOWN\r\nGET /client HTTP/1.1\r\nHost: h\r\n"
                 "X-Forwarded-For: 203.0.113.9\r\n\r\n")
                .body,
            "none");
  EXPECT_EQ(once(get("/client")).status, 0);
  EXPECT_EQ(server_->metric("souk_http_proxy_preambles_total{outcome=\"read\"}"), 4);
  EXPECT_EQ(server_->metric("souk_http_proxy_preambles_total{outcome=\"malformed\"}"), 1);
}

TEST_F(CrowdTest, AnAnnouncedClientHasItsOwnLimitOfConnections) {
  auto config = defaults();
  config.trusted_proxies = {"127.0.0.1"};
  config.proxy_protocol = true;
  config.max_connections_per_address = 1;
  start(config);
  RawClient first(server_->port(), 0, false);
  EXPECT_EQ(first.exchange("PROXY TCP4 203.0.113.7 10.0.0.1 1 80\r\n" + get("/client")).status,
            200);
  EXPECT_EQ(once("PROXY TCP4 203.0.113.7 10.0.0.1 2 80\r\n" + get("/client")).status, 503);
  EXPECT_EQ(once("PROXY TCP4 203.0.113.8 10.0.0.1 3 80\r\n" + get("/client")).status, 200);
}

TEST_F(CrowdTest, AProxyThatAnnouncesSlowlyIsCutOffAndADrainDoesNotWaitForIt) {
  auto config = defaults();
  config.trusted_proxies = {"127.0.0.1"};
  config.proxy_protocol = true;
  config.header_timeout = 100ms;
  start(config);
  RawClient slow(server_->port(), 0, false);
  slow.send("PROXY ");
  EXPECT_TRUE(slow.is_closed());
  EXPECT_EQ(server_->metric("souk_http_proxy_preambles_total{outcome=\"late\"}"), 1);
  config.header_timeout = 1h;
  start(config);
  RawClient silent(server_->port(), 0, false);
  EXPECT_TRUE(eventually([&] { return connections() == 1; }));
  server_->begin_to_stop();
  EXPECT_TRUE(silent.is_closed());
}

TEST_F(CrowdTest, WhatArrivesTooSlowlyIsEndedBeforeItsTimeout) {
  auto config = defaults();
  config.header_timeout = config.body_timeout = 1h;
  start(config);
  RawClient head(server_->port(), 0, false);
  RawClient body(server_->port(), 0, false);
  head.send("GET /hello HTTP/1.1\r\nHost: h\r\n");
  body.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nb");
  EXPECT_EQ(head.receive().status, 408);
  EXPECT_EQ(body.receive().status, 408);
}

TEST_F(CrowdTest, ManySlowClientsDoNotDelayTheQuickOnesAndHoldBoundedMemory) {
  constexpr std::size_t kSlow = 600;
  start();
  std::vector<std::unique_ptr<RawClient>> slow;
  const auto memory_before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i < kSlow; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->port(), 0, false));
    slow.back()->send(i % 2 == 0
                          ? "GET /hello HTTP/1.1\r\nHo"
                          : "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\nb");
  }
  RawClient quick(server_->port(), 0, false);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(quick.exchange(get("/hello")).status, 200);
  EXPECT_TRUE(eventually([&] { return connections() == kSlow + 1; }));
  const auto memory = ::mallinfo2().uordblks - memory_before;
  EXPECT_LT(memory / kSlow, 40U * 1024);
}

}  // namespace
}  // namespace souk::http
