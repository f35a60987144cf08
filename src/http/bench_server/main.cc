// http_bench_server: one worker of the real server, with all of its middleware, answering a fixed
// body of 2 KB at /fixed. bench/http_ratio and bench/tls_ratio compare it with nginx.
//   http_bench_server [PORT [CERTIFICATE KEY]]
// 0 or none: a free port; the first line printed names it. With files of a certificate: by TLS, and
// by HTTP/3 on the same port of UDP.
#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <optional>
#include <span>

#include "base/parse.h"
#include "http/conditional.h"
#include "http/h3/endpoint.h"
#include "http/problem.h"
#include "http/server/server.h"
#include "runtime/await.h"
#include "runtime/scope.h"

namespace souk::http {
namespace {

constexpr std::size_t kBodyBytes = 2048;

class NoHooks final : public Hooks {
  runtime::Task<std::optional<Response>> admit(runtime::Context&, Request&, const Route&) override {
    co_return std::nullopt;
  }
  Response on_exception(const Request&, const std::exception_ptr&) override {
    return problem(ErrorCode::kInternal, "the handler failed");
  }
};

class FixedBody {
 public:
  runtime::Task<Response> respond() const {
    auto response = json(200, body_);
    response.etag = etag_;
    response.is_coded = true;  // as from the cache
    co_return response;
  }

 private:
  Body::Shared body_ = std::make_shared<const std::string>(kBodyBytes, 'x');
  std::string etag_ = make_etag(1);
};

// HTTP/3 on the port, beside TLS by these files.
struct Quic {
  Quic(const ServerConfig& server, ConnectionLimits& limits, const runtime::TlsServerConfig& files,
       std::uint16_t port)
      : credentials(*h3::Credentials::load(files)),
        shared{server, config, limits, credentials, {}, h3::Handover(1)},
        sockets(*bind_datagrams(server.address, port, 1)) {}

  const h3::Config config{.enabled = true};
  const h3::CredentialStore credentials;
  h3::SharedEndpoint shared;
  std::vector<Listener> sockets;
};

runtime::Task<void> serve(runtime::Loop& loop, const ServerConfig& config, Dispatcher& dispatcher,
                          ConnectionLimits& limits, Listener listener,
                          const runtime::TlsServer* tls, std::optional<Quic>& quic) {
  Protocols protocols(config, dispatcher.metrics(), dispatcher.clock());
  Server server(loop, config, std::move(listener), limits, dispatcher, protocols, tls);
  SystemRandom random;
  std::optional<h3::Endpoint> endpoint;
  runtime::Scope scope(loop);
  scope.spawn(server.run());
  if (quic) {
    endpoint.emplace(loop, quic->shared, 0, std::move(quic->sockets.front()), dispatcher, random);
    scope.spawn(endpoint->run());
  }
  boost::asio::signal_set signals(loop.io(), SIGINT, SIGTERM);
  co_await signals.async_wait(runtime::await);
  if (endpoint) co_await endpoint->stop();
  co_await server.stop();
  co_await scope.join();
}

int run(std::uint16_t port, std::span<char* const> pair) {
  ServerConfig config;
  config.port = port;
  runtime::TlsServerConfig files;
  std::unique_ptr<runtime::TlsServer> tls;
  if (!pair.empty()) {
    files.certificates = {pair[0]};
    files.keys = {pair[1]};
    auto opened = runtime::TlsServer::open(files);
    if (!opened) {
      fmt::print(stderr, "{}\n", opened.error().detail);
      return 1;
    }
    tls = *std::move(opened);
  }
  auto listeners = open_listeners(config, 1);
  if (!listeners) {
    fmt::print(stderr, "{}\n", listeners.error().detail);
    return 1;
  }
  const SystemClock clock;
  SystemRandom random;
  telemetry::Registry registry;
  telemetry::Log log(telemetry::LogLevel::kWarning, STDERR_FILENO, clock, registry);
  const FixedBody fixed;
  Router router;
  router.add({.method = Method::kGet,
              .path = "/fixed",
              .handler = [&fixed](runtime::Context&, const Request&) { return fixed.respond(); },
              .name = "fixed"});
  NoHooks hooks;
  ProxyWarnings proxy_warnings;
  Dispatcher dispatcher(config, std::move(router), hooks,
                        {.clock = clock,
                         .random = random,
                         .registry = registry,
                         .log = log,
                         .proxy_warnings = proxy_warnings});
  ConnectionLimits limits(config);
  std::optional<Quic> quic;
  if (tls) quic.emplace(config, limits, files, listeners->front().port());
  runtime::Loop loop;
  fmt::print("{}\n", listeners->front().port());
  std::fflush(stdout);
  loop.run_until_done(
      serve(loop, config, dispatcher, limits, std::move(listeners->front()), tls.get(), quic));
  return 0;
}

}  // namespace
}  // namespace souk::http

int main(int argc, char** argv) {
  const auto port = souk::parse_integer(argc > 1 ? argv[1] : "0");
  if (!port || *port < 0 || *port > 65535 || argc == 3 || argc > 4) {
    fmt::print(stderr, "usage: http_bench_server [PORT [CERTIFICATE KEY]]\n");
    return 2;
  }
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  return souk::http::run(static_cast<std::uint16_t>(*port),
                         argc == 4 ? arguments.subspan(2) : std::span<char* const>());
}
