// For tests: a real server on its own worker thread, and a client that sends raw bytes and blocks.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "http/h1/response_parser.h"
#include "http/problem.h"
#include "http/server/server.h"
#include "runtime/scope.h"
#include "runtime/workers.h"

namespace souk::http {

inline constexpr std::chrono::seconds kPatience{20};

// Waits until the condition holds; false on time-out.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

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

// Runs until it is stopped or destroyed. Objects that the handlers borrow outlive it.
class TestServer {
 public:
  using Routes = std::function<void(Router&, runtime::Loop&)>;

  TestServer(ServerConfig config, Routes routes)
      : config_(std::move(config)),
        routes_(std::move(routes)),
        limits_(config_),
        listeners_(*open_listeners(config_, 1)),
        port_(listeners_.front().port()),
        workers_(1, [this](runtime::Worker& worker) { return serve(worker); }) {}
  ~TestServer() { stop(); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const { return port_; }
  // Begins to drain.
  void begin_to_stop() { workers_.stop(); }
  // Returns when everything has ended.
  void stop() {
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
  runtime::Task<void> serve(runtime::Worker& worker) {
    Router router;
    routes_(router, worker.loop);
    Dispatcher dispatcher(config_, std::move(router), hooks_,
                          {.clock = clock_,
                           .random = random_,
                           .registry = registry_,
                           .log = log_,
                           .proxy_warnings = proxy_warnings_});
    Protocols protocols(config_, dispatcher.metrics(), clock_);
    Server server(worker.loop, config_, std::move(listeners_.front()), limits_, dispatcher,
                  protocols);
    runtime::Scope scope(worker.loop);
    scope.spawn(server.run());
    co_await worker.stopping.wait();
    co_await server.stop();
    co_await scope.join();
  }

  const ServerConfig config_;
  const Routes routes_;
  const SystemClock clock_;
  SystemRandom random_;
  telemetry::Registry registry_;
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry_};
  TestHooks hooks_;
  ProxyWarnings proxy_warnings_;
  ConnectionLimits limits_;
  std::vector<Listener> listeners_;
  std::uint16_t port_;
  bool stopped_ = false;
  runtime::Workers workers_;  // last: uses all of the above
};

struct RawResponse {
  int status = 0;  // 0: the connection ended, or nothing came in time
  std::string head;
  std::string body;
  bool has(std::string_view line) const { return head.contains(line); }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (port != 0) connect(port);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  // False when the server has gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  RawResponse receive(bool to_head = false) {
    in_.consume(begin_);
    begin_ = 0;
    h1::ResponseParser parser({.max_body_bytes = std::size_t{256} << 20});
    parser.start(0, to_head);
    std::string head;
    for (;;) {
      auto event = parser.parse(in_);
      if (event == h1::Event::kNeedMore && !read_more()) event = parser.finish(in_);
      if (event == h1::Event::kError) return {};
      if (event == h1::Event::kHead) {
        const auto message = in_.view().substr(parser.begin());
        head = message.substr(0, message.find("\r\n\r\n") + 2);
      }
      if (event != h1::Event::kComplete) continue;
      begin_ = parser.end();
      return {parser.status(), head, std::string(parser.body(in_))};
    }
  }
  RawResponse exchange(std::string_view request) {
    send(request);
    return receive();
  }
  // Everything up to the end of the connection.
  std::string receive_all() {
    while (read_more()) {
    }
    return std::string(in_.view().substr(begin_));
  }
  // Waits for that many bytes.
  std::string receive_bytes(std::size_t count) {
    while (in_.size() - begin_ < count && read_more()) {
    }
    const auto bytes = std::string(in_.view().substr(begin_, count));
    begin_ += bytes.size();
    return bytes;
  }
  // Whether the server closes the connection without sending more.
  bool is_closed() {
    char byte = 0;
    return begin_ == in_.size() && ::recv(fd_, &byte, 1, 0) == 0;
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  // Closes the connection with a reset.
  void reset() {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  bool read_more() {
    const auto n = ::recv(fd_, in_.prepare(65536), 65536, 0);
    if (n > 0) in_.commit(static_cast<std::size_t>(n));
    return n > 0;
  }

  int fd_;
  Buffer in_;
  std::size_t begin_ = 0;
};

}  // namespace souk::http
