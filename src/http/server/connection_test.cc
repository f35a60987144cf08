#include "http/server/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server/test_server.h"

namespace souk::http {
namespace {

constexpr std::string_view kOpening("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 24 + 9);
constexpr std::string_view kWindowUpdate("\0\0\4\10\0\0\0\0\0\0\0\0\1", 13);

// Both ends of a connection; the client's is filled with frames that HTTP/2 takes without end.
struct Flood {
  Flood() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) std::abort();
    server = ends[0];
    client = ends[1];
    std::string updates;
    for (int i = 0; i < 1'000; ++i) updates += kWindowUpdate;
    for (bool fits = send(kOpening); fits;) fits = send(updates);
  }
  // False: the socket is full.
  bool send(std::string_view bytes) {
    const auto n = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    sent += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    return n == static_cast<ssize_t>(bytes.size());
  }
  int server = -1;
  int client = -1;
  std::size_t sent = 0;
};

struct Host {
  runtime::Loop loop;
  const ServerConfig config{.http2_max_window_updates = UINT32_MAX};
  const SystemClock clock;
  SystemRandom random;
  telemetry::Registry registry;
  telemetry::Log log{telemetry::LogLevel::kError, STDERR_FILENO, clock, registry};
  TestHooks hooks;
  ProxyWarnings proxy_warnings;
  Dispatcher dispatcher{config,
                        Router(),
                        hooks,
                        {.clock = clock,
                         .random = random,
                         .registry = registry,
                         .log = log,
                         .proxy_warnings = proxy_warnings}};
  Protocols protocols{config, dispatcher.metrics(), clock};
  ConnectionHost host{loop, config, dispatcher, protocols};
};

// What had been received when another coroutine of the loop got its first turn after a read.
runtime::Task<void> look(runtime::Loop& loop, const telemetry::Counter& received, double& seen) {
  while (received.value() == 0) co_await Yield{loop};
  seen = received.value();
}

TEST(Connection, AClientThatSendsWithoutEndLetsOthersHaveTheirTurn) {
  Host host;
  const Flood flood;
  double seen = 0;
  {
    runtime::Transport transport(host.loop, flood.server);
    Connection connection(host.host, transport, {});
    runtime::Scope scope(host.loop);
    scope.spawn(look(host.loop, host.dispatcher.metrics().received_bytes, seen));
    scope.spawn(connection.run());
    ::shutdown(flood.client, SHUT_WR);
    host.loop.run_until_done(scope.join());
  }
  ::close(flood.client);
  const auto received = host.dispatcher.metrics().received_bytes.value();
  EXPECT_EQ(received, static_cast<double>(flood.sent));
  EXPECT_GT(seen, 0);
  EXPECT_LT(seen, received / 2);
}

}  // namespace
}  // namespace souk::http
