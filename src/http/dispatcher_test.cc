#include "http/dispatcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/encoding.h"
#include "http/coding/decoder.h"
#include "http/coding/encoder.h"
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

constexpr std::string_view kRow = R"({"name":"Lamp"},)";

std::string rows(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += kRow;
  return text;
}

template <std::size_t kBytes>
runtime::Task<Response> answer_rows(runtime::Context&, const Request&) {
  Buffer body;
  body.append(rows(kBytes));
  auto response = json(200, std::move(body));
  response.etag = "\"1\"";
  co_return response;
}

runtime::Task<Response> answer_image(runtime::Context&, const Request&) {
  co_return Response{.content_type = "image/png", .body = Body(rows(4096))};
}

runtime::Task<Response> echo(runtime::Context&, const Request& request) {
  co_return text(200, std::string(request.body));
}

std::string decoded(ContentCoding coding, std::string_view coded) {
  Buffer out;
  EXPECT_EQ(Decoder::make(coding)->decode(coded, out, 1 << 24), Decoder::Status::kEnded);
  EXPECT_EQ(coded, "");
  return std::string(out.view());
}

std::string encoded(ContentCoding coding, std::string_view text) {
  Buffer out;
  const auto encoder = Encoder::make(coding, CodingConfig().live);
  encoder->write(text, out);
  encoder->finish(out);
  return std::string(out.view());
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
            .proxy_warnings = proxy_warnings_,
            .traces = traces_ ? &*traces_ : nullptr};
  }

  // The traces that are kept of one GET of a route.
  std::vector<telemetry::TracePtr> traces_of(const ServerConfig& config,
                                             telemetry::TracingConfig tracing, Handler handler) {
    traces_.emplace(std::move(tracing), registry_);
    Router router;
    router.add({.path = "/things/{id}", .handler = std::move(handler)});
    Dispatcher dispatcher(config, std::move(router), hooks_, environment());
    exchange_.request.method = Method::kGet;
    exchange_.request.path = "/things/7";
    runtime::Loop loop;
    loop.run_until_done(dispatcher.respond(exchange_));
    auto kept = traces_->latest();
    std::ranges::copy(traces_->take(10), std::back_inserter(kept));
    return kept;
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

  // What a response says of other ways to the host; empty: nothing.
  std::string alternative_of(const ServerConfig& config) {
    Router router;
    router.add({.method = Method::kGet, .path = "/", .handler = answer_well});
    Dispatcher dispatcher(config, std::move(router), hooks_, environment());
    exchange_.request = {.path = "/"};
    exchange_.request.peer.secure = secure_;
    exchange_.body.begin_empty();
    runtime::Loop loop;
    loop.run_until_done(dispatcher.respond(exchange_));
    return std::string(exchange_.response.common->fields().find("Alt-Svc").value_or(""));
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

  // The response to one GET that asks for these codings.
  const Response& response_to(Route route, std::string_view accept_encoding,
                              std::string_view if_none_match = {}) {
    route.path = "/";
    Router router;
    router.add(std::move(route));
    dispatcher_.emplace(config_, std::move(router), hooks_, environment());
    exchange_.request = {.path = "/"};
    exchange_.request.headers.add("Accept-Encoding", accept_encoding);
    if (!if_none_match.empty()) exchange_.request.headers.add("If-None-Match", if_none_match);
    exchange_.body.begin_empty();
    runtime::Loop loop;
    loop.run_until_done(dispatcher_->respond(exchange_));
    return exchange_.response;
  }

  // The response to a POST of this body to a route that counts its bytes.
  const Response& response_to_body(std::string_view body, std::string_view coding) {
    Router router;
    router.add({.method = Method::kPost, .path = "/", .handler = &echo, .takes = Takes::kBody});
    dispatcher_.emplace(config_, std::move(router), hooks_, environment());
    exchange_.request = {.method = Method::kPost, .path = "/"};
    if (!coding.empty()) exchange_.request.headers.add("content-encoding", coding);
    exchange_.body.recycle();
    exchange_.body.begin(body.size());
    exchange_.body.end_whole(body);
    runtime::Loop loop;
    loop.run_until_done(dispatcher_->respond(exchange_));
    return exchange_.response;
  }

  std::array<int, 2> pipe_{};
  const SystemClock clock_;
  SystemRandom random_;
  telemetry::Registry registry_;
  std::optional<telemetry::Log> log_;
  std::optional<telemetry::Traces> traces_;
  NoHooks hooks_;
  ProxyWarnings proxy_warnings_;
  ServerConfig config_;
  std::optional<Dispatcher> dispatcher_;
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

TEST_F(DispatcherTest, ClientsLearnOfHttp3OverTlsOnly) {
  EXPECT_EQ(alternative_of({.http3_port = 8443}), "");
  secure_ = true;
  EXPECT_EQ(alternative_of({.http3_port = 8443}), "h3=\":8443\"; ma=86400");
  EXPECT_EQ(alternative_of({}), "");
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

const ServerConfig kNoRequestIsFast{.slow_request = -1us};
const telemetry::TracingConfig kNoneSampled{.sampled = 0};

runtime::Task<Response> answer_with_a_span(runtime::Context& context, const Request&) {
  {
    OpenSpan span(context.spans, SpanKind::kStatement, "find");
    span.succeeded(1);
  }
  co_return no_content();
}

TEST_F(DispatcherTest, ASlowRequestIsKeptWithWhatItsHandlerDid) {
  exchange_.request.headers.add("traceparent",
                                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  const auto kept = traces_of(kNoRequestIsFast, kNoneSampled, &answer_with_a_span);
  ASSERT_EQ(kept.size(), 1u);
  const auto& trace = *kept.front();
  EXPECT_EQ(trace.kept, telemetry::TraceKept::kSlow);
  EXPECT_EQ(trace.name, "GET /things/{id}") << "the route, never the path";
  EXPECT_EQ(trace.status, 204);
  EXPECT_EQ(trace.id, exchange_.request.ids.request);
  EXPECT_EQ(to_hex(trace.context.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(to_hex(trace.parent), "00f067aa0ba902b7");
  ASSERT_EQ(trace.spans.size(), 2u);
  EXPECT_EQ(trace.spans[0].kind, SpanKind::kHandler);
  EXPECT_EQ(trace.spans[1].name, "find");
  EXPECT_EQ(trace.spans[1].parent, 0);
}

TEST_F(DispatcherTest, AFailedRequestIsKeptAndAnUsualOneIsNot) {
  const ServerConfig patient{.slow_request = 1h};
  const auto kept = traces_of(patient, kNoneSampled, &fail);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept.front()->kept, telemetry::TraceKept::kFailed);
  EXPECT_TRUE(traces_of(patient, kNoneSampled, &answer_well).empty());
  EXPECT_TRUE(exchange_.spans.recorded().empty());
}

TEST_F(DispatcherTest, ASampledRequestIsKeptForTheCollectorAndMarkedForWhatFollows) {
  const auto kept =
      traces_of({.slow_request = 1h}, {.sampled = 1, .endpoint = "http://c:4318"}, &answer_well);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept.front()->kept, telemetry::TraceKept::kSampled);
  EXPECT_TRUE(exchange_.request.ids.trace.is_sampled());
}

TEST_F(DispatcherTest, TurnedOffItKeepsNothingAndPassesACallersTraceOn) {
  constexpr std::string_view kCaller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  exchange_.request.headers.add("traceparent", kCaller);
  EXPECT_TRUE(traces_of(kNoRequestIsFast, {.enabled = false}, &fail).empty());
  EXPECT_EQ(exchange_.spans.traceparent(), kCaller);
}

TEST_F(DispatcherTest, ALatencysBucketHasTheTraceOfAKeptRequestAsItsExemplar) {
  const auto kept = traces_of(kNoRequestIsFast, kNoneSampled, &answer_well);
  ASSERT_EQ(kept.size(), 1u);
  Buffer metrics;
  registry_.render(metrics, telemetry::MetricFormat::kOpenMetrics);
  EXPECT_THAT(metrics.view(),
              HasSubstr("# {trace_id=\"" + to_hex(kept.front()->context.trace_id) + "\"}"));
}

TEST_F(DispatcherTest, TheDeadlineCountsFromWhenTheRequestWasHandedOut) {
  exchange_.arrived -= 1h;
  log_of_one_request({.request_deadline = 5s}, 2);
  EXPECT_EQ(exchange_.context.deadline, exchange_.begun + 5s);
}

TEST_F(DispatcherTest, ABodyIsSentInTheCodingThatTheClientPrefers) {
  const auto& response = response_to({.handler = &answer_rows<4096>}, "gzip;q=0.5, zstd");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.find("content-encoding"), "zstd");
  EXPECT_EQ(response.headers.find("vary"), "Accept-Encoding");
  EXPECT_EQ(response.etag, "\"1-zstd\"");
  EXPECT_EQ(decoded(ContentCoding::kZstd, response.body.bytes()), rows(4096));
  EXPECT_EQ(response_to({.handler = &answer_rows<4096>}, "br").headers.find("content-encoding"),
            "br");
  EXPECT_EQ(response_to({.handler = &answer_rows<4096>}, "gzip, deflate, br, zstd")
                .headers.find("content-encoding"),
            "zstd")
      << "the fastest among equals";
  const auto& plain = response_to({.handler = &answer_rows<4096>}, "");
  EXPECT_EQ(plain.headers.find("content-encoding"), std::nullopt);
  EXPECT_EQ(plain.headers.find("vary"), "Accept-Encoding");
  EXPECT_EQ(plain.etag, "\"1\"");
}

TEST_F(DispatcherTest, SmallBodiesAndThoseOfCompressedTypesAreSentAsTheyAre) {
  for (const auto handler : {&answer_rows<400>, &answer_image}) {
    const auto& response = response_to({.handler = handler}, "gzip, br, zstd");
    EXPECT_EQ(response.headers.find("content-encoding"), std::nullopt);
    EXPECT_EQ(response.headers.find("vary"), std::nullopt) << "it depends on nothing";
  }
}

TEST_F(DispatcherTest, WhatHoldsSecretsIsNeverCompressed) {
  const auto& response =
      response_to({.handler = &answer_rows<4096>, .holds_secrets = true}, "gzip, br, zstd");
  EXPECT_EQ(response.headers.find("content-encoding"), std::nullopt);
  EXPECT_EQ(response.body.bytes(), rows(4096));
}

TEST_F(DispatcherTest, ALargeBodyIsCompressedWhileItIsSent) {
  constexpr std::size_t kLarge = 100'000;
  for (const auto coding : {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    const auto& response = response_to({.handler = &answer_rows<kLarge>}, coding_name(coding));
    ASSERT_NE(response.body.stream(), nullptr);
    EXPECT_EQ(response.body.size(), std::nullopt);
    Buffer all;
    Buffer piece;
    runtime::Loop loop;
    while (loop.run_until_done(response.body.stream()->next(piece))) {
      all.append(piece.view());
      piece.clear();
    }
    EXPECT_TRUE(decoded(coding, all.view()) == rows(kLarge)) << coding_name(coding);
    exchange_.response = {};
  }
}

TEST_F(DispatcherTest, ABoundedNumberOfBodiesIsCompressedWhileTheyAreSent) {
  const Router router;
  Metrics metrics(registry_, router);
  ResponseCoder coder(config_.coding, metrics);
  exchange_.request.headers.add("Accept-Encoding", "zstd");
  const auto respond = [&] {
    auto response = json(200, std::make_shared<const std::string>(rows(100'000)));
    coder.code(exchange_.request, {}, response);
    return response;
  };
  std::vector<Response> sending;
  while (sending.size() < ResponseCoder::kMaxEncoders) {
    sending.push_back(respond());
    ASSERT_NE(sending.back().body.stream(), nullptr);
  }
  const auto plain = respond();
  EXPECT_EQ(plain.headers.find("content-encoding"), std::nullopt);
  EXPECT_EQ(plain.body.size(), rows(100'000).size());
  sending.pop_back();
  EXPECT_EQ(respond().headers.find("content-encoding"), "zstd");
}

TEST_F(DispatcherTest, WhoHasTheContentInAnyCodingIsToldSo) {
  for (const auto* const tag : {"\"1\"", "\"1-gzip\"", "\"1-br\""}) {
    const auto& response = response_to({.handler = &answer_rows<4096>}, "gzip", tag);
    EXPECT_EQ(response.status, 304) << tag;
    EXPECT_EQ(response.etag, tag);
    EXPECT_EQ(response.headers.find("content-encoding"), std::nullopt);
  }
  EXPECT_EQ(response_to({.handler = &answer_rows<4096>}, "gzip", "\"2-gzip\"").status, 200);
}

TEST_F(DispatcherTest, ACodedRequestBodyReachesItsHandlerDecoded) {
  const auto body = rows(4096);
  for (const auto coding : {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    const auto& response = response_to_body(encoded(coding, body), coding_name(coding));
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.body.bytes() == body) << coding_name(coding);
  }
  EXPECT_EQ(response_to_body(body, "identity").body.bytes(), body);
  EXPECT_EQ(response_to_body(encoded(ContentCoding::kGzip, body), "identity, X-GZIP").status, 200);
}

TEST_F(DispatcherTest, ABodyThatInflatesBeyondTheLimitIsRefused) {
  config_.max_body_bytes = 100'000;
  for (const auto coding : {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    EXPECT_EQ(response_to_body(encoded(coding, rows(99'000)), coding_name(coding)).status, 200);
    const auto bomb = encoded(coding, std::string(10'000'000, ' '));
    ASSERT_LT(bomb.size(), config_.max_body_bytes);
    EXPECT_EQ(response_to_body(bomb, coding_name(coding)).status, 413) << coding_name(coding);
  }
}

TEST_F(DispatcherTest, ACodingThatIsNotReadIsRefusedWithThoseThatAre) {
  for (const auto* const coding : {"deflate", "compress", "gzip, gzip", "br, gzip", "gzip;q=1"}) {
    const auto& response = response_to_body("body", coding);
    EXPECT_EQ(response.status, 415) << coding;
    EXPECT_EQ(response.headers.find("accept-encoding"), "gzip, br, zstd");
  }
  EXPECT_EQ(response_to_body("", "deflate").status, 200) << "there is nothing to decode";
}

TEST_F(DispatcherTest, ABodyThatIsCutOrGoesOnAfterItsEndIsMalformed) {
  for (const auto coding : {ContentCoding::kGzip, ContentCoding::kBrotli, ContentCoding::kZstd}) {
    const auto whole = encoded(coding, rows(4096));
    for (const auto& body :
         {whole.substr(0, whole.size() - 1), whole + "x", whole + whole, std::string("{}  ")}) {
      EXPECT_EQ(response_to_body(body, coding_name(coding)).status, 400) << coding_name(coding);
    }
  }
}

class Told final : public Observer {
 public:
  std::vector<std::string> requests;

 private:
  void answered(const Request& request, const Route& route, int status, Duration took,
                Time now) override {
    EXPECT_GE(took, 0ns);
    EXPECT_LE(now, std::chrono::steady_clock::now());
    requests.push_back(fmt::format("{} {} {}", request.path, route.path, status));
  }
};

TEST_F(DispatcherTest, AnObserverIsToldOfEachRequestOfARouteThatHasCredentials) {
  Router router;
  router.add({.path = "/things/{id}", .handler = answer_well});
  router.add({.path = "/own", .handler = answer_well, .access = Access{1}});
  Told told;
  auto its = environment();
  its.observer = &told;
  hooks_.refuses = true;
  const ServerConfig config;
  Dispatcher dispatcher(config, std::move(router), hooks_, its);
  runtime::Loop loop;
  const auto ask = [&](const char* path, const char* field) {
    exchange_.request.method = Method::kGet;
    exchange_.request.path = path;
    exchange_.request.headers.clear();
    exchange_.request.headers.add("accept", "*/*");
    exchange_.request.headers.add(field, "Bearer token");
    loop.run_until_done(dispatcher.respond(exchange_));
  };
  for (const auto* path : {"/things/7", "/own", "/nothing"}) ask(path, "authorization");
  ask("/things/8", "accept-ranges");  // as long, and begins with the same letter
  ask("/things/9", "AUTHORIZATION");
  EXPECT_THAT(told.requests, testing::ElementsAre("/things/7 /things/{id} 204", "/own /own 401",
                                                  "/things/9 /things/{id} 204"));
}

}  // namespace
}  // namespace souk::http
