#include "http/request_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <optional>

#include "base/clock.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RequestLogTest : public ::testing::Test {
 protected:
  RequestLogTest() {
    EXPECT_EQ(::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK), 0);
    log_.emplace(telemetry::LogLevel::kInfo, pipe_[1], clock_, registry_);
    exchange_.begun = std::chrono::steady_clock::time_point(1h);
    exchange_.request.path = "/items/7";
    exchange_.request.query = "token=topsecret";
  }
  ~RequestLogTest() override {
    log_.reset();
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }

  std::string said() {
    log_->flush();
    std::array<char, 65536> bytes{};
    const auto n = ::read(pipe_[0], bytes.data(), bytes.size());
    return n > 0 ? std::string(bytes.data(), static_cast<std::size_t>(n)) : "";
  }
  static std::ptrdiff_t lines(std::string_view text) { return std::ranges::count(text, '\n'); }
  RequestLog request_log(const ServerConfig& config) { return {config, *log_, registry_}; }

  std::array<int, 2> pipe_{};
  SystemClock clock_;
  telemetry::Registry registry_;
  std::optional<telemetry::Log> log_;
  Exchange exchange_;
};

TEST_F(RequestLogTest, TheAccessLogHasPathClientAndUserButNoQuery) {
  const ServerConfig config{.access_log = 1};
  auto log = request_log(config);
  const auto user = Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
  exchange_.request.peer.address = IpAddress::parse("198.51.100.1").value();
  exchange_.request.client = ClientNetwork(IpAddress::parse("203.0.113.7").value());
  exchange_.request.principal = Principal{.id = user};
  exchange_.context.statements = 2;
  exchange_.response.body = Body(std::string("12345"));
  log.answered(exchange_, 200, 20ms);
  const auto line = said();
  for (const std::string field :
       {R"("event":"request")", R"("method":"GET")", R"("path":"/items/7")",
        R"("route":"unmatched")", R"("status":200)", R"("durationMs":20)", R"("bytes":5)",
        R"("statements":2)", R"("client":"203.0.113.7")", R"("requestId":)",
        R"("user":"01890a5d-ac96-774b-bcce-b302099a8057")"}) {
    EXPECT_THAT(line, HasSubstr(field));
  }
  EXPECT_THAT(line, Not(HasSubstr("topsecret")));
  const std::string path(kLoggedPathBytesMax + 1, 'x');
  exchange_.request.path = path;
  log.refused(exchange_, 503);
  const auto refused = said();
  EXPECT_THAT(refused, HasSubstr(R"("status":503)"));
  EXPECT_THAT(refused, HasSubstr('"' + path.substr(1) + '"'));
}

TEST_F(RequestLogTest, WithoutAnAccessLogOrdinaryRequestsAreNotLogged) {
  const ServerConfig config;
  auto log = request_log(config);
  log.answered(exchange_, 500, config.slow_request);
  log.refused(exchange_, 503);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(RequestLogTest, AllNodesLogTheSameShareOfTheTraces) {
  const ServerConfig config{.access_log = 4};
  auto log = request_log(config);
  auto other = request_log(config);
  for (std::uint8_t trace = 0; trace < 100; ++trace) {
    exchange_.request.ids.trace.trace_id = {1, 2, 3, 4, 5, 6, 7, 8, trace};
    log.answered(exchange_, 200, 1ms);
    const auto line = said();
    other.answered(exchange_, 200, 1ms);
    EXPECT_EQ(lines(line), lines(said()));
    EXPECT_EQ(lines(line), trace % 4 == 0 ? 1 : 0);
  }
}

TEST_F(RequestLogTest, ManySlowRequestsAreAFewLinesAndANumber) {
  const ServerConfig config;
  auto log = request_log(config);
  for (int i = 0; i < 25; ++i) log.answered(exchange_, 200, config.slow_request + 1us);
  EXPECT_EQ(lines(said()), kWarningsPerSecondMax);
  // Warnings of another kind are not left out for it.
  log.over_statement_budget(exchange_, 200, 1ms);
  EXPECT_THAT(said(), HasSubstr(R"("event":"over_statement_budget")"));
  Buffer metrics;
  registry_.render(metrics);
  EXPECT_THAT(metrics.view(),
              HasSubstr(R"(souk_http_warnings_left_out_total{event="slow_request"} 15)"));
  exchange_.begun += 1s;
  log.answered(exchange_, 200, config.slow_request + 1us);
  EXPECT_THAT(said(), HasSubstr(R"("leftOut":15)"));
  log.answered(exchange_, 200, config.slow_request + 1us);
  EXPECT_THAT(said(), HasSubstr(R"("leftOut":0)"));
}

}  // namespace
}  // namespace souk::http
