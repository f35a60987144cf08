// An HTTP/3 endpoint's dispatch of datagrams: any of them are dropped, answered with less than they
// bring, or begin a connection, and all memory is returned. The input is a list of datagrams, each
// after two bytes of length; packet protection keeps the fuzzer out of established connections.
#include <sys/socket.h>

#include "base/assert.h"
#include "http/h3/endpoint.h"
#include "runtime/scope.h"

namespace souk::http::h3 {
namespace {

class NoHooks final : public Hooks {
 public:
  runtime::Task<std::optional<Response>> admit(runtime::Context&, Request&, const Route&) override {
    co_return std::nullopt;
  }
  Response on_exception(const Request&, const std::exception_ptr&) override { return {}; }
};

struct Host {
  const ServerConfig server{.drain_timeout = {}};
  const Config config{.retry_handshakes = 2, .max_handshakes = 4};
  SystemClock clock;
  SeededRandom random{1};
  telemetry::Registry registry;
  telemetry::Log log{telemetry::LogLevel::kError, STDERR_FILENO, clock, registry};
  NoHooks hooks;
  ProxyWarnings warnings;
  ConnectionLimits limits{server};
  CredentialStore credentials{*Credentials::load({})};
  SharedEndpoint shared{server, config, limits, credentials, {}, Handover(2)};
  runtime::Loop loop;
  Dispatcher dispatcher{server, {}, hooks, {clock, random, registry, log, warnings}};
};

Host& host() {
  static Host host;
  return host;
}

runtime::Task<void> run(std::span<const std::uint8_t> input) {
  auto sockets = bind_datagrams("127.0.0.1", 0, 1);
  SOUK_ASSERT(sockets.has_value());
  sockaddr_in somebody{.sin_family = AF_INET, .sin_port = 9, .sin_addr = {}, .sin_zero = {}};
  somebody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const SocketAddress address(reinterpret_cast<const sockaddr*>(&somebody), sizeof(somebody));
  Endpoint endpoint(host().loop, host().shared, 0, std::move(sockets->front()), host().dispatcher,
                    host().random);
  runtime::Scope scope(host().loop);
  scope.spawn(endpoint.run());
  while (input.size() >= 2) {
    const auto announced = static_cast<std::size_t>(input[0] << 8 | input[1]);
    const auto size = std::min(announced, input.size() - 2);
    if (size > 0) {
      endpoint.receive(0, {.bytes = input.subspan(2, size), .local = address, .remote = address});
    }
    input = input.subspan(2 + size);
  }
  co_await endpoint.stop();
  co_await scope.join();
}

}  // namespace
}  // namespace souk::http::h3

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::http::h3::host().loop.run_until_done(souk::http::h3::run({data, size}));
  return 0;
}
