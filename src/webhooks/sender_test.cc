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
                .name = {},
                .takes = http::Takes::kBody});
  };
  add("/echo", [](runtime::Context&, const Request& request) { return echo(request); });
  add("/redirect", [](runtime::Context&, const Request&) { return redirect(); });
  add("/large", [](runtime::Context&, const Request&) { return large(); });
  add("/never", [&loop](runtime::Context&, const Request&) { return never(loop); });
}

// Accepts one connection, made here, and leaves all others unanswered.
class SilentListener {
 public:
  SilentListener(const char* address, std::uint16_t port)
      : acceptor_(io_, boost::asio::ip::tcp::v4()), only_(io_) {
    const boost::asio::ip::tcp::endpoint here(boost::asio::ip::make_address(address), port);
    acceptor_.bind(here);
    acceptor_.listen(0);
    only_.connect(here);
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::socket only_;
};

class WebhookSender : public testing::Test {
 protected:
  Result<int> post(const std::string& host, const std::string& path,
                   std::string_view body = "201") {
    runtime::Loop loop;
    runtime::Offload threads(1, 1);
    Resolver resolver(loop, threads, lookup_);
    Sender sender(loop, resolver, config_);
    const auto url = parse_url("http://" + host + ":" + std::to_string(server_.port()) + path);
    const http::HeaderList none;
    const runtime::Context context;
    const auto answer = loop.run_until_done(sender.post(context, url.value(), none, body));
    loop.run_until_done(resolver.close());
    return answer;
  }
  void resolve_to(std::initializer_list<const char*> addresses) {
    Resolver::Addresses found;
    for (const auto* address : addresses) found.push_back(boost::asio::ip::make_address(address));
    lookup_ = [found](const std::string&) { return found; };
  }

  http::TestServer server_{{.port = 0}, add_routes, false};
  Resolver::Lookup lookup_ = Resolver::ask_system;
  Config config_{.allow_private_addresses = true, .allow_plain_http = true, .answer_timeout = 50ms};
};

TEST_F(WebhookSender, GivesTheStatusOfTheAnswer) {
  EXPECT_EQ(post("127.0.0.1", "/echo").value(), 201);
  EXPECT_EQ(post("localhost", "/echo").value(), 201);
  EXPECT_EQ(post("localhost", "/echo", "else").value(), 500);
}

// An endpoint may be older than the setting.
TEST_F(WebhookSender, SendsNothingInPlainTextUnlessAllowed) {
  config_.allow_plain_http = false;
  const auto answer = post("127.0.0.1", "/echo");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("allow_plain_http"), std::string::npos);
  EXPECT_EQ(server_.metric("souk_http_connections_accepted_total"), 0);
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

// Only the first address was tried: a name with an unreachable address got no deliveries.
TEST_F(WebhookSender, TriesOneAddressAfterTheOther) {
  resolve_to({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
  EXPECT_EQ(post("hooks.example", "/echo").value(), 201);
}

TEST_F(WebhookSender, AnAddressThatIsSilentLeavesTimeForTheNext) {
  const SilentListener silent("127.0.0.2", server_.port());
  resolve_to({"127.0.0.2", "127.0.0.1"});
  config_.connect_timeout = 400ms;
  EXPECT_EQ(post("hooks.example", "/echo").value(), 201);
}

TEST_F(WebhookSender, TriesNoPrivateAddressBesidePublicOnes) {
  config_.allow_private_addresses = false;
  config_.connect_timeout = 100ms;
  resolve_to({"127.0.0.1", "2d00::1", "::ffff:127.0.0.1"});  // an unassigned network
  const auto answer = post("hooks.example", "/echo");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("2d00::1"), std::string::npos) << answer.error().detail;
  EXPECT_EQ(server_.metric("souk_http_connections_accepted_total"), 0);
}

TEST_F(WebhookSender, SaysWhichNameHasNoAddress) {
  const auto answer = post("nobody.invalid", "/echo");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("nobody.invalid"), std::string::npos);
}

}  // namespace
}  // namespace souk::webhooks
