// For tests: a real HTTP/3 server on its own worker threads, for clients that trust the test
// authority.
#pragma once

#include <gtest/gtest.h>

#include <future>

#include "http/h3/connection_ids.h"
#include "http/h3/endpoint.h"
#include "http/h3/test_client.h"
#include "http/server/test_server.h"

namespace souk::http::h3 {

struct TestEndpointOptions {
  ServerConfig server = {};
  Config config = {};
  std::size_t workers = 1;
  bool routed_by_kernel = true;
  std::uint16_t port = 0;
  std::string node = "node";  // those of one name can reset each other's connections
};

// Runs until it is stopped or destroyed. Objects that the handlers borrow outlive it.
class TestEndpoint {
 public:
  using Routes = std::function<void(Router&, runtime::Loop&)>;

  TestEndpoint(TestEndpointOptions options, Routes routes)
      : options_(for_tests(std::move(options))),
        routes_(std::move(routes)),
        credentials_(*Credentials::load(TestCertificate::get().config())),
        limits_(options_.server),
        shared_{.server = options_.server,
                .config = options_.config,
                .limits = limits_,
                .credentials = credentials_,
                .reset_key = Secrets::reset_key("a secret", options_.node),
                .handover = Handover(options_.workers)},
        sockets_(*bind_datagrams(options_.server.address, options_.port, options_.workers)),
        port_(sockets_.front().port()) {
    if (options_.routed_by_kernel) {
      for (const int fd : sockets_.front().descriptors()) {
        EXPECT_TRUE(ConnectionIds::attach(fd, options_.workers));
      }
    }
    workers_.emplace(options_.workers, [this](runtime::Worker& worker) { return serve(worker); });
  }
  ~TestEndpoint() { stop(); }
  TestEndpoint(const TestEndpoint&) = delete;
  TestEndpoint& operator=(const TestEndpoint&) = delete;

  std::uint16_t port() const { return port_; }
  // For clients that trust its certificate.
  ClientOptions client(ClientMemory memory = {}) const {
    return {.ca_file = TestCertificate::get().authority_file(), .memory = std::move(memory)};
  }
  TestClient connect(ClientMemory memory = {}) const {
    return TestClient(port_, client(std::move(memory)));
  }
  CredentialStore& credentials() { return credentials_; }
  // As if the first worker's socket had received it.
  void receive(std::span<const std::uint8_t> bytes, const SocketAddress& remote) {
    on_loop([&] {
      endpoint_.load()->receive(0, {.bytes = bytes, .local = loopback(port_), .remote = remote});
    });
  }
  // Keeps the first worker from everything else meanwhile.
  void occupy(const std::function<void()>& work) { on_loop(work); }
  // Begins to drain.
  void begin_to_stop() { workers_->stop(); }
  // Returns when everything has ended.
  void stop() {
    if (std::exchange(stopped_, true)) return;
    workers_->stop();
    workers_->join();
  }
  // The value of a line of /metrics; 0 when there is none.
  double metric(std::string_view series) const {
    Buffer out;
    registry_.render(out);
    const auto text = std::string(out.view());
    const auto at = text.find('\n' + std::string(series) + ' ');
    return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size() + 2));
  }

 private:
  static TestEndpointOptions for_tests(TestEndpointOptions options) {
    auto& notice = options.server.drain_notice;
    if (notice == ServerConfig().drain_notice) notice = {};
    return options;
  }
  void on_loop(const std::function<void()>& work) {
    EXPECT_TRUE(eventually([this] { return endpoint_ != nullptr; }));
    std::promise<void> done;
    loop_.load()->post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  runtime::Task<void> serve(runtime::Worker& worker) {
    Router router;
    SystemRandom random;
    routes_(router, worker.loop);
    Dispatcher dispatcher(options_.server, std::move(router), hooks_,
                          {.clock = clock_,
                           .random = random,
                           .registry = registry_,
                           .log = log_,
                           .proxy_warnings = proxy_warnings_});
    Endpoint endpoint(worker.loop, shared_, worker.index, std::move(sockets_[worker.index]),
                      dispatcher, random);
    if (worker.index == 0) {
      loop_ = &worker.loop;
      endpoint_ = &endpoint;
    }
    runtime::Scope scope(worker.loop);
    scope.spawn(endpoint.run());
    co_await worker.stopping.wait();
    co_await endpoint.stop();
    co_await scope.join();
  }

  const TestEndpointOptions options_;
  const Routes routes_;
  const SystemClock clock_;
  telemetry::Registry registry_;
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry_};
  TestHooks hooks_;
  ProxyWarnings proxy_warnings_;
  CredentialStore credentials_;
  ConnectionLimits limits_;
  SharedEndpoint shared_;
  std::vector<Listener> sockets_;
  std::uint16_t port_;
  std::atomic<runtime::Loop*> loop_ = nullptr;  // the first worker's
  std::atomic<Endpoint*> endpoint_ = nullptr;
  bool stopped_ = false;
  std::optional<runtime::Workers> workers_;  // last: uses all of the above
};

}  // namespace souk::http::h3
