#include "loadtest/driver.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "loadtest/test_shop.h"

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

const Catalogue kCatalogue{
    .products = {"p1", "p2"}, .categories = {}, .prices = {}, .search_words = {}};

const Scenario& normal_load() {
  static const Scenario kScenario = load_scenario("normal_load").value();
  return kScenario;
}

struct Drive {
  Recorder recorder{normal_load().endpoints.size()};
  Recorder warm_up{normal_load().endpoints.size()};
  std::vector<Acknowledged> acknowledged;
  std::chrono::nanoseconds took{};

  std::uint64_t errors(ErrorKind kind) const {
    return recorder.overall().errors[static_cast<std::size_t>(kind)].get();
  }
  std::uint64_t requests() const { return recorder.overall().requests.get(); }
};

// A plan of the closed model, with the think time that its scenario would have.
struct TestPlan : Plan {
  std::chrono::nanoseconds think_time = 5ms;

  TestPlan& lasts(std::chrono::nanoseconds duration) {
    shape = LoadShape::ramp_and_hold(static_cast<double>(users), 0s, duration);
    return *this;
  }
};

void drive(const std::string& url, const TestPlan& plan, Drive& drive,
           const LedgerFile* ledger = nullptr, bool stopped = false) {
  const auto target = http::parse_target(url).value();
  auto scenario = normal_load();
  scenario.think_time = plan.think_time;
  const Workload workload(scenario, kCatalogue, {"token"}, target.host, 42, 1);
  const std::atomic<bool> stop = stopped;
  const Run run{target, workload, plan, ledger, std::chrono::steady_clock::now(), stop};
  Recording recording(scenario.endpoints.size());
  Driver driver(run, 0, recording);
  driver.run();
  drive.recorder = recording.measured;
  drive.warm_up = recording.warm_up;
  drive.took = std::chrono::steady_clock::now() - run.start;
  drive.acknowledged = driver.acknowledged();
}

// A server that answers every request with the same, possibly invalid, bytes.
class FaultyServer {
 public:
  enum class Manner { kHangsUp, kResets, kStaysSilent, kTalksNonsense, kNeverListens };

  explicit FaultyServer(Manner manner) : manner_(manner), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::bad_alloc();
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    if (manner == Manner::kNeverListens) return;
    ::listen(fd_, 128);
    thread_ = std::thread([this] { serve(); });
  }
  ~FaultyServer() {
    ::shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    for (const int client : clients_) ::close(client);
    ::close(fd_);
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  void serve() {
    for (int client = 0; (client = ::accept(fd_, nullptr, nullptr)) >= 0;) {
      if (manner_ == Manner::kStaysSilent) {
        clients_.push_back(client);
        continue;
      }
      std::array<char, 4096> request;
      [[maybe_unused]] const auto n = ::recv(client, request.data(), request.size(), 0);
      if (manner_ == Manner::kTalksNonsense) ::send(client, "220 smtp ready\r\n", 16, MSG_NOSIGNAL);
      const linger cut{.l_onoff = 1, .l_linger = 0};
      if (manner_ == Manner::kResets) {
        ::setsockopt(client, SOL_SOCKET, SO_LINGER, &cut, sizeof(cut));
      }
      ::close(client);
    }
  }

  Manner manner_;
  int fd_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::vector<int> clients_;
};

TestPlan short_run(std::size_t users = 5) {
  TestPlan plan;
  plan.users = users;
  plan.request_timeout = 10s;
  return plan.lasts(300ms);
}

TEST(Driver, EveryRequestOfAHealthyShopIsAnsweredAndCounted) {
  TestShop shop;
  Drive result;
  drive(shop.url(), short_run(), result);
  const auto overall = result.recorder.overall();
  EXPECT_GE(overall.requests.get(), 5u);
  EXPECT_EQ(overall.answers(), overall.requests.get());
  EXPECT_EQ(overall.latency.count(), overall.requests.get());
  EXPECT_EQ(overall.error_count(), 0u);
  EXPECT_EQ(result.recorder.users.get(), 5u);
  EXPECT_EQ(result.recorder.connects.count(), 5u) << "one connection per user, kept alive";
  EXPECT_EQ(overall.statuses[200].get() + overall.statuses[201].get(), overall.requests.get());
}

TestPlan over_http2(TestPlan plan, std::size_t streams) {
  plan.protocol = Protocol::kHttp2;
  plan.streams = streams;
  return plan;
}

TEST(Driver, UsersShareConnectionsOfHttp2) {
  TestShop shop;
  const auto plan = over_http2(short_run(25), 10);
  Drive result;
  drive(shop.url(), plan, result);
  const auto overall = result.recorder.overall();
  EXPECT_GE(overall.requests.get(), 25u);
  EXPECT_EQ(overall.answers(), overall.requests.get());
  EXPECT_EQ(overall.error_count(), 0u);
  EXPECT_EQ(result.recorder.users.get(), 25u);
  EXPECT_EQ(result.recorder.connects.count(), 3u);
  EXPECT_EQ(result.acknowledged.size(), static_cast<std::size_t>(shop.orders.load()));
}

TEST(Driver, ATimeoutOverHttp2EndsTheRequestAndNotItsConnection) {
  TestShop shop;
  shop.delay = 1s;
  auto plan = over_http2(short_run(), 5);
  plan.request_timeout = 50ms;
  Drive result;
  drive(shop.url(), plan, result);
  EXPECT_GE(result.errors(ErrorKind::kTimeout), 5u);
  EXPECT_EQ(result.errors(ErrorKind::kTimeout), result.requests());
  EXPECT_EQ(result.recorder.connects.count(), 1u);
}

TEST(Driver, AServerWithoutHttp2IsAnError) {
  FaultyServer server(FaultyServer::Manner::kTalksNonsense);
  Drive result;
  drive(server.url(), over_http2(short_run(), 5), result);
  EXPECT_GT(result.requests(), 0u);
  EXPECT_GT(result.errors(ErrorKind::kClosed), 0u);
  EXPECT_EQ(result.recorder.overall().error_count(), result.requests());
}

TEST(Driver, SendsNoMoreThanItsPlanAllowsAndEndsThen) {
  for (const bool open : {false, true}) {
    TestShop shop;
    auto plan = short_run();
    plan.think_time = 0ms;
    plan.max_requests = 12;
    if (open) plan.open = Spacing::kConstant;
    plan.shape = LoadShape::ramp_and_hold(open ? 1'000 : 5, 0s, 5s);
    Drive result;
    drive(shop.url(), plan, result);
    EXPECT_EQ(shop.answered.load(), 12) << open;
    EXPECT_GE(result.requests(), 12u) << open;
  }
}

TEST(Driver, AClosedModelWaitsForItsAnswersAndNeverSeesAQueue) {
  TestShop shop;
  shop.delay = 50ms;
  auto plan = short_run(1);
  plan.think_time = 0ms;
  Drive result;
  drive(shop.url(), plan, result);
  const auto latency = result.recorder.overall().latency;
  EXPECT_LE(result.requests(), 7u);
  EXPECT_GE(latency.percentile(0), 50ms);
}

TEST(Driver, AnOpenModelCountsTheWaitForAFreeConnection) {
  // One connection serves 20 requests a second while 100 arrive: the n-th waits n * 40 ms longer
  // than its own 50 ms, and arrivals that are never sent are counted.
  TestShop shop;
  shop.delay = 50ms;
  auto plan = short_run(1);
  plan.shape = LoadShape::ramp_and_hold(100, 0s, 500ms);
  plan.open = Spacing::kConstant;
  plan.think_time = 0ms;
  Drive result;
  drive(shop.url(), plan, result);
  const auto overall = result.recorder.overall();
  EXPECT_EQ(overall.requests.get(), 50u) << "all arrivals, answered or not";
  EXPECT_EQ(overall.answers() + result.errors(ErrorKind::kUnsent), 50u);
  EXPECT_GE(result.errors(ErrorKind::kUnsent), 25u);
  EXPECT_GE(overall.latency.percentile(0.5), 200ms);
  EXPECT_EQ(overall.latency.count(), 50u);
}

TEST(Driver, AcknowledgedOrdersAreRememberedAndWrittenDown) {
  TestShop shop;
  const auto path = std::filesystem::temp_directory_path() /
                    fmt::format("souk-driver-test-{}", static_cast<int>(::getpid()));
  Drive result;
  {
    const auto file = LedgerFile::create(path, std::nullopt).value();
    drive(shop.url(), short_run(), result, &file);
  }
  const auto ledger = read_ledger(path).value();
  std::filesystem::remove(path);
  EXPECT_GT(shop.orders, 0);
  EXPECT_EQ(result.acknowledged.size(), static_cast<std::size_t>(shop.orders));
  ASSERT_EQ(ledger.orders.size(), result.acknowledged.size());
  EXPECT_EQ(ledger.orders.back().order, result.acknowledged.back().order);
  EXPECT_EQ(ledger.orders.back().key, result.acknowledged.back().key);
}

TEST(Driver, OutOfStockIsExpectedAndNotAnError) {
  TestShop shop;
  shop.order_status = 409;
  Drive result;
  drive(shop.url(), short_run(), result);
  const auto overall = result.recorder.overall();
  EXPECT_GT(overall.out_of_stock.get(), 0u);
  EXPECT_EQ(overall.out_of_stock.get(), overall.statuses[409].get());
  EXPECT_EQ(overall.error_count(), 0u);
  EXPECT_TRUE(result.acknowledged.empty());
}

TEST(Driver, AFailedOrderIsSentAgainWithItsKey) {
  TestShop shop;
  shop.order_status = 503;
  Drive result;
  drive(shop.url(), short_run(), result);
  EXPECT_GT(result.errors(ErrorKind::kServerError), 0u);
  EXPECT_GT(result.recorder.repeated.get(), 0u);
}

TEST(Driver, ReconnectsWhereTheShopClosesBetweenRequests) {
  // The think time exceeds the shop's idle time-out.
  http::ServerConfig config{.port = 0};
  config.idle_timeout = 20ms;
  TestShop shop(config);
  auto plan = short_run(2);
  plan.lasts(800ms);
  plan.think_time = 150ms;
  Drive result;
  drive(shop.url(), plan, result);
  EXPECT_GT(result.recorder.idle_closes.get(), 0u);
  EXPECT_GT(result.recorder.connects.count(), 2u);
}

TEST(Driver, AStoppedRunEndsAtOnce) {
  TestShop shop;
  auto plan = short_run();
  plan.lasts(1h);
  Drive result;
  drive(shop.url(), plan, result, nullptr, true);
  EXPECT_LT(result.took, 10s);
}

TEST(Driver, UsersComeAndGoWithTheShape) {
  // One user; three more for the middle 300 ms.
  TestShop shop;
  auto plan = short_run(4);
  plan.shape = LoadShape({{300ms, 1, 1}, {300ms, 4, 4}, {300ms, 1, 1}});
  plan.warm_up = 600ms;
  Drive result;
  drive(shop.url(), plan, result);
  EXPECT_EQ(result.recorder.users.get(), 0u) << "all came during what is the warm-up here";
  EXPECT_EQ(result.warm_up.users.get(), 4u);
  EXPECT_GT(result.requests(), 0u) << "one stays to the end";
  EXPECT_GT(result.warm_up.overall().requests.get(), result.requests());
}

struct RudeCase {
  FaultyServer::Manner manner;
  ErrorKind kind;
};

class DriverMeets : public testing::TestWithParam<RudeCase> {};

TEST_P(DriverMeets, AFaultyServerAndCountsItsErrorsByKind) {
  FaultyServer server(GetParam().manner);
  auto plan = short_run();
  plan.request_timeout = 100ms;
  Drive result;
  drive(server.url(), plan, result);
  EXPECT_GT(result.requests(), 0u);
  EXPECT_EQ(result.errors(GetParam().kind), result.requests());
  EXPECT_EQ(result.recorder.overall().answers(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, DriverMeets,
    testing::Values(RudeCase{FaultyServer::Manner::kNeverListens, ErrorKind::kRefused},
                    RudeCase{FaultyServer::Manner::kHangsUp, ErrorKind::kClosed},
                    RudeCase{FaultyServer::Manner::kResets, ErrorKind::kReset},
                    RudeCase{FaultyServer::Manner::kStaysSilent, ErrorKind::kTimeout},
                    RudeCase{FaultyServer::Manner::kTalksNonsense, ErrorKind::kProtocol}),
    [](const auto& info) {
      return std::string(kErrorNames[static_cast<std::size_t>(info.param.kind)]);
    });

}  // namespace
}  // namespace souk::loadtest
