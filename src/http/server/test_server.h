// For tests: a real server on its own worker thread.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "http/h3/endpoint.h"
#include "http/problem.h"
#include "http/server/server.h"
#include "http/server/test_raw_client.h"
#include "runtime/scope.h"
#include "runtime/workers.h"

namespace souk::http {

class TestHooks final : public Hooks {
 public:
  runtime::Task<std::optional<Response>> admit(runtime::Context&, Request& request,
                                               const Route& route) override {
    if (!request.headers.find("authorization")) {
      co_return problem(ErrorCode::kUnauthenticated, "who are you?");
    }
    request.principal = Principal{.id = {}, .access = route.access};
    co_return std::nullopt;
  }
  Response on_exception(const Request&, const std::exception_ptr& exception) override {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& e) {
      return problem(ErrorCode::kInternal, e.what());
    }
  }
};

// Listens on a free port whatever the configuration says, and stops without a notice unless it
// differs from the default. Objects that the handlers borrow outlive it.
class TestServer {
 public:
  using Routes = std::function<void(Router&, runtime::Loop&)>;

  // Called on the worker, before it serves.
  using MakeGate = std::function<std::unique_ptr<Gate>(runtime::Loop&, telemetry::Registry&)>;

  // HTTP/3 has the same port of UDP.
  TestServer(ServerConfig config, Routes routes, bool tls = over_tls(), bool http3 = false)
      : TestServer(std::move(config), std::move(routes),
                   tls ? std::optional(TestCertificate::get().config()) : std::nullopt, http3) {}
  TestServer(ServerConfig config, Routes routes, MakeGate make_gate)  // plain text
      : TestServer(std::move(config), std::move(routes), std::optional<runtime::TlsServerConfig>(),
                   false, std::move(make_gate)) {}
  TestServer(ServerConfig config, Routes routes, std::optional<runtime::TlsServerConfig> tls,
             bool http3 = false, MakeGate make_gate = nullptr)
      : config_(for_tests(std::move(config))),
        routes_(std::move(routes)),
        make_gate_(std::move(make_gate)),
        tls_(tls ? runtime::TlsServer::open(*std::move(tls)).value() : nullptr),
        limits_(config_),
        listeners_(open_listeners(config_, 1).value()),
        port_(listeners_.front().port()),
        datagrams_(http3 ? bind_datagrams(config_.address, port_, 1).value()
                         : std::vector<Listener>()),
        workers_(1, [this](runtime::Worker& worker) { return serve(worker); }) {}
  ~TestServer() { stop(); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const { return port_; }
  runtime::TlsServer& tls() { return *tls_; }
  void begin_to_stop() { workers_.stop(); }
  void stop() {  // to its end
    if (stopped_) return;
    stopped_ = true;
    workers_.stop();
    workers_.join();
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
  static ServerConfig for_tests(ServerConfig config) {
    config.port = 0;
    if (config.drain_notice == ServerConfig().drain_notice) config.drain_notice = {};
    return config;
  }
  runtime::Task<void> serve(runtime::Worker& worker) {
    Router router;
    routes_(router, worker.loop);
    const auto gate = make_gate_ ? make_gate_(worker.loop, registry_) : nullptr;
    Dispatcher dispatcher(config_, std::move(router), hooks_,
                          {.clock = clock_,
                           .random = random_,
                           .registry = registry_,
                           .log = log_,
                           .proxy_warnings = proxy_warnings_,
                           .gate = gate.get()});
    Protocols protocols(config_, dispatcher.metrics(), clock_);
    Server server(worker.loop, config_, std::move(listeners_.front()), limits_, dispatcher,
                  protocols, tls_.get());
    runtime::Scope scope(worker.loop);
    scope.spawn(server.run());
    std::optional<h3::Endpoint> endpoint;
    if (!datagrams_.empty()) {
      endpoint.emplace(worker.loop, shared_endpoint_, 0, std::move(datagrams_.front()), dispatcher,
                       random_);
      scope.spawn(endpoint->run());
    }
    co_await worker.stopping.wait();
    if (endpoint) co_await endpoint->stop();
    co_await server.stop();
    co_await scope.join();
  }

  const ServerConfig config_;
  const Routes routes_;
  const MakeGate make_gate_;
  const std::unique_ptr<runtime::TlsServer> tls_;
  const SystemClock clock_;
  SystemRandom random_;
  telemetry::Registry registry_;
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry_};
  TestHooks hooks_;
  ProxyWarnings proxy_warnings_;
  ConnectionLimits limits_;
  std::vector<Listener> listeners_;
  std::uint16_t port_;
  std::vector<Listener> datagrams_;
  const h3::Config http3_config_{.enabled = true};
  const h3::CredentialStore credentials_{*h3::Credentials::load(TestCertificate::get().config())};
  h3::SharedEndpoint shared_endpoint_{.server = config_,
                                      .config = http3_config_,
                                      .limits = limits_,
                                      .credentials = credentials_,
                                      .reset_key = {},
                                      .handover = h3::Handover(1)};
  bool stopped_ = false;
  runtime::Workers workers_;  // last: uses all of the above
};

}  // namespace souk::http
