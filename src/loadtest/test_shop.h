// A minimal shop for tests: the real HTTP server on its own thread, with the routes that a load
// test requests, answered after a configurable delay.
// Threading: created and destroyed by the test; delay and counts may be used meanwhile. Ownership:
// owns thread and server; its destructor stops them.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include "http/problem.h"
#include "http/server/server.h"
#include "runtime/scope.h"
#include "runtime/workers.h"

namespace souk::loadtest {

class TestShop {
 public:
  TestShop() : TestShop(http::ServerConfig{.port = 0}) {}
  explicit TestShop(http::ServerConfig config)
      : config_(std::move(config)),
        limits_(config_),
        listeners_(open(config_)),
        port_(listeners_.front().port()),
        workers_(1, [this](runtime::Worker& worker) { return serve(worker); }) {}

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  std::atomic<std::chrono::milliseconds> delay{};
  std::atomic<int> order_status = 201;
  std::atomic<int> orders = 0;    // answered 201
  std::atomic<int> answered = 0;  // of any status

 private:
  class NoHooks final : public http::Hooks {
    runtime::Task<std::optional<http::Response>> admit(runtime::Context&, http::Request&,
                                                       const http::Route&) override {
      co_return std::nullopt;
    }
    http::Response on_exception(const http::Request&, const std::exception_ptr&) override {
      return http::problem(ErrorCode::kInternal, "the handler failed");
    }
  };

  static std::vector<http::Listener> open(const http::ServerConfig& config) {
    auto listeners = http::open_listeners(config, 1);
    if (!listeners) throw std::runtime_error(listeners.error().detail);
    return std::move(*listeners);
  }

  runtime::Task<http::Response> answer(runtime::Loop& loop, int status, std::string body) {
    if (const auto wait = delay.load(); wait.count() > 0) co_await loop.sleep(wait);
    ++answered;
    Buffer bytes;
    bytes.append(body);
    co_return http::json(status, std::move(bytes));
  }

  runtime::Task<http::Response> place_order(runtime::Loop& loop) {
    const int status = order_status;
    if (status != 201) return answer(loop, status, R"({"code":"out_of_stock"})");
    return answer(loop, 201,
                  fmt::format(R"({{"id":"0190a000-0000-7000-8000-{:012}","items":[]}})", ++orders));
  }

  http::Router routes(runtime::Loop& loop) {
    const auto fixed = [this, &loop](std::string body) {
      return [this, &loop, body](runtime::Context&, const http::Request&) {
        return answer(loop, 200, body);
      };
    };
    http::Router router;
    router.add({.path = "/api/categories",
                .handler = fixed(R"({"items":[{"id":"c1","children":[{"id":"c2"}]}]})")});
    router.add({.path = "/api/products",
                .handler = fixed(
                    R"({"items":[{"id":"p1","name":"Lamp of brass","price":{"amount":5}},)"
                    R"({"id":"p2","name":"Old chair","price":{"amount":9}}],"nextCursor":null})"),
                .query = {"category", "q", "minPrice", "maxPrice", "sort", "limit", "cursor"}});
    router.add({.path = "/api/products/{id}", .handler = fixed(R"({"id":"p1"})")});
    router.add({.path = "/api/users/me", .handler = fixed("{}")});
    router.add({.method = http::Method::kPost,
                .path = "/api/orders",
                .handler = [this, &loop](runtime::Context&,
                                         const http::Request&) { return place_order(loop); },
                .takes = http::Takes::kBody});
    return router;
  }

  runtime::Task<void> serve(runtime::Worker& worker) {
    const SystemClock clock;
    SystemRandom random;
    telemetry::Registry registry;
    telemetry::Log log(telemetry::LogLevel::kError, STDERR_FILENO, clock, registry);
    NoHooks hooks;
    http::ProxyWarnings proxy_warnings;
    http::Dispatcher dispatcher(config_, routes(worker.loop), hooks,
                                {.clock = clock,
                                 .random = random,
                                 .registry = registry,
                                 .log = log,
                                 .proxy_warnings = proxy_warnings});
    http::Protocols protocols(config_, dispatcher.metrics(), dispatcher.clock());
    http::Server server(worker.loop, config_, std::move(listeners_.front()), limits_, dispatcher,
                        protocols);
    runtime::Scope scope(worker.loop);
    scope.spawn(server.run());
    co_await worker.stopping.wait();
    co_await server.stop();
    co_await scope.join();
  }

  http::ServerConfig config_;
  http::ConnectionLimits limits_;
  std::vector<http::Listener> listeners_;
  std::uint16_t port_;
  runtime::Workers workers_;  // last: its thread uses the others
};

}  // namespace souk::loadtest
