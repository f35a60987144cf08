// For tests: a real server on its own worker thread, and a client that sends raw bytes and blocks.
// SOUK_TEST_TRANSPORT=tls in the environment puts both on TLS.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <future>
#include <thread>

#include "http/h1/response_parser.h"
#include "http/h3/endpoint.h"
#include "http/problem.h"
#include "http/server/server.h"
#include "http/server/test_certificate.h"
#include "runtime/scope.h"
#include "runtime/tls/openssl.h"
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

inline bool over_tls() {
  const char* const transport = std::getenv("SOUK_TEST_TRANSPORT");
  return transport != nullptr && std::string_view(transport) == "tls";
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

struct RawResponse {
  int status = 0;  // 0: the connection ended, or nothing came in time
  std::string head;
  std::string body;
  bool has(std::string_view line) const { return head.contains(line); }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0, bool tls = over_tls())
      : tls_(tls), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
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
    if (tls_) secure();
  }
  // False when the server has gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = session_
                         ? ::SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()))
                         : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
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
    return begin_ == in_.size() && receive(&byte, 1) == 0;
  }
  void end_sending() {
    if (session_) ::SSL_shutdown(session_.get());
    ::shutdown(fd_, SHUT_WR);
  }
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
  void secure() {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own BIO may raise it
    context_.reset(::SSL_CTX_new(::TLS_client_method()));
    ::SSL_CTX_load_verify_file(context_.get(), TestCertificate::get().authority_file().c_str());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    session_.reset(::SSL_new(context_.get()));
    ::SSL_set_fd(session_.get(), fd_);
    EXPECT_EQ(::SSL_connect(session_.get()), 1) << runtime::tls::error_text(::ERR_get_error());
  }
  // 0 at the end of the stream, orderly for TLS.
  ssize_t receive(char* to, std::size_t size) {
    if (!session_) return ::recv(fd_, to, size, 0);
    const int n = ::SSL_read(session_.get(), to, static_cast<int>(size));
    if (n > 0) return n;
    return ::SSL_get_error(session_.get(), n) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }
  bool read_more() {
    const auto n = receive(in_.prepare(65536), 65536);
    if (n > 0) in_.commit(static_cast<std::size_t>(n));
    return n > 0;
  }

  const bool tls_;
  int fd_;
  runtime::tls::ContextPtr context_;
  runtime::tls::SessionPtr session_;
  Buffer in_;
  std::size_t begin_ = 0;
};

}  // namespace souk::http
