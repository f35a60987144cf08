#include "http/server/server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <boost/intrusive/list.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "http/problem.h"
#include "http/server/connection.h"
#include "http/server/handshake.h"
#include "http/server/proxy_preamble.h"
#include "runtime/await.h"
#include "runtime/scope.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;
using Verdict = ConnectionLimits::Verdict;

constexpr int kAcceptedInARow = 64;
constexpr auto kAcceptPause = 50ms;  // when descriptors or memory are exhausted

IpAddress address_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    return IpAddress(
        std::bit_cast<IpAddress::Bytes>(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr));
  }
  return IpAddress(std::bit_cast<std::array<std::uint8_t, 4>>(
      reinterpret_cast<const sockaddr_in&>(address).sin_addr));
}

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Response over_limit_response() {
  auto response = problem(ErrorCode::kOverloaded, "the server has too many connections");
  response.headers.add("Retry-After", "1");
  response.headers.add("Cache-Control", "no-store");
  return response;
}

Response plain_text_response() {
  return problem(ErrorCode::kInvalidRequest, "this port speaks TLS: use https://");
}

}  // namespace

struct Server::Core : ConnectionHost {
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                      boost::asio::io_context::executor_type>;
  enum class Accepting { kUpToDate, kMoreWaiting, kOutOfResources };

  Core(runtime::Loop& l, const ServerConfig& c, Listener listener, ConnectionLimits& shared_limits,
       Dispatcher& d, Protocols& p, const runtime::TlsServer* t)
      : ConnectionHost{l, c, d, p}, port(listener.port()), limits(shared_limits), tls(t), scope(l) {
    for (const int fd : listener.release()) {
      acceptors.emplace_back(l.io(), boost::asio::ip::tcp::v4(), fd);
    }
  }

  runtime::Task<void> accept_on(Acceptor& acceptor);
  Accepting accept_waiting(Acceptor& acceptor, int at_most);
  void admit(int fd, const IpAddress& peer);
  void refuse(int fd, Verdict verdict);
  bool open(std::optional<runtime::Transport>& transport, int fd);
  runtime::Task<bool> secure(runtime::Transport& transport);
  bool open(std::optional<ProxyPreamble>& preamble, int fd);
  runtime::Task<void> serve(int fd, IpAddress address);
  runtime::Task<bool> learn_client(int& fd, Peer& peer);

  const std::uint16_t port;
  std::vector<Acceptor> acceptors;  // one for each address
  ConnectionLimits& limits;
  const runtime::TlsServer* const tls;  // null: plain text
  boost::intrusive::list<Handshake> handshakes;
  boost::intrusive::list<Connection> connections;
  boost::intrusive::list<ProxyPreamble> preambles;
  telemetry::CountersBy<ProxyPreamble::Outcome, kPreambleOutcomeNames> outcomes{
      dispatcher.metrics().registry, kMetrics.proxy_preambles};
  runtime::Scope scope;
};

Server::Core::Accepting Server::Core::accept_waiting(Acceptor& acceptor, int at_most) {
  for (int i = 0; i < at_most; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    const int fd = ::accept4(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      admit(fd, address_of(address));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Accepting::kUpToDate;
    } else if (out_of_resources(errno)) {
      dispatcher.metrics().accept_pauses.increment();
      return Accepting::kOutOfResources;
    }
    // Any other error concerns one connection, whose client has disconnected already.
  }
  return Accepting::kMoreWaiting;
}

void Server::Core::admit(int fd, const IpAddress& peer) {
  auto& metrics = dispatcher.metrics();
  switch (const auto verdict = limits.enter(peer)) {
    case Verdict::kAdmitted:
      metrics.accepted.increment();
      return scope.spawn(serve(fd, peer));
    case Verdict::kTooMany:
    case Verdict::kTooManyOfClient:
      return refuse(fd, verdict);
  }
}

// Best effort, without waiting: reads received bytes first, since closing with unread bytes would
// reset the connection before the client has read the answer.
// A client of TLS would not understand it: a handshake for a refusal costs too much.
void Server::Core::refuse(int fd, Verdict verdict) {
  auto& metrics = dispatcher.metrics();
  (verdict == Verdict::kTooMany ? metrics.refused_total_limit : metrics.refused_address_limit)
      .increment();
  if (tls != nullptr) {
    ::close(fd);
    return;
  }
  std::array<char, 4096> ignored;
  static_cast<void>(::recv(fd, ignored.data(), ignored.size(), 0));
  const auto response = protocols.h1.refuse(over_limit_response());
  static_cast<void>(::send(fd, response.data(), response.size(), MSG_NOSIGNAL));
  ::shutdown(fd, SHUT_WR);
  ::close(fd);
}

// False, with the descriptor closed, when the loop cannot watch it.
bool Server::Core::open(std::optional<runtime::Transport>& transport, int fd) {
  try {
    transport.emplace(loop, fd);
  } catch (const std::exception& e) {
    dispatcher.log().error("connection_failed", {{"reason", e.what()}});
    ::close(fd);
  }
  return transport.has_value();
}

runtime::Task<bool> Server::Core::secure(runtime::Transport& transport) {
  Handshake handshake(loop, transport, dispatcher.metrics());
  handshakes.push_back(handshake);
  const auto failure = co_await handshake.run(tls->current(), config.header_timeout);
  handshakes.erase(handshakes.iterator_to(handshake));
  if (failure == runtime::TlsFailure::kPlainHttp) {
    static_cast<void>(transport.write(protocols.h1.refuse(plain_text_response()).view()));
    transport.end_writing();
  }
  co_return !failure;
}

bool Server::Core::open(std::optional<ProxyPreamble>& preamble, int fd) {
  try {
    preamble.emplace(loop, fd);
  } catch (const std::exception& e) {
    dispatcher.log().error("connection_failed", {{"reason", e.what()}});
    ::close(fd);
  }
  return preamble.has_value();
}

runtime::Task<void> Server::Core::serve(int fd, IpAddress address) {
  auto peer = dispatcher.peer(address);
  auto& metrics = dispatcher.metrics();
  metrics.connections.add(1);
  std::optional<runtime::Transport> transport;
  if ((!config.proxy_protocol || co_await learn_client(fd, peer)) && open(transport, fd) &&
      (tls == nullptr || co_await secure(*transport))) {
    Connection connection(*this, *transport, peer);
    connections.push_back(connection);
    co_await connection.run();
    connections.erase(connections.iterator_to(connection));
    if (draining)
      (connection.was_cut() ? metrics.drained_cut : metrics.drained_gracefully).increment();
  }
  limits.leave(peer.address);
  metrics.connections.add(-1);
}

// Of a connection from a trusted proxy: who its client is. False, with the descriptor closed, when
// the proxy does not say, or when its client has too many connections.
runtime::Task<bool> Server::Core::learn_client(int& fd, Peer& peer) {
  using Outcome = ProxyPreamble::Outcome;
  if (!peer.is_proxy) co_return true;
  std::optional<ProxyPreamble> preamble;
  if (!open(preamble, fd)) co_return false;
  preambles.push_back(*preamble);
  const auto outcome = co_await preamble->read(config.header_timeout);
  preambles.erase(preambles.iterator_to(*preamble));
  outcomes[outcome].increment();
  if (outcome != Outcome::kRead) co_return false;
  fd = preamble->release();
  const auto client = preamble->client();
  if (!client) {
    // What it forwards may come from anybody, and so may fields that name a client.
    peer = {.address = peer.address, .network = ClientNetwork(peer.address)};
    co_return true;
  }
  const auto verdict = limits.enter(*client);
  if (verdict == Verdict::kAdmitted) {
    limits.leave(std::exchange(peer, dispatcher.peer(*client)).address);
    co_return true;
  }
  refuse(fd, verdict);
  co_return false;
}

Server::Server(runtime::Loop& loop, const ServerConfig& config, Listener listener,
               ConnectionLimits& limits, Dispatcher& dispatcher, Protocols& protocol,
               const runtime::TlsServer* tls)
    : core_(std::make_unique<Core>(loop, config, std::move(listener), limits, dispatcher, protocol,
                                   tls)) {}

Server::~Server() = default;

runtime::Task<void> Server::Core::accept_on(Acceptor& acceptor) {
  while (!notice_over) {
    if (accept_waiting(acceptor, kAcceptedInARow) == Accepting::kOutOfResources) {
      co_await loop.sleep(kAcceptPause);
    } else {
      co_await acceptor.async_wait(Acceptor::wait_read, runtime::await);
    }
  }
}

runtime::Task<void> Server::run() {
  runtime::Scope accepting(core_->loop);
  for (auto& acceptor : core_->acceptors) accepting.spawn(core_->accept_on(acceptor));
  co_await accepting.join();
  co_await core_->scope.join();
}

runtime::Task<void> Server::stop() {
  core_->draining = true;
  // The last connection may end long before a proxy has noticed: it opens others.
  const bool is_used = core_->limits.connections() > 0;
  for (auto& connection : core_->connections) connection.drain();
  if (is_used) co_await core_->loop.sleep(core_->config.drain_notice);
  core_->notice_over = true;
  // Clients in the accept queue consider themselves connected.
  for (auto& acceptor : core_->acceptors) {
    core_->accept_waiting(acceptor, core_->config.backlog);
    boost::system::error_code ignored;
    acceptor.close(ignored);
  }
  for (auto& preamble : core_->preambles) preamble.close();
  for (auto& handshake : core_->handshakes) {
    if (handshake.is_silent()) handshake.cut();
  }
  for (auto& connection : core_->connections) connection.drain();
  if (co_await core_->scope.join(core_->config.drain_timeout)) co_return;
  for (auto& handshake : core_->handshakes) handshake.cut();
  for (auto& connection : core_->connections) connection.cut();
  co_await core_->scope.join();
}

std::uint16_t Server::port() const { return core_->port; }

std::size_t Server::connections() const { return core_->connections.size(); }

}  // namespace souk::http
