#include "webhooks/sender.h"

#include <gtest/gtest.h>

#include "http/server/test_server.h"

namespace souk::webhooks {
namespace {

using namespace std::chrono_literals;
using http::Request;
using runtime::Task;

Task<http::Response> echo(const Request& request) {
  auto response = http::text(std::string(request.body) == "201" ? 201 : 500, "");
  co_return response;
}
Task<http::Response> redirect() {
  auto response = http::text(302, "");
  response.headers.add("Location", "/echo");
  co_return response;
}
Task<http::Response> large() { co_return http::text(200, std::string(1'000'000, 'x')); }
Task<http::Response> never(runtime::Loop& loop) {
  co_await loop.sleep(500ms);
  co_return http::no_content();
}

void add_routes(http::Router& router, runtime::Loop& loop) {
  const auto add = [&router](std::string path, auto handler) {
    router.add({.method = http::Method::kPost,
                .path = std::move(path),
                .handler = std::move(handler),
                .name = {}});
  };
  add("/echo", [](runtime::Context&, const Request& request) { return echo(request); });
  add("/redirect", [](runtime::Context&, const Request&) { return redirect(); });
  add("/large", [](runtime::Context&, const Request&) { return large(); });
  add("/never", [&loop](runtime::Context&, const Request&) { return never(loop); });
}

class WebhookSender : public testing::Test {
 protected:
  Result<int> post(const std::string& host, const std::string& path,
                   std::string_view body = "201") {
    runtime::Loop loop;
    Sender sender(loop, config_);
    const auto url = parse_url("http://" + host + ":" + std::to_string(server_.port()) + path);
    const http::HeaderList none;
    const runtime::Context context;
    return loop.run_until_done(sender.post(context, url.value(), none, body));
  }

  http::TestServer server_{{.port = 0}, add_routes};
  Config config_{.allow_private_addresses = true, .answer_timeout = 50ms};
};

TEST_F(WebhookSender, GivesTheStatusOfTheAnswer) {
  EXPECT_EQ(post("127.0.0.1", "/echo").value(), 201);
  EXPECT_EQ(post("localhost", "/echo").value(), 201);
  EXPECT_EQ(post("localhost", "/echo", "else").value(), 500);
}

TEST_F(WebhookSender, FollowsNoRedirect) { EXPECT_EQ(post("127.0.0.1", "/redirect").value(), 302); }

TEST_F(WebhookSender, ReadsNoMoreOfAnAnswerThanItMust) {
  EXPECT_EQ(post("127.0.0.1", "/large").value(), 200);
}

TEST_F(WebhookSender, WaitsForNoAnswerForever) {
  const auto answer = post("127.0.0.1", "/never");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("in time"), std::string::npos) << answer.error().detail;
}

TEST_F(WebhookSender, ConnectsToPublicAddressesOnlyByWhateverName) {
  config_.allow_private_addresses = false;
  for (const auto* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"}) {
    const auto answer = post(host, "/echo");
    ASSERT_FALSE(answer) << host;
    EXPECT_NE(answer.error().detail.find("no public address"), std::string::npos)
        << answer.error().detail;
  }
  EXPECT_EQ(server_.metric("souk_http_connections_accepted_total"), 0);
}

TEST_F(WebhookSender, SaysWhichNameHasNoAddress) {
  const auto answer = post("nobody.invalid", "/echo");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("nobody.invalid"), std::string::npos);
}

}  // namespace
}  // namespace souk::webhooks
