#include "http/dispatcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "http/problem.h"
#include "runtime/loop.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class NoHooks final : public Hooks {
 public:
  bool refuses = false;

 private:
  runtime::Task<std::optional<Response>> admit(runtime::Context&, Request&, const Route&) override {
    if (refuses) co_return problem(ErrorCode::kUnauthenticated, "who are you?");
    co_return std::nullopt;
  }
  Response on_exception(const Request&, const std::exception_ptr&) override {
    return problem(ErrorCode::kInternal, "failed");
  }
};

runtime::Task<Response> answer(runtime::Context& context) {
  context.statements = 2;
  co_return no_content();
}

const PreparedHeaders kPublicMinute{{"Cache-Control", "public, max-age=60"}};
constexpr std::string_view kNeverStore = "no-store";
constexpr std::string_view kRevalidate = "no-cache";

runtime::Task<Response> answer_well(runtime::Context&, const Request&) { co_return no_content(); }

runtime::Task<Response> answer_as_public(runtime::Context&, const Request&) {
  co_return Response{.status = 204, .caching = &kPublicMinute};
}

runtime::Task<Response> fail(runtime::Context&, const Request&) {
  throw std::runtime_error("as told");
  co_return no_content();
}

runtime::Task<Response> count(int& calls) {
  ++calls;
  co_return no_content();
}

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() {
    EXPECT_EQ(::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK), 0);
    log_.emplace(telemetry::LogLevel::kWarning, pipe_[1], clock_, registry_);
    exchange_.arrived = exchange_.begun = std::chrono::steady_clock::now();
  }
  ~DispatcherTest() override {
    log_.reset();
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }

  Dispatcher::Environment environment() {
    return {.clock = clock_,
            .random = random_,
            .registry = registry_,
            .log = *log_,
            .proxy_warnings = proxy_warnings_};
  }

  // The response's Cache-Control field.
  std::string caching_of(Method method, Access access,
                         runtime::Task<Response> (*handler)(runtime::Context&, const Request&)) {
    Router router;
    router.add({.method = method, .path = "/", .handler = handler, .access = access});
    const ServerConfig config;
    Dispatcher dispatcher(config, std::move(router), hooks_, environment());
    exchange_.request.method = method;
    exchange_.request.path = "/";
    runtime::Loop loop;
    loop.run_until_done(dispatcher.respond(exchange_));
    const auto& response = exchange_.response;
    return std::string(response.caching->fields().find("cache-control").value());
  }

  // The log of one GET of a route that runs two statements.
  std::string log_of_one_request(const ServerConfig& config, std::uint32_t budget) {
    Router router;
    router.add(
        {.method = Method::kGet,
         .path = "/items/{id}",
         .handler = [](runtime::Context& context, const Request&) { return answer(context); },
         .name = {},
         .statement_budget = budget});
    Dispatcher dispatcher(config, std::move(router), hooks_, environment());
    exchange_.request.path = "/items/secret-id";
    exchange_.request.peer = dispatcher.peer(address_);
    runtime::Loop loop;
    loop.run_until_done(dispatcher.respond(exchange_));
    log_->flush();
    std::array<char, 4096> bytes{};
    const auto n = ::read(pipe_[0], bytes.data(), bytes.size());
    return n > 0 ? std::string(bytes.data(), static_cast<std::size_t>(n)) : "";
  }

  // The Location of a request in plain text; or the status, if it is no redirect.
  std::string redirect_of(std::uint16_t port, std::string_view authority, Route route = {}) {
    route.path = "/items";
    route.handler = &answer_well;
    Router router;
    router.add(std::move(route));
    const ServerConfig config{.redirect_port = port};
    Dispatcher dispatcher(config, std::move(router), hooks_, environment());
    exchange_.request = {
        .target = "/items?a=%20b", .path = "/items", .query = "a=%20b", .authority = authority};
    exchange_.request.peer.secure = secure_;
    exchange_.body.begin_empty();
    runtime::Loop loop;
    loop.run_until_done(dispatcher.respond(exchange_));
    const auto& response = exchange_.response;
    if (response.status != 308) return std::to_string(response.status);
    return std::string(response.headers.find("Location").value());
  }

  int status_of_one_request(Route route, std::string_view query, std::string_view body) {
    route.method = Method::kPost;
    route.path = "/items";
    route.handler = [this](runtime::Context&, const Request&) { return count(calls_); };
    Router router;
    router.add(std::move(route));
    const ServerConfig config;
    Dispatcher dispatcher(config, std::move(router), hooks_, environment());
    exchange_.request = {.method = Method::kPost, .path = "/items", .query = query};
    exchange_.body.begin_empty();
    exchange_.body.end_whole(body);
    runtime::Loop loop;
    loop.run_until_done(dispatcher.respond(exchange_));
    return exchange_.response.status;
  }

  std::array<int, 2> pipe_{};
  const SystemClock clock_;
  SystemRandom random_;
  telemetry::Registry registry_;
  std::optional<telemetry::Log> log_;
  NoHooks hooks_;
  ProxyWarnings proxy_warnings_;
  Exchange exchange_;
  IpAddress address_;
  int calls_ = 0;
  bool secure_ = false;
};

TEST_F(DispatcherTest, PlainTextIsRedirectedToTheSameHostAndTarget) {
  EXPECT_EQ(redirect_of(443, "shop.example"), "https://shop.example/items?a=%20b");
  EXPECT_EQ(redirect_of(443, "shop.example:80"), "https://shop.example/items?a=%20b");
  EXPECT_EQ(redirect_of(8443, "shop.example:8080"), "https://shop.example:8443/items?a=%20b");
  EXPECT_EQ(redirect_of(8443, "[::1]"), "https://[::1]:8443/items?a=%20b");
  EXPECT_EQ(redirect_of(8443, "[::1]:8080"), "https://[::1]:8443/items?a=%20b");
  EXPECT_EQ(redirect_of(443, ""), "400");
}

TEST_F(DispatcherTest, ProbesAndTlsAreNotRedirected) {
  EXPECT_EQ(redirect_of(443, "shop.example", {.priority = Priority::kOperator}).find("https://"),
            std::string::npos);
  secure_ = true;
  EXPECT_EQ(redirect_of(443, "shop.example").find("https://"), std::string::npos);
  secure_ = false;
  EXPECT_EQ(redirect_of(0, "shop.example").find("https://"), std::string::npos);
}

// Refusals and failures on a private route could be stored by any cache: only successful handlers
// set no-store.
TEST_F(DispatcherTest, NothingOfAPrivateRouteIsKeptWhateverHappens) {
  for (const auto access : {Access{1}, Access{2}}) {
    EXPECT_EQ(caching_of(Method::kGet, access, &answer_well), kNeverStore);
    EXPECT_EQ(caching_of(Method::kGet, access, &answer_as_public), kNeverStore);
    EXPECT_EQ(caching_of(Method::kGet, access, &fail), kNeverStore);
    hooks_.refuses = true;
    EXPECT_EQ(caching_of(Method::kGet, access, &answer_well), kNeverStore);
    hooks_.refuses = false;
  }
  EXPECT_EQ(caching_of(Method::kPost, Access::kEverybody, &answer_well), kNeverStore);
}

TEST_F(DispatcherTest, WhatEverybodySeesIsAskedAboutUnlessTheHandlerSaysMore) {
  EXPECT_EQ(caching_of(Method::kGet, Access::kEverybody, &answer_well), kRevalidate);
  EXPECT_EQ(caching_of(Method::kGet, Access::kEverybody, &fail), kRevalidate);
  EXPECT_EQ(caching_of(Method::kGet, Access::kEverybody, &answer_as_public), "public, max-age=60");
}

TEST_F(DispatcherTest, ARequestWithMoreThanItsRouteTakesIsRefusedBeforeTheHandler) {
  const auto status = [this](std::string_view query, std::string_view body) {
    return status_of_one_request({.takes = Takes::kNothing, .query = {"limit", "cursor"}}, query,
                                 body);
  };
  EXPECT_EQ(status("", ""), 204);
  EXPECT_EQ(status("limit=1&cursor=x", ""), 204);
  EXPECT_EQ(status("limit=1&offset=2", ""), 422);
  EXPECT_EQ(status("limit=1&limit=1", ""), 400);
  EXPECT_EQ(status("limit=%", ""), 400);
  EXPECT_EQ(status("", R"({"amount":1})"), 400);
  EXPECT_EQ(status("", "{not json"), 400);
  EXPECT_EQ(status("", "null"), 400);
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(status("", " {\r\n} "), 204) << "an empty object says nothing";
}

TEST_F(DispatcherTest, ARouteThatTakesABodyGetsIt) {
  EXPECT_EQ(status_of_one_request({.takes = Takes::kBody}, "", "{not json"), 204);
}

TEST_F(DispatcherTest, ASlowRequestIsLoggedByRouteWithItsCause) {
  const auto log = log_of_one_request({.slow_request = 0us}, 2);
  EXPECT_THAT(log, HasSubstr(R"("event":"slow_request")"));
  EXPECT_THAT(log, HasSubstr(R"("route":"/items/{id}")"));
  EXPECT_THAT(log, HasSubstr(R"("statements":2)"));
  EXPECT_THAT(log, HasSubstr(exchange_.request.ids.request.to_string()));
  EXPECT_THAT(log, Not(HasSubstr("secret-id")));
}

TEST_F(DispatcherTest, AnOrdinaryRequestIsNotLogged) {
  EXPECT_THAT(log_of_one_request({}, 2), IsEmpty());
}

TEST_F(DispatcherTest, LatencyCountsFromTheFirstByteAndIsNotSlowByTheClientsFault) {
  exchange_.arrived -= 1h;
  EXPECT_THAT(log_of_one_request({}, 2), IsEmpty());
  Buffer metrics;
  registry_.render(metrics);
  constexpr std::string_view kSum =
      R"(souk_http_request_duration_seconds_sum{method="GET",route="/items/{id}",priority="browse"} )";
  const auto at = metrics.view().find(kSum);
  ASSERT_NE(at, std::string_view::npos);
  EXPECT_THAT(metrics.view().substr(at + kSum.size()), StartsWith("360"));
}

// A proxy on this host that was missing from the settings switched off every per-client limit, and
// nothing was logged.
TEST_F(DispatcherTest, APeerThatNamesClientsAndIsNotTrustedIsCountedAndLoggedOnce) {
  const auto log_of = [this](std::string_view peer, std::string_view field) {
    address_ = IpAddress::parse(peer).value();
    exchange_.request.headers.clear();
    exchange_.request.headers.add(field, "203.0.113.7");
    // By a new dispatcher each time, as each worker has its own.
    return log_of_one_request({.trusted_proxies = {"10.0.0.1"}}, 2);
  };
  EXPECT_THAT(log_of("10.0.0.1", "X-Forwarded-For"), IsEmpty());
  EXPECT_THAT(log_of("127.0.0.1", "Accept"), IsEmpty());
  const auto limited = log_of("198.51.100.1", "x-forwarded-for");
  EXPECT_THAT(limited, HasSubstr(R"("event":"proxy_not_trusted","peer":"198.51.100.1")"));
  EXPECT_THAT(log_of("198.51.100.2", "X-Forwarded-For"), IsEmpty());
  const auto unlimited = log_of("127.0.0.1", "Forwarded");
  EXPECT_THAT(unlimited, HasSubstr(R"("peer":"127.0.0.1","setting":"http.trusted_proxies")"));
  EXPECT_THAT(log_of("127.0.0.1", "X-Forwarded-For"), IsEmpty());
  EXPECT_THAT(log_of("::1", "X-Forwarded-For"), IsEmpty());

  Buffer metrics;
  registry_.render(metrics);
  constexpr std::string_view kSeries = "souk_http_untrusted_proxies_total{peer=\"";
  EXPECT_THAT(metrics.view(), HasSubstr(std::string(kSeries) + "limited\"} 2\n"));
  EXPECT_THAT(metrics.view(), HasSubstr(std::string(kSeries) + "unlimited\"} 3\n"));
}

TEST_F(DispatcherTest, MoreStatementsThanTheRouteStatesAreLogged) {
  EXPECT_THAT(log_of_one_request({}, 1), HasSubstr(R"("event":"over_statement_budget")"));
}

TEST_F(DispatcherTest, ATraceThatTheCallerBeganIsJoined) {
  exchange_.request.headers.add("traceparent",
                                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_THAT(log_of_one_request({}, 1),
              HasSubstr(R"("traceId":"4bf92f3577b34da6a3ce929d0e0e4736")"));
}

TEST_F(DispatcherTest, TheDeadlineCountsFromWhenTheRequestWasHandedOut) {
  exchange_.arrived -= 1h;
  log_of_one_request({.request_deadline = 5s}, 2);
  EXPECT_EQ(exchange_.context.deadline, exchange_.begun + 5s);
}

}  // namespace
}  // namespace souk::http
